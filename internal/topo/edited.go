package topo

import (
	"maps"
	"slices"

	"github.com/muralla-net/muralla/internal/ref"
)

// Changes are things that stand for those of the same ID in an edited snapshot.
type Changes struct {
	SecurityGroups []SecurityGroup
	NetworkACLs    []NetworkACL
	RouteTables    []RouteTable
}

// Edited is a frozen snapshot that differs from a frozen one in the given things
// only. What did not change is shared, so that many edits of one snapshot are
// cheap; the original stays what it is. Names that it does not have are ignored.
func (s *Snapshot) Edited(c Changes) *Snapshot {
	out := *s
	out.SecurityGroups, out.index.groups = replaced(s.SecurityGroups, s.index.groups, c.SecurityGroups, func(t *SecurityGroup) ref.ID { return t.ID })
	out.NetworkACLs, out.index.acls = replaced(s.NetworkACLs, s.index.acls, c.NetworkACLs, func(t *NetworkACL) ref.ID { return t.ID })
	out.RouteTables, out.index.tables = replaced(s.RouteTables, s.index.tables, c.RouteTables, func(t *RouteTable) ref.ID { return t.ID })
	return &out
}

// replaced is a list and its index with some elements replaced by those of the
// same ID. The index of the original names elements of the original list, so a
// changed list has an index of its own.
func replaced[T any](list []T, index map[ref.ID]*T, with []T, id func(*T) ref.ID) ([]T, map[ref.ID]*T) {
	if len(with) == 0 {
		return list, index
	}
	list, index = slices.Clone(list), maps.Clone(index)
	for i := range list {
		index[id(&list[i])] = &list[i]
	}
	for i := range with {
		if at := index[id(&with[i])]; at != nil {
			*at = with[i]
		}
	}
	return list, index
}
