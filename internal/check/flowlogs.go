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

// judgeFlowLogs judges every VPC in which tasks run, and every VPC of the design
// if the design does not tell where all its tasks run (AWS "Logging IP traffic using VPC
// Flow Logs").
func judgeFlowLogs(r *run) {
	homes, all, where := r.taskVPCs()
	judged := false
	for i := range r.VPCs {
		v := &r.VPCs[i]
		subnets, tasks := r.taskSubnets(v.ID)
		switch {
		case v.Elsewhere && !homes[v.ID]:
			// Only mentioned: nothing of ours lives there.
		case tasks == 0 && all:
			r.notApplicable(v.Thing, "no task runs in "+v.Name, "The tasks of the design run in other VPCs.")
		default:
			judged = true
			f := r.coverage(v, subnets, tasks)
			doubt := where
			if tasks > 0 && len(homes) > 1 {
				doubt = r.perhapsHome(v.ID)
			}
			if (tasks == 0 || len(homes) > 1) && len(doubt) > 0 && f.Verdict == finding.Violates {
				f.Verdict, f.Title = finding.Undecided, "it is not known whether tasks run in "+v.Name+", which no flow log covers"
				f.Gaps = append(f.Gaps, doubt...)
			}
			r.add(v.Thing, f)
		}
	}
	for i := range r.Workloads {
		if w := &r.Workloads[i]; !judged && len(r.homeOf(w)) == 0 && w.Kind != topo.StandaloneWorkload && !isExternal(w) {
			r.add(w.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, SeverityWhy: "without a record nobody can tell who talked to whom",
				Title: "it is not known whether flow logs cover " + w.Name, Message: "The design does not tell in which VPC its tasks run.",
				Gaps: []finding.Evidence{r.whichVPC(w)}})
		}
	}
}

// perhapsHome are the missing facts if all tasks in a VPC are of workloads that
// may not exist; "" stands for any VPC.
func (r *run) perhapsHome(vpc ref.ID) []finding.Evidence {
	var out []finding.Evidence
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if home := r.homeOf(w); w.Kind == topo.StandaloneWorkload || len(home) == 0 || vpc != "" && !slices.Contains(home, vpc) {
			continue
		}
		if w.Exists == fact.Yes {
			return nil
		}
		out = append(out, because("whether "+string(w.ID)+" exists: "+orUnknown(w.Why), w.Place))
	}
	return out
}

// homeOf are the VPCs in which a workload runs.
func (r *run) homeOf(w *topo.Workload) []ref.ID {
	var out []ref.ID
	for _, id := range r.hostsAndTasks(w) {
		if e := r.Endpoint(id); e != nil && e.VPC != "" {
			out = append(out, e.VPC)
		}
	}
	return out
}

// whichVPC is the missing fact of a workload of which no VPC is known.
func (r *run) whichVPC(w *topo.Workload) finding.Evidence {
	if e := r.Endpoint(w.Endpoint); e != nil {
		for _, l := range e.Subnets.List {
			return because("the VPC of "+r.Label(l.ID)+": the subnet is defined outside the design", r.placeOf(l.ID))
		}
		return r.net.SubnetsGap(e)
	}
	return whereRuns(w)
}

// taskVPCs are the VPCs in which the design runs tasks, and whether these are
// all: the design has tasks, and each of them runs in a VPC of the design. For
// those that may run in any VPC, where says what is missing, and likewise if it
// may be that the design has none.
func (r *run) taskVPCs() (homes map[ref.ID]bool, all bool, where []finding.Evidence) {
	homes = map[ref.ID]bool{}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		if w.Kind == topo.StandaloneWorkload {
			continue
		}
		in := r.homeOf(w)
		for _, id := range in {
			homes[id] = true
		}
		if len(in) == 0 && !isExternal(w) {
			where = append(where, r.whichVPC(w))
		}
	}
	where = append(where, r.perhapsHome("")...)
	all = len(homes) > 0 && len(where) == 0
	for id := range homes {
		if v := r.VPC(id); v == nil || v.Elsewhere {
			all = false
		}
	}
	return homes, all, where
}

func (r *run) hostsAndTasks(w *topo.Workload) []ref.ID {
	var ids []ref.ID
	if w.Endpoint != "" {
		ids = append(ids, w.Endpoint)
	}
	for _, h := range w.Hosts.List {
		ids = append(ids, h.ID)
	}
	return ids
}

