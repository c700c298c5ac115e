package glob

import (
	"path"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// slow matches by trying all numbers of segments for each **.
func slow(pattern, segments []string) bool {
	if len(pattern) == 0 {
		return len(segments) == 0
	}
	if pattern[0] == "**" {
		for i := range len(segments) + 1 {
			if slow(pattern[1:], segments[i:]) {
				return true
			}
		}
		return false
	}
	if len(segments) == 0 {
		return false
	}
	ok, _ := path.Match(pattern[0], segments[0])
	return ok && slow(pattern[1:], segments[1:])
}

func TestMatchAgreesWithSearch(t *testing.T) {
	seen := map[bool]int{}
	rapid.Check(t, func(rt *rapid.T) {
		pattern := rapid.SliceOfN(rapid.SampledFrom([]string{"**", "*", "a", "a*", "?"}), 1, 5).Draw(rt, "pattern")
		name := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab"}), 1, 5).Draw(rt, "name")
		p, err := Compile(strings.Join(pattern, "/"))
		if err != nil {
			rt.Fatal(err)
		}
		got, want := p.Match(strings.Join(name, "/")), slow(pattern, name)
		if got != want {
			rt.Fatalf("%v on %v: got %v, want %v", pattern, name, got, want)
		}
		seen[got]++
	})
	if seen[true] < 5 || seen[false] < 5 {
		t.Errorf("drawn %v: the generator is too narrow", seen)
	}
}

func TestPatterns(t *testing.T) {
	for _, row := range []struct {
		pattern, name string
		want          bool
	}{
		{"*.{tf,tf.json}", "main.tf.json", true},
		{"{a,b}/{c,{d,e}}", "b/e", true},
		{"{a,b}", "c", false},
		{"[!a]b", "cb", true},
		{"[!a]b", "ab", false},
		{"[a-c]b", "bb", true},
		{`\*`, "*", true},
		{`\*`, "a", false},
		{"./a/../b", "b", true},
		{"*", "a/b", false},
		{"**", "a/b", true},
	} {
		p, err := Compile(row.pattern)
		if err != nil || p.Match(row.name) != row.want {
			t.Errorf("%s on %s: got %v, %v", row.pattern, row.name, !row.want, err)
		}
	}
	for _, bad := range []string{"[", "{a", `a\`, strings.Repeat("{a,b}", 12)} {
		if _, err := Compile(bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestManyStarsEnd(t *testing.T) {
	p, err := Compile(strings.Repeat("**/", 40) + "x")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() { done <- p.Match(strings.Repeat("a/", 60) + "b") }()
	select {
	case got := <-done:
		if got {
			t.Error("matched")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the time of a match is not polynomial")
	}
}
