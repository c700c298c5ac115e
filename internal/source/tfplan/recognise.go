package tfplan

import "github.com/muralla-net/muralla/internal/source/tfplan/tree"

// The kinds of files, which are also the kinds of their sets.
const (
	kindPlan  = "plan"
	kindState = "state"
)

// Recognise tells from the first bytes of a file, at best 4 KiB or more,
// whether it is a plan or a state: kind is then "plan" or "state". It reads
// only the keys at the top, and what of their values is there.
func Recognise(head []byte) (kind string, ok bool) {
	return kindOf(tree.Top(head))
}

func kindOf(top []tree.TopMember) (kind string, ok bool) {
	has := map[string]bool{}
	for _, m := range top {
		has[m.Key] = m.Value == tree.Number || m.Key != "version"
	}
	switch {
	case has["format_version"] && (has["planned_values"] || has["resource_changes"] || has["variables"] || has["configuration"]):
		return kindPlan, true
	case has["format_version"] && has["values"]:
		return kindState, true
	case has["version"] && (has["lineage"] || has["serial"] || has["terraform_version"]):
		return kindState, true // terraform.tfstate
	}
	return "", false
}
