package estate

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBelow(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"repo/.git", "repo/infra/web", "repo/infra/db", "bare/infra"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "bare"))
	for _, tc := range []struct {
		paths     []string
		top, home string
	}{
		{[]string{dir + "/repo"}, "repo", ""},
		{[]string{dir + "/repo/infra/web"}, "repo", "infra/web"},
		{[]string{dir + "/repo/infra/web", dir + "/repo/infra/db"}, "repo", "infra"},
		{[]string{"."}, "bare", ""},                           // no repository: the current directory
		{[]string{"infra"}, "bare", "infra"},                  // and what is below it
		{[]string{"infra", dir + "/repo"}, "", ""},            // else what holds all
		{[]string{dir + "/repo/infra/none"}, "repo", "infra"}, // what is not there is taken for a file
	} {
		top := Top(tc.paths)
		if want := filepath.Join(dir, tc.top); top != want {
			t.Errorf("the top of %v is %s, want %s", tc.paths, top, want)
		}
		if home := Below(top, Home(tc.paths)); home != tc.home {
			t.Errorf("the places of %v are relative to %q, want %q", tc.paths, home, tc.home)
		}
	}
	if got := Below(filepath.Join(dir, "repo"), filepath.Join(dir, "bare")); got != "" {
		t.Errorf("a path beside the top is %q below it", got)
	}
}
