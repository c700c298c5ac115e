package network_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muralla-net/muralla/internal/assemble/network"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl"
)

// A rule of a group that is not known may be one of the groups of its own root,
// or one that no root makes, and of no other.
func TestRulesOfUnknownGroupsStayInTheirRoot(t *testing.T) {
	root := func(name, text string) fstest.MapFS {
		return fstest.MapFS{name + "/main.tf": {Data: []byte(text)}}
	}
	const group = "resource \"aws_security_group\" \"g\" {}\n"
	a, _ := hcl.Read(root("a", group+`
		resource "aws_vpc_security_group_ingress_rule" "r" {
		  security_group_id = uuid()
		  ip_protocol       = "-1"
		  cidr_ipv4         = "0.0.0.0/0"
		}`), hcl.Options{Dir: "a", Prefix: "a"})
	b, _ := hcl.Read(root("b", group+`
		resource "aws_vpc_security_group_egress_rule" "r" {
		  security_group_id = "sg-0123456789abcdef0"
		  ip_protocol       = "-1"
		  cidr_ipv4         = "0.0.0.0/0"
		}`), hcl.Options{Dir: "b", Prefix: "b"})
	s, _ := build(network.Options{}, a, b)
	for id, open := range map[ref.ID]bool{"a/aws_security_group.g": true, "b/aws_security_group.g": false, "sg-0123456789abcdef0": true} {
		g := s.SecurityGroup(id)
		switch {
		case g == nil:
			t.Errorf("%s is not there", id)
		case strings.Contains(g.IngressMore, "belongs to a group that is not known") != open:
			t.Errorf("of %s is said: %q", id, g.IngressMore)
		case strings.Contains(g.EgressMore, "belongs to a group that is not known"):
			t.Errorf("of %s is said what is of the other direction: %q", id, g.EgressMore)
		}
	}
}
