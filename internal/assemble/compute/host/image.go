package host

import (
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
		res, ok := r.d.Find(p.Ref.ID)
		if !ok {
			continue
		}
		var names []string
		for _, f := range res.Get("filter").Items() {
			if key, _ := design.String(f.Get("name"), "").Get(); key == "name" {
				for _, n := range f.Get("values").Items() {
					names = append(names, design.Display(n))
				}
			}
		}
		names = append(names, design.Display(res.Get("name")), design.Display(res.Get("name_regex")))
		for _, n := range names {
			n = strings.TrimPrefix(n, "^")
			if strings.HasPrefix(n, "/aws/service/ecs/optimized-ami/") || strings.HasPrefix(n, "amzn2-ami-ecs-") || strings.HasPrefix(n, "al2023-ami-ecs-") ||
				strings.HasPrefix(n, "amzn-ami-") && strings.Contains(n, "amazon-ecs-optimized") {
				return fact.Known(true, v.Place)
			}
		}
	}
	return unknown
}
