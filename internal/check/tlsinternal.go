package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// A talk between two services is judged once: what Service Connect, an internal
// load balancer or a security group lets in at the service that is called, and
// an address that a variable holds at the service that calls, where it can be
// changed.

// eastWest is one way by which a service talks with another.
type eastWest struct {
	encrypted fact.Tri // by TLS
	network   fact.Tri // by the network below it
	path      string
	because   finding.Evidence
	gap       finding.Evidence // if encrypted is unknown
	below     finding.Evidence // what is known of the network, if it matters
	fact      string
	fix       string
	peers     []*topo.Workload
}

// judgeTLSInternal judges every workload (AWS "Encrypt Amazon ECS Service Connect
// traffic").
func judgeTLSInternal(r *run) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.Kind == topo.StandaloneWorkload {
			if d := r.TaskDefinition(w.Definition); d != nil && d.Elsewhere {
				continue
			}
		}
		r.add(w.Thing, r.internal(w))
	}
}

func (r *run) internal(w *topo.Workload) finding.Finding {
	ways, gaps := r.offers(w)
	calls, client, open := r.calls(w)
	ways, gaps = append(ways, calls...), append(gaps, open...)
	behind, unsure := r.behindInternal(w)
	ways, gaps = append(ways, behind...), append(gaps, unsure...)
	if len(ways) == 0 {
		beside, unsure := r.admittedPeers(w)
		ways, gaps = append(ways, beside...), append(gaps, unsure...)
	}
	var plain, doubtful, fine []eastWest
	for _, e := range ways {
		below := e.network
		if r.intent.TLS(w.ID, w.Name) == intent.TLSRequired {
			below = fact.No // encryption of the network is no TLS
		}
		switch safe := e.encrypted.Or(below); {
		case safe == fact.Yes:
			fine = append(fine, e)
		case safe == fact.No:
			plain = append(plain, e)
		default:
			doubtful = append(doubtful, e)
		}
	}
	switch {
	case len(plain) > 0:
		return r.plainTalk(w, plain)
	case len(doubtful) > 0:
		f := finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known whether services talk with " + w.Name + " over TLS",
			Message: "They can talk, and what they speak is not in the design."}
		for _, e := range doubtful {
			f.Path = append(f.Path, e.path)
			f.Evidence = append(f.Evidence, e.because)
			if e.gap.Text != "" {
				f.Gaps = append(f.Gaps, e.gap)
			}
			if e.network == fact.Unknown && e.below.Text != "" {
				f.Gaps = append(f.Gaps, e.below)
			}
		}
		f.Gaps, f.Evidence = distinct(f.Gaps), distinct(f.Evidence)
		if needs, why := r.demands(w.ID, w.Name); needs {
			f.Severity, f.SeverityWhy = finding.Medium, why
		}
		return f
	case len(gaps) > 0:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known whether " + w.Name + " talks with other services over TLS",
			Message: "Nothing that is known is plain text, but what is missing may be.", Gaps: distinct(gaps)}
	case len(fine) > 0:
		f := finding.Finding{Verdict: finding.Follows, Title: "what " + w.Name + " exchanges with other services is encrypted"}
		f.Message = "This is about the connections that the design shows: Service Connect, addresses in variables, internal load balancers."
		for _, e := range fine {
			f.Evidence = append(f.Evidence, e.because)
			if e.encrypted != fact.Yes {
				f.Evidence = append(f.Evidence, e.below)
			}
		}
		f.Evidence = distinct(f.Evidence)
		return f
	case client:
		return finding.Finding{Verdict: finding.NotApplicable, Title: w.Name + " is a client of Service Connect only", Message: "What it calls is judged at the services that it calls."}
	}
	return finding.Finding{Verdict: finding.NotApplicable, Title: "nothing shows that another service talks with " + w.Name,
		Message: "No Service Connect, address in a variable, internal load balancer or security group rule connects it with another service of the design."}
}

