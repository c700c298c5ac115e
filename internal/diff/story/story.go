// Package story tells a difference in sentences, for every format that people
// read.
//
// # Model
// Each row of a difference becomes an [Entry]: a word for what happened, both
// sides by the names that people use, and the changes that cause it with their
// places.
//
// # Guarantees
// Places of the design before begin with what names it, so that no place is taken
// for one of the other design. Lists of names are cut, and how many are left out
// is said.
//
// # Not modelled
// Layout, and characters that a format gives a meaning to.
package story

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diff"
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// Names are what both designs are called, and what their places begin with:
// "main:infra/", "" for the current directory.
type Names struct {
	Before, After           string
	BeforePlace, AfterPlace string
	Input                   string // of the design after, for commands
}

// Entry is one row.
type Entry struct {
	Row               diff.Row
	Word              string // "OPENED"
	From, To, Packets string
	Says              string // one sentence
	Through           string // the load balancer on the way, with ports and the state of TLS; empty if there is none
	Notes             []string
	How               string // how the changes act, as a clause; empty for one change
	Causes            []finding.Evidence
	MoreCauses        int
	Ask               string // a command that shows the same of the design after, if there is one
	Opens, Surely     bool   // more can connect; and both answers are sure
}

// limits of lists
const (
	maxNames  = 4
	maxBlocks = 4
	maxCauses = 12
	maxParts  = 2 // of one change among several
)

var words = map[[2]fact.Tri]string{
	{fact.No, fact.Yes}:      "OPENED",
	{fact.No, fact.Unknown}:  "MAYBE OPENED",
	{fact.Unknown, fact.Yes}: "NOW SURELY OPEN",
	{fact.Yes, fact.No}:      "CLOSED",
	{fact.Yes, fact.Unknown}: "MAYBE CLOSED",
	{fact.Unknown, fact.No}:  "NOW SURELY CLOSED",
}

// entries tells the rows of a difference, in their order.
func entries(d diff.Difference, n Names) []Entry {
	out := make([]Entry, len(d.Rows))
	for i, r := range d.Rows {
		out[i] = entry(d, r, n)
	}
	return out
}

func entry(d diff.Difference, r diff.Row, n Names) Entry {
	e := Entry{Row: r, Word: words[[2]fact.Tri{r.Before, r.After}], From: names(d, r.From), To: names(d, r.To), Packets: r.Packets.String(),
		Opens: r.After == fact.Yes || r.Before == fact.No, Surely: r.Before != fact.Unknown && r.After != fact.Unknown}
	e.Says = says(d, r, e)
	if w := r.Way; w != nil {
		e.Through = fmt.Sprintf("%s %s, %s; then %s, %s", label(d, w.Balancer), r.Packets, w.Client, w.TargetPorts, w.Backend)
	}
	e.Notes = notes(r)
	e.How, e.Causes, e.MoreCauses = causes(d, r.Cause, n)
	e.Ask = question(d, r, n)
	return e
}

// says is the row as a sentence.
func says(d diff.Difference, r diff.Row, e Entry) string {
	for _, name := range []*string{&e.From, &e.To} {
		if strings.HasPrefix(*name, "internet") {
			*name = "the " + *name
		}
	}
	through := ""
	if r.Way != nil {
		through = " through " + label(d, r.Way.Balancer)
	}
	on := " on " + e.Packets
	if r.Packets.IsAll() {
		on = " with all traffic"
	}
	switch [2]fact.Tri{r.Before, r.After} {
	case [2]fact.Tri{fact.No, fact.Yes}:
		return e.From + " can now reach " + e.To + through + on
	case [2]fact.Tri{fact.No, fact.Unknown}:
		return e.From + " could not reach " + e.To + through + on + ", and whether it can now is undecided"
	case [2]fact.Tri{fact.Unknown, fact.Yes}:
		return "whether " + e.From + " reaches " + e.To + through + on + " was undecided; now it surely can"
	case [2]fact.Tri{fact.Yes, fact.No}:
		return e.From + " can no longer reach " + e.To + through + on
	case [2]fact.Tri{fact.Yes, fact.Unknown}:
		return e.From + " could reach " + e.To + through + on + ", and whether it still can is undecided"
	}
	return "whether " + e.From + " reaches " + e.To + through + on + " was undecided; now it surely cannot"
}

