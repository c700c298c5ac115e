// Package host turns instances and Auto Scaling groups into hosts and endpoints.
//
// # Model
// An instance, or all instances of an Auto Scaling group, are one [topo.Host]
// and an endpoint of the same ID. What a resource does not write comes from its
// launch template or launch configuration; several templates are alternatives,
// and what they do not agree on is unknown.
//
// # Guarantees
// Metadata options that are not written are unknown, except those whose default
// depends on nothing. A host belongs to a cluster only if its user data says so.
//
// # Not modelled
// Machine images: what an image brings along beside user data. Interfaces of one
// instance with different groups: all hold all.
package host

import (
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
	"github.com/muralla-net/muralla/internal/userdata"
)

// ListensMore is why a host may have open ports that the design does not name.
const ListensMore = "what else runs on the host is not in the design"

type reader struct {
	d          *design.Design
	clusters   wire.Namer
	templates  wire.Namer
	used       map[ref.ID]bool // templates that something launches
	hosts      []topo.Host
	unlaunched []topo.Template
	endpoints  []topo.Endpoint
	diags      diag.List
}

// Add appends the hosts of a design, and their endpoints. Clusters resolves the
// names of ECS clusters.
func Add(d *design.Design, s *topo.Snapshot, clusters wire.Namer) diag.List {
	r := &reader{d: d, clusters: clusters, used: map[ref.ID]bool{}}
	for _, res := range d.Of("aws_spot_instance_request") {
		d.Alias(res.ID+".spot_instance_id", res.ID)
	}
	r.templates = wire.Names(d, []string{"aws_launch_template", "aws_launch_configuration"}, "name")
	for _, res := range d.Of("aws_instance", "aws_spot_instance_request") {
		r.host(res, res.Get("subnet_id"), r.alternatives([]resource.Value{res.Body}, res, res.Get("launch_template")))
	}
	for _, res := range d.Of("aws_autoscaling_group") {
		r.host(res, res.Get("vpc_zone_identifier"), r.group(res))
	}
	for _, res := range d.Of("aws_spot_fleet_request") {
		r.host(res, resource.Value{}, r.fleet(res))
	}
	for _, res := range d.Of("aws_launch_template", "aws_launch_configuration") {
		r.unused(res)
	}
	s.Hosts = append(s.Hosts, r.hosts...)
	s.Templates = append(s.Templates, r.unlaunched...)
	s.Endpoints = append(s.Endpoints, r.endpoints...)
	return r.diags
}

// layers are the bodies that tell the settings of one alternative, the
// strongest first. Lost says why a further body is not known.
type layers struct {
	bodies   []resource.Value
	template ref.ID
	lost     string
	at       ref.Place
}

// get is the first written value of the keys.
func (l layers) get(keys ...string) resource.Value {
	for _, b := range l.bodies {
		for _, k := range keys {
			if v := b.Get(k); !v.IsNull() && (v.Kind != resource.List || len(v.List) > 0) {
				return v
			}
		}
	}
	if l.lost != "" {
		return resource.Value{Kind: resource.Unknown, Why: l.lost, Place: l.at}
	}
	return resource.Value{}
}

