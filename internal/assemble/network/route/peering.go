package route

import (
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

func addPeerings(r *read.Reader, s *topo.Snapshot) {
	accepted := map[ref.ID]bool{}
	first := len(s.Peerings)
	known := map[ref.ID]bool{}
	for _, res := range r.Of("aws_vpc_peering_connection", "data.aws_vpc_peering_connection") {
		p := topo.Peering{
			Thing:     r.Thing(res),
			Requester: r.Link(res.Get("vpc_id")).ID, Accepter: r.Link(res.Get("peer_vpc_id")).ID,
		}
		if res.Data {
			p.SameRegion = fact.Missing[bool]("it is defined outside the design", res.Place)
		} else {
			p.SameRegion = sameRegion(res)
		}
		if design.Bool(res.Get("auto_accept"), false).Or(false) && read.Of(res).Exists == fact.Yes {
			p.Active = fact.Yes
		}
		known[res.ID] = true
		s.Peerings = append(s.Peerings, p)
	}
	for _, res := range r.Of("aws_vpc_peering_connection_accepter") {
		link := r.Link(res.Get("vpc_peering_connection_id"))
		if link.ID == "" {
			continue
		}
		if design.Bool(res.Get("auto_accept"), false).Or(false) && read.Of(res).Exists == fact.Yes {
			accepted[link.ID] = true
		}
		if !known[link.ID] {
			known[link.ID] = true
			s.Peerings = append(s.Peerings, topo.Peering{
				Thing:      r.Stub(link.ID, "aws_vpc_peering_connection", place(link, res)),
				SameRegion: fact.Missing[bool]("it is defined outside the design", res.Place),
			})
		}
	}
	for i := first; i < len(s.Peerings); i++ {
		if accepted[s.Peerings[i].ID] {
			s.Peerings[i].Active = fact.Yes
		}
	}
	r.Understand("aws_vpc_peering_connection_options")
}

// sameRegion compares the Regions of both sides. Without peer_region AWS takes
// the Region of the requester.
func sameRegion(res resource.Resource) fact.Fact[bool] {
	v := res.Get("peer_region")
	if !read.Written(v) {
		return fact.Known(true, res.Place)
	}
	peer, ok := design.String(v, "").Get()
	if !ok {
		return fact.Missing[bool](design.Why(v), v.Place)
	}
	if res.Region == "" {
		return fact.Missing[bool]("the Region of the requester is not known", v.Place)
	}
	return fact.Known(peer == res.Region, v.Place)
}
