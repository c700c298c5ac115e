package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var target = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Every link within the repository leads somewhere.
func TestLinks(t *testing.T) {
	pages := []string{"../README.md"}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range target.FindAllStringSubmatch(string(text), -1) {
			to, _, _ := strings.Cut(m[1], "#")
			if to == "" || strings.Contains(to, "://") {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(to))); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links were found: the test looks in the wrong place", links)
	}
}

// The form that the program relies on when it lists and shows pages.
func TestRecommendationPages(t *testing.T) {
	entries, err := fs.ReadDir(Recommendations, "recommendations")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := fs.ReadFile(Recommendations, "recommendations/"+e.Name())
		if err != nil {
			t.Fatal(err)
		}
		slug := strings.TrimSuffix(e.Name(), ".md")
		first, _, _ := strings.Cut(string(text), "\n")
		if title, ok := strings.CutPrefix(first, "# "+slug+": "); !ok || title == "" || strings.HasSuffix(title, ".") {
			t.Errorf("%s begins %q, not %q", e.Name(), first, "# "+slug+": what it asks")
		}
	}
}
