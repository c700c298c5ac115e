package tfplan

import (
	"fmt"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// plan reads everything of a plan but the values.
func (r *reader) plan(root tree.Node) {
	r.version(root)
	if e := root.Get("errored"); e.True() {
		r.add(diag.Warning, e, "plan with errors",
			"Terraform stopped with an error while it made this plan, so that resources are missing from it. Mend the error and plan again.")
	}
	if c := root.Get("complete"); c.Kind() == tree.Bool && !c.True() {
		r.add(diag.Warning, c, "plan is not complete",
			"The plan says that another plan and apply must follow; what these will add is not in it.")
	}
	planned := root.Get("planned_values")
	if r.want(planned, tree.Object, "planned_values") {
		r.modules(planned.Get("root_module"), "planned_values.root_module", "", true)
	} else {
		r.add(diag.Warning, root, "plan without planned values",
			"planned_values is missing. Only what resource_changes lists is read; resources that do not change may be missing.")
	}
	if changes := root.Get("resource_changes"); r.want(changes, tree.Array, "resource_changes") {
		for i, n := range changes.Items() {
			r.change(n, fmt.Sprintf("resource_changes[%d]", i))
		}
	}
	if deferred := root.Get("deferred_changes"); r.want(deferred, tree.Array, "deferred_changes") {
		for i, n := range deferred.Items() {
			r.deferredChange(n, fmt.Sprintf("deferred_changes[%d]", i))
		}
	}
	// Data sources that were read while planning are in prior_state only.
	r.modules(root.Path("prior_state", "values", "root_module"), "prior_state.values.root_module", "", false)
	r.config = newConfig(root, r.items)
}

// change adds to an item what only resource_changes says: which values are
// unknown, and which are sensitive.
func (r *reader) change(n tree.Node, path string) {
	if !r.want(n, tree.Object, path) {
		return
	}
	if n.Get("deposed").Kind() == tree.String {
		return // an object that a failed replacement left behind; it is only ever deleted
	}
	it := r.describe(n, path, n.Get("module_address").Text())
	change := n.Get("change")
	if it == nil || !r.want(change, tree.Object, path+".change") {
		return
	}
	actions := map[string]bool{}
	if list := change.Get("actions"); r.want(list, tree.Array, path+".change.actions") {
		for _, a := range list.Items() {
			actions[a.Text()] = true
		}
	}
	known := r.byAddr[it.addr]
	stays := actions["create"] || actions["update"] || actions["no-op"] || actions["read"]
	switch {
	case actions["forget"] && !stays:
		r.add(diag.Note, n, "resource is forgotten",
			it.addr+" leaves the state but is not destroyed. It exists on, outside of this design, and is not analysed.")
		return
	case actions["delete"] && !stays:
		return
	case known == nil:
		it.values = change.Get("after")
		r.keep(it)
		known = r.byAddr[it.addr]
	}
	if known == nil {
		return // beyond the limit
	}
	known.unknown = change.Get("after_unknown")
	if s := change.Get("after_sensitive"); s.Kind() != tree.Absent {
		known.sensitive = s
	}
}

// deferredChange reads a resource of which Terraform cannot yet tell whether
// and how often it exists.
func (r *reader) deferredChange(n tree.Node, path string) {
	c := n.Get("resource_change")
	if !r.want(n, tree.Object, path) || !r.want(c, tree.Object, path+".resource_change") {
		return
	}
	it := r.describe(c, path+".resource_change", c.Get("module_address").Text())
	if it == nil {
		return
	}
	it.deferred = "its change is deferred to a later plan"
	if reason := n.Get("reason").Text(); reason != "" {
		it.deferred += ": " + clip(reason)
	}
	if known := r.byAddr[it.addr]; known != nil {
		known.deferred = it.deferred
		return
	}
	it.values, it.unknown, it.sensitive = c.Path("change", "after"), c.Path("change", "after_unknown"), c.Path("change", "after_sensitive")
	r.keep(it)
}
