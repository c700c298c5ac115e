package tfplan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// wholly reports whether a list that is unknown as a whole, as the provider
// leaves every set with one unknown element, has all that its expression refers
// to. Several attributes can also be a choice. Where there is a condition,
// something else is referred to, or one attribute twice. A slice or a filter
// shows nothing, but makes no difference among things that are alike. Of groups
// nobody takes a slice.
func (b *builder) wholly(arg string, s sources) bool {
	switch {
	case !s.certain(arg) || s.literals || len(s.known) > 0:
		return false
	case len(s.refs) == 1:
		return true
	case s.filled || s.same || s.repeated || s.splats > 1:
		return false
	case s.splats == 0 && strings.Contains(arg, "security_group"):
		return true
	}
	var first *item
	for _, f := range s.refs {
		it := b.r.byAddr[b.r.address(f.ID)]
		if first == nil {
			first = it
		}
		// A filter may go by the key of for_each.
		if it == nil || it.typ != first.typ || s.splats > 0 && strings.HasPrefix(it.key, `["`) || !b.r.equal(first.values, it.values) {
			return false
		}
	}
	return true
}

// own are arguments in which things that are alike differ by nature, and that by
// themselves decide nothing about who reaches whom.
var own = []string{"id", "arn", "name", "Name", "cidr_block", "ipv6_cidr_block", "availability_zone", "availability_zone_id"}

func (r *reader) equal(a, b tree.Node) bool {
	if r.work++; r.work > maxWork || a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case tree.Object:
		for _, k := range keys(a, b) {
			if !slices.Contains(own, k) && !r.equal(a.Get(k), b.Get(k)) {
				return false
			}
		}
	case tree.Array:
		return slices.EqualFunc(a.Items(), b.Items(), r.equal)
	}
	return text(a) == text(b)
}

// assumed says what a plan cannot show and is taken to be so.
func (r *reader) assumed() {
	if r.wholes > 0 {
		r.add(diag.Note, tree.Node{}, "lists known only after apply",
			fmt.Sprintf("Lists of ids that are unknown as a whole (%d here) are taken to hold all that their expressions refer to and nothing else: an id that is written out beside a reference does not show in a plan. The directory shows it.", r.wholes))
	}
}
