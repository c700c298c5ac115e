package check

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
	"github.com/muralla-net/muralla/internal/userdata"
)

const hostRoleSetting = "ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST"

// judgeAgentHostRole judges every container host by whether its agent hands
// host-mode tasks the credentials of their role (AWS "Amazon ECS container agent
// configuration").
func judgeAgentHostRole(r *run) {
	for i := range r.Hosts {
		if h := &r.Hosts[i]; r.isContainerHost(h) != fact.No {
			r.add(h.Thing, r.ifContainerHost(h, r.hostRole(h)))
		}
	}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		launch, known := w.Launch.Get()
		switch {
		case len(w.Hosts.List) > 0 && known || w.Kind == topo.StandaloneWorkload:
		case known && launch == topo.LaunchFargate:
			r.notApplicable(w.Thing, w.Name+" runs on Fargate", "There is no host mode and no agent of the user's.")
		default:
			use, at, why := r.hostModeRole(w)
			if use == fact.No {
				r.notApplicable(w.Thing, w.Name+" needs no role in host mode", why)
				continue
			}
			r.add(w.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Low,
				Title:   "it is not known whether the agent gives " + w.Name + " the credentials of its role",
				Message: "In host mode that depends on " + hostRoleSetting + " of the hosts it runs on.",
				Gaps:    []finding.Evidence{because("role in host mode: "+why, at), whereRuns(w)}})
		}
	}
}

// hostModeRole is whether a workload runs in host mode with a task role.
func (r *run) hostModeRole(w *topo.Workload) (use fact.Tri, at ref.Place, why string) {
	d := r.TaskDefinition(w.Definition)
	host := fact.Is(w.Mode, topo.ModeHost)
	at = w.Place
	if host == fact.No {
		return fact.No, at, "It does not run in host mode."
	}
	role, why := fact.Unknown, "its task definition is not in the design"
	if d != nil {
		at = d.Place
		name, known := d.TaskRole.Get()
		why = "the task role: " + orUnknown(d.TaskRole.Why)
		if known {
			role, why = fact.Of(name != ""), "It has no task role."
			if name != "" {
				why = "it has a task role"
			}
		}
	}
	if role != fact.No && host == fact.Unknown {
		why = "the network mode: " + orUnknown(w.Mode.Why)
	}
	return host.And(role), at, why
}

func (r *run) hostRole(h *topo.Host) finding.Finding {
	var needs []*topo.Workload
	var uses, gaps []finding.Evidence
	for i := range r.Workloads {
		w := &r.Workloads[i]
		for _, l := range w.Hosts.List {
			if l.ID != h.ID {
				continue
			}
			switch use, at, why := r.hostModeRole(w); {
			case use == fact.Yes && w.Launch.IsKnown() && l.Exists == fact.Yes:
				needs = append(needs, w)
				uses = append(uses, because(w.Name+" runs in host mode with a task role", at))
			case use == fact.Yes && !w.Launch.IsKnown():
				gaps = append(gaps, gap("launch type of "+w.Name, w.Launch))
			case use == fact.Yes:
				gaps = append(gaps, because("whether "+w.Name+" runs on it: "+orUnknown(l.Why), w.Place))
			case use == fact.Unknown:
				gaps = append(gaps, because(w.Name+": "+why, at))
			}
		}
	}
	for _, w := range r.perhapsOn(h) {
		if use, _, _ := r.hostModeRole(w); use != fact.No && !h.Managed {
			gaps = append(gaps, r.whetherOn(w, h))
		}
	}
	none := len(needs)+len(gaps) == 0
	if h.Managed {
		return finding.Finding{Verdict: finding.NotApplicable, Title: h.Name + " is managed by AWS", Message: "The agent of Managed Instances is not the user's to set."}
	}
	if none && r.surelyRuns(h.ID) {
		return finding.Finding{Verdict: finding.NotApplicable, Title: "no task on " + h.Name + " needs a role in host mode", Message: "The setting is about tasks that share the host's network and have a role."}
	}
	on, why, _ := h.UserData.Bool(hostRoleSetting, false)
	at := h.UserDataPlace
	if at.IsZero() {
		at = h.Place
	}
	set := h.UserData.Agent.Get(hostRoleSetting)
	switch {
	case h.Bottlerocket == fact.Yes || h.UserData.Dialect == userdata.Bottlerocket:
		on, why = fact.Yes, "the agent of Bottlerocket always hands out roles in host mode"
	case set.Known && set.Set && on == fact.No:
		why += " (the agent's own default is false; that of ecs-init holds only where nothing is written)"
	case set.Known && !set.Set:
		if ecs, known := h.ECSImage.Get(); known && ecs {
			on, why = fact.Yes, "nothing is set, and ecs-init of the ECS-optimised image switches it on"
		} else {
			on, why = fact.Unknown, "nothing is set: ecs-init switches it on and an agent that is started by hand does not, and "+orUnknown(h.ECSImage.Why)
		}
	}
	f := finding.Finding{Evidence: append([]finding.Evidence{because(why, at)}, uses...)}
	switch {
	case on == fact.Yes:
		f.Verdict, f.Title = finding.Follows, "host-mode tasks on "+h.Name+" get the credentials of their role"
		f.Message = "The agent serves them at 169.254.170.2."
		return f
	case on == fact.No && len(needs) > 0:
		f.Verdict, f.Severity, f.SeverityWhy = finding.Violates, finding.Medium, "the instance role usually allows what no task should do"
		f.Title = "the agent of " + h.Name + " hands out no roles in host mode"
		f.Message = "ECS places no host-mode task with a role on such a host; what runs there in host mode without one acts with the instance role."
		f.Fix = "Set " + hostRoleSetting + "=true in /etc/ecs/ecs.config, or remove the line on an ECS-optimised image; better, move the tasks to awsvpc mode."
		f.Facts, f.Changes = []string{"off"}, []finding.Change{agentSetting(h, hostRoleSetting+"=true")}
		return f
	}
	f.Verdict, f.Severity = finding.Undecided, finding.Low
	f.Title = "it is not known whether host-mode tasks on " + h.Name + " get the credentials of their role"
	f.Message = "What decides is not in the design."
	f.Gaps = gaps
	if on == fact.Unknown {
		f.Gaps = append(f.Gaps, because(hostRoleSetting+": "+why, at))
	}
	if none {
		f.Severity = finding.Note
		f.Gaps = append(f.Gaps, because("tasks that run on "+h.Name, h.Place))
	}
	f.Evidence = uses
	return f
}
