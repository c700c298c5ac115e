package json_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/remedy"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/topo"
)

// fullReply has something in every key of the schema.
func fullReply(t *testing.T) ask.Reply {
	t.Helper()
	q, err := question.Parse("internet -> svc/<orders> tcp/8080")
	if err != nil {
		t.Fatal(err)
	}
	port := netset.TCP(8080, 8080)
	missing := []finding.Evidence{{Text: "var.cidr has no value", Place: at("main.tf", 3)}}
	answer := reach.Answer{Packets: netset.AtMost(port), Trail: []reach.Step{{
		Gate: reach.GateGroupIn, At: "aws_ecs_service.orders", Passes: netset.AtMost(port), Why: "a range is not known",
		Rules: []reach.RuleUse{{ID: "aws_security_group.a", Text: "sg a allows var.cidr tcp/8080", Ports: port, Place: at("sg.tf", 9)}},
	}}}
	to := ask.Member{Party: reach.At("aws_ecs_service.orders"), ID: "aws_ecs_service.orders", Text: "task orders", Belongs: fact.Yes}
	rule := &topo.Rule{Ports: netset.Exactly(port), Peer: topo.Peer{Kind: topo.PeerGroup, ID: "aws_security_group.b"}, Exists: fact.Yes}
	more := []remedy.Exposure{{From: []reach.Party{reach.At("aws_ecs_service.b"), reach.Outside(netset.Internet())}, To: []reach.Party{reach.At("aws_ecs_service.orders")}, Ports: netset.Exactly(port)}}
	open := ask.Advice{Open: &remedy.Opening{Edits: []remedy.Edit{{Action: remedy.Add, Thing: "aws_security_group.a", Inbound: true, Rule: rule, Place: at("sg.tf", 9)}},
		Works: fact.Yes, Also: more, AlsoMore: "there are very many", Obstacles: []remedy.Obstacle{{Gate: reach.GateRoute, At: "aws_subnet.a", Why: "no route", Place: at("net.tf", 4)}}}}
	shut := ask.Advice{Shut: &remedy.Cut{Edits: []remedy.Edit{{Action: remedy.Remove, Thing: "aws_security_group.a", Inbound: true, Rule: rule}}, Breaks: more, Gaps: missing}}
	return ask.Reply{
		Question: q, Snapshot: &topo.Snapshot{NotModelled: []finding.NotModelled{{Type: "aws_dx_connection", Count: 2}}},
		Results: []ask.Result{
			{Pair: ask.Pair{From: ask.Member{Party: reach.Outside(netset.Internet()), Text: "internet", Belongs: fact.Yes}, To: to},
				Asked: port, Connects: netset.AtMost(port), Direct: answer, Notes: []string{"A & B."}, Gaps: missing, Advice: open,
				Ways: []ask.Way{{Entry: reach.Entry{Balancer: "aws_lb.shop", Conditions: []string{"path /a"}, Client: reach.TLSEncrypted, Backend: reach.TLSNone, Front: answer, Back: answer}, Why: missing}}},
			{Pair: ask.Pair{From: ask.Member{Text: "sg empty"}, To: to}, Gaps: missing, Advice: shut},
		},
		Exits: []ask.Exit{{Kind: topo.ToNAT, Gateway: "aws_nat_gateway.a", Owner: "the internet", Addrs: netset.Internet().V4(), Gaps: missing,
			Users: []ask.User{{Member: to, Ports: netset.AtMost(port)}}}},
		Chains: []ask.Chain{{Pair: ask.Pair{From: to, To: to}, Hops: []ask.Result{{}}, Tried: []ask.Result{{}}, Reached: 1, Gaps: missing}},
	}
}

// The answers of intents have the form of answers, and what is around them that
// of its own schema.
func TestIntentsAndSchemaAgree(t *testing.T) {
	schemaOf := func(name string) schema {
		text, err := os.ReadFile("../../../docs/schema/" + name + "-v1.schema.json")
		if err != nil {
			t.Fatal(err)
		}
		return schema{decode(t, text).(map[string]any), map[string]bool{}}
	}
	list := []ask.Outcome{
		{Intent: question.Intent{Line: 1, Name: "a", Text: "internet -> svc/*", Expect: question.ExpectDeny}, Reply: fullReply(t)},
		{Intent: question.Intent{Line: 2, Text: "x"}, Err: &question.Error{Problem: "no", Hint: "yes", At: 0, Length: 1}},
		{Intent: question.Intent{Line: 3}, Holds: fact.No},
		{Intent: question.Intent{Line: 4}, Holds: fact.Yes},
	}
	var out bytes.Buffer
	if err := json.WriteIntents(&out, "net.txt", fullReply(t).Snapshot, list, nil); err != nil {
		t.Fatal(err)
	}
	doc := decode(t, out.Bytes()).(map[string]any)
	s, answers := schemaOf("intents"), schemaOf("ask")
	if err := s.check("intents", s.root, doc); err != nil {
		t.Error(err)
	}
	known := map[string]bool{}
	properties(t, s.root, known)
	if diff := cmp.Diff(known, s.used); diff != "" {
		t.Errorf("properties of the schema -, of the output +:\n%s", diff)
	}
	var statuses []string
	asked := 0
	for _, i := range doc["intents"].([]any) {
		i := i.(map[string]any)
		statuses = append(statuses, i["status"].(string))
		if a, ok := i["answer"].(map[string]any); ok {
			asked++
			a["schema"], a["notModelled"], a["diagnostics"] = json.AnswerSchema, []any{}, []any{}
			if err := answers.check("answer", answers.root, a); err != nil {
				t.Error(err)
			}
		}
	}
	if diff := cmp.Diff([]string{"undecided", "error", "fails", "holds"}, statuses); diff != "" || asked != 3 || doc["verdict"] != "fails" {
		t.Errorf("%d answers, verdict %v, %s", asked, doc["verdict"], diff)
	}
}

func writeReply(t *testing.T, r ask.Reply, e question.Expectation, diags diag.List) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.WriteAnswer(&out, r, e, diags); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAnswerAndSchemaAgree(t *testing.T) {
	text, err := os.ReadFile("../../../docs/schema/ask-v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	s := schema{decode(t, text).(map[string]any), map[string]bool{}}
	diags := diag.List{{Level: diag.Warning, Summary: "module not here", Place: at("main.tf", 7)}}
	for name, out := range map[string][]byte{
		"full": writeReply(t, fullReply(t), question.ExpectDeny, diags), "empty": writeReply(t, ask.Reply{}, question.ExpectNothing, nil),
	} {
		if err := s.check(name, s.root, decode(t, out)); err != nil {
			t.Error(err)
		}
	}
	known := map[string]bool{}
	properties(t, s.root, known)
	if diff := cmp.Diff(known, s.used); diff != "" {
		t.Errorf("properties of the schema -, of the output +:\n%s", diff)
	}
}

func TestAnswerForm(t *testing.T) {
	out := string(writeReply(t, fullReply(t), question.ExpectDeny, nil))
	for _, want := range []string{
		"{\n  \"schema\": \"muralla.ask/v1\",\n  \"question\": \"internet -> svc/<orders> tcp/8080\",\n  \"form\": \"connects\",\n  \"verdict\": \"undecided\",",
		`"expect": "deny"`, `"holds": "undecided"`, `"clientTLS": "TLS"`, `"direct": null`, `"purpose": "open"`, `"text": "add to a: inbound tcp/8080 from b"`, `"maybe": "tcp/8080"`, `"A & B."`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}