func notes(r diff.Row) []string {
	var out []string
	if w := r.Way; w != nil {
		if w.Lost != "" {
			out = append(out, w.Lost)
		}
	}
	switch {
	case r.Silent:
		out = append(out, "nothing is declared to listen there")
	case r.Way == nil && !r.Listens.IsEmpty() && !r.Listens.Equal(r.Packets):
		out = append(out, "of these something listens on "+r.Listens.String())
	}
	return out
}

// causes are the changes of a cause, each with its place.
func causes(d diff.Difference, c diff.Cause, n Names) (how string, out []finding.Evidence, more int) {
	switch {
	case c.Kind == diff.CauseEach:
		how = "each of these alone"
	case c.Kind == diff.CauseTogether && len(c.Changes) > 1:
		how = "these together"
	case c.Kind == diff.CauseSeveral && len(c.Changes) > 1:
		how = "some of these together"
	}
	for _, i := range c.Changes {
		change := d.Changes[i]
		if most := maxParts; len(change.Parts) > most && len(c.Changes) > 1 {
			change.MoreParts += len(change.Parts) - most
			change.Parts = change.Parts[:most]
		}
		out = append(out, Change(change, n)...)
	}
	if len(out) > maxCauses {
		more, out = len(out)-maxCauses, out[:maxCauses]
	}
	return how, out, more
}

// Change tells one change of a resource.
func Change(c diff.Change, n Names) []finding.Evidence {
	what := cmp.Or(c.What, string(c.ID))
	switch {
	case !c.In:
		return []finding.Evidence{{Text: what + " is new", Place: At(n.AfterPlace, c.After)}}
	case !c.Still:
		return []finding.Evidence{{Text: what + " is gone", Place: At(n.BeforePlace, c.Before)}}
	case len(c.Parts) == 0:
		return []finding.Evidence{{Text: what + " is not the same", Place: At(n.AfterPlace, c.After)}}
	}
	var out []finding.Evidence
	for _, p := range c.Parts {
		place := At(n.AfterPlace, cmp.Or(p.After, c.After))
		text := what + ": " + p.Path
		switch {
		case p.Old != "" && p.New != "":
			text += fmt.Sprintf(" was %s and is %s", p.Old, p.New)
		case p.New != "":
			text += " " + p.New + " is new"
		case p.Old != "" || p.After.IsZero():
			text += " " + strings.TrimSpace(p.Old+" is gone")
			place = At(n.BeforePlace, cmp.Or(p.Before, c.Before))
		case p.Before.IsZero():
			text += " is new"
		default:
			text += " is another one"
		}
		out = append(out, finding.Evidence{Text: strings.ReplaceAll(text, "  ", " "), Place: place})
		what = "and"
	}
	if c.MoreParts > 0 {
		out = append(out, finding.Evidence{Text: fmt.Sprintf("and %d more of it", c.MoreParts)})
	}
	for i := range out {
		out[i].Text = strings.Replace(out[i].Text, "and: ", "and ", 1)
	}
	return out
}

// At is a place of a design whose places begin with a prefix.
func At(prefix string, p ref.Place) ref.Place {
	if !p.IsZero() {
		p.File = prefix + p.File
	}
	return p
}