// taskSubnets are the subnets of a VPC in which tasks or their hosts have
// interfaces, sorted, and how many workloads these are. No subnets with tasks
// means that the subnets are not known.
func (r *run) taskSubnets(vpc ref.ID) (subnets []ref.ID, tasks int) {
	for i := range r.Workloads {
		here := false
		for _, id := range r.hostsAndTasks(&r.Workloads[i]) {
			e := r.Endpoint(id)
			if e == nil || e.VPC != vpc {
				continue
			}
			here = true
			for _, l := range e.Subnets.List {
				subnets = append(subnets, l.ID)
			}
		}
		if here {
			tasks++
		}
	}
	slices.Sort(subnets)
	return slices.Compact(subnets), tasks
}

// traffic is which packets the flow logs of one scope record.
type traffic struct {
	accept, reject fact.Tri
	logs           []finding.Evidence
}

func (t *traffic) add(l *topo.FlowLog) {
	kind, known := l.Traffic.Get()
	has := func(want string) fact.Tri {
		switch {
		case !known:
			return fact.Unknown
		case kind == "ALL" || kind == want:
			return l.Exists
		}
		return fact.No
	}
	t.accept, t.reject = t.accept.Or(has("ACCEPT")), t.reject.Or(has("REJECT"))
	if !known {
		kind = "unknown"
	}
	text := fmt.Sprintf("flow log %s records %s traffic", l.Name, kind)
	if l.Exists != fact.Yes {
		text += ", if it exists: " + orUnknown(l.Why)
	}
	t.logs = append(t.logs, because(text, l.Place))
}

func (t traffic) all() fact.Tri { return t.accept.And(t.reject) }

// logged collects the flow logs of one VPC, subnet or other thing.
func (r *run) logged(scope topo.FlowScope, id ref.ID) traffic {
	t := traffic{accept: fact.No, reject: fact.No}
	for i := range r.FlowLogs {
		l := &r.FlowLogs[i]
		if l.Scope == scope && l.Of == id {
			t.add(l)
		}
		if l.Scope == topo.ScopeUnknown || l.Scope == scope && l.Of == "" {
			t.accept, t.reject = t.accept.Or(fact.Unknown), t.reject.Or(fact.Unknown)
			t.logs = append(t.logs, because("flow log "+l.Name+" may be about this: "+orUnknown(l.Why), l.Place))
		}
	}
	return t
}

// coverage judges one VPC with a number of workloads in some of its subnets.
func (r *run) coverage(v *topo.VPC, subnets []ref.ID, tasks int) finding.Finding {
	whom, loss := "the tasks in "+v.Name, "Traffic to and from tasks leaves no record."
	if tasks == 0 {
		whom, loss = v.Name, "Traffic of tasks that come to run there leaves no record."
	}
	whole := r.logged(topo.ScopeVPC, v.ID)
	f := finding.Finding{Severity: finding.Medium, SeverityWhy: "without a record nobody can tell who talked to whom",
		Evidence: whole.logs,
		Fix:      fmt.Sprintf("Add a flow log on %s with traffic type ALL.", v.ID)}
	var open, unsure []string
	for _, id := range subnets {
		part := r.logged(topo.ScopeSubnet, id)
		f.Evidence = append(f.Evidence, part.logs...)
		switch (traffic{accept: whole.accept.Or(part.accept), reject: whole.reject.Or(part.reject)}).all() {
		case fact.No:
			open = append(open, r.Label(id))
		case fact.Unknown:
			unsure = append(unsure, r.Label(id))
		}
	}
	verdict := whole.all()
	if len(subnets) > 0 {
		verdict = fact.Of(len(open) == 0)
		if len(open) == 0 && len(unsure) > 0 {
			verdict = fact.Unknown
		}
	}
	more := cmp.Or(v.LogsMore, v.More)
	if v.Elsewhere && more == "" {
		more = v.Name + " is not part of the design"
	}
	switch {
	case verdict == fact.Yes:
		f.Verdict, f.Title = finding.Follows, "flow logs cover "+whom
		f.Message = "Accepted and rejected traffic of every task interface is recorded."
		f.Severity, f.SeverityWhy, f.Fix = finding.Note, "", ""
	case verdict == fact.Unknown || more != "":
		f.Verdict, f.Title = finding.Undecided, "it is not known whether flow logs cover "+whom
		f.Message = "Nothing in the design shows a flow log that surely covers them, but there may be one."
		if more != "" {
			f.Gaps = append(f.Gaps, because("flow logs of "+v.Name+": "+more, v.Place))
		}
		f.Gaps = append(f.Gaps, f.Evidence...)
		if len(f.Gaps) == 0 {
			f.Gaps = append(f.Gaps, because("flow logs of "+v.Name, v.Place))
		}
	default:
		f.Verdict = finding.Violates
		f.Title = "no flow log covers " + whom
		f.Message = loss
		switch {
		case len(f.Evidence) == 0:
			f.Evidence = append(f.Evidence, because("there is no flow log on "+v.Name+", and none on its subnets", v.Place))
		case whole.accept == fact.Yes || whole.reject == fact.Yes:
			f.Title = "flow logs of " + v.Name + " record only a part of the traffic"
			f.Message = "A flow log with traffic type ACCEPT or REJECT leaves the other half unrecorded."
			f.Fix, f.Changes = "Set the traffic type to ALL.", r.wholeTraffic(v.ID)
			f.Facts = []string{"part"}
		case len(open) < len(subnets):
			f.Title = "flow logs cover only some subnets with tasks in " + v.Name
			f.Message = "Not covered: " + strings.Join(open, ", ") + "."
			f.Facts = open
		}
	}
	return f
}

