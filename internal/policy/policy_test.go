package policy

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
)

func parse(t testing.TB, r *Reader, text string, holes ...Hole) *Document {
	t.Helper()
	d, problems := r.Parse(text, holes)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", text, problems)
	}
	return d
}

// What people write wrong is found at its place. AWS's own examples have trailing
// commas and comments, which can be read on.
func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		fatal      bool
	}{
		{`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}, ]}`, "line 1, column 77: a comma stands before a closing bracket", false},
		{"{\"Statement\":[\n  // all\n{\"Effect\":\"Allow\"}]}", "line 2, column 3: JSON has no comments", false},
		{"{\"Statement\": /* all */ []}", "line 1, column 15: JSON has no comments", false},
		{`{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}`, `line 1, column 33: the key "Effect" stands twice in one object`, true},
		{`{"Statement":[{"Effect":"allow"}]}`, "an effect is Allow or Deny, with a capital", true},
		{`{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"a:b"}]}`, "a statement has Action or NotAction, not both", true},
		{`{"Statement":[{"Action":"*"}]}`, "a statement has no effect", true},
		{`{"Effect":"Allow","Action":"*","Resource":"*"}`, "a policy document has no element \"Effect\"", true},
		{`{"Statement":[`, "the text ends too early", true},
		{`{"Statement":{"Effect":"Allow","Action":'*'}}`, "a value is expected: texts stand in double quotes", true},
		{`{"Statement":[]} x`, "there is something behind the end of the document", true},
		{`{"Statement":"a` + "\n" + `"}`, "a text holds a line break or control character", true},
		{`[]`, "a policy document is an object", true},
		{strings.Repeat("[", 100), "it is nested too deeply", true},
	} {
		d, problems := NewReader().Parse(tt.text, nil)
		var got []string
		for _, p := range problems {
			got = append(got, p.String())
		}
		if !strings.Contains(strings.Join(got, "; "), tt.want) || (d == nil) != tt.fatal {
			t.Errorf("%.60s\ngot  %q, document: %t\nwant %q, document: %t", tt.text, got, d != nil, tt.want, !tt.fatal)
		}
	}
}

var (
	account = Hole{Text: "${data.aws_caller_identity.me.account_id}", Shape: ShapeOwnAccount, Sure: true}
	other   = Hole{Text: "${data.aws_caller_identity.you.account_id}", Shape: ShapeOwnAccount, Sure: true}
	region  = Hole{Text: "${var.region}", Sure: true}
	some    = Hole{Text: "${unknown 1}", Why: "nobody knows"}
)

