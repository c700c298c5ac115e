package intent

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// Service is what is declared about a resource, the entries put together: of
// each fact the first entry in the file counts that matches and declares it.
// The place is that of the first entry that matches, and zero if there is none.
func (in Intent) Service(id ref.ID, name string) Service {
	var out Service
	for _, s := range in.Services {
		if !s.Match.Match(id, name) {
			continue
		}
		if out.Place.IsZero() {
			out.Match, out.Place = s.Match, s.Place
		}
		if out.Sensitivity == Undeclared {
			out.Sensitivity = s.Sensitivity
		}
		if out.TLS == TLSUndeclared {
			out.TLS = s.TLS
		}
		if out.Isolation == "" {
			out.Isolation = s.Isolation
		}
	}
	return out
}

// Sensitivity is the declared sensitivity of a resource, or Undeclared.
func (in Intent) Sensitivity(id ref.ID, name string) Sensitivity {
	return in.Service(id, name).Sensitivity
}

// TLS is what is declared about encryption behind the load balancer.
func (in Intent) TLS(id ref.ID, name string) TLS { return in.Service(id, name).TLS }

// IsolationGroups is the groups that a service, or the cluster it runs in, is a
// member of, in the order of the file. More than one is a contradiction that
// the caller should report. An empty cluster belongs to no group.
func (in Intent) IsolationGroups(id ref.ID, name string, cluster ref.ID, clusterName string) []Group {
	own := in.Service(id, name).Isolation
	var out []Group
	for _, g := range in.Isolation {
		if g.Name == own || anyMatches(g.Services, id, name) || anyMatches(g.Clusters, cluster, clusterName) {
			out = append(out, g)
		}
	}
	return out
}

// Peer is one end of a connection that is compared with the declared flows.
type Peer struct {
	ID       ref.ID       // empty for what is no resource
	Name     string       // may be empty
	Internet bool         // somewhere outside that everyone can be
	Addrs    netset.Addrs // its addresses, as far as they are known
}

func (s Side) matches(p Peer) bool {
	switch {
	case s.Internet:
		return p.Internet
	case s.CIDR.IsValid():
		return !p.Addrs.IsEmpty() && netset.Prefix(s.CIDR).Covers(p.Addrs)
	}
	return s.Glob.Match(p.ID, p.Name)
}

// FlowAllowed compares a connection with the declared flows: which of them it
// needs, in the order of the file, and the part of its ports that none declares.
// The connection is declared if nothing is left.
func (in Intent) FlowAllowed(from, to Peer, ports netset.Ports) (by []Flow, left netset.Ports) {
	left = ports
	for _, f := range in.Flows {
		if f.From.matches(from) && f.To.matches(to) && f.Ports.Overlaps(left) {
			by, left = append(by, f), left.Minus(f.Ports)
		}
	}
	return by, left
}

// Matches reports whether the exception is about a recommendation on a
// resource, whether it holds or not.
func (e Exception) Matches(slug string, id ref.ID) bool {
	return e.Recommendation == slug && e.Resource.MatchID(id)
}

// Expired reports whether the last day of the exception is before today.
func (e Exception) Expired(today Date) bool {
	return !e.Until.IsZero() && e.Until.Compare(today) < 0
}

// SeverityFor is the rule that sets the severity of a recommendation on a
// resource. Rules that name resources win over those that do not, and among
// equals the first in the file wins.
func (in Intent) SeverityFor(slug string, id ref.ID) (SeverityRule, bool) {
	var general *SeverityRule
	for i, r := range in.Severities {
		switch {
		case r.Recommendation != slug:
		case r.Resource.MatchID(id):
			return r, true
		case r.Resource.IsZero() && general == nil:
			general = &in.Severities[i]
		}
	}
	if general == nil {
		return SeverityRule{}, false
	}
	return *general, true
}

// PrefixList is the addresses that are declared for the name or id of a prefix
// list, and whether there are any.
func (in Intent) PrefixList(nameOrID string) (netset.Addrs, bool) {
	i := slices.IndexFunc(in.PrefixLists, func(p PrefixList) bool { return p.Name == nameOrID })
	if i < 0 {
		return netset.Addrs{}, false
	}
	return in.PrefixLists[i].Addrs, true
}

// Mention is a recommendation that the file names.
type Mention struct {
	Recommendation string
	Place          ref.Place
}

// Named lists the recommendations that severities name, by place. Those of
// exceptions are for who judges exceptions.
func (in Intent) Named() []Mention {
	var out []Mention
	for _, s := range in.Severities {
		out = append(out, Mention{s.Recommendation, s.Place})
	}
	slices.SortStableFunc(out, func(a, b Mention) int {
		if c := a.Place.Compare(b.Place); c != 0 {
			return c
		}
		return strings.Compare(a.Recommendation, b.Recommendation)
	})
	return out
}
