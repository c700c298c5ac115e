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
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// direction is one of the two lists of rules of a group.
type direction bool

const (
	ingress direction = false
	egress  direction = true
)

func (d direction) String() string {
	if d == egress {
		return "egress"
	}
	return "ingress"
}

// groups collects security groups while their rules are read.
type groups struct {
	*read.Reader
	all    map[ref.ID]*topo.SecurityGroup
	inline map[ref.ID][2]bool   // groups with rules in blocks, by direction
	told   map[ref.ID]bool      // groups of which the mix was reported
	more   map[ref.ID][2]string // why every group of a root may have further rules
}

func addGroups(r *read.Reader, s *topo.Snapshot) {
	g := &groups{Reader: r, all: map[ref.ID]*topo.SecurityGroup{}, inline: map[ref.ID][2]bool{}, told: map[ref.ID]bool{}, more: map[ref.ID][2]string{}}
	for _, res := range r.Of("aws_security_group", "aws_default_security_group", "data.aws_security_group") {
		g.group(res)
	}
	for _, res := range r.Of("aws_vpc", "aws_default_vpc") {
		g.defaultGroup(r.Canonical(res.ID))
	}
	for _, res := range r.Of("aws_security_group_rule") {
		g.oldRule(res)
	}
	for _, res := range r.Of("aws_vpc_security_group_ingress_rule") {
		g.newRule(res, ingress)
	}
	for _, res := range r.Of("aws_vpc_security_group_egress_rule") {
		g.newRule(res, egress)
	}
	for _, res := range r.Of("aws_vpc_security_group_vpc_association") {
		group, vpc := r.Link(res.Get("security_group_id")), r.Link(res.Get("vpc_id"))
		if group.ID == "" || vpc.ID == "" {
			r.Diags.Add(diag.Warning, res.Place, "association not understood", "It is not known which security group is associated with which VPC, so that the association is left out.")
			continue
		}
		sg := g.get(group.ID, group.Place)
		if !slices.Contains(sg.AlsoIn, vpc.ID) {
			sg.AlsoIn = append(sg.AlsoIn, vpc.ID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(g.all)) {
		sg := g.all[id]
		for _, root := range slices.Sorted(maps.Keys(g.more)) {
			// A name without a root, such as an id, may be used in any of them.
			if own := g.rootOf(id); own == root || own == "" {
				sg.IngressMore, sg.EgressMore = cmp.Or(sg.IngressMore, g.more[root][0]), cmp.Or(sg.EgressMore, g.more[root][1])
			}
		}
		inOrder(sg.Ingress)
		inOrder(sg.Egress)
		slices.Sort(sg.AlsoIn)
		s.SecurityGroups = append(s.SecurityGroups, *sg)
	}
}

// rootOf is the root of a group, or as much as its name tells.
func (g *groups) rootOf(id ref.ID) ref.ID {
	if res, ok := g.Find(id); ok {
		return res.Root()
	}
	return id.Root()
}

// get is the group of a name; one that is not in the design is elsewhere.
func (g *groups) get(id ref.ID, at ref.Place) *topo.SecurityGroup {
	if g.all[id] == nil {
		g.all[id] = &topo.SecurityGroup{Thing: g.Stub(id, "aws_security_group", at)}
	}
	return g.all[id]
}

func (g *groups) group(res resource.Resource) {
	if g.Canonical(res.ID) != res.ID {
		return // another resource stands for the same group
	}
	sg := &topo.SecurityGroup{Thing: g.Thing(res, "name", "name_prefix")}
	g.all[res.ID] = sg
	if res.Data {
		if vpc := cmp.Or(g.Link(res.Get("vpc_id")).ID, g.Link(read.Filter(res, "vpc-id")).ID); vpc != "" {
			sg.VPC = vpc
		}
		return
	}
	sg.VPC = g.VPC(res, "vpc_id")
	if res.Type == "aws_default_security_group" {
		sg.Default, sg.Name = true, "default"
	}
	var inline [2]bool
	sg.Ingress, sg.IngressMore, inline[0] = g.blocks(res, ingress)
	sg.Egress, sg.EgressMore, inline[1] = g.blocks(res, egress)
	if res.Called == "" { // only Terraform removes what is not in the blocks
		g.inline[res.ID] = inline
	}
}

// defaultGroup is the default group that AWS makes with a VPC (AWS "Default
// security groups for your VPCs"), unless the design adopts it.
func (g *groups) defaultGroup(vpc ref.ID) {
	id := g.Canonical(vpc + ".default_security_group_id")
	if g.all[id] != nil {
		return
	}
	owner, _ := g.Find(vpc)
	sg := &topo.SecurityGroup{
		Thing: topo.Thing{ID: id, Type: "aws_default_security_group", Name: "default", Place: owner.Place, Exists: owner.Exists, Why: owner.Why},
		VPC:   vpc, Default: true,
	}
	all := topo.Rule{ID: id, Ports: netset.Exactly(netset.AllPorts()), Exists: fact.Yes}
	self, v4, v6 := all, all, all
	self.Peer = topo.Peer{Kind: topo.PeerGroup, ID: id}
	v4.Peer = topo.Peer{Kind: topo.PeerBlock, Block: topo.Block{Prefix: netip.PrefixFrom(netip.IPv4Unspecified(), 0), Family: topo.IPv4}}
	v6.Peer = topo.Peer{Kind: topo.PeerBlock, Block: topo.Block{Prefix: netip.PrefixFrom(netip.IPv6Unspecified(), 0), Family: topo.IPv6}}
	sg.Ingress, sg.Egress = []topo.Rule{self}, []topo.Rule{v4, v6}
	g.all[id] = sg
}

// blocks reads the rules that are written in the group itself.
func (g *groups) blocks(res resource.Resource, dir direction) (rules []topo.Rule, more string, written bool) {
	v := res.Get(dir.String())
	blocks, more := read.Blocks(v)
	for _, b := range blocks {
		at := read.PlaceOf(b.Value, res.Place)
		base := topo.Rule{
			ID: res.ID, Place: at, Exists: b.State.Exists, Why: b.State.Why,
			Ports:       g.RulePorts(b.Get("protocol"), g.port(b.Get("from_port")), g.port(b.Get("to_port")), at),
			Description: design.String(b.Get("description"), "").Or(""),
		}
		rules = append(rules, g.peers(base, b.Value, res.ID, at)...)
	}
	return rules, cmp.Or(read.IgnoresChanges(res, dir.String()), more), v.Kind != resource.Null
}

// peers makes one rule of each peer of a block or of an aws_security_group_rule.
func (g *groups) peers(base topo.Rule, v resource.Value, self ref.ID, at ref.Place) []topo.Rule {
	var out []topo.Rule
	for _, list := range []struct {
		attr   string
		family topo.Family
	}{{"cidr_blocks", topo.IPv4}, {"ipv6_cidr_blocks", topo.IPv6}} {
		for _, b := range g.Ranges(v.Get(list.attr), list.family, at) {
			out = append(out, with(base, rangePeer(b.Block), b.State))
		}
	}
	out = append(out, g.named(base, v.Get("prefix_list_ids"), topo.PeerPrefixList)...)
	out = append(out, g.named(base, v.Get("security_groups"), topo.PeerGroup)...)
	out = append(out, g.named(base, v.Get("source_security_group_id"), topo.PeerGroup)...)
	if on := design.Bool(v.Get("self"), false); on.Or(true) {
		state := read.State{Exists: fact.Yes}
		if !on.IsKnown() {
			state = read.Doubt(on.Why)
		}
		peer := topo.Peer{Kind: topo.PeerGroup, ID: self}
		if self == "" {
			peer = topo.Peer{Block: topo.Block{Why: "it is not known to which group the rule belongs"}}
		}
		out = append(out, with(base, peer, state))
	}
	return out
}

// named makes a rule of each group or prefix list that a value names.
func (g *groups) named(base topo.Rule, v resource.Value, kind topo.PeerKind) []topo.Rule {
	if !read.Written(v) {
		return nil
	}
	var out []topo.Rule
	links := g.Links(v)
	for _, l := range links.List {
		id := l.ID
		if kind == topo.PeerGroup {
			id = withoutOwner(id)
		}
		out = append(out, with(base, topo.Peer{Kind: kind, ID: id}, read.OfLink(l)))
	}
	if links.More != "" {
		out = append(out, with(base, topo.Peer{Block: topo.Block{Why: links.More}, Candidates: g.groupsOf(links.Candidates)}, read.Doubt(links.More)))
	}
	return out
}

// groupsOf are the security groups among the names that an expression refers to.
func (g *groups) groupsOf(ids []ref.ID) []ref.ID {
	var out []ref.ID
	for _, id := range ids {
		if res, ok := g.Find(id); ok && strings.HasSuffix(res.Type, "_security_group") {
			out = append(out, id)
		}
	}
	return out
}

// with is a rule for a peer. The rule is there if the block and the element of
// its list are.
func with(base topo.Rule, peer topo.Peer, state read.State) topo.Rule {
	state = read.State{Exists: base.Exists, Why: base.Why}.And(state)
	base.Peer, base.Exists, base.Why = peer, state.Exists, state.Why
	return base
}

func rangePeer(b topo.Block) topo.Peer {
	if !b.Prefix.IsValid() && b.Of == "" && b.Symbol == "" {
		return topo.Peer{Block: b}
	}
	return topo.Peer{Kind: topo.PeerBlock, Block: b}
}

// withoutOwner takes the account off the name of a group of another account:
// "123456789012/sg-0abc".
func withoutOwner(id ref.ID) ref.ID {
	if len(id) > 13 && id[12] == '/' && id[13:][:min(3, len(id)-13)] == "sg-" {
		return id[13:]
	}
	return id
}

// mixed reports rule resources beside blocks, and says in which state that
// leaves the rule. Only Terraform takes rules away again that it did not write in
// blocks: in CloudFormation both hold.
func (g *groups) mixed(res resource.Resource, group ref.ID, dir direction) read.State {
	i := 0
	if dir == egress {
		i = 1
	}
	if !g.inline[group][i] || res.Called != "" {
		return read.State{Exists: fact.Yes}
	}
	if !g.told[group] {
		g.told[group] = true
		g.Warn(res.Place, "rules of a security group in two forms", fmt.Sprintf(
			"%s has %s rules in blocks, and rule resources beside them. Terraform removes what is not in the blocks at every other apply. The rule resources are taken as possible; write all rules in one form.", group, dir))
	}
	return read.Doubt(fmt.Sprintf("the %s blocks of %s remove it at every other apply", dir, group))
}
