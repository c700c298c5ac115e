package diff

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
)

// read reads a design.
func read(t testing.TB, dir string) Side {
	t.Helper()
	sets, diags, err := estate.Read([]string{dir}, estate.Options{})
	if err != nil {
		t.Fatal(err, diags)
	}
	return Side{Sets: sets}
}

// has looks for rows of connections between two things.
func (d Difference) has(from, to ref.ID) []Row {
	var out []Row
	for _, r := range d.Rows {
		for _, f := range r.From {
			for _, n := range r.To {
				if f.Endpoint == from && n.Endpoint == to {
					out = append(out, r)
				}
			}
		}
	}
	return out
}

func TestExamples(t *testing.T) {
	open, fixed := read(t, "../../examples/orders"), read(t, "../../examples/orders-fixed")
	d := Of(open, fixed)
	var lost, gone bool
	for _, r := range d.has("", "aws_ecs_service.orders") {
		lost = lost || r.Way != nil && r.Way.Client == reach.TLSNone && r.Before == fact.Yes && r.After == fact.No
		gone = gone || r.Way == nil
	}
	if !lost {
		t.Error("the plain way through the load balancer is not said to be gone")
	}
	if gone {
		t.Error("nobody outside reached the tasks directly")
	}
	rows := d.has("aws_lb.shop", "aws_ecs_service.orders")
	var causes [][]string
	for _, r := range rows {
		if r.After != fact.Yes {
			continue
		}
		var ids []string
		for _, i := range r.Cause.Changes {
			ids = append(ids, string(d.Changes[i].ID))
		}
		causes = append(causes, ids)
		if r.Cause.Kind != CauseTogether {
			t.Errorf("one of %v is said to do it alone", ids)
		}
	}
	want := [][]string{
		{"aws_security_group.orders", `aws_vpc_security_group_egress_rule.alb_to_orders["8443"]`, `aws_vpc_security_group_ingress_rule.orders_from_alb["8443"]`},
		{"aws_security_group.orders", `aws_vpc_security_group_egress_rule.alb_to_orders["8444"]`, `aws_vpc_security_group_ingress_rule.orders_from_alb["8444"]`},
	}
	if diff := cmp.Diff(want, causes); diff != "" {
		t.Error(diff)
	}
	for _, r := range d.has("aws_instance.bastion", "aws_db_instance.orders") {
		if !r.Fresh || !r.Packets.Equal(netset.TCP(5432, 5432)) {
			t.Errorf("the bastion is gone: %+v", r)
		}
	}
	if again := Of(open, open); !again.IsEmpty() || len(again.Changes) > 0 {
		t.Errorf("a design differs from itself: %+v %+v", again.Rows, again.Changes)
	}
}
