package json

import (
	"io"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/diag"
	truth "github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/topo"
)

// AnswerSchema names the form of the answer to a question.
const AnswerSchema = "muralla.ask/v1"

type reply struct {
	Schema string `json:"schema"`
	answerBody
	NotModelled []notModelled `json:"notModelled"`
	Diagnostics []diagnostic  `json:"diagnostics"`
}

// answerBody is an answer without what is said once for a file of them.
type answerBody struct {
	Question string       `json:"question"`
	Form     string       `json:"form"`
	Verdict  string       `json:"verdict"`
	Every    string       `json:"every"`
	Expect   string       `json:"expect"`
	Holds    string       `json:"holds"`
	Brief    bool         `json:"brief"`
	Results  []pairResult `json:"results"`
	Exits    []exit       `json:"exits"`
	Chains   []chain      `json:"chains"`
}

type exit struct {
	Kind      string `json:"kind"`
	Gateway   string `json:"gateway"`
	Owner     string `json:"owner"`
	Addresses string `json:"addresses"`
	Verdict   string `json:"verdict"`
	Users     []user `json:"users"`
	Missing   []fact `json:"missing"`
	Place     place  `json:"place"`
}

type user struct {
	party
	Ports   portBounds `json:"ports"`
	Verdict string     `json:"verdict"`
}

type chain struct {
	From    party        `json:"from"`
	To      party        `json:"to"`
	Verdict string       `json:"verdict"`
	Hops    []pairResult `json:"hops"`
	Tried   []pairResult `json:"tried"`
	Reached int          `json:"reached"`
	Missing []fact       `json:"missing"`
}

type party struct {
	Text      string `json:"text"`
	Resource  string `json:"resource"`
	Endpoint  string `json:"endpoint"`
	Subnet    string `json:"subnet"`
	Service   string `json:"service"`
	Addresses string `json:"addresses"`
	Belongs   string `json:"belongs"`
	Place     place  `json:"place"`
}

type portBounds struct {
	Sure  string `json:"sure"`
	Maybe string `json:"maybe"`
}

type pairResult struct {
	From     party      `json:"from"`
	To       party      `json:"to"`
	Ports    string     `json:"ports"`
	PortsWhy string     `json:"portsWhy"`
	Assumed  bool       `json:"assumed"`
	Verdict  string     `json:"verdict"`
	Every    string     `json:"every"`
	Connects portBounds `json:"connects"`
	Direct   *leg       `json:"direct"`
	Ways     []way      `json:"ways"`
	Notes    []string   `json:"notes"`
	Missing  []fact     `json:"missing"`
	Remedy   *advice    `json:"remedy"`
}

type leg struct {
	Asked    string     `json:"asked"`
	Verdict  string     `json:"verdict"`
	Connects portBounds `json:"connects"`
	Arrives  portBounds `json:"arrives"`
	Gates    []gate     `json:"gates"`
}

type gate struct {
	Gate   string     `json:"gate"`
	At     string     `json:"at"`
	Passes portBounds `json:"passes"`
	Rules  []rule     `json:"rules"`
	Why    string     `json:"why"`
}

type rule struct {
	ID    string `json:"id"`
	Text  string `json:"text"`
	Ports string `json:"ports"`
	Place place  `json:"place"`
}

type way struct {
	Verdict     string     `json:"verdict"`
	Balancer    string     `json:"balancer"`
	Listener    string     `json:"listener"`
	Rule        string     `json:"rule"`
	TargetGroup string     `json:"targetGroup"`
	Target      string     `json:"target"`
	Conditions  []string   `json:"conditions"`
	FrontPorts  portBounds `json:"frontPorts"`
	TargetPorts portBounds `json:"targetPorts"`
	ClientTLS   string     `json:"clientTLS"`
	BackendTLS  string     `json:"backendTLS"`
	Preserves   string     `json:"preservesClientAddress"`
	Exists      string     `json:"exists"`
	Why         string     `json:"why"`
	Front       leg        `json:"front"`
	Back        leg        `json:"back"`
	Missing     []fact     `json:"missing"`
}

// WriteAnswer writes the answer to a question, in the form of
// docs/schema/ask-v1.schema.json. The error is that of the writer.
func WriteAnswer(w io.Writer, r ask.Reply, e question.Expectation, diags diag.List) error {
	return encode(w, reply{AnswerSchema, bodyOf(r, e), notModelledOf(r.Snapshot), diagnosticsOf(diags)})
}

