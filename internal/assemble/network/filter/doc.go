// Package filter reads what lets packets pass or stops them: security groups,
// network ACLs and prefix lists.
//
// # Model
// However a rule of a security group is written (a block, a list of objects,
// aws_security_group_rule, the newer rule resources), it becomes one
// [topo.Rule] for each peer. The default group and the default ACL of a VPC are
// there also if nobody wrote them, with the rules that AWS gives them. A group,
// ACL or list that is only referred to is there as Elsewhere as soon as
// something is added to it.
//
// # Guarantees
//   - Terraform removes the outbound rule that AWS gives to a new group, so a
//     group without written outbound rules has none.
//   - A rule whose group is not known makes the rules of every group incomplete.
//   - Rule resources beside blocks of the same direction may be removed by the
//     next apply: they are possible, not sure, and a diagnostic says so.
//
// # Not modelled
// aws_vpc_security_group_rules_exclusive: it removes only what the design does
// not have.
package filter

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/topo"
)

// Add puts groups, ACLs and prefix lists into the snapshot. The addresses of
// prefix lists that the design only names are looked up by name or id.
func Add(r *read.Reader, s *topo.Snapshot, lists map[string]netset.Addrs) {
	r.Understand("aws_vpc_security_group_rules_exclusive")
	addLists(r, s, lists)
	addGroups(r, s)
	addACLs(r, s)
}

// inOrder sorts rules by place, then by the resource that writes them.
func inOrder(rules []topo.Rule) {
	slices.SortStableFunc(rules, func(a, b topo.Rule) int {
		return cmp.Or(a.Place.Compare(b.Place), cmp.Compare(a.ID, b.ID))
	})
}
