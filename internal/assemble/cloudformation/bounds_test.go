package cloudformation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// weight is the nodes of a value and the bytes of its texts.
func weight(v resource.Value) (nodes, bytes int) {
	nodes, bytes = 1, len(v.Text)
	for _, e := range v.List {
		n, b := weight(e)
		nodes, bytes = nodes+n, bytes+b
	}
	for _, e := range v.Map {
		n, b := weight(e)
		nodes, bytes = nodes+n, bytes+b
	}
	return nodes, bytes
}

// TestBounds: attributes that copy each other, and texts that are put into texts
// many times, give results of bounded size.
func TestBounds(t *testing.T) {
	made := func(id, typ string, body map[string]resource.Value) resource.Resource {
		return resource.Resource{ID: ref.ID(id), Name: id, Type: typ, Exists: fact.Yes, Body: resource.Value{Kind: resource.Map, Map: body}}
	}
	text := func(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }
	var set resource.Set
	for i := range 8 { // each is ten times the next: 10^8 values in all
		list := resource.Value{Kind: resource.List}
		for range 10 {
			list.List = append(list.List, resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: ref.ID(fmt.Sprintf("R%d", i+1)), Attr: "SecurityGroups"}})
		}
		set.Resources = append(set.Resources, made(fmt.Sprintf("R%d", i), "AWS::ElasticLoadBalancingV2::LoadBalancer", map[string]resource.Value{"SecurityGroups": list}))
	}
	long := strings.Repeat("x", 1<<20)
	pieces := resource.Value{Kind: resource.Text}
	for range 1000 { // a GiB
		pieces.List = append(pieces.List, resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: "Long", Attr: "CidrBlock"}})
	}
	set.Resources = append(set.Resources, made("Long", "AWS::EC2::VPC", map[string]resource.Value{"CidrBlock": text(long)}),
		made("Joined", "AWS::Own::Thing", map[string]resource.Value{"Value": pieces}),
		made("Machine", "AWS::StepFunctions::StateMachine", map[string]resource.Value{"DefinitionString": text(strings.Repeat("${a}", 1000)),
			"DefinitionSubstitutions": {Kind: resource.Map, Map: map[string]resource.Value{"a": text(long)}}}))
	metadata := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{"AWS::CloudFormation::Init": {Kind: resource.Map, Map: map[string]resource.Value{
		"configSets": {Kind: resource.Map, Map: map[string]resource.Value{"default": {Kind: resource.List, List: []resource.Value{text("a"), text("a"), text("a"), text("a")}}}},
		"a":          {Kind: resource.Map, Map: map[string]resource.Value{"commands": {Kind: resource.Map, Map: map[string]resource.Value{"c": {Kind: resource.Map, Map: map[string]resource.Value{"command": text("echo " + long)}}}}}},
	}}}}
	for i := range 30 {
		set.Resources = append(set.Resources, made(fmt.Sprintf("Host%02d", i), "AWS::EC2::Instance", map[string]resource.Value{"UserData": text("#!/bin/sh\ncfn-init -r Host00\n"), "AWS::Metadata": metadata}))
	}
	out, _ := cloudformation.Translate(set)
	nodes, bytes, left := 0, 0, 0
	for _, r := range out.Resources {
		n, b := weight(r.Body)
		nodes, bytes = nodes+n, bytes+b
		if strings.Contains(r.Get("user_data").Text, "cfn-init") {
			left++
		}
	}
	if nodes > 200_000 || bytes > 64<<20 {
		t.Errorf("%d values, %d bytes", nodes, bytes)
	}
	if v := find(t, out, "Machine").Get("definition"); v.Kind != resource.Unknown || v.Why == "" {
		t.Errorf("the definition is of kind %d, %q", v.Kind, v.Why)
	}
	if left == 0 || left == 30 {
		t.Errorf("%d calls of cfn-init are left: the bound was not met, or from the first on", left)
	}
}
