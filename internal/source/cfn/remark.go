package cfn

import (
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// metadata is the key of Metadata that is for this program.
const metadata = "muralla"

// remarks hands over what is written beside the resources of a stack for this
// program: comments, and metadata under a key of its own.
func (s *stack) remarks() {
	stacks := map[string]bool{}
	for _, name := range s.eval.Names() {
		got, ok := s.eval.Resource(name)
		if !ok {
			continue
		}
		stacks[name] = isStack(got.Type)
		if v := got.Body.Get("AWS::Metadata", metadata); !v.IsNull() {
			s.r.set.Remarks = append(s.r.set.Remarks, resource.Remark{Scope: got.ID, Below: stacks[name], Value: v, Place: v.Place})
		}
	}
	for _, m := range s.t.remarks {
		var scope ref.ID
		if m.Resource != "" {
			scope = s.eval.ID(m.Resource)
		}
		s.r.set.Remarks = append(s.r.set.Remarks, resource.Remark{Scope: scope, Below: stacks[m.Resource], Text: m.Text, Place: s.t.Place(m.Line)})
	}
}
