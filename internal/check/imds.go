package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// runsOn are the workloads that may run on a host, by network mode.
func (r *run) runsOn(host ref.ID) map[topo.NetworkMode][]*topo.Workload {
	out := map[topo.NetworkMode][]*topo.Workload{}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for _, h := range w.Hosts.List {
			if h.ID == host {
				m, _ := w.Mode.Get()
				out[m] = append(out[m], w)
			}
		}
	}
	return out
}

// strays are the workloads of which the cluster is not known, so that they may
// run on any host.
func (r *run) strays() []*topo.Workload {
	var out []*topo.Workload
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if l, known := w.Launch.Get(); w.Cluster == "" && w.Kind != topo.StandaloneWorkload && !isExternal(w) && !(known && l == topo.LaunchFargate) {
			out = append(out, w)
		}
	}
	return out
}

// perhapsOn are the workloads that may run on a host though it is not among
// their hosts: their cluster is not known, or which hosts of it they use.
func (r *run) perhapsOn(h *topo.Host) []*topo.Workload {
	out := r.strays()
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.Cluster == "" || w.Cluster != h.Cluster || w.Hosts.More == "" || w.Kind == topo.StandaloneWorkload || isExternal(w) ||
			slices.ContainsFunc(w.Hosts.List, func(l topo.Link) bool { return l.ID == h.ID }) {
			continue
		}
		out = append(out, w)
	}
	return out
}

// whetherOn says what is not known of a workload that may run on a host.
func (r *run) whetherOn(w *topo.Workload, h *topo.Host) finding.Evidence {
	if w.Cluster == "" {
		return because("in which cluster "+w.Name+" runs", w.Place)
	}
	return because("whether "+w.Name+" runs on "+h.Name+": "+w.Hosts.More, w.Place)
}

// isContainerHost is whether a host runs or may run tasks. A host whose user
// data does not tell may do so if the design has anything of ECS.
func (r *run) isContainerHost(h *topo.Host) fact.Tri {
	switch {
	case h.Cluster != "" || h.Managed || len(r.runsOn(h.ID)) > 0:
		return fact.Yes
	case h.ClusterWhy != "" && len(r.Clusters)+len(r.Workloads) > 0:
		return fact.Unknown
	}
	return fact.No
}

// ifContainerHost is a finding about a host that is one about ECS only if the
// host runs tasks: otherwise it is no violation.
func (r *run) ifContainerHost(h *topo.Host, f finding.Finding) finding.Finding {
	if r.isContainerHost(h) == fact.Yes || f.Verdict == finding.Follows || f.Verdict == finding.NotApplicable {
		return f
	}
	at := cmp.Or(h.UserDataPlace, h.Place)
	if f.Verdict == finding.Violates {
		f.Verdict, f.Gaps, f.Title = finding.Undecided, nil, "it is not known whether "+h.Name+" runs tasks: if so, "+midSentence(f.Title, h.Name)
		f.Title = capped(f.Title, "it is not known whether "+h.Name+" runs tasks")
	}
	f.Gaps, f.Changes = append(f.Gaps, because("which cluster "+h.Name+" joins: "+h.ClusterWhy, at)), nil
	return f
}

// block is whether tasks of one network mode are kept from the metadata service.
type block struct {
	mode topo.NetworkMode
	fact fact.Tri // Yes: blocked
	why  finding.Evidence
	open string // if it is not known: what decides, where that is not why
}

