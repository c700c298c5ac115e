package estate

import (
	"errors"
	"slices"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
)

// Read reads all paths and assembles nothing. The error is that of [Open].
func Read(paths []string, o Options) ([]resource.Set, diag.List, error) {
	var inputs []input
	var diags diag.List
	var errs []error
	home := homeOf(paths)
	for _, p := range paths {
		in, ds, err := recognise(p, o.Root, home)
		diags = append(diags, ds...)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		inputs = append(inputs, in...)
	}
	if len(errs) > 0 {
		return nil, diags, errors.Join(errs...)
	}
	slices.SortFunc(inputs, input.compare)
	inputs = slices.CompactFunc(inputs, func(a, b input) bool { return a.compare(b) == 0 })
	var templates []input
	inputs = slices.DeleteFunc(inputs, func(in input) bool {
		if in.template != "" {
			templates = append(templates, in)
		}
		return in.template != ""
	})
	var sets []resource.Set
	if len(templates) > 0 {
		set, ds, err := readTemplates(templates, home, len(inputs) > 0, o)
		if err != nil {
			return nil, diags, err
		}
		diags = append(diags, ds...)
		sets = append(sets, set)
	}
	var roots []input
	for _, in := range inputs {
		if in.isRoot() && len(inputs) > 1 {
			roots = append(roots, in)
		}
	}
	if len(roots) > 1 {
		inputs = slices.DeleteFunc(inputs, input.isRoot)
		read, ds, err := readRoots(roots, o)
		if err != nil {
			return nil, diags, err
		}
		diags = append(diags, ds...)
		sets = append(sets, read...)
	}
	for _, in := range inputs {
		if len(inputs) == 1 && len(roots) == 0 && len(templates) == 0 {
			in.name = ""
		}
		read, ds, err := in.read(o)
		if err != nil {
			return nil, diags, err
		}
		diags = append(diags, ds...)
		sets = append(sets, read...)
	}
	return sets, diags, nil
}
