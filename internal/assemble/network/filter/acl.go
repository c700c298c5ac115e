package filter

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// acls collects network ACLs while their entries are read.
type acls struct {
	*read.Reader
	all    map[ref.ID]*topo.NetworkACL
	inline map[ref.ID][2]bool
	more   string // why every ACL may have further entries
}

func addACLs(r *read.Reader, s *topo.Snapshot) {
	a := &acls{Reader: r, all: map[ref.ID]*topo.NetworkACL{}, inline: map[ref.ID][2]bool{}}
	for _, res := range r.Of("aws_network_acl", "aws_default_network_acl") {
		a.acl(res)
	}
	for _, res := range r.Of("aws_vpc", "aws_default_vpc") {
		a.defaultACL(r.Canonical(res.ID))
	}
	for _, res := range r.Of("aws_network_acl_rule") {
		a.rule(res)
	}
	for _, id := range slices.Sorted(maps.Keys(a.all)) {
		acl := a.all[id]
		acl.More = cmp.Or(acl.More, a.more)
		byNumber(acl.Ingress)
		byNumber(acl.Egress)
		s.NetworkACLs = append(s.NetworkACLs, *acl)
	}
}

func byNumber(entries []topo.ACLEntry) {
	slices.SortStableFunc(entries, func(a, b topo.ACLEntry) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), a.Place.Compare(b.Place))
	})
}

func (a *acls) acl(res resource.Resource) {
	if a.Canonical(res.ID) != res.ID {
		return
	}
	acl := &topo.NetworkACL{Thing: a.Thing(res)}
	a.all[res.ID] = acl
	if res.Type == "aws_default_network_acl" {
		acl.Default = true
		if id := res.Get("default_network_acl_id"); id.Kind == resource.Ref && id.Ref.Attr == "default_network_acl_id" {
			acl.VPC = a.Canonical(id.Ref.ID)
		}
	} else {
		acl.VPC = a.Link(res.Get("vpc_id")).ID
	}
	var inline [2]bool
	for i, dir := range []direction{ingress, egress} {
		v := res.Get(dir.String())
		inline[i] = v.Kind != resource.Null
		blocks, more := read.Blocks(v)
		acl.More = cmp.Or(acl.More, read.IgnoresChanges(res, dir.String()), more)
		for _, b := range blocks {
			entries := a.entry(res.ID, b.Value, b.State, read.PlaceOf(b.Value, res.Place), true)
			if dir == egress {
				acl.Egress = append(acl.Egress, entries...)
			} else {
				acl.Ingress = append(acl.Ingress, entries...)
			}
		}
	}
	a.inline[res.ID] = inline
}

// defaultACL is the ACL that AWS makes with a VPC (AWS "Default network ACL"),
// unless the design adopts it: it lets everything pass.
func (a *acls) defaultACL(vpc ref.ID) {
	id := a.Canonical(vpc + ".default_network_acl_id")
	if a.all[id] != nil {
		return
	}
	owner, _ := a.Find(vpc)
	v4 := topo.ACLEntry{Number: 100, Allow: fact.Yes, Exists: fact.Yes, Ports: netset.Exactly(netset.AllPorts())}
	v6 := v4
	v4.Block = topo.Block{Prefix: netip.PrefixFrom(netip.IPv4Unspecified(), 0), Family: topo.IPv4}
	v6.Number, v6.Block = 101, topo.Block{Prefix: netip.PrefixFrom(netip.IPv6Unspecified(), 0), Family: topo.IPv6}
	a.all[id] = &topo.NetworkACL{
		Thing: topo.Thing{ID: id, Type: "aws_default_network_acl", Name: "default", Place: owner.Place, Exists: owner.Exists, Why: owner.Why},
		VPC:   vpc, Default: true,
		Ingress: []topo.ACLEntry{v4, v6}, Egress: []topo.ACLEntry{v4, v6},
	}
}

func (a *acls) rule(res resource.Resource) {
	link := a.Link(res.Get("network_acl_id"))
	if link.ID == "" {
		if res.Get("network_acl_id").IsNull() {
			a.Warn(res.Place, "entry without a network ACL", "The entry names no network ACL, so that it may belong to any; AWS refuses it.")
		}
		a.more = cmp.Or(a.more, string(res.ID)+" belongs to an ACL that is not known: "+cmp.Or(link.Why, "none is written"))
		return
	}
	acl := a.all[link.ID]
	if acl == nil {
		acl = &topo.NetworkACL{Thing: a.Stub(link.ID, "aws_network_acl", place(link, res))}
		a.all[link.ID] = acl
	}
	state := read.Of(res).And(read.OfLink(link))
	out := design.Bool(res.Get("egress"), false)
	if !out.IsKnown() {
		state = state.And(read.Doubt(out.Why))
	}
	for i, dir := range []direction{ingress, egress} {
		if out.IsKnown() && out.Or(false) != (dir == egress) {
			continue
		}
		state := state
		if a.inline[link.ID][i] {
			a.Warn(res.Place, "entries of a network ACL in two forms", fmt.Sprintf(
				"%s has %s entries in blocks, and entry resources beside them. Terraform removes what is not in the blocks at every other apply. The entry is taken as possible; write all entries in one form.", link.ID, dir))
			state = state.And(read.Doubt(fmt.Sprintf("the %s blocks of %s remove it at every other apply", dir, link.ID)))
		}
		entries := a.entry(res.ID, res.Body, state, res.Place, false)
		if dir == egress {
			acl.Egress = append(acl.Egress, entries...)
		} else {
			acl.Ingress = append(acl.Ingress, entries...)
		}
	}
}

// entry reads one entry; a block may name a range of each family.
func (a *acls) entry(id ref.ID, v resource.Value, state read.State, at ref.Place, inline bool) []topo.ACLEntry {
	number, action := v.Get("rule_number"), v.Get("rule_action")
	if inline {
		number, action = v.Get("rule_no"), v.Get("action")
	}
	base := topo.ACLEntry{ID: id, Number: design.Int(number, -1).Or(-1), Exists: state.Exists, Why: state.Why, Place: at}
	if word, known := design.String(action, "").Get(); known {
		switch strings.ToLower(word) {
		case "allow":
			base.Allow = fact.Yes
		case "deny":
			base.Allow = fact.No
		default:
			a.Warn(at, "entry without an action", "The action of an entry is allow or deny, so it is taken as unknown.")
		}
	}
	var out []topo.ACLEntry
	for _, f := range []struct {
		attr   string
		family topo.Family
	}{{"cidr_block", topo.IPv4}, {"ipv6_cidr_block", topo.IPv6}} {
		b, ok := a.Block(v.Get(f.attr), f.family, at)
		if !ok {
			continue
		}
		e := base
		e.Block, e.Ports = b, a.ACLPorts(v, f.family == topo.IPv6, inline, at)
		out = append(out, e)
	}
	if len(out) == 0 {
		a.Warn(at, "entry without an address range", "The entry has no address range, of IPv4 or of IPv6, so its range is taken as unknown; AWS refuses it.")
		e := base
		e.Block, e.Ports = topo.Block{Why: "the entry names no range"}, a.ACLPorts(v, true, inline, at)
		out = append(out, e)
	}
	if len(out) > 1 {
		for i := range out {
			out[i].Exists, out[i].Why = fact.Unknown, cmp.Or(out[i].Why, "of two ranges of one entry only one can be in effect")
		}
	}
	return out
}
