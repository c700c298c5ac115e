package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// agentSettings are variables of the ECS agent that people put into containers
// in the belief that they act there (AWS "Amazon ECS container agent
// configuration"). On Fargate nobody can set them.
var agentSettings = []string{
	"ECS_AWSVPC_BLOCK_IMDS", "ECS_ENABLE_TASK_ENI", "ECS_ENABLE_HIGH_DENSITY_ENI",
	"ECS_ENABLE_TASK_IAM_ROLE", "ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST",
	"ECS_AWSVPC_ADDITIONAL_LOCAL_ROUTES", "ECS_ALLOW_OFFHOST_INTROSPECTION_ACCESS",
	"ECS_OFFHOST_INTROSPECTION_INTERFACE_NAME", "ECS_SKIP_LOCALHOST_TRAFFIC_FILTER",
	"ECS_DISABLE_PRIVILEGED", "ECS_DYNAMIC_HOST_PORT_RANGE", "ECS_RESERVED_PORTS",
	"ECS_RESERVED_PORTS_UDP", "ECS_EXTERNAL", "ECS_BACKEND_HOST",
}

// judgeAgentFargate judges every workload that may run on Fargate.
func judgeAgentFargate(r *run) {
	for i := range r.Workloads {
		w := &r.Workloads[i]
		d := r.TaskDefinition(w.Definition)
		launch, known := w.Launch.Get()
		switch {
		case known && launch != topo.LaunchFargate:
			r.notApplicable(w.Thing, w.Name+" does not run on Fargate", "Its hosts have an agent with settings of its own.")
		case !known && !mayHoldSettings(d):
			r.add(w.Thing, finding.Finding{Verdict: finding.Follows, Title: w.Name + " sets no agent variable", Message: "Nothing is set that could not act, wherever it runs."})
		case !known:
			r.add(w.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Low,
				Title: "it is not known whether " + w.Name + " runs on Fargate", Message: "Agent settings act only where the user runs the agent.",
				Gaps: []finding.Evidence{gap("launch type", w.Launch)}})
		case d == nil || d.ContainersMore != "":
			why := "its task definition is not in the design"
			at := w.Place
			if d != nil {
				why, at = d.ContainersMore, d.Place
			}
			r.add(w.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Low,
				Title: "the containers of " + w.Name + " are not all known", Message: "They may hold agent settings that cannot act.",
				Gaps: []finding.Evidence{because("containers: "+why, at)}})
		default:
			r.add(w.Thing, r.idleSettings(w, d))
		}
	}
	r.idleHosts()
}

// mayHoldSettings is whether containers of a definition set an agent variable, or
// may do so.
func mayHoldSettings(d *topo.TaskDefinition) bool {
	return d == nil || d.ContainersMore != "" || slices.ContainsFunc(d.Containers, func(c topo.Container) bool {
		return c.EnvironmentMore != "" || slices.ContainsFunc(agentSettings, func(name string) bool {
			_, set := c.Environment[name]
			return set
		})
	})
}

func (r *run) idleSettings(w *topo.Workload, d *topo.TaskDefinition) finding.Finding {
	var names []string
	var evidence, unsure []finding.Evidence
	for _, c := range d.Containers {
		for _, name := range agentSettings {
			if _, set := c.Environment[name]; set {
				names = append(names, name)
				evidence = append(evidence, because("container "+c.Name+" sets "+name, c.Place))
			}
		}
		if c.EnvironmentMore != "" {
			unsure = append(unsure, because("environment of container "+c.Name+": "+c.EnvironmentMore, c.Place))
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		names = slices.Compact(names)
		return finding.Finding{Verdict: finding.Violates, Severity: finding.Low,
			SeverityWhy: "the setting protects nothing, but somebody may rely on it",
			Title:       w.Name + " sets agent variables that do nothing on Fargate",
			Message:     "AWS runs the agent of Fargate tasks and reads none of these from a container: " + strings.Join(names, ", ") + ". A Fargate task cannot reach instance metadata in any case.",
			Evidence:    evidence, Facts: names,
			Fix: "Remove the variables; nothing takes their place on Fargate."}
	}
	if len(unsure) > 0 {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low,
			Title: "the environment of " + w.Name + " is not all known", Message: "It may hold agent settings that cannot act.", Gaps: unsure}
	}
	return finding.Finding{Verdict: finding.Follows, Title: w.Name + " sets no agent variable", Message: "Nothing is set that could not act."}
}

