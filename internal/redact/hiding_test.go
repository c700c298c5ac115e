package redact

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive"
)

func written(t testing.TB, sets []resource.Set) string {
	t.Helper()
	var b bytes.Buffer
	if err := archive.Write(&b, sets, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// format are the words of the form of archives.
var format = regexp.MustCompile(`"(\w+)": ?`)

// readable is the bytes of an archive as who looks for names reads them: without
// the words of its form, and with what is within base64.
func readable(t testing.TB, sets []resource.Set) string {
	s := strings.ReplaceAll(written(t, sets), `"`+archive.Format+`"`, "")
	s = strings.ReplaceAll(s, hidden, "")
	s = regexp.MustCompile(`[A-Za-z0-9+/]{24,}=*`).ReplaceAllStringFunc(s, func(coded string) string {
		if plain, err := base64.StdEncoding.DecodeString(coded); err == nil && utf8.Valid(plain) {
			return string(plain)
		}
		return coded
	})
	s = regexp.MustCompile(`\\+([nrt]|u00[0-9a-fA-F]{2})`).ReplaceAllString(s, " ")
	return harmless.ReplaceAllString(format.ReplaceAllString(s, ""), "")
}

// harmless are texts that the documentation of the package lets through and that
// are no words of the vocabulary.
var harmless = regexp.MustCompile(`\b(us|eu|ap|ca|sa)(-[a-z]+)+-[0-9][a-f]?\b|\b[a-z]+[0-9][a-z]*\.[0-9]?(nano|micro|small|medium|x?large)\b|\b[a-z0-9-]+:\*?[A-Z][A-Za-z]+\b`)

// Nothing that names something is in the bytes of the redacted design, in any
// letters: neither as a word nor within one.
func TestNothingSurvives(t *testing.T) {
	looked := 0
	for name, sets := range designs(t) {
		looked += nothingSurvives(t, name, sets)
	}
	if looked < 5000 {
		t.Errorf("only %d words were looked for", looked)
	}
}

var (
	plainWord   = regexp.MustCompile(`[A-Za-z0-9]+`)
	shortNumber = regexp.MustCompile(`^[0-9]{1,5}$`)
)

// borderline are the first addresses of blocks that have no other place beside
// the private block next to them.
var borderline = map[string]bool{"128.0.0.0": true, "192.169.0.0": true}

// nothingSurvives says for how many words it looked.
func nothingSurvives(t *testing.T, name string, sets []resource.Set) (looked int) {
	t.Helper()
	text, err := os.ReadFile("vocabulary.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, w := range strings.Fields(strings.ToLower(string(text))) {
		known[w], known[strings.ReplaceAll(w, "_", "")] = true, true
		for _, p := range strings.Split(w, "_") {
			known[p] = true
		}
	}
	for _, s := range sets {
		for _, r := range s.Resources {
			for _, w := range plainWord.FindAllString(strings.ToLower(r.Type+" "+r.Called), -1) {
				known[w] = true
			}
		}
	}
	out, _, err := Sets([]byte("a key for this test"), sets)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return 0
	}
	have := readable(t, out)
	left := map[string]bool{}
	for _, w := range plainWord.FindAllString(strings.ToLower(have), -1) {
		if !known[w] {
			left[w] = true
		}
	}
	rest := strings.Join(slices.Sorted(maps.Keys(left)), " ")
	for _, w := range plainWord.FindAllString(strings.ToLower(readable(t, sets)), -1) {
		if len(w) < 4 || known[w] || shortNumber.MatchString(w) {
			continue
		}
		looked++
		if strings.Contains(rest, w) {
			t.Errorf("%s: %q survives", name, w)
		}
	}
	for _, quad := range dotted.FindAllString(written(t, sets), -1) {
		if a, err := netip.ParseAddr(quad); err == nil && netset.Internet().Contains(a) && !borderline[quad] && strings.Contains(have, `"`+quad) {
			t.Errorf("%s: %s survives", name, quad)
		}
	}
	return looked
}

// The same input and key give the same bytes, another key others, and what was
// hidden can be hidden again.
func TestKeys(t *testing.T) {
	all := designs(t)
	for _, name := range []string{"../../examples/orders", "../../examples/orders-cloudformation", "endpoint-policy_ties.txtar"} {
		sets := all[name]
		hide := func(key string, sets []resource.Set) []resource.Set {
			out, _, err := Sets([]byte(key), sets)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		one, again, two := hide("one", sets), hide("one", sets), hide("two", sets)
		if d := cmp.Diff(written(t, one), written(t, again)); d != "" {
			t.Errorf("%s: twice with one key:\n%s", name, d)
		}
		names := func(sets []resource.Set) map[string]bool {
			out := map[string]bool{}
			for _, w := range regexp.MustCompile(`[A-Za-z]{12}`).FindAllString(written(t, sets), -1) {
				out[w] = !vocabulary()[strings.ToLower(w)]
			}
			return out
		}
		for w := range names(two) {
			if strings.Trim(w, consonants) == "" && names(one)[w] {
				t.Errorf("%s: %s is a pseudonym under both keys", name, w)
			}
		}
		sameVerdicts(t, name+", hidden", one)
		if d := different(verdicts(sets, nobody), verdicts(hide("three", one), nobody)); len(d) > 0 {
			t.Errorf("%s: hidden twice: %q", name, d)
		}
	}
	if _, _, err := Sets(nil, nil); err == nil {
		t.Error("no key is taken")
	}
}

// nobody is how verdicts are counted without resources.
func nobody(ref.ID) ref.ID { return "" }

// Two addresses have as long a beginning in common as before, and are of the
// internet or not as before.
func TestAddressesKeepPrefixes(t *testing.T) {
	h := newHider([]byte("key"))
	common := func(a, b netip.Addr) int {
		x, y := a.AsSlice(), b.AsSlice()
		for i := range 8 * len(x) {
			if (x[i/8]^y[i/8])>>(7-i%8)&1 == 1 {
				return i
			}
		}
		return 8 * len(x)
	}
	moved, near := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.SampledFrom([]int{4, 16}).Draw(rt, "bytes")
		raw := rapid.SliceOfN(rapid.Byte(), size, size).Draw(rt, "address")
		if size == 16 && rapid.Bool().Draw(rt, "global") {
			raw[0] = 0x20 | raw[0]&0x1f
		}
		other := slices.Clone(raw)
		bit := rapid.IntRange(0, 8*size-1).Draw(rt, "bit")
		other[bit/8] ^= 1 << (7 - bit%8)
		a, _ := netip.AddrFromSlice(raw)
		b, _ := netip.AddrFromSlice(other)
		if a.Is4In6() || b.Is4In6() || nat64.Contains(a) || nat64.Contains(b) {
			return
		}
		x, y := h.hideAddr(a), h.hideAddr(b)
		if common(x, y) != common(a, b) {
			rt.Fatalf("%s and %s have %d bits in common, %s and %s have %d", a, b, common(a, b), x, y, common(x, y))
		}
		if netset.Internet().Contains(a) != netset.Internet().Contains(x) {
			rt.Fatalf("%s became %s: is it of the internet?", a, x)
		}
		if x != a {
			moved++
		}
		if common(a, b) > 20 {
			near++
		}
	})
	if moved < 20 || near < 20 {
		t.Errorf("only %d addresses moved, and %d pairs were near: the draw is too narrow", moved, near)
	}
}

