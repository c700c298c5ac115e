package text

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// answered is an answer with an undecided way, a no and, if pairs is two, a pair
// whose side is not known. name is the name of the task.
func answered(t *testing.T, name string, pairs int) ask.Reply {
	t.Helper()
	q, err := question.Parse("internet -> svc/* tcp/8080")
	if err != nil {
		t.Fatal(err)
	}
	port := netset.TCP(8080, 8080)
	place := ref.Place{File: "sg.tf", Line: 9}
	rule := reach.RuleUse{ID: "aws_security_group.a", Text: "sg " + name + " allows 10.0.0.0/16 tcp/8080 for a reason that makes the line long", Ports: port, Place: place}
	no := reach.Answer{Trail: []reach.Step{
		{Gate: reach.GateRoute, At: "subnet", Passes: netset.Exactly(port)},
		{Gate: reach.GatePublicAddress, At: "task", Why: "it has no public address", Rules: []reach.RuleUse{{Text: "no public address"}}},
		{Gate: reach.GateGroupIn, At: "task", Why: "no rule allows it", Near: true, Rules: []reach.RuleUse{rule, rule, rule, rule, rule, rule}},
	}}
	open := reach.Answer{Packets: netset.AtMost(port), Trail: []reach.Step{
		{Gate: reach.GateGroupIn, At: "task", Passes: netset.AtMost(port), Why: "a range is not known", Rules: []reach.RuleUse{rule}},
	}}
	yes := reach.Answer{Packets: netset.Exactly(port), Trail: []reach.Step{
		{Gate: reach.GateRoute, At: "lb", Passes: netset.Exactly(port)},
		{Gate: reach.GateGroupIn, At: "lb", Passes: netset.Exactly(port), Rules: []reach.RuleUse{rule}},
	}}
	s := (&topo.Snapshot{NotModelled: []finding.NotModelled{{Type: "aws_dx_connection", Count: 2}}}).Freeze()
	missing := []finding.Evidence{{Text: "var.cidr has no value", Place: place}}
	from := ask.Member{Party: reach.Outside(netset.Internet()), Text: "internet", Belongs: fact.Yes}
	to := ask.Member{Party: reach.At("task"), ID: "task", Text: "task " + name, Belongs: fact.Yes, Place: place}
	r := ask.Reply{Question: q, Snapshot: s, Results: []ask.Result{{
		Pair: ask.Pair{From: from, To: to}, Asked: port, AskedWhy: "declared to listen", Connects: netset.AtMost(port), Direct: no, Gaps: missing, Notes: []string{"A note."},
		Ways: []ask.Way{
			{Entry: reach.Entry{Balancer: "lb", FrontPorts: netset.Exactly(port), TargetPorts: netset.Exactly(port), Front: yes, Back: open, Conditions: []string{"path /" + name}, Exists: fact.Yes}, Ends: netset.Exactly(port)},
			{Entry: reach.Entry{Balancer: "lb", FrontPorts: netset.Exactly(port), TargetPorts: netset.Exactly(port), Exists: fact.No, Why: "the rule never matches"}, Ends: netset.Exactly(port), Works: fact.No},
		},
	}}}
	if pairs == 2 {
		r.Results = append(r.Results, ask.Result{Pair: ask.Pair{From: from, To: ask.Member{Text: "task other", ID: "other"}}, Asked: port, Any: fact.No, Direct: no})
	}
	return r
}

func render(t *testing.T, r ask.Reply, e question.Expectation, o Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteAnswer(&out, r, e, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWriteAnswer(t *testing.T) {
	want := `UNDECIDED internet > task orders  tcp/8080
  to       task                                                          sg.tf:9
  ports    tcp/8080 (declared to listen)
  way      through lb tcp/8080, unknown; then tcp/8080, unknown; for path
           /orders; undecided
  first    internet > lb tcp/8080
  passes   route      lb: route lets it pass
           sg in      sg orders allows 10.0.0.0/16 tcp/8080 for a reason that
                      makes the line long                                sg.tf:9
  then     lb > task orders tcp/8080
  unsure   sg in      task: a range is not known
                      by: sg orders allows 10.0.0.0/16 tcp/8080 for a reason
                      that makes the line long                           sg.tf:9
  way      through lb tcp/8080, unknown; then tcp/8080, unknown; it does not
           work
  stopped  the rule never matches
  direct   no: without a load balancer, tcp/8080
  stopped  public ip  task: it has no public address
           sg in      task: no rule allows it
                      nearest: sg orders allows 10.0.0.0/16 tcp/8080 for a
                      reason that makes the line long                    sg.tf:9
                      and sg orders allows 10.0.0.0/16 tcp/8080 for a reason
                      that makes the line long                           sg.tf:9
                      and sg orders allows 10.0.0.0/16 tcp/8080 for a reason
                      that makes the line long                           sg.tf:9
                      and sg orders allows 10.0.0.0/16 tcp/8080 for a reason
                      that makes the line long                           sg.tf:9
                      and 2 more rules
  missing  var.cidr has no value                                         sg.tf:9
  note     A note.

not modelled: 2 aws_dx_connection
`
	if diff := cmp.Diff(want, render(t, answered(t, "orders", 1), question.ExpectNothing, Options{})); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Of several pairs the verdict of all comes first, and a no is one row unless
// all is asked for or every connection was expected to work.
func TestWriteAnswerOfSeveralPairs(t *testing.T) {
	r := answered(t, "orders", 2)
	out := render(t, r, question.ExpectDeny, Options{})
	for _, want := range []string{
		"no connection is expected to work: it is undecided whether that holds\nUNDECIDED internet -> svc/* tcp/8080\n  of 2 pairs: 0 yes, 1 undecided, 1 no\n\nUNDECIDED internet > task orders",
		"  no       internet > task other: stopped by public address, inbound security\n           group rules\n\n  --all shows each pair gate by gate\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, out := range []string{render(t, r, question.ExpectDeny, Options{All: true}), render(t, r, question.ExpectAllow, Options{})} {
		if !strings.Contains(out, "\nNO internet > task other  tcp/8080\n") || strings.Contains(out, "--all") {
			t.Errorf("the second pair is not in full in\n%s", out)
		}
	}
}

// Names are from hostile files: what they hold changes no screen. Colour adds
// escapes and nothing else.
func TestWriteAnswerIsClean(t *testing.T) {
	hostile := "a\x1b[31m\nYES \u202e\xff"
	plain := render(t, answered(t, hostile, 2), question.ExpectNothing, Options{All: true})
	if strings.ContainsFunc(plain, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) || strings.Contains(plain, "\nYES") {
		t.Errorf("%q", plain)
	}
	for i, l := range strings.Split(plain, "\n") {
		if columns(l) > 80 {
			t.Errorf("line %d has %d columns: %s", i+1, columns(l), l)
		}
	}
	coloured := render(t, answered(t, hostile, 2), question.ExpectNothing, Options{All: true, Color: true})
	if bare := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured, ""); bare != plain || coloured == plain {
		t.Errorf("colour changes the text:\n%s", cmp.Diff(plain, bare))
	}
}