func bodyOf(r ask.Reply, e question.Expectation) answerBody {
	d := answerBody{
		Question: r.Question.String(), Form: formNames[r.Question.Form], Verdict: verdictOf(r.Any), Every: verdictOf(r.Every),
		Expect: e.String(), Holds: verdictOf(r.Holds(e)), Brief: r.Brief, Results: resultsOf(r.Results), Exits: []exit{}, Chains: []chain{},
	}
	for i, res := range r.Results {
		d.Results[i].Remedy = adviceOf(r.Snapshot, res.Advice)
	}
	for _, x := range r.Exits {
		out := exit{Kind: exitKinds[x.Kind], Gateway: string(x.Gateway), Owner: x.Owner, Verdict: verdictOf(x.Any),
			Users: []user{}, Missing: factsOf(x.Gaps), Place: placeOf(x.Place)}
		if !x.Addrs.IsEmpty() {
			out.Addresses = x.Addrs.String()
		}
		for _, u := range x.Users {
			out.Users = append(out.Users, user{partyOf(u.Member), boundsOf(u.Ports), verdictOf(u.Any)})
		}
		d.Exits = append(d.Exits, out)
	}
	for _, c := range r.Chains {
		d.Chains = append(d.Chains, chain{partyOf(c.From), partyOf(c.To), verdictOf(c.Any), resultsOf(c.Hops), resultsOf(c.Tried), c.Reached, factsOf(c.Gaps)})
	}
	return d
}

// exitKinds are the kinds of ways out.
var exitKinds = [...]string{
	topo.ToUnknown: "unknown", topo.ToLocal: "local", topo.ToInternet: "internet gateway", topo.ToEgressOnly: "egress-only internet gateway",
	topo.ToNAT: "NAT gateway", topo.ToPeering: "peering", topo.ToTransit: "transit gateway", topo.ToVPN: "virtual private gateway",
	topo.ToGatewayEndpoint: "VPC endpoint", topo.ToInspection: "inspection", topo.ToInterface: "interface", topo.ToElsewhere: "elsewhere", topo.ToNowhere: "nowhere",
}

func resultsOf(list []ask.Result) []pairResult {
	out := []pairResult{}
	for _, r := range list {
		out = append(out, pairOf(r))
	}
	return out
}

// verdictOf is a truth value as answers call it.
func verdictOf(t truth.Tri) string {
	if t == truth.Unknown {
		return "undecided"
	}
	return t.String()
}

func boundsOf(b netset.Bounds) portBounds { return portBounds{b.Sure.String(), b.Maybe.String()} }

func partyOf(m ask.Member) party {
	out := party{Text: m.Text, Resource: string(m.ID), Endpoint: string(m.Party.Endpoint), Subnet: string(m.Party.Subnet), Service: m.Service,
		Belongs: verdictOf(m.Belongs), Place: placeOf(m.Place)}
	if !m.Party.Addrs.IsEmpty() {
		out.Addresses = m.Party.Addrs.String()
	}
	return out
}

func pairOf(r ask.Result) pairResult {
	out := pairResult{
		From: partyOf(r.From), To: partyOf(r.To), Ports: r.Asked.String(), PortsWhy: r.AskedWhy, Assumed: r.Assumed,
		Verdict: verdictOf(r.Any), Every: verdictOf(r.Every), Connects: boundsOf(r.Connects),
		Ways: []way{}, Notes: append([]string{}, r.Notes...), Missing: factsOf(r.Gaps),
	}
	if len(r.Direct.Trail) > 0 {
		l := legOf(r.Direct, r.Asked)
		out.Direct = &l
	}
	for _, w := range r.Ways {
		out.Ways = append(out.Ways, way{
			Verdict: verdictOf(w.Works), Balancer: string(w.Balancer), Listener: string(w.Listener), Rule: string(w.Rule),
			TargetGroup: string(w.TargetGroup), Target: string(w.Target), Conditions: append([]string{}, w.Conditions...),
			FrontPorts: boundsOf(w.FrontPorts), TargetPorts: boundsOf(w.TargetPorts), ClientTLS: w.Client.String(), BackendTLS: w.Backend.String(),
			Preserves: verdictOf(w.Preserves), Exists: verdictOf(w.Exists), Why: w.Entry.Why,
			Front: legOf(w.Front, w.FrontPorts.Maybe), Back: legOf(w.Back, w.Ends.Maybe), Missing: factsOf(w.Why),
		})
	}
	return out
}

func legOf(a reach.Answer, asked netset.Ports) leg {
	out := leg{Asked: asked.String(), Verdict: verdictOf(a.Packets.Any(asked)), Connects: boundsOf(a.Packets), Arrives: boundsOf(a.Forward), Gates: []gate{}}
	for _, s := range a.Trail {
		g := gate{Gate: s.Gate.String(), At: string(s.At), Passes: boundsOf(s.Passes), Rules: []rule{}, Why: s.Why}
		for _, u := range s.Rules {
			g.Rules = append(g.Rules, rule{string(u.ID), u.Text, u.Ports.String(), placeOf(u.Place)})
		}
		out.Gates = append(out.Gates, g)
	}
	return out
}