// What a text becomes.
func TestText(t *testing.T) {
	h := newHider([]byte("key"))
	p := h.letters
	account := h.digits("111122223333")
	for in, want := range map[string]string{
		"":                  "",
		"vpc-0abc12345":     "vpc-" + p("0abc12345"),
		"aws_lb.lighthouse": "aws_lb." + p("lighthouse"),
		"arn:aws:iam::111122223333:role/lighthouse": "arn:aws:iam::" + account + ":role/" + p("lighthouse"),
		"com.amazonaws.eu-west-1.ecr.dkr":           "com.amazonaws.eu-west-1.ecr.dkr",
		"10.0.0.0/16 172.31.0.1":                    "10.0.0.0/16 172.31.0.1",
		"0.0.0.0/0 0.0.0.0/1 128.0.0.0/1 ::/0":      "0.0.0.0/0 0.0.0.0/1 128.0.0.0/1 ::/0",
		"fd00::1 fe80::2 169.254.169.254":           "fd00::1 fe80::2 169.254.169.254",
		`"Action":"ecr:GetAuth*"`:                   `"Action":"ecr:GetAuth*"`,
		`a\nlighthouse`:                             `a\n` + p("lighthouse"),
		`\u003clighthouse`:                          `\u003c` + p("lighthouse"),
		`\u0041cme`:                                 p(`\u0041cme`),
		`%41cme`:                                    p(`%41cme`),
		"t3.micro db.r6g.2xlarge":                   "t3.micro db.r6g.2xlarge",
		"8080 30s 1234567":                          "8080 30s " + h.digits("1234567"),
		"LIGHTHOUSE_vpc_id":                         p("LIGHTHOUSE") + "_vpc_id",
		"lighthouse_52.95.110.1":                    p("lighthouse") + "_" + h.hideAddr(netip.MustParseAddr("52.95.110.1")).String(),
	} {
		got := h.text(in)
		if got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		if !h.hides(got) {
			t.Errorf("%q is said not to hide all", got)
		}
	}
	if a, b := p("Lighthouse"), p("lighthouse"); a == b || !strings.EqualFold(a, b) {
		t.Errorf("in other letters %s is %s", b, a)
	}
}