// alternatives are the settings of a resource with each of the templates that
// the specifications name.
func (r *reader) alternatives(own []resource.Value, from resource.Resource, specs ...resource.Value) []layers {
	var out []layers
	for _, spec := range specs {
		for _, b := range spec.Items() {
			l := layers{bodies: own, at: b.Place}
			v := wire.First(b.Get("id"), b.Get("launch_template_id"), b.Get("name"), b.Get("launch_template_name"))
			if b.Kind != resource.Map {
				v = b // the name of a launch configuration
			}
			link := r.templates.Find(v, from.ID)
			res, ok := r.d.Find(link.ID)
			switch {
			case link.ID == "":
				l.lost = link.Why
				if l.lost == "" {
					l.lost = "its launch template is not named"
				}
			case !ok || res.Data:
				l.template, l.lost = link.ID, "the launch template "+string(link.ID)+" is made elsewhere"
			default:
				l.template, l.bodies = link.ID, append(append([]resource.Value{}, own...), res.Body)
				r.used[link.ID] = true
			}
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		out = []layers{{bodies: own, at: from.Place}}
		if len(own) == 0 {
			out[0].lost = "it names no launch template"
		}
	}
	return out
}

func (r *reader) group(res resource.Resource) []layers {
	mixed := res.Get("mixed_instances_policy", "launch_template")
	specs := []resource.Value{res.Get("launch_template"), res.Get("launch_configuration"), mixed.Get("launch_template_specification")}
	specs = append(specs, wire.Each(mixed.Get("override"), "launch_template_specification")...)
	return r.alternatives(nil, res, specs...)
}

func (r *reader) fleet(res resource.Resource) []layers {
	var out []layers
	for _, b := range res.Get("launch_specification").Items() {
		out = append(out, layers{bodies: []resource.Value{b}, at: b.Place})
	}
	for _, b := range res.Get("launch_template_config").Items() {
		for _, l := range r.alternatives(nil, res, b.Get("launch_template_specification")) {
			for _, o := range b.Get("overrides").Items() {
				l.bodies = append([]resource.Value{o}, l.bodies...)
				break
			}
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		out = []layers{{lost: "it names no launch specification", at: res.Place}}
	}
	return out
}

// host adds a host. Subnets are those that the resource itself writes.
func (r *reader) host(res resource.Resource, subnets resource.Value, from []layers) {
	h := topo.Host{Thing: r.d.Thing(res, "name")}
	var e topo.Endpoint
	for i, l := range from {
		one, place := r.one(res, subnets, l), r.endpoint(res, h.Thing, subnets, l)
		if i == 0 {
			h, e = one, place
			continue
		}
		h = mergeHosts(h, one)
		e = mergeEndpoints(e, place)
	}
	r.hosts = append(r.hosts, h)
	r.endpoints = append(r.endpoints, e)
}

func (r *reader) one(res resource.Resource, subnets resource.Value, l layers) topo.Host {
	h := topo.Host{Thing: r.d.Thing(res, "name"), Template: l.template}
	h.Metadata = r.metadata(l.get("metadata_options"), res.Region)
	profile := l.get("iam_instance_profile", "iam_instance_profile_arn")
	if profile.Kind == resource.List || profile.Kind == resource.Map {
		profile = wire.First(profile.Get("arn"), profile.Get("name"))
	}
	h.InstanceProfile = wire.Named(r.d, profile)
	data := l.get("user_data", "user_data_base64")
	h.UserDataPlace = data.Place
	if data.IsNull() {
		h.UserData = userdata.Nothing()
	} else {
		settings, diags := userdata.Parse(segments(data), data.Place)
		h.UserData = settings
		r.diags = append(r.diags, diags...)
	}
	switch h.UserData.Dialect {
	case userdata.Bottlerocket:
		h.Bottlerocket = fact.Yes
	case userdata.None, userdata.Unrecognised:
	default:
		h.Bottlerocket = fact.No
	}
	h.InstanceType = design.String(l.get("instance_type"), "")
	if s, ok := h.InstanceType.Get(); ok && s == "" || !res.Get("mixed_instances_policy").IsNull() {
		h.InstanceType = fact.Missing[string]("the instance type is chosen at launch", res.Place)
	}
	h.ECSImage = r.image(l.get("ami", "image_id"))
	r.join(&h, data)
	if agent := res.Get("container_instance"); !agent.IsNull() {
		r.registered(&h, agent)
	}
	return h
}

// segments cuts user data into what is known and what is not. References keep
// their names.
func segments(v resource.Value) []userdata.Segment {
	parts := []resource.Value{v}
	if v.Kind == resource.Text {
		parts = v.List
	}
	var out []userdata.Segment
	for _, p := range parts {
		switch {
		case p.Kind == resource.String && !v.Maybe:
			out = append(out, userdata.Segment{Text: p.Text})
		case p.Kind == resource.Ref && !v.Maybe:
			out = append(out, userdata.Segment{Unknown: strings.TrimSuffix(strings.TrimPrefix(design.Display(p), "${"), "}")})
		default:
			why := design.Why(p)
			if v.Maybe {
				why = design.Why(v)
			}
			out = append(out, userdata.Segment{Unknown: why})
		}
	}
	return out
}
