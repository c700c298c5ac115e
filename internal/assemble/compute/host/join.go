package host

import (
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// join tells which cluster the agent of a host joins.
func (r *reader) join(h *topo.Host, data resource.Value) {
	set := h.UserData.Cluster()
	if set.Known {
		if !set.Set {
			return // an agent, if there is one, joins the cluster "default"
		}
		h.Cluster = r.clusters.Find(resource.Value{Kind: resource.String, Text: set.Value, Place: data.Place}, h.ID).ID
		if h.Cluster == "" {
			h.ClusterWhy = "several clusters have the name in its user data"
		}
		return
	}
	h.ClusterWhy = set.Why
	if data.Maybe {
		return // whatever it says, it may not be there
	}
	// The piece that is unknown may be the name of a cluster of the design.
	if id := r.d.Canonical(ref.ID(set.Why)); r.isCluster(id) {
		h.Cluster, h.ClusterWhy = id, ""
		return
	}
	// Or the name of the cluster has the same unknown pieces at the same places.
	var found []ref.ID
	shown := design.Display(data)
	for _, c := range r.d.Of("aws_ecs_cluster") {
		name := design.Display(c.Get("name"))
		if name != "" && !strings.Contains(name, "…") && assigns(shown, name) {
			found = append(found, c.ID)
		}
	}
	if len(found) == 1 {
		h.Cluster, h.ClusterWhy = found[0], ""
	}
}

// registered takes over what an agent that runs told when it registered its
// host (AWS "DescribeContainerInstances"): no design knows that, so it wins over
// user data.
func (r *reader) registered(h *topo.Host, agent resource.Value) {
	if cluster := r.clusters.Find(agent.Get("cluster"), h.ID); cluster.ID != "" {
		h.Cluster, h.ClusterWhy = cluster.ID, ""
	}
	if design.Bool(agent.Get("block_instance_metadata"), false).Or(false) {
		h.UserData.Agent = h.UserData.Agent.With("ECS_AWSVPC_BLOCK_IMDS", "true")
	}
}

func (r *reader) isCluster(id ref.ID) bool {
	res, ok := r.d.Find(id)
	return ok && res.Type == "aws_ecs_cluster"
}

// assigns reports whether a script sets ECS_CLUSTER to exactly the name, and to
// nothing else.
func assigns(script, name string) bool {
	const key = "ECS_CLUSTER="
	n := 0
	for rest := script; ; {
		i := strings.Index(rest, key)
		if i < 0 {
			return n > 0
		}
		rest = rest[i+len(key):]
		after, ok := strings.CutPrefix(rest, name)
		if !ok || after != "" && strings.IndexByte(" \t\r\n\"'\\>;", after[0]) < 0 {
			return false
		}
		n++
	}
}

// metadata reads the metadata options. What is not written depends on the
// account and the image, except the switch itself and IPv6 (AWS "Configure the
// Instance Metadata Service options").
func (r *reader) metadata(v resource.Value, region string) topo.Metadata {
	m := topo.Metadata{Place: v.Place}
	m.Endpoint = word(v.Get("http_endpoint"), "enabled", "disabled", fact.Default(true))
	m.IPv6 = word(v.Get("http_protocol_ipv6"), "enabled", "disabled", fact.Default(false))
	account := r.account(region)
	m.Tokens = word(v.Get("http_tokens"), "required", "optional",
		word(account.Get("http_tokens"), "required", "optional", fact.Missing[bool](depends("whether tokens are required"), v.Place)))
	hop := v.Get("http_put_response_hop_limit")
	m.HopLimit = design.Int(hop, 0)
	if hop.IsNull() {
		m.HopLimit = design.Int(account.Get("http_put_response_hop_limit"), -1)
		if n, ok := m.HopLimit.Get(); ok && n < 1 {
			m.HopLimit = fact.Missing[int](depends("the hop limit"), v.Place)
		}
	}
	return m
}

func depends(what string) string {
	return what + " is not written, so it depends on the account and the image"
}

// account is the resource that sets the defaults of the account, if there is
// exactly one for the Region.
func (r *reader) account(region string) resource.Value {
	all := r.d.Of("aws_ec2_instance_metadata_defaults")
	if len(all) != 1 || all[0].Exists != fact.Yes || all[0].Region != region {
		return resource.Value{}
	}
	return all[0].Body
}

// word reads a setting with two words.
func word(v resource.Value, yes, no string, absent fact.Fact[bool]) fact.Fact[bool] {
	f := design.String(v, "")
	s, ok := f.Get()
	switch {
	case !ok:
		return fact.Missing[bool](f.Why, f.Place)
	case v.IsNull() || s == "" || s == "no-preference":
		return absent
	case s == yes:
		return fact.Known(true, f.Place)
	case s == no:
		return fact.Known(false, f.Place)
	}
	return fact.Missing[bool]("its value is neither "+yes+" nor "+no, f.Place)
}
