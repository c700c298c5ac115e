package compute_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muralla-net/muralla/internal/assemble/compute"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

// base is the network that most designs of the tests stand in.
const base = `
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.0.0/24"
}
resource "aws_subnet" "pub" {
  vpc_id                  = aws_vpc.v.id
  cidr_block              = "10.0.1.0/24"
  map_public_ip_on_launch = true
  ipv6_cidr_block         = "2001:db8::/64"
}
resource "aws_security_group" "g" { vpc_id = aws_vpc.v.id }
variable "unknown" {}
`

func assemble(sets ...resource.Set) (*topo.Snapshot, diag.List) {
	d, s := design.New(sets...), &topo.Snapshot{}
	network.Add(d, s, network.Options{})
	diags := compute.Add(d, s)
	network.Finish(d, s, network.Options{})
	return s.Freeze(), diags
}

func read(t *testing.T, text string) (*topo.Snapshot, diag.List) {
	t.Helper()
	set, diags := hcl.Read(fstest.MapFS{"main.tf": {Data: []byte(text)}}, hcl.Options{})
	for _, d := range diags {
		if d.Level == diag.Error {
			t.Fatalf("%s: %s: %s", d.Place, d.Summary, d.Detail)
		}
	}
	return assemble(set)
}

// show writes a fact: its value, or ? if it is unknown.
func show[T any](f fact.Fact[T]) string {
	if v, ok := f.Get(); ok {
		return fmt.Sprint(v)
	}
	if f.Why == "" {
		return "unknown without a reason"
	}
	return "?"
}

// links writes links: a ? behind what may not exist, … if there may be more.
func links(l topo.Links) string {
	var out []string
	for _, e := range l.List {
		s := string(e.ID)
		if e.Exists != fact.Yes {
			s += "?"
		}
		out = append(out, s)
	}
	if l.More != "" {
		out = append(out, "…")
	}
	return strings.Join(out, ",")
}

// ports writes what an endpoint listens on: a ? behind what is not sure.
func ports(e *topo.Endpoint) string {
	var out []string
	for _, l := range e.Listens {
		s := l.Ports.Maybe.String()
		if !l.Ports.IsExact() {
			s += "?"
		}
		out = append(out, s)
	}
	if e.ListensMore != "" {
		out = append(out, "…")
	}
	return strings.Join(out, " ")
}

// endpoint writes an endpoint in one line.
func endpoint(s *topo.Snapshot, id string) string {
	e := s.Endpoint(topoID(id))
	if e == nil {
		return "none"
	}
	out := fmt.Sprintf("%s in %s holds %s public %s v6 %s listens %s", e.Kind, links(e.Subnets), links(e.Groups), show(e.PublicIPv4), show(e.IPv6), ports(e))
	if e.Unfiltered != fact.No {
		out += " unfiltered " + e.Unfiltered.String()
	}
	if e.Forwards != fact.No {
		out += " forwards " + e.Forwards.String()
	}
	if e.Exists != fact.Yes {
		out += " exists " + e.Exists.String()
	}
	return out
}

type row struct{ name, text, id, want string }

func endpoints(t *testing.T, rows []row) {
	t.Helper()
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			s, _ := read(t, base+tc.text)
			if got := endpoint(s, tc.id); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
