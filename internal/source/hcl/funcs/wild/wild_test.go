package wild

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

var one, two = symbol.Make(resource.Reference{ID: "a.x", Attr: "id"}), symbol.Make(resource.Reference{ID: "a.y", Attr: "id"})

var hole = symbol.Hole("w")

// texts are what a symbol stands for in the twin: all short texts of two
// characters that are inside. The strings of the test have one more, which is
// outside.
var texts = func() (out []string) {
	for _, a := range []string{"a", "b"} {
		out = append(out, a)
		for _, b := range []string{"a", "b"} {
			out = append(out, a+b)
			for _, c := range []string{"a", "b"} {
				out = append(out, a+b+c, a+b+c+"a", a+b+c+"b")
			}
		}
	}
	return out
}()

// holeTexts are what a hole stands for in the twin: all texts of up to four
// characters.
var holeTexts = func() []string {
	out := []string{""}
	for from, n := 0, 1; n <= 4; n++ {
		to := len(out)
		for _, s := range out[from:to] {
			out = append(out, s+"a", s+"b", s+",")
		}
		from = to
	}
	return out
}()

// worlds calls visit with s for all that its symbols may stand for, and with
// where in it the texts of symbols are.
func worlds(s string, visit func(text string, symbolic []bool)) {
	choices := func(of string, texts []string) []string {
		if strings.Contains(s, of) {
			return texts
		}
		return []string{""}
	}
	for _, x := range choices(one, texts) {
		for _, y := range choices(two, texts) {
			for _, z := range choices(hole, holeTexts) {
				var b strings.Builder
				var symbolic []bool
				for _, p := range symbol.Parts(s) {
					text := p.Text
					switch {
					case p.IsRef && p.Ref.ID == "":
						text = z
					case p.IsRef && p.Ref.ID == "a.x":
						text = x
					case p.IsRef:
						text = y
					}
					b.WriteString(text)
					for range text {
						symbolic = append(symbolic, p.IsRef)
					}
				}
				visit(b.String(), symbolic)
			}
		}
	}
}

func TestAnswersAgreeWithAllWorlds(t *testing.T) {
	seen := map[string]map[bool]int{"touches": {}, "is": {}, "starts": {}, "ends": {}}
	rapid.Check(t, func(rt *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", ",", one, two, hole}), 0, 4).Draw(rt, "s"), "")
		u := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", ","}), 1, 4).Draw(rt, "t"), "")
		var touches, is, starts, ends bool
		worlds(s, func(text string, symbolic []bool) {
			is = is || text == u
			starts = starts || strings.HasPrefix(text, u)
			ends = ends || strings.HasSuffix(text, u)
			for i := 0; i+len(u) <= len(text); i++ {
				if text[i:i+len(u)] != u {
					continue
				}
				for _, of := range symbolic[i : i+len(u)] {
					touches = touches || of
				}
			}
		})
		// Two gaps may hold the same symbol, which is not modelled.
		once := strings.Count(s, one) < 2 && strings.Count(s, two) < 2 && strings.Count(s, hole) < 2
		for _, q := range []struct {
			name      string
			got, want bool
		}{
			{"touches", Touches(s, u), touches},
			{"is", CanBe(s, u), is},
			{"starts", CanStart(s, u), starts},
			{"ends", CanEnd(s, u), ends},
		} {
			if q.want && !q.got || once && q.got != q.want {
				rt.Fatalf("%q %s %q: got %v, want %v", s, q.name, u, q.got, q.want)
			}
			seen[q.name][q.want]++
		}
	})
	for name, n := range seen {
		if n[true] < 5 || n[false] < 5 {
			t.Errorf("%s was drawn %v: the generator is too narrow", name, n)
		}
	}
}

func TestTwoTextsWithSymbols(t *testing.T) {
	for _, row := range []struct {
		s, t string
		want bool
	}{
		{one, two, true}, // two things may have one name
		{one, one, true},
		{"x," + one, "y," + two, false},
		{"x," + one, "x," + two, true},
		{one + ",x", one + ",y", false},
		{"", one, false},
		{one, "", false},
		{"sg-1", one, true},
		{"sg 1", one, false},
	} {
		if got := CanBe(row.s, row.t); got != row.want {
			t.Errorf("CanBe(%q, %q): got %v", row.s, row.t, got)
		}
	}
}

func TestWorkIsBounded(t *testing.T) {
	s := strings.Repeat(one+"a", 50_000)
	u := strings.Repeat("a", 50_000)
	if !Touches(s, u) || !CanStart(s, u) || !CanBe(s, u) || !CanEnd(s, u) {
		t.Error("what is not worked out must be possible")
	}
}

func TestFree(t *testing.T) {
	for s, want := range map[string]bool{"": true, ", ": true, "é": true, ",a": false, "-": false, ":": false} {
		if got := Free(s); got != want {
			t.Errorf("Free(%q) = %v", s, got)
		}
	}
}
