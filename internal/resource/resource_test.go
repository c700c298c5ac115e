package resource

import (
	"testing"

	"github.com/muralla-net/muralla/internal/ref"
)

func TestRoot(t *testing.T) {
	for _, c := range []struct{ id, nested, want ref.ID }{
		{"aws_vpc.main", "", ""},
		{"module.net.aws_vpc.main", "", ""},
		{"prod/module.net.aws_vpc.main", "", "prod"},
		{"Vpc", "", ""},
		{"infra/vpc/Vpc", "", "infra/vpc"},
		{"Network/Vpc", "Network", ""},
		{"Network/Inner/Vpc", "Network/Inner", ""},
		{"infra/vpc/Network/Vpc", "Network", "infra/vpc"},
	} {
		if got := (Resource{ID: c.id, Nested: c.nested}).Root(); got != c.want {
			t.Errorf("root of %q in %q is %q, want %q", c.id, c.nested, got, c.want)
		}
	}
}