// blocks works out, for one host, what keeps tasks of a mode from the instance
// metadata service (AWS "Amazon ECS container agent configuration", and re:Post
// "How can I prevent containers from accessing EC2 instance metadata").
func blocks(h *topo.Host, mode topo.NetworkMode) block {
	b := block{mode: mode}
	if on, known := h.Metadata.Endpoint.Get(); known && !on {
		return block{mode: mode, fact: fact.Yes, why: because("the instance metadata service is switched off", h.Metadata.Endpoint.Place)}
	}
	at := func(line int) ref.Place {
		p := h.UserDataPlace
		if p.IsZero() {
			p = h.Place
		}
		return p
	}
	switch mode {
	case topo.ModeNone:
		return block{mode: mode, fact: fact.Yes, why: because("tasks in mode none have no network", h.Place)}
	case topo.ModeAWSVPC:
		if h.Managed {
			return block{mode: mode, fact: fact.Yes, why: because("the agent of Managed Instances always blocks awsvpc tasks", h.Place)}
		}
		v, why, line := h.UserData.BlockIMDSAwsvpc()
		b.fact, b.why = v, because(why, at(line))
	case topo.ModeHost:
		if h.Managed {
			return block{mode: mode, fact: fact.Unknown, why: because("whether host-mode tasks on Managed Instances reach instance metadata is not documented", h.Place)}
		}
		return block{mode: mode, fact: fact.No, why: because("tasks in host mode share the host's network; nothing can keep them from its metadata", h.Place)}
	case topo.ModeBridge, topo.ModeNAT:
		required, tokensKnown := h.Metadata.Tokens.Get()
		hops, hopsKnown := h.Metadata.HopLimit.Get()
		if tokensKnown && required && hopsKnown && hops <= 1 {
			return block{mode: mode, fact: fact.Yes, why: because("IMDSv2 is required with a hop limit of 1, which a bridge uses up", h.Metadata.HopLimit.Place)}
		}
		v, why, line := h.UserData.BlockIMDSBridge()
		b.fact, b.why = v, because(why, at(line))
		if v == fact.Yes {
			return b
		}
		// What AWS takes for options that are not written depends on the account
		// and the image; a hop limit of 1 with IMDSv2 would block the bridge.
		if (!tokensKnown || required) && (!hopsKnown || hops <= 1) {
			if b.fact == fact.No {
				switch {
				case !tokensKnown && !hopsKnown:
					b.open = "whether IMDSv2 is required and the hop limit: neither is written, so the account and the image decide"
				case !tokensKnown:
					b.open = "whether IMDSv2 is required: it is not written, so the account and the image decide"
				default:
					b.open = "the hop limit: it is not written, so the account and the image decide"
				}
			}
			b.fact = fact.Unknown
		} else if tokensKnown && required {
			b.why.Text += fmt.Sprintf(", and a hop limit of %d lets bridges get tokens", hops)
		}
	default:
		return block{mode: mode, fact: fact.Unknown, why: because("the network mode of some of its tasks is not known", h.Place)}
	}
	return b
}

// judgeIMDS judges every container host for the modes of the tasks that may run
// there, and says of tasks without such hosts why it does not judge them.
func judgeIMDS(r *run) {
	for i := range r.Hosts {
		if h := &r.Hosts[i]; r.isContainerHost(h) != fact.No {
			r.add(h.Thing, r.ifContainerHost(h, r.metadata(h)))
		}
	}
	for i := range r.Clusters {
		c := &r.Clusters[i]
		if len(c.CapacityProviders.List) > 0 && c.CapacityProviders.More == "" && len(r.inCluster(c.ID)) == 0 && onlyFargate(c.CapacityProviders) {
			r.notApplicable(c.Thing, c.Name+" has Fargate only", "Fargate has no instance and so no instance metadata.")
		}
	}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		launch, known := w.Launch.Get()
		switch {
		case known && launch == topo.LaunchFargate:
			r.notApplicable(w.Thing, w.Name+" runs on Fargate", "Fargate has no instance and so no instance metadata.")
		case known && launch == topo.LaunchExternal:
			r.notApplicable(w.Thing, w.Name+" runs outside AWS", "External instances have no instance metadata service.")
		case len(w.Hosts.List) > 0 || w.Kind == topo.StandaloneWorkload:
			// Judged at the host; a task that nothing starts has none.
		default:
			r.add(w.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium,
				Title:   "it is not known whether " + w.Name + " can reach instance metadata",
				Message: "That depends on the agent settings of the hosts it runs on.",
				Gaps:    []finding.Evidence{whereRuns(w)}})
		}
	}
}

func onlyFargate(providers topo.Links) bool {
	return !slices.ContainsFunc(providers.List, func(l topo.Link) bool { return l.ID != "FARGATE" && l.ID != "FARGATE_SPOT" })
}

