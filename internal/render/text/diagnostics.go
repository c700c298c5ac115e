package text

import (
	"io"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// WriteDiagnostics writes what is said about the input, for the stream beside
// the answer. Nothing is written for an empty list, and notes only with
// [Options.All]. The error is that of the writer.
func WriteDiagnostics(w io.Writer, list diag.List, o Options) error {
	p := &printer{width: o.width(), color: o.Color}
	for _, d := range list.Sorted() {
		style := map[diag.Level]string{diag.Error: red, diag.Warning: boldAmber, diag.Note: cyan}[d.Level]
		if d.Level == diag.Note && !o.All {
			continue
		}
		head := d.Level.String() + ":"
		lines := wrap(clean(d.Summary), p.width-len(head)-1)
		lines[0] = p.paint(style, head) + " " + p.paint(bold, lines[0])
		for _, l := range lines {
			p.line(l)
		}
		p.diagnosticPlace(cleanPlace(d.Place))
		if d.Detail != "" {
			p.paragraph("  ", clean(d.Detail))
		}
	}
	return p.flush(w)
}

func (p *printer) diagnosticPlace(at ref.Place) {
	if !at.IsZero() {
		p.line("  at " + p.paint(dim, at.String()))
	}
}
