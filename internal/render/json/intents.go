package json

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/diag"
	truth "github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/topo"
)

// IntentsSchema names the form of the answers to a file of intents.
const IntentsSchema = "muralla.intents/v1"

type intents struct {
	Schema      string        `json:"schema"`
	File        string        `json:"file"`
	Verdict     string        `json:"verdict"`
	Count       intentCount   `json:"count"`
	Intents     []intent      `json:"intents"`
	NotModelled []notModelled `json:"notModelled"`
	Diagnostics []diagnostic  `json:"diagnostics"`
}

type intentCount struct {
	Held      int `json:"held"`
	Failed    int `json:"failed"`
	Undecided int `json:"undecided"`
	Errors    int `json:"errors"`
}

type intent struct {
	Line   int         `json:"line"`
	Name   string      `json:"name"`
	Expect string      `json:"expect"`
	Text   string      `json:"text"`
	Status string      `json:"status"`
	Error  *askError   `json:"error"`
	Answer *answerBody `json:"answer"`
}

type askError struct {
	Problem string `json:"problem"`
	Hint    string `json:"hint"`
	At      int    `json:"at"`
	Length  int    `json:"length"`
}

// WriteIntents writes what became of the intents of a file, in the form of
// docs/schema/intents-v1.schema.json. The error is that of the writer.
func WriteIntents(w io.Writer, file string, s *topo.Snapshot, list []ask.Outcome, diags diag.List) error {
	c := ask.CountOf(list)
	d := intents{Schema: IntentsSchema, File: file, Count: intentCount{c.Held, c.Failed, c.Undecided, c.Errors}, Verdict: "holds",
		Intents: []intent{}, NotModelled: notModelledOf(s), Diagnostics: diagnosticsOf(diags)}
	switch {
	case c.Failed > 0:
		d.Verdict = "fails"
	case c.Errors > 0:
		d.Verdict = "error"
	case c.Undecided > 0:
		d.Verdict = "undecided"
	}
	for _, o := range list {
		i := intent{Line: o.Line, Name: o.Name, Expect: o.Expect.String(), Text: o.Text, Status: "undecided"}
		switch {
		case o.Err != nil:
			i.Status, i.Error = "error", &askError{o.Err.Problem, o.Err.Hint, o.Err.At, o.Err.Length}
		case o.Holds == truth.Yes:
			i.Status = "holds"
		case o.Holds == truth.No:
			i.Status = "fails"
		}
		if o.Err == nil {
			a := bodyOf(o.Reply, o.Expect)
			i.Answer = &a
		}
		d.Intents = append(d.Intents, i)
	}
	return encode(w, d)
}

func encode(w io.Writer, d any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

func notModelledOf(s *topo.Snapshot) []notModelled {
	out := []notModelled{}
	if s == nil {
		return out
	}
	for _, n := range s.NotModelled {
		out = append(out, notModelled{n.Type, n.Count, n.Why, placeOf(n.First)})
	}
	return out
}

func diagnosticsOf(diags diag.List) []diagnostic {
	out := []diagnostic{}
	for _, g := range diags.Sorted() {
		out = append(out, diagnosticOf(g))
	}
	return out
}

var formNames = [...]string{question.Connects: "connects", question.Mutual: "mutual", question.Reaches: "who reaches", question.Reached: "what can reach", question.Leaves: "what leaves"}
