package text

import (
	"slices"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/ref"
)

// clean is text that only puts marks on the screen.
func clean(s string) string { return gfm.Clean(s) }

func cleanPlace(p ref.Place) ref.Place { return ref.Place{File: clean(p.File), Line: p.Line} }

func cleanAll(in []finding.Evidence) []finding.Evidence {
	out := make([]finding.Evidence, len(in))
	for i, e := range in {
		out[i] = finding.Evidence{Text: clean(e.Text), Place: cleanPlace(e.Place)}
	}
	return out
}

// cleaned is a finding with every text of it clean.
func cleaned(f finding.Finding) finding.Finding {
	f.Recommendation = clean(f.Recommendation)
	f.Resource = ref.ID(clean(string(f.Resource)))
	f.SeverityWhy, f.Title, f.Message = clean(f.SeverityWhy), clean(f.Title), clean(f.Message)
	f.Fix, f.Ask = clean(f.Fix), clean(f.Ask)
	f.Place = cleanPlace(f.Place)
	path := make([]string, len(f.Path))
	for i, hop := range f.Path {
		path[i] = clean(hop)
	}
	f.Path = path
	f.Changes = slices.Clone(f.Changes)
	for i := range f.Changes {
		f.Changes[i].Refused = clean(f.Changes[i].Refused)
	}
	f.Evidence, f.Gaps = cleanAll(f.Evidence), cleanAll(f.Gaps)
	if s := f.Suppressed; s != nil {
		f.Suppressed = &finding.Suppression{Source: s.Source, Reason: clean(s.Reason), Until: clean(s.Until), Place: cleanPlace(s.Place)}
	}
	return f
}