// bestFix is what blocks the metadata service for a mode.
func (r *run) bestFix(h *topo.Host, mode topo.NetworkMode) string {
	switch mode {
	case topo.ModeAWSVPC:
		return "Add ECS_AWSVPC_BLOCK_IMDS=true to /etc/ecs/ecs.config in the user data."
	case topo.ModeBridge:
		return "Set " + r.set(h.Thing, "http_tokens", "required") + " and " + r.set(h.Thing, "http_put_response_hop_limit", "1") +
			", or drop 169.254.169.254 in the chain DOCKER-USER before Docker starts."
	case topo.ModeHost:
		return "Move the tasks to awsvpc mode; nothing can block host mode."
	case topo.ModeNAT:
		return "Block 169.254.169.254 for containers in the firewall of the host."
	}
	return ""
}

func (r *run) metadata(h *topo.Host) finding.Finding {
	runs := r.runsOn(h.ID)
	modes := []topo.NetworkMode{topo.ModeAWSVPC, topo.ModeBridge, topo.ModeHost, topo.ModeNAT, topo.ModeUnknown}
	modes = slices.DeleteFunc(modes, func(m topo.NetworkMode) bool { return len(runs[m]) == 0 })
	assumed := len(modes) == 0
	if assumed { // its tasks are not in the design: it must be safe for the usual modes
		modes = []topo.NetworkMode{topo.ModeAWSVPC, topo.ModeBridge}
	}
	f := finding.Finding{Severity: finding.Medium, SeverityWhy: "tasks can take the credentials of the instance role"}
	var all fact.Tri = fact.Yes
	var open []topo.NetworkMode
	proved := false // some workload surely runs on hosts, in a mode that is not blocked
	for _, m := range modes {
		b := blocks(h, m)
		all = all.And(b.fact)
		names := workloadNames(runs[m])
		if names == "" {
			names = "tasks"
		}
		switch b.fact {
		case fact.No:
			f.Path = append(f.Path, fmt.Sprintf("%s (%s) > 169.254.169.254 of %s", names, m, r.Label(h.ID)))
			f.Fix = strings.TrimSpace(f.Fix + " " + r.bestFix(h, m))
			f.Facts, open = append(f.Facts, m.String()), append(open, m)
			for _, w := range runs[m] {
				switch {
				case !w.Launch.IsKnown():
					f.Gaps = append(f.Gaps, gap("launch type of "+w.Name, w.Launch))
				case w.Exists != fact.Yes:
					f.Gaps = append(f.Gaps, because("whether "+string(w.ID)+" exists: "+orUnknown(w.Why), w.Place))
				default:
					proved = true
				}
				if s, why := r.severityOf(w, finding.Medium); s > f.Severity {
					f.Severity, f.SeverityWhy = min(s, finding.High), why
				}
			}
		case fact.Unknown:
			if m == topo.ModeUnknown {
				f.Gaps = append(f.Gaps, unknownModes(runs[m])...)
				break
			}
			f.Gaps = append(f.Gaps, because(fmt.Sprintf("%s tasks: %s", m, orUnknown(cmp.Or(b.open, b.why.Text))), b.why.Place))
			f.Fix = strings.TrimSpace(f.Fix + " " + r.bestFix(h, m))
		}
		if m == topo.ModeUnknown {
			f.Evidence = append(f.Evidence, b.why)
			continue
		}
		f.Evidence = append(f.Evidence, because(fmt.Sprintf("%s: %s", m, b.why.Text), b.why.Place))
	}
	for _, w := range r.perhapsOn(h) {
		if m, _ := w.Mode.Get(); blocks(h, m).fact != fact.Yes {
			all = all.And(fact.Unknown)
			f.Gaps = append(f.Gaps, r.whetherOn(w, h))
		}
	}
	switch {
	case proved:
		f.Verdict, f.Gaps = finding.Violates, nil
		f.Title = "tasks on " + h.Name + " can reach instance metadata"
		f.Message = "Whoever runs code in a task can take the credentials of the instance role, which the agent needs for the whole cluster."
		f.Changes = modeChanges(h, open)
	case len(f.Path) > 0 || all == fact.Unknown:
		f.Verdict, f.Path, f.Facts = finding.Undecided, nil, nil
		f.Title = "it is not known whether tasks on " + h.Name + " can reach instance metadata"
		f.Message = "What decides is not in the design."
		if assumed {
			f.Message = "The design does not tell which tasks run on this host, so both awsvpc and bridge mode count."
			f.Gaps = append(f.Gaps, because("tasks that run on "+h.Name, h.Place))
		}
	default:
		f.Verdict, f.Severity, f.SeverityWhy, f.Fix = finding.Follows, finding.Note, "", ""
		f.Title = "tasks on " + h.Name + " cannot reach instance metadata"
		f.Message = "This holds for containers that are not privileged and lack NET_ADMIN: those can undo the block."
	}
	if v6, known := h.Metadata.IPv6.Get(); known && v6 && h.UserData.Bridge6.Blocked != fact.Yes && slices.Contains(modes, topo.ModeBridge) {
		f.Message += " The metadata service also listens on fd00:ec2::254, which an IPv4 rule does not cover."
	}
	if runs[topo.ModeBridge] != nil || runs[topo.ModeAWSVPC] != nil {
		for m, ws := range runs {
			for _, w := range ws {
				if d := r.TaskDefinition(w.Definition); d != nil && f.Verdict == finding.Violates {
					if role, ok := d.TaskRole.Get(); ok && role == "" {
						f.Evidence = append(f.Evidence, because(fmt.Sprintf("%s (%s) has no task role, so its SDKs fall back to the instance role", w.Name, m), d.Place))
					}
				}
			}
		}
	}
	slices.SortFunc(f.Evidence[min(len(modes), len(f.Evidence)):], func(a, b finding.Evidence) int { return strings.Compare(a.Text, b.Text) })
	return f
}

