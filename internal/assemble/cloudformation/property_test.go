package cloudformation_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/assemble/cloudformation"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// types are those with code of their own, and some others.
var types = append(cloudformation.Translated(), "AWS::EC2::VPC", "AWS::EC2::SubnetCidrBlock", "AWS::ECS::Cluster", "AWS::Lambda::Function", "AWS::Own::Thing", "Custom::X", "A::B::C::MODULE", "aws_vpc", "::", "AWS::")

var words = []string{
	"VpcId", "SubnetIds", "Subnets", "SecurityGroups", "SecurityGroupIds", "GroupId", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress", "IpProtocol",
	"CidrIp", "CidrBlock", "Tags", "Key", "Value", "Statement", "Fn::Base64", "UserData", "LaunchTemplateData", "NetworkInterfaces", "GroupSet", "Groups",
	"DefaultActions", "Actions", "ForwardConfig", "TargetGroups", "TargetGroupArn", "Conditions", "QueryStringConfig", "Values", "Field", "Targets", "Id", "Port",
	"Protocol", "HealthCheckPath", "TargetGroupAttributes", "LoadBalancerAttributes", "Listeners", "Policies", "PolicyNames", "Attributes", "Certificates",
	"NetworkConfiguration", "AwsvpcConfiguration", "AwsVpcConfiguration", "EcsParameters", "Target", "Definition", "DefinitionString", "DefinitionSubstitutions",
	"ContainerDefinitions", "Volumes", "Parameters", "ClientAuthentication", "Sasl", "Tls", "Enabled", "FileSystemPolicy", "PolicyDocument", "Roles", "RoleName",
	"SpotFleetRequestConfigData", "LaunchSpecifications", "AWS::Metadata", "AWS::CloudFormation::Init", "config", "configSets", "files", "commands", "command",
	"default", "content", "/etc/ecs/ecs.config", "ConfigSet", "ServiceName", "ResourceId", "ResourceType", "RouteTableIds", "Options", "Ipv6Addresses", "Entries",
	"SubnetId", "DefaultSecurityGroupId", "ServiceToken", "DBClusterIdentifier", "PortRange", "Icmp", "InternetGatewayId", "VpnGatewayId",
}

type drawer struct {
	kinds map[resource.Kind]int
	place int
}

func (d *drawer) value(rt *rapid.T, depth int) resource.Value {
	kind := rapid.SampledFrom([]resource.Kind{resource.Null, resource.Unknown, resource.Bool, resource.Number, resource.String, resource.Ref,
		resource.Text, resource.List, resource.Map, resource.List, resource.Map}).Draw(rt, "kind")
	if depth == 0 && kind >= resource.List {
		kind = resource.String
	}
	d.kinds[kind]++
	d.place++
	v := resource.Value{Kind: kind, Place: ref.Place{File: "t.yaml", Line: d.place}}
	switch kind {
	case resource.Null:
		return resource.Value{}
	case resource.Unknown:
		v.Why = "nobody knows"
		v.Candidates = []resource.Reference{d.reference(rt)}
	case resource.Number:
		v.Number = float64(rapid.IntRange(-1, 70000).Draw(rt, "number"))
	case resource.String:
		v.Text = rapid.SampledFrom([]string{"", "a", "443", "true", "internal", "-1", "0.0.0.0/0", "VPC", "lambda", "HTTP", "#!/bin/sh\ncfn-init -r R0\n", "${a}", "cfn-init", "config"}).Draw(rt, "text")
	case resource.Ref:
		v.Ref = d.reference(rt)
	case resource.Text:
		for range rapid.IntRange(0, 3).Draw(rt, "parts") {
			v.List = append(v.List, d.value(rt, 0))
		}
	case resource.List:
		for range rapid.IntRange(0, 3).Draw(rt, "length") {
			v.List = append(v.List, d.value(rt, depth-1))
		}
	case resource.Map:
		v.Map = map[string]resource.Value{}
		for range rapid.IntRange(0, 5).Draw(rt, "size") {
			v.Map[rapid.SampledFrom(words).Draw(rt, "key")] = d.value(rt, depth-1)
		}
	}
	if v.Maybe = rapid.IntRange(0, 9).Draw(rt, "maybe") == 0; v.Maybe && v.Why == "" {
		v.Why = "a condition is not known"
	}
	return v
}

