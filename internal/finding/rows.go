package finding

import "github.com/muralla-net/muralla/internal/ref"

// Row is one line of what a finding says, for formats that show text in lines.
type Row struct {
	Label string // "why", "severity", "accepted", "path", "then", "also", "because", "missing", "fix", "ask" or "id"
	Text  string
	Place ref.Place // zero if the text has none
}

// Rows is the finding line by line, without its title, in the order in which it
// is read: why, the proof, and what to do. Nothing is shortened.
func (f Finding) Rows() []Row {
	var out []Row
	add := func(label, text string, at ref.Place) {
		if text != "" {
			out = append(out, Row{label, text, at})
		}
	}
	add("why", f.Message, ref.Place{})
	if f.SeverityWhy != "" && f.Verdict == Violates {
		add("severity", f.Severity.String()+": "+f.SeverityWhy, ref.Place{})
	}
	if s := f.Suppressed; s != nil {
		add("accepted", s.String(), s.Place)
	}
	for i, hop := range f.Path {
		switch {
		case i == 0:
			add("path", hop, ref.Place{})
		case f.Continues(i):
			add("then", hop, ref.Place{})
		default:
			add("also", hop, ref.Place{})
		}
	}
	for _, e := range f.Evidence {
		add("because", e.Text, e.Place)
	}
	for _, g := range f.Gaps {
		add("missing", g.Text, g.Place)
	}
	add("fix", f.Fix, ref.Place{})
	add("ask", f.Ask, ref.Place{})
	add("id", f.Fingerprint(), ref.Place{})
	return out
}