// notWritten is a missing metadata option: one that nobody wrote, or one whose
// value is not known.
func notWritten[T any](option string, f fact.Fact[T], at ref.Place) finding.Evidence {
	if strings.Contains(orUnknown(f.Why), "is not written") {
		return because(option+" is not written", at)
	}
	return gap(option, f)
}

// unknownModes are the network modes of workloads as missing facts.
func unknownModes(ws []*topo.Workload) []finding.Evidence {
	var out []finding.Evidence
	for _, w := range ws {
		out = append(out, gap("network mode of "+w.Name, w.Mode))
	}
	return out
}

func workloadNames(ws []*topo.Workload) string {
	var names []string
	for _, w := range ws {
		names = append(names, w.Name)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// judgeIMDSv2 judges the metadata options of every container host, and of what
// may be one: hosts of a design without ECS, templates that nothing launches.
func judgeIMDSv2(r *run) {
	any := false
	for i := range r.Hosts {
		h := &r.Hosts[i]
		if r.isContainerHost(h) == fact.No {
			if r.mayRunTasks(h) {
				r.ifTasksRun(h, r.tokens(h))
			}
			continue
		}
		any = true
		if h.Managed {
			r.notApplicable(h.Thing, h.Name+" is managed by AWS", "The metadata options of Managed Instances are not the user's to set.")
			continue
		}
		r.add(h.Thing, r.ifContainerHost(h, r.tokens(h)))
	}
	for i := range r.Templates {
		r.ofTemplate(&r.Templates[i], r.tokens(&r.Templates[i].Host))
	}
	if any {
		return
	}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if l, known := w.Launch.Get(); known && l == topo.LaunchFargate {
			r.notApplicable(w.Thing, w.Name+" runs on Fargate", "Fargate has no instance whose metadata options could be set.")
		}
	}
}

// bridgesOn is whether containers in bridge mode run on a host, or may do so: of
// what is not known the gaps say it. Hosts of which no task is known must be safe
// for them.
func (r *run) bridgesOn(h *topo.Host) (bridge bool, perhaps []finding.Evidence) {
	some, none := false, true
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for _, l := range w.Hosts.List {
			if l.ID != h.ID {
				continue
			}
			m, known := w.Mode.Get()
			sure := w.Launch.IsKnown() && w.Exists == fact.Yes && l.Exists == fact.Yes
			some, none = true, none && !sure
			switch {
			case !known:
				perhaps = append(perhaps, gap("network mode of "+w.Name, w.Mode))
			case m == topo.ModeBridge && sure:
				return true, nil
			case m == topo.ModeBridge:
				perhaps = append(perhaps, because("whether "+w.Name+" runs on "+h.Name, w.Place))
			}
		}
	}
	for _, w := range r.perhapsOn(h) {
		if m, known := w.Mode.Get(); !known || m == topo.ModeBridge {
			perhaps = append(perhaps, r.whetherOn(w, h))
		}
	}
	if none && len(perhaps) == 0 && some {
		perhaps = append(perhaps, because("which tasks run on "+h.Name, h.Place))
	}
	return none || len(perhaps) > 0, distinct(perhaps)
}

