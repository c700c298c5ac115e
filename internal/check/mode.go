package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// lost is what tasks give up in a network mode, for messages.
var lost = map[topo.NetworkMode]string{
	topo.ModeBridge: "In bridge mode all tasks of a host share the host's interface and security groups, ports come from the host's ephemeral range, and containers of different tasks talk over docker0 unfiltered.",
	topo.ModeHost:   "In host mode containers use the host's own network: they hold its security groups, can reach its instance metadata whatever the agent is told, and can listen on any of its ports.",
	topo.ModeNAT:    "In the default mode of Windows all tasks of a host share the host's interface and security groups.",
}

// judgeModeAWSVPC judges every task definition (AWS "Amazon ECS task networking
// options for EC2").
func judgeModeAWSVPC(r *run) {
	for i := range r.TaskDefinitions {
		d := &r.TaskDefinitions[i]
		if d.Elsewhere {
			continue
		}
		users := r.usersOf(d)
		mode, known := d.Mode.Get()
		external := fact.Of(len(users) > 0)
		var launch finding.Evidence
		for _, w := range users {
			is := fact.Is(w.Launch, topo.LaunchExternal)
			if w.Kind == topo.StandaloneWorkload {
				is = fact.No // nothing of the design says that it runs outside AWS
			}
			if external = external.And(is); is == fact.Unknown {
				launch = gap("launch type of "+w.Name, w.Launch)
			}
		}
		switch {
		case !known:
			r.add(d.Thing, finding.Finding{Verdict: finding.Undecided,
				Title:    fmt.Sprintf("the network mode of %s is not known", d.Name),
				Message:  "The network mode decides whether tasks have an interface and security groups of their own.",
				Severity: finding.Medium,
				Gaps:     []finding.Evidence{gap("network mode", d.Mode)}})
		case mode == topo.ModeNone:
			r.notApplicable(d.Thing, d.Name+" has no network", "Containers in mode none have no network at all.")
		case mode == topo.ModeAWSVPC:
			r.add(d.Thing, finding.Finding{Verdict: finding.Follows,
				Title:    d.Name + " uses awsvpc",
				Message:  "Each task has a network interface and security groups of its own.",
				Evidence: []finding.Evidence{because("network mode awsvpc", d.Mode.Place)}})
		case external == fact.Unknown:
			r.add(d.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium,
				Title:   fmt.Sprintf("it is not known whether %s could use awsvpc", d.Name),
				Message: fmt.Sprintf("It uses %s mode, and external instances do not support awsvpc.", mode),
				Gaps:    []finding.Evidence{launch}})
		case external == fact.Yes:
			r.notApplicable(d.Thing, d.Name+" runs outside AWS", "External instances do not support awsvpc; a firewall on the host has to do the work of security groups.")
		default:
			r.add(d.Thing, r.lostMode(d, mode, users))
		}
	}
}

func (r *run) lostMode(d *topo.TaskDefinition, mode topo.NetworkMode, users []*topo.Workload) finding.Finding {
	f := finding.Finding{Verdict: finding.Violates, Severity: finding.Medium,
		Title:   fmt.Sprintf("%s uses %s mode: its tasks have no security group of their own", d.Name, mode),
		Message: lost[mode],
		Fix:     `Set the network mode to "awsvpc" and give each service that runs it a network configuration with subnets and a security group of its own.`,
		Facts:   []string{mode.String()}, Cause: modeCause(d.ID)}
	if r.onInstances(users) {
		f.Fix += ` Target groups then need the target type "ip".`
	}
	if d.ModeWritten {
		f.Evidence = append(f.Evidence, because("network mode "+mode.String(), d.Mode.Place))
	} else {
		f.Evidence = append(f.Evidence, because("no network mode is written, and AWS takes "+mode.String(), d.Place))
	}
	f.SeverityWhy = "tasks cannot be told apart by security groups"
	for _, w := range users {
		if s, why := r.severityOf(w, finding.Medium); s > f.Severity {
			f.Severity, f.SeverityWhy = s, why
		}
	}
	for _, c := range d.Containers {
		if c.Privileged.Or(false) && mode == topo.ModeHost {
			f.Evidence = append(f.Evidence, because("container "+c.Name+" is privileged", c.Place))
			f.Severity = max(f.Severity, finding.High)
		}
	}
	var ports []string
	for _, c := range d.Containers {
		for _, p := range c.Ports {
			n, ok := p.Container.Get()
			if ok {
				ports = append(ports, fmt.Sprintf("%s/%d", p.Protocol, n))
			}
		}
	}
	if len(ports) > 0 {
		f.Message += " Ports of this definition: " + strings.Join(slices.Compact(ports), ", ") + "."
	}
	return f
}

// modeCause is the cause of what is wrong with tasks that have no interface of
// their own: the mode in their definition.
func modeCause(definition ref.ID) string { return "mode " + string(definition) }

// onInstances is whether a load balancer sends to the hosts of some workloads:
// tasks in awsvpc mode are registered by address (AWS "Service load balancing").
func (r *run) onInstances(users []*topo.Workload) bool {
	for _, w := range users {
		for _, b := range w.Bindings {
			if g := r.TargetGroup(b.TargetGroup); g != nil && g.TargetType.Or("") == "instance" {
				return true
			}
		}
	}
	return false
}

// usersOf are the workloads that run a task definition.
func (r *run) usersOf(d *topo.TaskDefinition) []*topo.Workload {
	var out []*topo.Workload
	for i := range r.Workloads {
		if r.Workloads[i].Definition == d.ID {
			out = append(out, &r.Workloads[i])
		}
	}
	return out
}