// idleHosts points out container hosts whose cluster runs nothing but Fargate
// tasks: settings of their agent protect no task.
func (r *run) idleHosts() {
	for i := range r.Hosts {
		h := &r.Hosts[i]
		if h.Cluster == "" && h.ClusterWhy == "" || h.Managed || r.surelyRuns(h.ID) {
			continue
		}
		set, open := hostSettings(h)
		if len(set) == 0 && len(open) == 0 {
			continue
		}
		if h.Cluster == "" {
			if slices.ContainsFunc(r.Clusters, func(c topo.Cluster) bool { return r.mayBeFargateOnly(c.ID) }) {
				r.add(h.Thing, perhapsIdle(h, append(open, because("which cluster "+h.Name+" joins: "+h.ClusterWhy, cmp.Or(h.UserDataPlace, h.Place)))))
			}
			continue
		}
		tasks := r.inCluster(h.Cluster)
		var named []finding.Evidence
		if c := r.Cluster(h.Cluster); len(tasks) == 0 && (c == nil || c.Elsewhere) {
			// Its name may be that of a cluster whose name is not known.
			for _, c := range r.Clusters {
				if !c.Elsewhere && !c.ClusterName.IsKnown() && r.mayBeFargateOnly(c.ID) {
					named = append(named, gap("whether "+h.Name+" joins "+r.Label(c.ID)+": its name", c.ClusterName))
				}
			}
		}
		if len(named) > 0 {
			r.add(h.Thing, perhapsIdle(h, append(named, open...)))
			continue
		}
		var unsure []finding.Evidence
		fargate, some := len(tasks) > 0, false
		var exist []finding.Evidence
		for _, w := range tasks {
			switch l, known := w.Launch.Get(); {
			case !known:
				unsure = append(unsure, gap("launch type of "+w.Name, w.Launch))
			case w.Exists != fact.Yes && l != topo.LaunchFargate:
				unsure = append(unsure, because("whether "+string(w.ID)+" exists: "+orUnknown(w.Why), w.Place))
			case w.Exists != fact.Yes:
				exist = append(exist, because("whether "+string(w.ID)+" exists: "+orUnknown(w.Why), w.Place))
			case l != topo.LaunchFargate:
				fargate = false
			default:
				some = true
			}
		}
		for _, w := range r.strays() {
			unsure = append(unsure, because("in which cluster "+w.Name+" runs", w.Place))
		}
		if lost := r.fargateSomewhere(); !fargate && len(tasks) == 0 && len(lost) > 0 {
			fargate, unsure = true, append(unsure, lost...)
		}
		if !some {
			unsure = append(unsure, exist...) // a cluster without tasks has no use that is known
		}
		if !fargate {
			continue
		}
		if len(set) == 0 {
			unsure = append(unsure, open...)
		}
		if len(unsure) > 0 {
			r.add(h.Thing, perhapsIdle(h, unsure))
			continue
		}
		r.add(h.Thing, finding.Finding{Verdict: finding.Violates, Severity: finding.Note,
			Title:    "agent settings of " + h.Name + " act on no task of its cluster",
			Message:  "All tasks of " + r.Label(h.Cluster) + " run on Fargate, which these settings do not reach: " + strings.Join(set, ", ") + ".",
			Evidence: []finding.Evidence{because("user data of "+h.Name+" sets "+strings.Join(set, ", "), h.UserDataPlace)},
			Facts:    set, Fix: "Keep the settings if other tasks run on these hosts; else the hosts are not needed."})
	}
}

// perhapsIdle is a finding about a host whose agent settings may act on no task.
func perhapsIdle(h *topo.Host, gaps []finding.Evidence) finding.Finding {
	return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note,
		Title:   "it is not known whether agent settings of " + h.Name + " act on a task of its cluster",
		Message: "They do not reach tasks on Fargate.", Gaps: distinct(gaps)}
}

// hostSettings are the agent variables that user data surely sets, and what is
// not known about others.
func hostSettings(h *topo.Host) (set []string, open []finding.Evidence) {
	agent := h.UserData.Agent
	at := cmp.Or(h.UserDataPlace, h.Place)
	for _, name := range agentSettings {
		switch s := agent.Get(name); {
		case s.Known && s.Set:
			set = append(set, name)
		case !s.Known:
			open = append(open, because("whether "+h.Name+" sets "+name+": "+orUnknown(s.Why), at))
		}
	}
	if !agent.Complete() { // one reason for all
		open = []finding.Evidence{because("which agent variables "+h.Name+" sets: "+orUnknown(agent.Get("").Why), at)}
	}
	slices.Sort(set)
	return set, open
}

// mayBeFargateOnly is whether all tasks of a cluster run on Fargate, or may do so.
func (r *run) mayBeFargateOnly(cluster ref.ID) bool {
	tasks := r.inCluster(cluster)
	return len(tasks) > 0 && !slices.ContainsFunc(tasks, func(w *topo.Workload) bool {
		l, known := w.Launch.Get()
		return known && l != topo.LaunchFargate && w.Exists == fact.Yes
	})
}

// fargateSomewhere says of which tasks that may run on Fargate the cluster is not
// known.
func (r *run) fargateSomewhere() []finding.Evidence {
	var out []finding.Evidence
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if l, known := w.Launch.Get(); w.Cluster == "" && w.Kind != topo.StandaloneWorkload && (!known || l == topo.LaunchFargate) {
			out = append(out, because("in which cluster "+w.Name+" runs", w.Place))
		}
	}
	return out
}

// surelyRuns is whether some workload that surely exists, of a known launch type,
// may run on a host.
func (r *run) surelyRuns(host ref.ID) bool {
	for _, ws := range r.runsOn(host) {
		if slices.ContainsFunc(ws, func(w *topo.Workload) bool { return w.Launch.IsKnown() && w.Exists == fact.Yes }) {
			return true
		}
	}
	return false
}

func (r *run) inCluster(id ref.ID) []*topo.Workload {
	var out []*topo.Workload
	for i := range r.Workloads {
		if w := &r.Workloads[i]; w.Cluster == id && w.Kind != topo.StandaloneWorkload {
			out = append(out, w)
		}
	}
	return out
}