// body is the properties of a resource: an object in most cases.
func (d *drawer) body(rt *rapid.T) resource.Value {
	if rapid.IntRange(0, 9).Draw(rt, "odd") == 0 {
		return d.value(rt, 3)
	}
	v := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}}
	for range rapid.IntRange(0, 15).Draw(rt, "properties") {
		v.Map[rapid.SampledFrom(words).Draw(rt, "property")] = d.value(rt, 4)
	}
	return v
}

func (d *drawer) reference(rt *rapid.T) resource.Reference {
	return resource.Reference{
		ID:   ref.ID(fmt.Sprintf("R%d", rapid.IntRange(0, 8).Draw(rt, "to"))),
		Attr: rapid.SampledFrom(append([]string{"Ref", "Arn", "", "CidrBlock", "Outputs.X", "Ipv6CidrBlocks.0", "SecurityGroups.1"}, words...)).Draw(rt, "attribute"),
	}
}

// TestAnyTree: whatever a template holds, nothing panics, resources keep ID and
// place, the input stays as it is, and what is translated is not translated
// again.
func TestAnyTree(t *testing.T) {
	d := &drawer{kinds: map[resource.Kind]int{}}
	seen, parts := map[string]bool{}, 0
	rapid.Check(t, func(rt *rapid.T) {
		set := resource.Set{Kind: cloudformation.Kind, Missing: []resource.Missing{{ID: "M", Inputs: []resource.Reference{d.reference(rt)}}}}
		n := rapid.IntRange(1, 8).Draw(rt, "resources")
		for i := range n {
			id := fmt.Sprintf("R%d", i)
			r := resource.Resource{ID: ref.ID(id), Name: id, Type: rapid.SampledFrom(types).Draw(rt, "type"), Body: d.body(rt), Place: ref.Place{File: "t.yaml", Line: i + 1},
				Exists: rapid.SampledFrom([]fact.Tri{fact.Yes, fact.Yes, fact.Unknown}).Draw(rt, "exists"), Why: "a condition is not known"}
			seen[r.Type] = true
			set.Resources = append(set.Resources, r)
		}
		before := fmt.Sprintf("%#v", set)
		out, _ := cloudformation.Translate(set)
		if fmt.Sprintf("%#v", set) != before {
			rt.Fatal("the input was changed")
		}
		if again, _ := cloudformation.Translate(set); !reflect.DeepEqual(out, again) {
			rt.Fatal("two runs differ")
		}
		if twice, diags := cloudformation.Translate(out); !reflect.DeepEqual(twice, out) || len(diags) > 0 {
			rt.Fatalf("a second translation changes the set: %+v\n%+v", out, twice)
		}
		if !slices.IsSortedFunc(out.Resources, func(a, b resource.Resource) int { return cmpID(a.ID, b.ID) }) {
			rt.Fatal("the resources are not in order")
		}
		for _, r := range out.Resources {
			i := slices.IndexFunc(set.Resources, func(in resource.Resource) bool { return in.ID == r.ID })
			if i < 0 {
				parts++
				continue
			}
			in := set.Resources[i]
			if r.Place != in.Place || r.Name != in.Name || in.Exists != fact.Yes && r.Exists == fact.Yes {
				rt.Fatalf("got %+v of %+v", r, in)
			}
			if r.Called != "" && r.Called != in.Type {
				rt.Fatalf("%s is called %s", in.Type, r.Called)
			}
		}
		assemble.Snapshot(assemble.Options{}, set)
	})
	for _, typ := range types {
		if !seen[typ] {
			t.Errorf("no draw was of type %s", typ)
		}
	}
	for k := resource.Null; k <= resource.Text; k++ {
		if d.kinds[k] == 0 {
			t.Errorf("no draw was of kind %d", k)
		}
	}
	if parts <= 0 {
		t.Error("no draw made parts")
	}
}

func cmpID(a, b ref.ID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
