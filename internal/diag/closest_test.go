package diag

import (
	"testing"

	"pgregory.net/rapid"
)

func TestClosest(t *testing.T) {
	known := []string{"flows", "version", "severity", "services"}
	for word, want := range map[string]string{
		"flow": "flows", "verison": "version", "servces": "services", "flows": "flows",
		"bananas": "", "": "", "x": "",
	} {
		if got := Closest(word, known); got != want {
			t.Errorf("Closest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := Closest("b", []string{"a", "c"}); got != "a" {
		t.Errorf("of two that are as near the first is meant, not %q", got)
	}
}

func TestEditDistanceAgreesWithSlowTwin(t *testing.T) {
	seen := map[int]int{}
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.StringOfN(rapid.SampledFrom([]rune("abc")), 0, 5, -1)
		a, b := word.Draw(rt, "a"), word.Draw(rt, "b")
		want := slowDistance(a, b)
		if got := editDistance(a, b, 10); got != want {
			rt.Fatalf("%q to %q: got %d, want %d", a, b, got, want)
		}
		if got := editDistance(a, b, 2); got != min(want, 2) {
			rt.Fatalf("%q to %q, at most 2: got %d, want %d", a, b, got, min(want, 2))
		}
		seen[want]++
	})
	if len(seen) < 3 {
		t.Errorf("distances %v: the draw is too narrow", seen)
	}
}

func slowDistance(a, b string) int {
	switch {
	case a == "" || b == "":
		return len(a) + len(b)
	case a[0] == b[0]:
		return slowDistance(a[1:], b[1:])
	}
	return 1 + min(slowDistance(a[1:], b), slowDistance(a, b[1:]), slowDistance(a[1:], b[1:]))
}
