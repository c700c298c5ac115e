package json

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/diff"
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/diff/story"
	truth "github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
)

// DifferenceSchema names the form of a difference.
const DifferenceSchema = "muralla.diff/v1"

type difference struct {
	Schema      string          `json:"schema"`
	Before      string          `json:"before"`
	After       string          `json:"after"`
	Differs     string          `json:"differs"`
	Rows        []differenceRow `json:"rows"`
	Changes     []change        `json:"changes"`
	Moved       []move          `json:"moved"`
	Findings    []verdictChange `json:"findings"`
	Resolved    []known         `json:"resolved"`
	Open        int             `json:"open"`
	Unsearched  string          `json:"unsearched"`
	Summary     rowCounts       `json:"summary"`
	Diagnostics []diagnostic    `json:"diagnostics"`
}

type rowCounts struct {
	Opened    int `json:"opened"`
	Closed    int `json:"closed"`
	Undecided int `json:"undecided"`
	Fresh     int `json:"fresh"`
}

type differenceRow struct {
	Before  string   `json:"before"`
	After   string   `json:"after"`
	From    []node   `json:"from"`
	To      []node   `json:"to"`
	Packets string   `json:"packets"`
	Fresh   bool     `json:"fresh"`
	Way     *wayOf   `json:"way"`
	Listens string   `json:"listens"`
	Silent  bool     `json:"silent"`
	Text    string   `json:"text"`
	Notes   []string `json:"notes"`
	Cause   cause    `json:"cause"`
	Ask     string   `json:"ask"`
}

type node struct {
	Text      string `json:"text"`
	Endpoint  string `json:"endpoint"`
	Addresses string `json:"addresses"`
	List      string `json:"list"`
}

type wayOf struct {
	Balancer    string `json:"balancer"`
	Workload    string `json:"workload"`
	TargetPorts string `json:"targetPorts"`
	Client      string `json:"client"`
	Backend     string `json:"backend"`
	Lost        string `json:"lost"`
}

type cause struct {
	Kind    string `json:"kind"`
	Changes []int  `json:"changes"`
}

type change struct {
	Resource    string       `json:"resource"`
	Type        string       `json:"type"`
	What        string       `json:"what"`
	Kind        string       `json:"kind"`
	PlaceBefore place        `json:"placeBefore"`
	PlaceAfter  place        `json:"placeAfter"`
	Parts       []changePart `json:"parts"`
	MoreParts   int          `json:"moreParts"`
}

type changePart struct {
	Path        string `json:"path"`
	Before      string `json:"before"`
	After       string `json:"after"`
	PlaceBefore place  `json:"placeBefore"`
	PlaceAfter  place  `json:"placeAfter"`
}

type move struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type verdictChange struct {
	State          string `json:"state"`
	Was            string `json:"was"`
	Recommendation string `json:"recommendation"`
	Resource       string `json:"resource"`
	Verdict        string `json:"verdict"`
	Severity       string `json:"severity"`
	Title          string `json:"title"`
	Place          place  `json:"place"`
	Fingerprint    string `json:"fingerprint"`
	Suppressed     bool   `json:"suppressed"`
}

type known struct {
	Recommendation string `json:"recommendation"`
	Resource       string `json:"resource"`
	Severity       string `json:"severity"`
	Title          string `json:"title"`
	Place          place  `json:"place"`
	Fingerprint    string `json:"fingerprint"`
}

// WriteDifference writes how two designs differ, in the form of
// docs/schema/diff-v1.schema.json. The error is that of the writer.
func WriteDifference(w io.Writer, r story.Report, diags diag.List) error {
	d := r.Difference
	out := difference{
		Schema: DifferenceSchema, Before: r.Names.Before, After: r.Names.After,
		Differs: map[truth.Tri]string{truth.Yes: "yes", truth.No: "no", truth.Unknown: "undecided"}[r.Differs()],
		Rows:    []differenceRow{}, Changes: []change{}, Moved: []move{}, Findings: []verdictChange{}, Resolved: knownOf(r.Verdicts.Resolved),
		Open: d.Open, Unsearched: d.Unsearched, Summary: rowCounts(r.Counts()), Diagnostics: []diagnostic{},
	}
	for _, e := range r.Entries {
		out.Rows = append(out.Rows, rowOf(d, e))
	}
	for _, c := range d.Changes {
		out.Changes = append(out.Changes, changeOf(c, r.Names))
	}
	for _, m := range d.Moved {
		out.Moved = append(out.Moved, move{string(m.From), string(m.To)})
	}
	for _, v := range r.Verdicts.Results {
		if v.State != judged.Unchanged {
			out.Findings = append(out.Findings, verdictChange{v.State.String(), v.Was, v.Recommendation, string(v.Resource), v.Verdict.String(),
				v.Severity.String(), v.Title, placeOf(v.Place), v.Fingerprint(), v.Suppressed != nil})
		}
	}
	for _, g := range diags {
		out.Diagnostics = append(out.Diagnostics, diagnosticOf(g))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

func knownOf(list []judged.Known) []known {
	out := []known{}
	for _, k := range list {
		out = append(out, known{k.Recommendation, string(k.Resource), k.Severity.String(), k.Title, placeOf(k.Place), k.Fingerprint})
	}
	return out
}

// answerOf is a truth value as a verdict of ask.
func answerOf(t truth.Tri) string {
	if t == truth.Unknown {
		return "undecided"
	}
	return t.String()
}

func rowOf(d diff.Difference, e story.Entry) differenceRow {
	r := e.Row
	out := differenceRow{
		Before: answerOf(r.Before), After: answerOf(r.After), From: nodesOf(d, r.From), To: nodesOf(d, r.To), Packets: r.Packets.String(),
		Fresh: r.Fresh, Listens: r.Listens.String(), Silent: r.Silent, Text: e.Says, Notes: append([]string{}, e.Notes...), Ask: e.Ask,
		Cause: cause{[...]string{"unknown", "one", "each", "together", "several"}[min(r.Cause.Kind, diff.CauseSeveral)], append([]int{}, r.Cause.Changes...)},
	}
	if w := r.Way; w != nil {
		out.Way = &wayOf{string(w.Balancer), string(w.Workload), w.TargetPorts.String(), w.Client.String(), w.Backend.String(), w.Lost}
	}
	return out
}

func nodesOf(d diff.Difference, nodes []diff.Node) []node {
	out := []node{}
	for _, n := range nodes {
		v := node{Text: story.Name(d, n), Endpoint: string(n.Endpoint), List: string(n.List)}
		if n.IsOutside() && n.List == "" {
			v.Addresses = n.Addrs.String()
		}
		out = append(out, v)
	}
	return out
}

func changeOf(c diff.Change, n story.Names) change {
	kind := "changed"
	switch {
	case !c.In:
		kind = "added"
	case !c.Still:
		kind = "removed"
	}
	out := change{string(c.ID), c.Type, c.What, kind, prefixed(n.BeforePlace, c.Before), prefixed(n.AfterPlace, c.After), []changePart{}, c.MoreParts}
	for _, p := range c.Parts {
		out.Parts = append(out.Parts, changePart{p.Path, p.Old, p.New, prefixed(n.BeforePlace, p.Before), prefixed(n.AfterPlace, p.After)})
	}
	return out
}

func prefixed(prefix string, p ref.Place) place {
	if !p.IsZero() {
		p.File = prefix + p.File
	}
	return placeOf(p)
}
