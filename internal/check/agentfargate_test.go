package check

import (
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
	"github.com/muralla-net/muralla/internal/userdata"
)

// What is not known about a host, or about where tasks run, keeps the verdict on
// settings that may act on no task open.
func TestIdleHosts(t *testing.T) {
	blocks := []userdata.Segment{{Text: "#!/bin/bash\necho ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config\n"}}
	unknown := userdata.Segment{Unknown: "var.more"}
	far := fact.Default(topo.LaunchFargate)
	for _, c := range []struct {
		name        string
		data        []userdata.Segment
		host, tasks ref.ID // clusters
		launch      fact.Fact[topo.Launch]
		want        finding.Verdict
	}{
		{"set", blocks, "c", "c", far, finding.Violates},
		{"nothing set", []userdata.Segment{{Text: "#!/bin/bash\n"}}, "c", "c", far, finding.NotApplicable},
		{"set on hosts that run tasks", blocks, "c", "c", fact.Default(topo.LaunchEC2), finding.NotApplicable},
		{"set before what is not known", append(blocks, unknown), "c", "c", far, finding.Undecided},
		{"unknown user data", []userdata.Segment{unknown}, "c", "c", far, finding.Undecided},
		{"unknown launch type", blocks, "c", "c", fact.Missing[topo.Launch]("var.launch", ref.Place{}), finding.Undecided},
		{"unknown cluster of the host", blocks, "", "c", far, finding.Undecided},
		{"unknown cluster of the tasks", blocks, "c", "", far, finding.Undecided},
		{"name of a cluster that is not here", blocks, "elsewhere", "c", far, finding.Undecided},
		{"unknown user data of other hosts", []userdata.Segment{unknown}, "c", "c", fact.Default(topo.LaunchEC2), finding.NotApplicable},
	} {
		h := topo.Host{Thing: thing("host"), Cluster: c.host}
		if c.host == "" {
			h.ClusterWhy = "var.cluster"
		}
		h.UserData, _ = userdata.Parse(c.data, ref.Place{})
		s := &topo.Snapshot{Clusters: []topo.Cluster{{Thing: thing("c")}}, Hosts: []topo.Host{h},
			Workloads: []topo.Workload{{Thing: thing("tasks"), Cluster: c.tasks, Launch: c.launch}}}
		got := finding.NotApplicable
		for _, f := range Run(s, intent.Intent{}, Options{}).Findings {
			if f.Recommendation == "agent-fargate" && f.Resource == "host" {
				got = f.Verdict
				if got == finding.Undecided && len(f.Gaps) == 0 {
					t.Errorf("%s: nothing is named as missing", c.name)
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
