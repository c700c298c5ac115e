package topo

import (
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
)

func thing(id ref.ID, name string) Thing { return Thing{ID: id, Name: name, Exists: fact.Yes} }

func sample() *Snapshot {
	s := &Snapshot{
		VPCs: []VPC{{Thing: thing("aws_vpc.b", "b")}, {Thing: thing("aws_vpc.a", "a")}, {Thing: thing("aws_vpc.a", "again")}},
		SecurityGroups: []SecurityGroup{{Thing: thing("aws_security_group.x", "web")}, {Thing: thing("aws_security_group.y", "web")},
			{Thing: thing("module.a.aws_security_group.db", "db")}, {Thing: thing("module.b.aws_security_group.db", "db")}},
		Subnets: []Subnet{{Thing: thing("aws_subnet.s[0]", "s")}, {Thing: thing("aws_subnet.s[1]", "s")},
			{Thing: thing(`aws_subnet.t["a"]`, "t")}, {Thing: thing(`aws_subnet.t["b"]`, "t")}},
		LoadBalancers: []LoadBalancer{{Thing: thing("aws_lb.l", "front"), Kind: ApplicationBalancer}},
		Listeners:     []Listener{{Thing: thing("aws_lb_listener.h", "h"), Balancer: "aws_lb.l"}},
		Workloads: []Workload{{Thing: thing("aws_ecs_service.s", "orders"), Endpoint: "aws_ecs_service.s",
			Bindings: []Binding{{TargetGroup: "tg"}, {TargetGroup: "tg"}, {Why: "unknown"}}}},
		Endpoints: []Endpoint{
			{Thing: thing("aws_ecs_service.s", "orders"), Kind: TaskEndpoint, Groups: Links{List: []Link{{ID: "aws_security_group.x"}}}},
			{Thing: thing("aws_lb.l", "front"), Kind: BalancerEndpoint},
			{Thing: thing("aws_db_instance.d", "my db"), Kind: StoreEndpoint},
		},
	}
	return s.Freeze()
}

func TestFreezeSortsAndFinds(t *testing.T) {
	s := sample()
	if len(s.VPCs) != 2 || s.VPCs[0].ID != "aws_vpc.a" || s.VPC("aws_vpc.a").Name != "a" {
		t.Errorf("VPCs are not sorted, or a repetition was kept: %+v", s.VPCs)
	}
	if s.VPC("aws_vpc.none") != nil {
		t.Error("a VPC was found that is not there")
	}
	if h := s.Holders("aws_security_group.x"); len(h) != 1 || h[0] != s.Endpoint("aws_ecs_service.s") {
		t.Errorf("holders are %v", h)
	}
	if w := s.BoundTo("tg"); len(w) != 1 {
		t.Errorf("a workload is bound %d times", len(w))
	}
	if l := s.ListenersOf("aws_lb.l"); len(l) != 1 {
		t.Errorf("%d listeners", len(l))
	}
}

func TestLabels(t *testing.T) {
	s := sample()
	for _, tc := range []struct {
		id              ref.ID
		label, selector string
	}{
		{"aws_ecs_service.s", "task orders", "svc/orders"},
		{"aws_lb.l", "alb front", "alb/front"},
		// Two groups of one name have their addresses; of two modules, these tell them apart.
		{"aws_security_group.x", "sg aws_security_group.x", "aws_security_group.x"},
		{"module.a.aws_security_group.db", "sg db of module.a", "module.a.aws_security_group.db"},
		{"module.b.aws_security_group.db", "sg db of module.b", "module.b.aws_security_group.db"},
		{"aws_subnet.s[1]", "subnet s", "aws_subnet.s[1]"},
		{`aws_subnet.t["a"]`, `subnet aws_subnet.t["a"]`, `aws_subnet.t["a"]`},
		// A name with white space is asked about by address.
		{"aws_db_instance.d", "data store my db", "aws_db_instance.d"},
		// What is not there is called by the end of its name.
		{"module.a.aws_lb.other[0]", "other[0]", "module.a.aws_lb.other[0]"},
		{"sg-0abc", "sg-0abc", "sg-0abc"},
	} {
		if got := s.Label(tc.id); got != tc.label {
			t.Errorf("Label(%q) = %q, want %q", tc.id, got, tc.label)
		}
		if got := s.Selector(tc.id); got != tc.selector {
			t.Errorf("Selector(%q) = %q, want %q", tc.id, got, tc.selector)
		}
	}
}

// A function is called so whatever the source calls its type; what else connects
// and never listens is a client.
func TestFunctionsOfEachSource(t *testing.T) {
	for typ, want := range map[string]string{
		"aws_lambda_function": "function f", "AWS::Lambda::Function": "function f", "AWS::Serverless::Function": "function f", "Lambda function": "function f",
		"aws_codebuild_project": "client f", "AWS::CodeBuild::Project": "client f",
	} {
		f := thing("f", "f")
		f.Type = typ
		s := (&Snapshot{Endpoints: []Endpoint{{Thing: f, Kind: FunctionEndpoint}}}).Freeze()
		if got := s.Label("f"); got != want {
			t.Errorf("%s is called %q, want %q", typ, got, want)
		}
	}
}