// question is the command that shows a row of the design after.
func question(d diff.Difference, r diff.Row, n Names) string {
	from, to := asked(r.From), asked(r.To)
	if len(from) != 1 || len(to) != 1 {
		return ""
	}
	side := func(node diff.Node) (string, bool) {
		if node.Endpoint != "" {
			id := node.Endpoint
			e := d.After.Endpoint(id)
			if e == nil {
				return "", false
			}
			if d.After.Workload(e.Owner) != nil {
				id = e.Owner
			}
			return d.After.Selector(id), true
		}
		switch p := node.Addrs.Prefixes(); {
		case node.List != "":
			return "", false
		case len(p) == 1:
			return p[0].String(), true
		case node.Addrs.Covers(netset.Internet().V4()):
			return "internet", true
		}
		return "", false
	}
	start, ok := side(from[0])
	end, also := side(to[0])
	if !ok || !also {
		return ""
	}
	text := start + " -> " + end
	if r.Way != nil {
		if !r.Way.TargetPorts.IsAll() {
			text += " " + r.Way.TargetPorts.String()
		}
	} else if !r.Packets.IsAll() {
		text += " " + r.Packets.String()
	}
	return "muralla ask '" + strings.ReplaceAll(text, "'", `'\''`) + "' " + cmp.Or(n.Input, ".")
}

// asked are the nodes without services of AWS beside the internet.
func asked(nodes []diff.Node) []diff.Node {
	if !slices.ContainsFunc(nodes, func(n diff.Node) bool { return n.Addrs.Covers(netset.Internet().V4()) }) {
		return nodes
	}
	return slices.DeleteFunc(slices.Clone(nodes), func(n diff.Node) bool { return n.List != "" })
}

// Idle are the changes that no row names as its cause, in order.
func Idle(d diff.Difference) []diff.Change {
	used := make([]bool, len(d.Changes))
	for _, r := range d.Rows {
		for _, i := range r.Cause.Changes {
			used[i] = true
		}
	}
	var out []diff.Change
	for i, c := range d.Changes {
		if !used[i] {
			out = append(out, c)
		}
	}
	return slices.Clip(out)
}

// Report is everything that is said of two designs.
type Report struct {
	Difference diff.Difference
	Verdicts   judged.Comparison
	Names      Names
	Entries    []Entry
}

// Of tells a difference. Commands are told only if they can read the design after.
func Of(d diff.Difference, v judged.Comparison, n Names, asks bool) Report {
	r := Report{d, v, n, entries(d, n)}
	for i := range r.Entries {
		if !asks {
			r.Entries[i].Ask = ""
		}
	}
	return r
}

// Counts is how many rows of each kind there are among things that both designs
// have, and how many with things that are in one of them.
type Counts struct{ Opened, Closed, Undecided, Fresh int }

// Counts counts the rows.
func (r Report) Counts() Counts {
	var c Counts
	for _, e := range r.Entries {
		switch {
		case e.Row.Fresh:
			c.Fresh++
		case !e.Surely:
			c.Undecided++
		case e.Opens:
			c.Opened++
		default:
			c.Closed++
		}
	}
	return c
}

// Differs answers whether anything differs: Unknown if all that does is from or to
// undecided.
func (r Report) Differs() fact.Tri {
	out := fact.No
	for _, e := range r.Entries {
		if e.Surely {
			return fact.Yes
		}
		out = fact.Unknown
	}
	for _, v := range r.Verdicts.Results {
		switch {
		case v.Suppressed != nil || v.State == judged.Unchanged:
		case v.Verdict == finding.Violates:
			return fact.Yes
		case v.Verdict == finding.Undecided:
			out = fact.Unknown
		}
	}
	if len(r.Verdicts.Resolved) > 0 {
		return fact.Yes
	}
	return out
}

// Summary is the first line: how many of what.
func (r Report) Summary() string {
	c, v := r.Counts(), r.Verdicts.Counts()
	var out []string
	for _, p := range []struct {
		n    int
		text string
	}{
		{c.Opened, "opened"}, {c.Closed, "closed"}, {c.Undecided, "to or from undecided"}, {c.Fresh, "of things that are new or gone"},
	} {
		if p.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	text := "nobody reaches more or less than before"
	if len(out) > 0 {
		text = "connections: " + strings.Join(out, ", ")
	}
	out = nil
	for _, p := range []struct {
		n    int
		text string
	}{{v.New, "new"}, {v.Worse, "worse"}, {v.Better, "better"}, {v.Resolved, "resolved"}} {
		if p.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	if len(out) == 0 {
		return text + "; findings: as before"
	}
	return text + "; findings: " + strings.Join(out, ", ")
}
