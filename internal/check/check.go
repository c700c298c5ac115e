// Package check judges a design by the recommendations of the AWS page "Network
// security best practices for Amazon ECS".
//
// # Model
// A recommendation is a function from a snapshot, its reachability and the
// declared intent to findings: one verdict for each resource that it is about.
// Rules that are about who reaches whom ask package reach and nothing else.
//
// # Guarantees
//   - Every recommendation gives a verdict for every resource that it is about;
//     silence is not a verdict.
//   - A verdict that holds only because of a gap in the input is undecided, with
//     the facts that are missing.
//   - Findings depend on snapshot and intent only and come in one order.
//
// # Not modelled
// Exceptions and baselines: a finding is the same whether or not it is excepted
// (see package suppress).
//
// The package is longer than 1,500 lines because it has one file for each
// recommendation, and they share one vocabulary.
package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/need"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/policy"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Recommendation is one thing that the AWS page asks for.
type Recommendation struct {
	Slug  string // stable for ever
	Title string // what it asks for, in one line
	judge func(*run)
}

// Recommendations are all recommendations, in the order of the documentation.
func Recommendations() []Recommendation { return slices.Clone(recommendations) }

// Options are what a run needs beside the design.
type Options struct {
	// Input is how the user named the design, quoted for a shell; it ends the
	// questions that findings suggest. Empty is the current directory.
	Input string
}

// Run judges a snapshot by every recommendation.
func Run(s *topo.Snapshot, in intent.Intent, o Options) finding.Report {
	r := &run{Snapshot: s, net: reach.New(s), intent: in, input: o.Input,
		asked: map[[2]ref.ID]bool{}, exposed: map[ref.ID]exposure{}, policies: policy.NewReader(),
		ways: map[[2]ref.ID]wayOut{}, needs: map[ref.ID]need.All{}}
	for _, rec := range recommendations {
		r.slug = rec.Slug
		rec.judge(r)
	}
	report := finding.Report{
		Findings:    r.findings,
		NotModelled: s.NotModelled,
		Counts:      finding.Counts{Resources: s.Resources, Services: r.services(), Pairs: len(r.asked)},
	}
	report.Sort()
	return report
}

// run is the state of one run.
type run struct {
	*topo.Snapshot
	net      *reach.Network
	intent   intent.Intent
	input    string
	slug     string // of the recommendation that judges now
	findings []finding.Finding
	asked    map[[2]ref.ID]bool // pairs of endpoints
	exposed  map[ref.ID]exposure
	policies *policy.Reader
	ways     map[[2]ref.ID]wayOut // of interfaces in subnets
	needs    map[ref.ID]need.All
}

func (r *run) services() int {
	n := 0
	for _, w := range r.Workloads {
		if w.Kind == topo.ServiceWorkload {
			n++
		}
	}
	return n
}

// add completes a finding with what follows from its subject, and keeps it. A
// thing that may not exist at all makes no violation: the verdict is then
// undecided.
func (r *run) add(t topo.Thing, f finding.Finding) {
	f.Recommendation, f.Resource, f.Place = r.slug, t.ID, t.Place
	if t.Exists != fact.Yes && f.Verdict == finding.Violates {
		f.Verdict, f.Title, f.Changes = finding.Undecided, "if it exists: "+f.Title, nil
		f.Gaps = append(f.Gaps, finding.Evidence{Text: "whether " + string(t.ID) + " exists: " + orUnknown(t.Why), Place: t.Place})
		f.Message = strings.TrimSpace(f.Message + " It is not known whether the resource exists: " + orUnknown(t.Why) + ".")
	}
	r.findings = append(r.findings, f)
}

func orUnknown(why string) string {
	if why == "" {
		return "the design does not tell"
	}
	return why
}

// notKnown is why a piece of user data is not known: a clause, or the name of
// what stands there.
func notKnown(why string) string {
	if why != "" && !strings.Contains(why, " ") {
		return why + " is not known from the design"
	}
	return orUnknown(why)
}

// notApplicable adds that verdict.
func (r *run) notApplicable(t topo.Thing, title, message string) {
	r.add(t, finding.Finding{Verdict: finding.NotApplicable, Title: title, Message: message})
}

// connect asks package reach and counts the pair.
func (r *run) connect(from, to reach.Party, asked netset.Ports) reach.Answer {
	r.asked[[2]ref.ID{from.Endpoint, to.Endpoint}] = true
	return r.net.Connect(from, to, asked)
}

// entries are the ways through load balancers to a workload from the internet.
func (r *run) entries(workload ref.ID) []reach.Entry {
	es := r.net.Entries(workload, netset.Internet())
	for _, e := range es {
		r.asked[[2]ref.ID{e.Balancer, e.Target}] = true
		r.asked[[2]ref.ID{"", e.Balancer}] = true
	}
	return es
}

// ask is the command that asks a question about the design.
func (r *run) ask(question string) string {
	return "muralla ask '" + strings.ReplaceAll(question, "'", `'\''`) + "' " + cmp.Or(r.input, ".")
}

// gap is a missing fact as evidence.
func gap[T any](what string, f fact.Fact[T]) finding.Evidence {
	return finding.Evidence{Text: what + ": " + orUnknown(f.Why), Place: f.Place}
}

// because is evidence from a format.
func because(text string, at ref.Place) finding.Evidence {
	return finding.Evidence{Text: text, Place: at}
}
