package compute

import (
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
)

// stateMachine translates a state machine of Step Functions: its definition, as
// a text or an object, with the substitutions in it.
func stateMachine(s *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"StateMachineName": "name"})
	for _, name := range []string{"definition_string", "definition_substitutions", "definition_s3_location", "definition_uri"} {
		delete(body, name)
	}
	definition := form.JSON(form.First(r.Get("DefinitionString"), r.Get("Definition")))
	body["definition"] = substituted(s, definition, r.Get("DefinitionSubstitutions"))
	if file := form.First(r.Get("DefinitionS3Location"), r.Get("DefinitionUri")); definition.IsNull() && !file.IsNull() {
		body["definition"] = form.Unknown("its definition is a file that is not part of the template", file.Place)
		s.Diags.Add(diag.Warning, r.Place, "state machine not readable", "The definition of "+string(r.ID)+" is a file that is not part of the template, so the tasks that it may run are not analysed. Write it as Definition or DefinitionString.")
	}
	return one(r, "aws_sfn_state_machine", body)
}

// substituted is a text in which each ${name} is what the substitutions say.
func substituted(s *form.Scope, v, substitutions resource.Value) resource.Value {
	if substitutions.Kind != resource.Map || v.Kind != resource.String && v.Kind != resource.Text {
		return v
	}
	parts := []resource.Value{v}
	if v.Kind == resource.Text {
		parts = v.List
	}
	for _, name := range slices.Sorted(maps.Keys(substitutions.Map)) {
		value := substitutions.Map[name]
		if value.Maybe {
			value = form.Unknown(form.Why(value, "it may be absent"), value.Place)
		}
		var next []resource.Value
		for _, p := range parts {
			if p.Kind != resource.String {
				next = append(next, p)
				continue
			}
			pieces := strings.Split(p.Text, "${"+name+"}")
			for i, piece := range pieces {
				if i > 0 {
					next = append(next, value)
				}
				if piece != "" {
					p.Text = piece
					next = append(next, p)
				}
			}
		}
		if parts = next; len(parts) > maxPieces {
			return form.Unknown("its definition has too many substitutions", v.Place)
		}
	}
	size := 0
	for _, p := range parts {
		size += len(p.Text)
	}
	if !s.Spend(size) {
		return form.Unknown("the definitions of state machines are too long", v.Place)
	}
	out := form.Join(parts)
	out.Place, out.Maybe, out.Why, out.Sensitive = v.Place, v.Maybe, v.Why, v.Sensitive || out.Sensitive
	return out
}

// maxPieces bounds the pieces of a text that substitutions make.
const maxPieces = 10_000
