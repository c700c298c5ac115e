package cli

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/graph"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/render/codequality"
	"github.com/muralla-net/muralla/internal/render/github"
	picture "github.com/muralla-net/muralla/internal/render/graph"
	"github.com/muralla-net/muralla/internal/render/html"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/render/junit"
	"github.com/muralla-net/muralla/internal/render/markdown"
	"github.com/muralla-net/muralla/internal/render/ocsf"
	"github.com/muralla-net/muralla/internal/render/sarif"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/topo"
)

// view is how a report is to be shown.
type view struct {
	text.Options
	paths    []string // of the design
	config   string   // the file in which the user declares, if there is one
	baseline string   // the file that lists what is known, if there is one

	snapshot *topo.Snapshot // nil if it is not known
	time     int64          // the beginning of the day as of which is judged, in milliseconds since 1970
	earlier  *against       // nil without --against
}

// formats is every output format of check.
var formats = map[string]func(w io.Writer, r finding.Report, v view) error{
	"html": func(w io.Writer, r finding.Report, v view) error { return v.html(w, v.earlier.only(r)) },
	"text": func(w io.Writer, r finding.Report, v view) error {
		if err := text.Write(w, v.earlier.only(r), v.Options); err != nil || v.earlier == nil {
			return err
		}
		return text.WriteNote(w, v.earlier.line(), v.Options)
	},
	// GitLab itself compares with what is there without the merge request.
	"codequality": func(w io.Writer, r finding.Report, v view) error { return codequality.Write(w, r, v.repository()) },
	"github": func(w io.Writer, r finding.Report, v view) error {
		return github.Write(w, v.earlier.only(r), v.repository())
	},
	"ocsf": func(w io.Writer, r finding.Report, v view) error {
		return ocsf.Write(w, r, ocsf.Options{Time: v.time, Version: moduleVersion(), Page: pageURI})
	},
	"json": func(w io.Writer, r finding.Report, v view) error {
		o := json.Options{}
		if v.earlier != nil {
			o.Against, o.Name = &v.earlier.Comparison, v.earlier.name
		}
		return json.Write(w, r, o)
	},
	"markdown": func(w io.Writer, r finding.Report, v view) error {
		o := markdown.Options{All: v.All, Page: pageURI}
		if v.earlier != nil {
			o.Against = v.earlier.name
		}
		if err := markdown.Write(w, v.earlier.only(r), o); err != nil || v.earlier == nil {
			return err
		}
		_, err := fmt.Fprintf(w, "\n%s.\n", gfm.Text(v.earlier.line()))
		return err
	},
	"junit": func(w io.Writer, r finding.Report, v view) error { return junit.WriteReport(w, v.earlier.only(r)) },
	"sarif": func(w io.Writer, r finding.Report, v view) error {
		o := sarif.Options{Version: moduleVersion(), Rules: rules(), Repository: v.repository(), All: v.All}
		if v.earlier != nil {
			o.Against = &v.earlier.Comparison
		}
		return sarif.Write(w, r, o)
	},
}

// html is the page, with the map of the design.
func (v view) html(w io.Writer, r finding.Report) error {
	o := html.Options{Title: "muralla check" + ofPaths(v.paths), Page: pageURI, Version: moduleVersion()}
	if v.snapshot != nil {
		var b strings.Builder
		g := graph.Of(reach.New(v.snapshot), graph.Options{Findings: r.Findings})
		g.Title += ofPaths(v.paths)
		if err := picture.SVG(&b, g, picture.Options{Inline: true, Link: html.Anchor}); err != nil {
			return err
		}
		o.Map = b.String()
	}
	return html.Write(w, r, o)
}

// repository is where files are for systems that want them as they are named in
// the repository.
func (v view) repository() finding.Repository {
	top := estate.Top(v.paths)
	out := finding.Repository{Base: estate.Below(top, estate.Home(v.paths)), Files: map[string]string{}}
	for _, file := range []string{v.config, v.baseline} {
		if at := estate.Below(top, cmp.Or(file, ".")); file != "" && at != "" {
			out.Files[filepath.Base(file)] = at
		}
	}
	return out
}

// moduleVersion is the version of the program alone.
func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}

// rules are all recommendations with their pages, and last the one about
// exceptions, which the engine does not judge.
func rules() []sarif.Rule {
	var out []sarif.Rule
	for _, rec := range append(check.Recommendations(), check.Recommendation{Slug: finding.ExceptionSlug, Title: "Exceptions are looked after"}) {
		help, err := page(rec.Slug)
		if err != nil {
			help = "" // it is compiled in; a rule without help is no worse than no output
		}
		out = append(out, sarif.Rule{ID: rec.Slug, Title: rec.Title, Help: help, URI: pageURI(rec.Slug)})
	}
	return out
}

// pageURI is where the page of a recommendation is read, or "" if there is none.
func pageURI(slug string) string {
	if _, err := page(slug); err != nil {
		return ""
	}
	return "https://github.com/muralla-net/muralla/blob/main/docs/recommendations/" + slug + ".md"
}