func TestDecide(t *testing.T) {
	repo := "arn:aws:ecr:eu-west-1:111122223333:repository/app"
	mine := map[string]Key{"aws:principalaccount": {Value: "111122223333"}, "aws:principalorgid": {Value: "o-mine"}, "aws:resourceorgid": {Absent: true}}
	pull := Request{Action: "ecr:BatchGetImage", Resource: repo, Principal: "arn:aws:iam::111122223333:role/exec", Keys: mine}
	token := Request{Action: "ecr:GetAuthorizationToken", Resource: "*", Principal: pull.Principal, Keys: mine}
	root := pull
	root.RootOnly = true
	statement := func(text string) string { return `{"Statement":[` + text + `]}` }
	allow := func(text string) string { return statement(`{"Effect":"Allow","Principal":"*",` + text + `}`) }
	for _, tt := range []struct {
		what, text string
		q          Request
		want       fact.Tri
	}{
		{"everything", allow(`"Action":"*","Resource":"*"`), pull, fact.Yes},
		{"case of actions", allow(`"Action":"ECR:batchget*","Resource":"*"`), pull, fact.Yes},
		{"another action", allow(`"Action":["ecr:PutImage"],"Resource":"*"`), pull, fact.No},
		{"not that action", allow(`"NotAction":["ecr:PutImage"],"Resource":"*"`), pull, fact.Yes},
		{"star in a segment", allow(`"Action":"ecr:*","Resource":"arn:aws:ecr:*:111122223333:repository/*"`), pull, fact.Yes},
		{"star over colons is open", allow(`"Action":"ecr:*","Resource":"arn:aws:ecr:*:repository/app"`), pull, fact.Unknown},
		{"a short pattern is open", allow(`"Action":"ecr:*","Resource":"arn:aws:ecr:*"`), pull, fact.Unknown},
		{"another account", allow(`"Action":"ecr:*","Resource":"arn:aws:ecr:*:444455556666:repository/*"`), pull, fact.No},
		{"the token needs a star", allow(`"Action":"ecr:*","Resource":"arn:aws:ecr:*:*:repository/*"`), token, fact.No},
		{"not a resource", allow(`"Action":"ecr:*","NotResource":"arn:aws:ecr:*:*:repository/secret"`), token, fact.Yes},
		{"a hole", allow(`"Action":"ecr:*","Resource":"arn:aws:ecr:${var.region}:111122223333:repository/*"`), pull, fact.Unknown},
		{"a hole that cannot fit", allow(`"Action":"ecr:*","Resource":"arn:aws:ecr:${var.region}:444455556666:repository/*"`), pull, fact.No},
		{"unknown further values", allow(`"Action":["ecr:PutImage","${unknown 1}"],"Resource":"*"`), pull, fact.Unknown},
		{"unknown further statements", statement(`"${unknown 1}"`), pull, fact.Unknown},
		{"a deny wins", statement(`{"Effect":"Deny","Principal":"*","Action":"ecr:*","Resource":"*"},{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`), pull, fact.No},
		{"a deny of another action", statement(`{"Effect":"Deny","Principal":"*","Action":"ecr:Put*","Resource":"*"},{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`), pull, fact.Yes},
		{"the root of the account", statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"*","Resource":"*"}`), pull, fact.Yes},
		{"the root on a gateway", statement(`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}`), root, fact.Unknown},
		{"the root of another", statement(`{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"*","Resource":"*"}`), pull, fact.No},
		{"another role", statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/other"},"Action":"*","Resource":"*"}`), pull, fact.No},
		{"no principal", statement(`{"Effect":"Allow","Action":"*","Resource":"*"}`), pull, fact.Unknown},
		{"not a principal", statement(`{"Effect":"Allow","NotPrincipal":{"AWS":"444455556666"},"Action":"*","Resource":"*"}`), pull, fact.Unknown},
		{"the organisation", allow(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:principalorgid":"o-mine"}}`), pull, fact.Yes},
		{"another organisation", allow(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-you"}}`), pull, fact.No},
		{"absent", allow(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceOrgID":"o-mine"}}`), pull, fact.No},
		{"absent, if it exists", allow(`"Action":"*","Resource":"*","Condition":{"StringEqualsIfExists":{"aws:ResourceOrgID":"o-mine"}}`), pull, fact.Yes},
		{"absent and negated", allow(`"Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceOrgID":"o-mine"}}`), pull, fact.Yes},
		{"null", allow(`"Action":"*","Resource":"*","Condition":{"Null":{"aws:ResourceOrgID":"true"}}`), pull, fact.Yes},
		{"a key that is not known", allow(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`), pull, fact.Unknown},
		{"an operator that is not modelled", allow(`"Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-mine"}}`), pull, fact.Unknown},
		{"a policy variable", allow(`"Action":"*","Resource":"arn:aws:ecr:eu-west-1:111122223333:repository/${aws:username}"`), pull, fact.Unknown},
	} {
		if got := parse(t, NewReader(), tt.text, region, some).Decide(tt.q).Passes; got != tt.want {
			t.Errorf("%s: got %v, want %v\n%s", tt.what, got, tt.want, tt.text)
		}
	}
}

// Two names of the account of the design are one account.
func TestOwnAccountIsOne(t *testing.T) {
	r := NewReader()
	d := parse(t, r, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"},"Action":"*","Resource":"*"}}`, account)
	q := Request{Action: "ecr:PutImage", Resource: "*", Keys: map[string]Key{"aws:principalaccount": {Value: r.Value(other.Text, []Hole{other})}}}
	if got := d.Decide(q).Passes; got != fact.Yes {
		t.Errorf("got %v, want yes", got)
	}
}

func TestCompare(t *testing.T) {
	const all = `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`
	const repos = `{"Sid":"x","Effect":"Allow","Principal":{"AWS":["*"]},"Action":["ecr:*"],"Resource":"arn:aws:ecr:eu-west-1:111122223333:repository/*"}`
	const repos2 = `{"Effect":"Allow","Principal":"*","Action":["ECR:*","ecr:PutImage"],"Resource":["arn:aws:ecr:eu-west-1:111122223333:repository/*","arn:aws:ecr:eu-west-1:111122223333:repository/a"]}`
	const org = `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-mine"}}}`
	const open = `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:ecr:${unknown 1}:111122223333:repository/*"}`
	probes := []Request{{Action: "ecr:PutImage", Resource: "arn:aws:ecr:eu-west-1:444455556666:repository/x"}, {Action: "ecr:GetAuthorizationToken", Resource: "*"}}
	for _, tt := range []struct {
		what, a, b string
		want       fact.Tri
		action     string
	}{
		{"one text", all, all, fact.Yes, ""},
		{"other words for the same", repos, repos2, fact.Yes, ""},
		{"full access and repositories", all, repos, fact.No, "ecr:PutImage"},
		{"repositories and full access", repos, all, fact.No, "ecr:PutImage"},
		{"full access and an organisation", all, org, fact.No, "ecr:PutImage"},
		{"an organisation and repositories are not compared", org + "," + repos, org, fact.No, "ecr:PutImage"},
		{"a hole is no proof", open, open, fact.Unknown, ""},
	} {
		r := NewReader()
		got, diff := Compare(parse(t, r, `{"Statement":[`+tt.a+`]}`, some), parse(t, r, `{"Statement":[`+tt.b+`]}`, some), probes)
		if got != tt.want || diff.Request.Action != tt.action {
			t.Errorf("%s: got %v by %q, want %v by %q", tt.what, got, diff.Request.Action, tt.want, tt.action)
		}
	}
}

// slowGlob matches as the definition says.
func slowGlob(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		for i := 0; i <= len(text); i++ {
			if slowGlob(pattern[1:], text[i:]) {
				return true
			}
		}
		return false
	case text == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && slowGlob(pattern[1:], text[1:])
}

// Globs with holes agree with the definition for every value that is tried for
// the holes, and with it exactly where there is none.
func TestGlob(t *testing.T) {
	r := NewReader()
	h, g := Hole{Text: "H", Sure: true}, Hole{Text: "G", Sure: true}
	seen := map[fact.Tri]int{}
	rapid.Check(t, func(rt *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?HG]{0,6}`).Draw(rt, "pattern")
		text := rapid.StringMatching(`[abHG]{0,6}`).Draw(rt, "text")
		got := matchText(r.Value(pattern, []Hole{h, g}), r.Value(text, []Hole{h, g}))
		seen[got]++
		yes, no := false, false
		for _, x := range []string{"", "a", "b", "ab", "ba", "aab"} {
			for _, y := range []string{"", "a", "b", "ab", "ba", "aab"} {
				in := strings.NewReplacer("H", x, "G", y)
				if slowGlob(in.Replace(pattern), in.Replace(text)) {
					yes = true
				} else {
					no = true
				}
			}
		}
		exact := !strings.ContainsAny(pattern+text, "HG")
		if got == fact.Yes && no || got == fact.No && yes || exact && got == fact.Unknown {
			rt.Fatalf("%q on %q: got %v, but by trying: yes %t, no %t", pattern, text, got, yes, no)
		}
	})
	for _, v := range []fact.Tri{fact.Yes, fact.No, fact.Unknown} {
		if seen[v] == 0 {
			t.Errorf("no draw was %v", v)
		}
	}
}

// drawStatement draws a statement in a small world, so that statements overlap.
func drawStatement(rt *rapid.T) map[string]any {
	list := func(name string, of ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, 3, rapid.ID[string]).Draw(rt, name)
	}
	s := map[string]any{
		"Effect":   rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(rt, "effect"),
		"Action":   list("action", "*", "ecr:*", "ecr:Get*", "ecr:PutImage", "ecr:BatchGetImage"),
		"Resource": list("resource", "*", "arn:aws:ecr:r:1:repository/*", "arn:aws:ecr:r:1:repository/a", "arn:aws:ecr:r:2:repository/?"),
	}
	if rapid.Bool().Draw(rt, "anyone") {
		s["Principal"] = "*"
	} else {
		s["Principal"] = map[string]any{"AWS": list("principal", "111122223333", "arn:aws:iam::444455556666:role/a", "arn:aws:iam::444455556666:role/b")}
	}
	if rapid.Bool().Draw(rt, "condition") {
		s["Condition"] = map[string]any{rapid.SampledFrom([]string{"StringEquals", "StringNotEquals", "StringEqualsIfExists"}).Draw(rt, "operator"): map[string]any{
			"aws:PrincipalOrgID": list("organisation", "o-a", "o-b")}}
	}
	return s
}

func encode(t interface{ Fatal(...any) }, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// rewrite says the same in other words.
func rewrite(rng *rand.Rand, s map[string]any, n int) map[string]any {
	out := map[string]any{"Sid": fmt.Sprint("s", n)}
	for key, v := range s {
		list, isList := v.([]string)
		if isList {
			list = slices.Clone(list)
			rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			if key == "Action" {
				for i := range list {
					list[i] = strings.ToUpper(list[i])
				}
			}
			if v = any(list); len(list) == 1 {
				v = list[0]
			}
		}
		if who, ok := v.(map[string]any); ok && key == "Principal" {
			names := slices.Clone(who["AWS"].([]string))
			for i, name := range names {
				if len(name) == 12 {
					names[i] = "arn:aws:iam::" + name + ":root"
				}
			}
			v = map[string]any{"AWS": names}
		}
		if v == "*" && key == "Principal" {
			v = map[string]any{"AWS": "*"}
		}
		out[key] = v
	}
	return out
}

// Other words for the same keep the normal form; another principal breaks it;
// and of equal documents no request tells a difference.
func TestNormalForm(t *testing.T) {
	equal, differ := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		statements := make([]map[string]any, rapid.IntRange(1, 3).Draw(rt, "statements"))
		for i := range statements {
			statements[i] = drawStatement(rt)
		}
		rng := rand.New(rand.NewSource(rapid.Int64().Draw(rt, "seed")))
		var again []map[string]any
		for i, s := range statements {
			again = append(again, rewrite(rng, s, i))
		}
		rng.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		r := NewReader()
		read := func(v any) *Document {
			d, problems := r.Parse(encode(rt, v), nil)
			if len(problems) > 0 {
				rt.Fatal(problems)
			}
			return d
		}
		a, b := read(map[string]any{"Statement": statements}), read(map[string]any{"Version": "2012-10-17", "Statement": again})
		x, _ := a.Normal()
		y, _ := b.Normal()
		if diff := cmp.Diff(x, y); diff != "" {
			rt.Fatalf("other words for the same:\n%s", diff)
		}
		other := rewrite(rng, statements[0], 0)
		other["Principal"] = map[string]any{"AWS": "999999999999"}
		if z, _ := read(map[string]any{"Statement": append([]map[string]any{other}, statements[1:]...)}).Normal(); slices.Equal(x, z) {
			rt.Fatal("another principal is not seen")
		}
		extra := drawStatement(rt)
		c := read(map[string]any{"Statement": append(slices.Clone(statements), extra)})
		z, _ := c.Normal()
		if !slices.Equal(x, z) {
			differ++
			return
		}
		equal++
		for _, action := range []string{"ecr:GetAuthorizationToken", "ecr:PutImage", "ecr:BatchGetImage", "ecs:Poll"} {
			for _, on := range []string{"*", "arn:aws:ecr:r:1:repository/a", "arn:aws:ecr:r:2:repository/b", "arn:aws:ecr:r:3:repository/c"} {
				for _, org := range []Key{{Absent: true}, {Value: "o-a"}, {Value: "o-c"}} {
					q := Request{Action: action, Resource: on, Principal: "arn:aws:iam::444455556666:role/a", Keys: map[string]Key{
						"aws:principalaccount": {Value: "444455556666"}, "aws:principalorgid": org}}
					if d, e := a.Decide(q).Passes, c.Decide(q).Passes; d != e {
						rt.Fatalf("equal forms, but of %+v one says %v and the other %v", q, d, e)
					}
				}
			}
		}
	})
	if equal == 0 || differ == 0 {
		t.Errorf("%d draws were equal, %d not: the generator is too narrow", equal, differ)
	}
}

// Whatever the text, there is a document or a fatal problem, never both.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},]}`, `{"Statement":"${unknown 1}"}`, `{"a":1e5,"b":[true,null,"\ud83d\ude00"]}`, "// x\n{}", "\U000F0001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := NewReader()
		d, problems := r.Parse(text, []Hole{some, account})
		bad := slices.ContainsFunc(problems, func(p Problem) bool { return p.Fatal })
		if (d == nil) != bad {
			t.Fatalf("document %t, problems %v", d != nil, problems)
		}
		if d == nil {
			return
		}
		q := Request{Action: "ecr:PutImage", Resource: "*"}
		d.Decide(q)
		if same, _ := Compare(d, d, []Request{q}); same == fact.No {
			t.Fatal("a document differs from itself")
		}
	})
}