func (r *run) plainTalk(w *topo.Workload, plain []eastWest) finding.Finding {
	f := finding.Finding{Verdict: finding.Violates, Severity: finding.Note, SeverityWhy: "nothing declares that this traffic must be encrypted",
		Title:   w.Name + " exchanges plain text with other services",
		Message: "Who can listen in the network reads it. AWS asks for encryption where the data needs it: say so in muralla.yaml with sensitivity or tls."}
	var fixes []string
	involved := []*topo.Workload{w}
	for _, e := range plain {
		f.Path = append(f.Path, e.path)
		f.Evidence = append(f.Evidence, e.because)
		if e.below.Text != "" {
			f.Evidence = append(f.Evidence, e.below)
		}
		f.Facts = append(f.Facts, e.fact, e.path)
		fixes = append(fixes, e.fix)
		involved = append(involved, e.peers...)
	}
	f.Evidence, f.Facts = distinct(f.Evidence), sorted(f.Facts)
	f.Path = distinctText(f.Path)
	f.Fix = strings.Join(distinctText(fixes), " ")
	for _, peer := range involved {
		if needs, why := r.demands(peer.ID, peer.Name); needs {
			f.Severity, f.SeverityWhy = finding.High, why
			f.Message = "Who can listen in the network reads it."
			break
		}
	}
	return f
}

// offers are the ways in that the workload's own configuration states: Service
// Connect, an App Mesh proxy, VPC Lattice.
func (r *run) offers(w *topo.Workload) (ways []eastWest, gaps []finding.Evidence) {
	sc := w.ServiceConnect
	on, known := sc.Enabled.Get()
	if !known {
		gaps = append(gaps, gap("whether Service Connect is on", sc.Enabled))
	}
	if sc.ServicesMore != "" && (on || !known) {
		gaps = append(gaps, because("services that Service Connect offers: "+sc.ServicesMore, w.Place))
	}
	var clients []*topo.Workload
	for i := range r.Workloads {
		o := &r.Workloads[i]
		if o != w && o.ServiceConnect.Enabled.Or(false) && o.ServiceConnect.Namespace == sc.Namespace {
			clients = append(clients, o)
		}
	}
	for _, s := range sc.Services {
		if !known || !on {
			break
		}
		who := workloadNames(clients)
		if who == "" {
			who = "clients of the namespace"
		}
		e := eastWest{encrypted: fact.Is(s.TLS, true), path: fmt.Sprintf("%s > %s port %s, by Service Connect", who, w.Name, s.PortName),
			because: because("Service Connect service "+s.PortName+" has no "+r.word(w.Thing, "tls")+" block", s.Place), fact: "service connect " + s.PortName, peers: clients,
			fix: "Give the service in the Service Connect configuration a " + r.word(w.Thing, "tls") + " block with " + r.word(w.Thing, "issuer_cert_authority") + " and " + r.word(w.Thing, "role_arn") + "."}
		e.gap = gap("whether Service Connect service "+s.PortName+" has a "+r.word(w.Thing, "tls")+" block", s.TLS)
		if e.encrypted == fact.Yes {
			e.because.Text = "Service Connect encrypts what comes to " + s.PortName + " between its proxies, with TLS 1.3"
		}
		e.network, e.below = r.networkEncrypts(w, clients, true)
		ways = append(ways, e)
	}
	if d := r.TaskDefinition(w.Definition); meshed(d) {
		ways = append(ways, eastWest{path: "other virtual nodes > " + w.Name + ", by App Mesh", because: because("its tasks have, or may have, a proxy of App Mesh, which AWS ended on 30 September 2026", d.Place),
			gap: because("the TLS mode of the virtual node of "+w.Name+": resources of App Mesh are not read", d.Place)})
	}
	if !w.Lattice.IsZero() {
		ways = append(ways, eastWest{path: "clients of a VPC Lattice service > " + w.Name, because: because("it is a target of VPC Lattice", w.Lattice),
			gap: because("the protocols of the VPC Lattice listener and target group", w.Lattice)})
	}
	return ways, gaps
}

// meshed reports whether tasks have, or may have, a proxy of App Mesh.
func meshed(d *topo.TaskDefinition) bool {
	return d != nil && !d.Elsewhere && (d.Mesh || slices.ContainsFunc(d.Containers, func(c topo.Container) bool { return strings.Contains(c.Image.Or(""), "aws-appmesh-envoy") }))
}

// mayBeMeshed reports whether it is possible that tasks have such a proxy: also
// if not all their containers are known.
func mayBeMeshed(d *topo.TaskDefinition) bool {
	return d == nil || d.Elsewhere || d.ContainersMore != "" || meshed(d)
}

