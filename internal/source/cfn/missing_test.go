package cfn

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLoopsThatCannotBeReadAreMissing: what a loop over an unknown collection
// makes may be anything, so that its absence is no answer.
func TestLoopsThatCannotBeReadAreMissing(t *testing.T) {
	set, diags := all(t, unpack(`
-- net.yaml --
Parameters: {Zones: {Type: CommaDelimitedList}}
Resources:
  Vpc: {Type: 'AWS::EC2::VPC'}
  Fn::ForEach::Subnets: [Z, !Ref Zones, {'Subnet${Z}': {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc}}}]
`), Options{})
	want := []string{"Vpc AWS::EC2::VPC {}", "missing Fn::ForEach::Subnets Fn::ForEach::Subnets: parameter Zones has no value [{Zones }]"}
	if diff := cmp.Diff(want, lines(set)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"warning net.yaml:4 loop over an unknown collection"}, said(diags)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