// Fields of the log format that later questions need. A record without them
// cannot be joined to a task (AWS "Flow log records").
var (
	placeFields = []string{"vpc-id", "subnet-id", "instance-id"}                                          // version 3
	taskFields  = []string{"ecs-cluster-name", "ecs-service-name", "ecs-task-id"}                         // version 7; ARNs say the same
	flowFields  = []string{"flow-direction", "tcp-flags", "pkt-srcaddr", "pkt-dstaddr"}                   // who began, and NAT
	sameFields  = map[string]string{"ecs-cluster-name": "ecs-cluster-arn", "ecs-task-id": "ecs-task-arn"} // either will do
)

// judgeFlowLogsFormat judges every flow log of a VPC, subnet or interface.
func judgeFlowLogsFormat(r *run) {
	for i := range r.FlowLogs {
		l := &r.FlowLogs[i]
		if l.Scope == topo.ScopeTransit || l.Elsewhere {
			continue
		}
		format, known := l.Format.Get()
		if !known {
			r.add(l.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Low,
				Title:   "the log format of " + l.Name + " is not known",
				Message: "The format decides whether records can be joined to tasks.",
				Gaps:    []finding.Evidence{gap("log format", l.Format)}})
			continue
		}
		has := fieldsOf(format)
		lack := func(fields []string) (out []string) {
			for _, f := range fields {
				if !has[f] && !has[sameFields[f]] {
					out = append(out, f)
				}
			}
			return out
		}
		missing := slices.Concat(lack(placeFields), lack(taskFields))
		also := lack(flowFields)
		if len(missing) == 0 {
			f := finding.Finding{Verdict: finding.Follows, Title: l.Name + " records which task spoke",
				Message: "Records name VPC, subnet, instance and task.", Evidence: []finding.Evidence{because("log format with version 3 and ECS fields", l.Format.Place)}}
			if len(also) > 0 {
				f.Message += " To tell who began a connection and what a NAT gateway hid, add " + strings.Join(also, ", ") + "."
			}
			r.add(l.Thing, f)
			continue
		}
		f := finding.Finding{Verdict: finding.Violates, Severity: finding.Low,
			Title:       l.Name + " cannot tell which task spoke",
			Message:     "Task addresses are reused within minutes, so a record without the ECS fields may belong to another task. Missing fields: " + strings.Join(slices.Concat(missing, also), ", ") + ".",
			SeverityWhy: "traffic is recorded, but not whose it is",
			Fix:         "Write a log format that adds ${" + strings.Join(slices.Concat(missing, also), "} ${") + "}.",
			Facts:       missing,
			Changes:     []finding.Change{widened(l, format, slices.Concat(missing, also))},
			Evidence:    []finding.Evidence{because("log format: "+strings.Join(sortedFields(has), " "), l.Format.Place)}}
		if format == "" {
			f.Evidence = []finding.Evidence{because("no log format is written: AWS takes the default format of version 2", l.Place)}
		}
		if len(lack(placeFields)) == 0 {
			f.Severity, f.SeverityWhy = finding.Note, "records name VPC, subnet and instance, but not the task"
		}
		r.add(l.Thing, f)
	}
}

// fieldsOf are the fields of a log format, in which names stand in ${…}.
func fieldsOf(format string) map[string]bool {
	has := map[string]bool{}
	for _, word := range strings.FieldsFunc(format, func(c rune) bool {
		return c == ' ' || c == '\n' || c == '\t' || c == '$' || c == '{' || c == '}' || c == '!'
	}) {
		has[word] = true
	}
	return has
}

func sortedFields(has map[string]bool) []string {
	out := make([]string, 0, len(has))
	for f := range has {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}