// What is left in a text is seen.
func TestHides(t *testing.T) {
	h := newHider([]byte("key"))
	for _, s := range []string{"lighthouse", "vpc_lighthouse", "52.95.110.1", "111122223333", `\nlighthouse`, "aws-lighthouse"} {
		if h.hides(s) {
			t.Errorf("%q is said to hide all", s)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a::b", "1.2.3.4/33", "::ffff:1.2.3.4", "64:ff9b::1.2.3.4", "2001:db8::/129", `\\\u0041\x41\101%41&#65;&#x41;`, "\xff\xfe", "eu-west-1ab", "s3:*Object", "10-0-0-1", "52-1-2-3.ec2", "IyEvYmluL3NoCmVjaG8gYWNtZQo=", "é_ü", "\x1f\x8b", "٣", "_", "fe80::1%eth0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		hide := func() (string, bool) {
			h := newHider([]byte("key"))
			out := h.packed(s)
			return out, h.hides(out)
		}
		out, ok := hide()
		if again, _ := hide(); again != out {
			t.Fatalf("%q became %q, then %q", s, out, again)
		}
		if !ok {
			t.Fatalf("%q became %q, which is said not to hide all", s, out)
		}
	})
}

// Whatever an archive holds: it is hidden or refused, and what is hidden is an
// archive.
func FuzzArchive(f *testing.F) {
	f.Add([]byte(`{"format": "muralla.snapshot/v1", "sets": [{"kind": "plan", "files": 1, "lines": 2, "resources": [{"id":"aws_vpc.a","type":"aws_vpc","exists":"yes","body":{"kind":"map","map":{"a b":{"kind":"number","number":1e300},"c":{"kind":"text","list":[{"kind":"string","text":"x"},{"kind":"ref","ref":{"id":"y"}}]}}}}], "missing": [{"id":"module.x","inputs":[{"id":"b"},{"id":"a"}]}], "remarks": [{"text":"muralla: x"}]}], "diagnostics": []}`))
	f.Add([]byte(`{"format": "muralla.snapshot/v1", "sets": [{"kind": "", "files": 0, "lines": 0, "resources": [{"id":"","type":"Custom::Acme","exists":"unknown","why":"acme","file":"//../a.tf","body":{"kind":"number","text":"NaN","sensitive":true}}], "missing": []}], "diagnostics": []}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		sets, _, err := archive.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		out, _, err := Sets([]byte("key"), sets)
		if err != nil {
			return
		}
		if _, _, err := archive.Read(strings.NewReader(written(t, out))); err != nil {
			t.Fatalf("what was hidden cannot be read: %v", err)
		}
	})
}

// Remarks are left out, reasons are hidden, secrets become one word, and the
// counts say so.
func TestCounts(t *testing.T) {
	body := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{
		"name":        {Kind: resource.String, Text: "1234", Sensitive: true},
		"description": {Kind: resource.String, Text: "allow https to the vpc"},
		"owner_id":    {Kind: resource.Number, Number: 11122223333},
	}}
	sets := []resource.Set{{Kind: "plan", Resources: []resource.Resource{{ID: "aws_vpc.lighthouse", Type: "aws_vpc", Why: "lighthouse is not here", Exists: fact.Unknown, Body: body}},
		Remarks: []resource.Remark{{Text: "muralla: accept"}}}}
	out, counts, err := Sets([]byte("key"), sets)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Counts{Words: 1, Accounts: 1, Texts: 3, Remarks: 1}); counts != want {
		t.Errorf("counts %+v, want %+v", counts, want)
	}
	got := out[0].Resources[0]
	for _, key := range []string{"name", "description"} {
		if text := got.Get(key).Text; len(text) != 12 || strings.ContainsAny(text, "1234 ") {
			t.Errorf("%s became %q", key, text)
		}
	}
	if got.Why != hidden || len(out[0].Remarks) != 0 {
		t.Errorf("the reason became %q, %d remarks", got.Why, len(out[0].Remarks))
	}
	if n := got.Get("owner_id").Number; n == 11122223333 || n < 1e11 || n >= 1e12 {
		t.Errorf("the account became %f", n)
	}
}
