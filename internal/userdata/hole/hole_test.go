package hole_test

import (
	"fmt"
	"testing"

	"github.com/muralla-net/muralla/internal/userdata/hole"
)

func TestTable(t *testing.T) {
	var table hole.Table
	a, b := table.New("a is not known"), table.New("b is not known")
	if a == b || table.New("a is not known") != a {
		t.Errorf("equal reasons must share one hole, others not: %q %q", a, b)
	}
	for text, want := range map[string]string{
		"plain": "", "x" + b + a: "b is not known", a: "a is not known",
		"\U000FFF00": "a piece of the text is not known",
	} {
		if got := table.Why(text); got != want {
			t.Errorf("Why(%q) = %q, want %q", text, got, want)
		}
		if hole.Has(text) != (want != "") {
			t.Errorf("Has(%q) = %v", text, hole.Has(text))
		}
	}
	if clean := hole.Clean("x" + a + "\xff"); hole.Has(clean) || clean != "x\uFFFD\uFFFD" {
		t.Errorf("literal text must not forge a hole: %q", clean)
	}
	if !hole.Only(" "+a+"\n") || hole.Only("x"+a) || hole.Only("  ") {
		t.Error("Only is about holes and white space")
	}
}

func TestTableIsBounded(t *testing.T) {
	var table hole.Table
	for i := range 70_000 {
		if text := table.New(fmt.Sprint(i)); !hole.Only(text) || table.Why(text) == "" {
			t.Fatalf("reason %d has no hole", i)
		}
	}
}

// TestFits: a hole, written ?, may stand for any text.
func TestFits(t *testing.T) {
	for _, r := range []struct {
		text, want string
		fits       bool
	}{
		{"abc", "abc", true}, {"abc", "abd", false}, {"?", "abc", true}, {"a?", "abc", true}, {"?c", "abc", true},
		{"a?c", "abc", true}, {"b?", "abc", false}, {"?b", "abc", false}, {"a?b?c", "abc", true}, {"a?c?b", "abc", false},
		{"ab?bc", "abc", false}, {"?b?", "abc", true}, {"??", "", true}, {"a?a", "a", false}, {"abc?", "abc", true},
	} {
		text := ""
		for _, c := range r.text {
			if c == '?' {
				c = '\U000F0000'
			}
			text += string(c)
		}
		if got := hole.Fits(text, r.want); got != r.fits {
			t.Errorf("Fits(%s, %s) = %v, want %v", r.text, r.want, got, r.fits)
		}
	}
}
