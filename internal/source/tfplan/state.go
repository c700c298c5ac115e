package tfplan

import (
	"fmt"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// tfstate reads the file that Terraform keeps: terraform.tfstate, version 4.
func (r *reader) tfstate(root tree.Node) {
	if v := root.Get("version"); v.Number() != 4 {
		r.add(diag.Warning, v, "unknown state version",
			fmt.Sprintf("The state has version %s; only version 4 is known. It is read as far as it looks the same; terraform show -json writes a form that is.", clip(v.Raw())))
	}
	list := root.Get("resources")
	if !r.want(list, tree.Array, "resources") {
		return
	}
	for i, n := range list.Items() {
		path := fmt.Sprintf("resources[%d]", i)
		if !r.want(n, tree.Object, path) {
			continue
		}
		instances := n.Get("instances")
		if !r.want(instances, tree.Array, path+".instances") {
			continue
		}
		for j, inst := range instances.Items() {
			r.instance(n, inst, path, fmt.Sprintf("%s.instances[%d]", path, j))
		}
	}
}

func (r *reader) instance(n, inst tree.Node, path, instPath string) {
	if !r.want(inst, tree.Object, instPath) {
		return
	}
	if inst.Get("deposed").Kind() == tree.String {
		r.add(diag.Note, inst, "deposed object", instPath+" was replaced but not yet destroyed. It exists on until the next apply and is not analysed.")
		return
	}
	it := r.describe(n, path, n.Get("module").Text())
	if it == nil {
		return
	}
	it.key = indexText(inst.Get("index_key"))
	it.addr, it.node = it.base+it.key, inst
	it.values = inst.Get("attributes")
	if it.values.Kind() == tree.Absent && inst.Get("attributes_flat").Kind() == tree.Object {
		r.add(diag.Warning, inst, "state of an old provider",
			instPath+" holds its attributes in the flat form of Terraform before 0.12, which is not read. Run terraform refresh with a current version.")
	}
	r.want(it.values, tree.Object, instPath+".attributes")
	it.sensAttrs = map[string]bool{}
	for _, steps := range inst.Get("sensitive_attributes").Items() {
		// A path such as [{"type":"get_attr","value":"password"}]: all of the
		// attribute is taken as sensitive, also where only a part of it is.
		if first := steps.Items(); len(first) > 0 {
			it.sensAttrs[first[0].Get("value").Text()] = true
		}
	}
	r.keep(it)
}