func (r *run) tokens(h *topo.Host) finding.Finding {
	bridge, perhaps := r.bridgesOn(h)
	required, known := h.Metadata.Tokens.Get()
	hops, hopsKnown := h.Metadata.HopLimit.Get()
	on, onKnown := h.Metadata.Endpoint.Get()
	at := h.Metadata.Place
	if at.IsZero() {
		at = h.Place
	}
	tokens, limit := r.word(h.Thing, "http_tokens"), r.word(h.Thing, "http_put_response_hop_limit")
	of := " of the launch template."
	if h.Template == "" && strings.HasSuffix(strings.ToLower(h.Type), "instance") {
		of = " of the instance."
	}
	f := finding.Finding{Severity: finding.Medium, SeverityWhy: "IMDSv1 answers any request, so one forged request inside a task is enough",
		Changes: []finding.Change{tokensRequired(h)},
		Fix:     "Set " + tokens + " to required and " + limit + " to 1 in " + r.word(h.Thing, "metadata_options") + of}
	switch {
	case onKnown && !on:
		f.Verdict, f.Title, f.Message = finding.Follows, "the metadata service of "+h.Name+" is switched off", "Nothing can be asked of it."
		f.Evidence = []finding.Evidence{because(r.word(h.Thing, "http_endpoint")+" is disabled", h.Metadata.Endpoint.Place)}
	case known && !required:
		f.Verdict, f.Title = finding.Violates, h.Name+" answers IMDSv1 requests"
		f.Message = "IMDSv1 needs no token: a request that an application is tricked into is enough to read the role's credentials."
		f.Evidence = []finding.Evidence{because(tokens+" is optional", h.Metadata.Tokens.Place)}
		f.Facts = []string{"tokens"}
	case bridge && len(perhaps) == 0 && hopsKnown && hops > 1: // without tokens it is worse
		f.Verdict, f.Title = finding.Violates, fmt.Sprintf("the hop limit of %s lets bridge containers get tokens", h.Name)
		f.Message = fmt.Sprintf("A hop limit of %d lets the answer to a token request cross the Docker bridge.", hops)
		f.Severity, f.SeverityWhy = finding.Low, "tokens are required, but containers can get them"
		if !known {
			f.SeverityWhy = "if tokens are required, containers can get them; if not, they need none"
		}
		f.Evidence = []finding.Evidence{because(fmt.Sprintf("%s is %d", limit, hops), h.Metadata.HopLimit.Place)}
		f.Facts = []string{"hops"}
	case known && (!bridge || hopsKnown && hops <= 1):
		f.Verdict, f.Title, f.Message = finding.Follows, h.Name+" requires IMDSv2", "Every request for metadata needs a token."
		f.Evidence = []finding.Evidence{because(tokens+" is required", h.Metadata.Tokens.Place)}
	default:
		f.Verdict, f.Title = finding.Undecided, "it is not known whether "+h.Name+" requires IMDSv2"
		f.Message = "What the design does not write depends on the defaults of the account and of the machine image."
		if !known {
			f.Gaps = append(f.Gaps, notWritten(tokens, h.Metadata.Tokens, at))
		}
		if known || hopsKnown && hops > 1 {
			f.Gaps = append(f.Gaps, perhaps...)
		}
		if known {
			f.Title = "it is not known whether bridge containers get tokens of " + h.Name
			f.Severity, f.SeverityWhy = finding.Low, "tokens are required"
		}
		if bridge && !hopsKnown {
			f.Gaps = append(f.Gaps, notWritten(limit, h.Metadata.HopLimit, at))
		}
		if slices.ContainsFunc(f.Gaps, func(g finding.Evidence) bool { return !strings.HasSuffix(g.Text, " is not written") }) || r.isContainerHost(h) != fact.Yes {
			f.Changes = nil
		}
	}
	if f.Verdict == finding.Follows {
		f.Severity, f.SeverityWhy, f.Fix, f.Changes = finding.Note, "", "", nil
	}
	return f
}
