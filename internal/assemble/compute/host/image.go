package host

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
)

// image tells whether a machine image is an ECS-optimised one: AWS publishes
// the identifiers of those as parameters below /aws/service/ecs, and names them
// amzn2-ami-ecs-… and the like. What a name alone tells is never that it is none.
func (r *reader) image(v resource.Value) fact.Fact[bool] {
	unknown := fact.Missing[bool]("what the machine image brings along is not in the design", v.Place)
	if s, ok := design.String(v, "").Get(); ok {
		if strings.HasPrefix(s, "resolve:ssm:/aws/service/ecs/optimized-ami/") {
			return fact.Known(true, v.Place)
		}
		// A plan has the identifier that a data source found.
		for _, res := range r.d.Of("data.aws_ami", "data.aws_ssm_parameter") {
			if s != "" && (design.Display(res.Get("id")) == s || design.Display(res.Get("value")) == s) && optimised(res) {
				return fact.Known(true, v.Place)
			}
		}
		return unknown
	}
	refs := []resource.Value{v}
	if v.Kind == resource.Text {
		refs = v.List
	}
	for _, p := range refs {
		if p.Kind != resource.Ref {
			continue
		}
		if res, ok := r.d.Find(p.Ref.ID); ok && optimised(res) {
			return fact.Known(true, v.Place)
		}
	}
	return unknown
}

// optimised is whether a data source finds an ECS-optimised image by the names
// that it asks for.
func optimised(res resource.Resource) bool {
	names := []string{design.Display(res.Get("name")), design.Display(res.Get("name_regex"))}
	for _, f := range res.Get("filter").Items() {
		if key, _ := design.String(f.Get("name"), "").Get(); key == "name" {
			for _, n := range f.Get("values").Items() {
				names = append(names, design.Display(n))
			}
		}
	}
	return slices.ContainsFunc(names, func(n string) bool {
		n = strings.TrimPrefix(n, "^")
		return strings.HasPrefix(n, "/aws/service/ecs/optimized-ami/") || strings.HasPrefix(n, "amzn2-ami-ecs-") || strings.HasPrefix(n, "al2023-ami-ecs-") ||
			strings.HasPrefix(n, "amzn-ami-") && strings.Contains(n, "amazon-ecs-optimized")
	})
}
