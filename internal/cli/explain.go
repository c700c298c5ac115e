package cli

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/docs"
	"github.com/muralla-net/muralla/internal/diag"
)

func newExplain(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [SLUG]",
		Short: "Explain a recommendation, or list them",
		Long: `Explain prints the page of a recommendation: why it matters, a bad and a good
design, how to mend it, and what is not judged. Without a slug it lists all.`,
		Example: `  muralla explain
  muralla explain sg-from-alb`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fail("one recommendation at a time", "explain takes one slug, not %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return slugs(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listPages(a.stdout)
			}
			return explain(a.stdout, args[0])
		},
	}
	withExits(cmd, exitClean, exitFailed)
	return cmd
}

const pagesDir = "recommendations"

// slugs is the recommendations that have a page, in order.
func slugs() []string {
	entries, err := fs.ReadDir(docs.Recommendations, pagesDir)
	if err != nil {
		return nil // it is compiled in; an empty list is no worse than a crash
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".md"))
	}
	slices.Sort(out) // the names of the files sort otherwise
	return out
}

// page is the Markdown of a recommendation.
func page(slug string) (string, error) {
	data, err := fs.ReadFile(docs.Recommendations, path.Join(pagesDir, slug+".md"))
	return string(data), err
}

func explain(w io.Writer, slug string) error {
	text, err := page(slug)
	if err != nil {
		f := failure{err: fmt.Errorf("there is no recommendation %q", slug)}
		if best := diag.Closest(slug, slugs()); best != "" {
			f.hints = append(f.hints, "did you mean: muralla explain "+best)
		}
		f.hints = append(f.hints, "all are listed by: muralla explain")
		return f
	}
	_, err = io.WriteString(w, plainPage(text, 80))
	return err
}

// listPages prints each slug with the title of its page, "# SLUG: TITLE".
func listPages(w io.Writer) error {
	all := slugs()
	longest := 0
	for _, s := range all {
		longest = max(longest, len(s))
	}
	for _, s := range all {
		text, err := page(s)
		if err != nil {
			return err
		}
		title, _, _ := strings.Cut(text, "\n")
		title = strings.TrimPrefix(strings.TrimLeft(title, "# "), s+": ")
		if _, err := fmt.Fprintf(w, "%-*s  %s\n", longest, s, strings.TrimSpace(title)); err != nil {
			return err
		}
	}
	return nil
}
