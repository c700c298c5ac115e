package symbol

import (
	"testing"

	"github.com/muralla-net/muralla/internal/resource"
)

func TestWhyOf(t *testing.T) {
	for want, r := range map[string]resource.Reference{
		"the index is not known":                                             {Attr: "the index is not known"},
		"var.vpc has no value":                                               {ID: "var.vpc"},
		"module.net.var.vpc has no value":                                    {ID: "module.net.var.vpc", Attr: "id"},
		"module.net.subnets comes from a module that is not here":            {ID: "module.net", Attr: "subnets"},
		"prod/module.a.module.net[0].x comes from a module that is not here": {ID: "prod/module.a.module.net[0]", Attr: "x"},
		"module.a.data.aws_subnets.all.ids is looked up when Terraform runs": {ID: "module.a.data.aws_subnets.all", Attr: "ids"},
		"module.a.aws_vpc.main.id is known only after apply":                 {ID: "module.a.aws_vpc.main", Attr: "id"},
		"local.x is not known here":                                          {ID: "local.x"},
	} {
		if got := WhyOf(r); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