// networkEncrypts is whether the network encrypts what two services exchange:
// VPC encryption controls that are enforced, or, if the way is direct, Nitro
// instances on both sides in one VPC (AWS "Encryption in transit" of Amazon
// EC2). Nobody documents it for Fargate tasks without such controls.
func (r *run) networkEncrypts(w *topo.Workload, peers []*topo.Workload, direct bool) (fact.Tri, finding.Evidence) {
	all := fact.Of(len(peers) > 0)
	var vpc ref.ID
	var at finding.Evidence
	nitro := fact.Of(direct && len(peers) > 0)
	enforced := fact.Of(len(peers) > 0)
	for _, o := range append(slices.Clone(peers), w) {
		ids := r.endpointsOf(o)
		if len(ids) == 0 {
			all = fact.No
		}
		for _, id := range ids {
			e := r.Endpoint(id)
			if e == nil || e.VPC == "" || vpc != "" && e.VPC != vpc {
				all = fact.No
				continue
			}
			vpc = e.VPC
			if e.Subnets.More != "" || slices.ContainsFunc(e.Subnets.List, func(l topo.Link) bool { return l.Exists != fact.Yes }) {
				all = all.And(fact.Unknown) // it may be in another VPC
			}
		}
		nitro = nitro.And(onNitro(r, o))
	}
	v := r.VPC(vpc)
	if all == fact.No || v == nil {
		return fact.No, finding.Evidence{}
	}
	if all == fact.Unknown {
		return fact.Unknown, because("whether all of them run in "+r.Label(vpc), w.Place)
	}
	switch on, known := v.Encrypted.Get(); {
	case known && on:
		at = because("VPC encryption controls of "+r.Label(vpc)+" are enforced", v.Encrypted.Place)
	case known:
		enforced = fact.No
	case v.Elsewhere:
		enforced = fact.No
		at = because("whether "+r.Label(vpc)+" enforces encryption is not in the design", v.Place)
	default:
		enforced = fact.Unknown
		at = gap("whether VPC encryption controls are enforced", v.Encrypted)
	}
	if enforced != fact.Yes && nitro == fact.Yes {
		return fact.Yes, because("all their hosts are Nitro instances of one VPC, which encrypt what they send each other", w.Place)
	}
	if enforced == fact.No && nitro == fact.Unknown {
		return fact.Unknown, because("whether all their hosts are Nitro instances, which encrypt what they send each other", w.Place)
	}
	return enforced, at
}

// onNitro is whether all hosts of a workload are of families that encrypt
// traffic between instances.
func onNitro(r *run, w *topo.Workload) fact.Tri {
	out := fact.Yes
	if launch, known := w.Launch.Get(); known && launch != topo.LaunchEC2 && launch != topo.LaunchManaged {
		return fact.No
	} else if !known || w.Hosts.More != "" || len(w.Hosts.List) == 0 {
		out = fact.Unknown
	}
	for _, l := range w.Hosts.List {
		h := r.Host(l.ID)
		if h == nil {
			return fact.No
		}
		kind, known := h.InstanceType.Get()
		out = out.And(fact.Of(known && encryptingFamily(kind)))
	}
	return out
}

// encryptingFamily is whether instances of a type encrypt traffic between each
// other (AWS "Encryption in transit", list of instance types). Families that are
// not listed do not, or it is not known: neither is evidence.
func encryptingFamily(kind string) bool {
	family, _, _ := strings.Cut(kind, ".")
	switch family {
	case "c5n", "c6a", "c6gn", "c6i", "c6id", "c6in", "d3", "d3en", "g4dn", "g5", "g6", "g6e", "i3en", "i4g", "i4i", "im4gn", "is4gen", "inf1", "inf2",
		"m5dn", "m5n", "m5zn", "m6a", "m6i", "m6id", "m6idn", "m6in", "p3dn", "p4d", "p4de", "p5", "r5dn", "r5n", "r6a", "r6i", "r6id", "r6idn", "r6in",
		"trn1", "trn1n", "vt1", "x2idn", "x2iedn", "x2iezn":
		return true
	}
	return slices.ContainsFunc([]string{"c7", "c8", "m7", "m8", "r7", "r8", "i7", "i8"}, func(g string) bool { return strings.HasPrefix(family, g) })
}
