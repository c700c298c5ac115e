package network_test

import (
	"slices"
	"testing"

	"github.com/muralla-net/muralla/internal/assemble/network"
	"github.com/muralla-net/muralla/internal/fact"
)

// A rule beside blocks is taken away again by Terraform only: of a resource that
// another source wrote, both are in effect.
func TestRulesInTwoForms(t *testing.T) {
	set := parse(t, `
		resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
		resource "aws_security_group" "x" {
			vpc_id = aws_vpc.v.id
			ingress {
				protocol    = "tcp"
				from_port   = 80
				to_port     = 80
				cidr_blocks = ["10.0.0.0/8"]
			}
		}
		resource "aws_security_group_rule" "more" {
			type              = "ingress"
			security_group_id = aws_security_group.x.id
			protocol          = "tcp"
			from_port         = 443
			to_port           = 443
			cidr_blocks       = ["10.0.0.0/8"]
		}`)
	for _, called := range []bool{false, true} {
		if called {
			for i := range set.Resources {
				set.Resources[i].Called = "AWS::Something"
			}
		}
		s, diags := build(network.Options{}, set)
		sure := 0
		for _, r := range s.SecurityGroup("aws_security_group.x").Ingress {
			if r.Exists == fact.Yes {
				sure++
			}
		}
		warned := slices.Contains(summaries(diags), "rules of a security group in two forms")
		if want := map[bool]int{false: 1, true: 2}[called]; sure != want || warned == called {
			t.Errorf("translated %v: %d rules are sure, want %d; warned: %v", called, sure, want, warned)
		}
	}
}
