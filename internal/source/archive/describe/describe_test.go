package describe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive/describe"
)

// things are the described things of a set, "type id region", and the calls,
// "call type account region why".
func things(set resource.Set) (things, calls []string) {
	for _, r := range set.Resources {
		if r.Type == describe.Call {
			calls = append(calls, strings.TrimSpace(fmt.Sprint(r.Get("Of").Text, " ", r.Get("Account").Text, " ", r.Get("Region").Text, " ", r.Get("Why").Text)))
			continue
		}
		things = append(things, strings.TrimSpace(r.Type+" "+string(r.ID)+" "+r.Region))
	}
	return things, calls
}

func file(name, data string) describe.File { return describe.File{Name: name, Data: []byte(data)} }

const vpc = `{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}`

// The layouts of four programs are read by what is in the files.
func TestLayouts(t *testing.T) {
	for name, tc := range map[string]struct {
		files         []describe.File
		things, calls []string
	}{
		"command line": {
			[]describe.File{
				file("a.json", `{"Vpcs": [`+vpc+`]}`), file("b.txt", `{"services": [{"serviceArn": "arn:aws:ecs:eu-west-1:111122223333:service/c/s"}], "failures": []}`),
				file("c.json", `{"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/f:1"}, "tags": []}`),
				file("d.json", `{"FlowLogs": []}`), file("e.json", `{"VpcId": "vpc-1", "EnableDnsSupport": {"Value": true}}`),
				file("f.json", `{"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]}`), file("g.json", `{"unrelated": [{"VpcId": 1}]}`),
			},
			[]string{"ecs:Service arn:aws:ecs:eu-west-1:111122223333:service/c/s", "ecs:TaskDefinition arn:aws:ecs:eu-west-1:111122223333:task-definition/f:1",
				"ec2:Instance i-1", "ec2:Vpc vpc-1", "ec2:VpcAttribute vpc-1/EnableDnsSupport"},
			[]string{"ec2:FlowLog", "ec2:Instance", "ec2:Vpc", "ecs:Service", "ecs:TaskDefinition"},
		},
		"members of an Auto Scaling group": {
			[]describe.File{
				file("a.json", `{"AutoScalingGroups": [{"AutoScalingGroupName": "g", "Instances": [{"InstanceId": "i-1", "LifecycleState": "InService"}]}]}`),
				file("b.json", `{"Reservations": [{"Instances": [{"InstanceId": "i-1", "ImageId": "ami-1"}]}]}`),
			},
			[]string{"autoscaling:AutoScalingGroup g", "ec2:Instance i-1"}, []string{"autoscaling:AutoScalingGroup", "ec2:Instance"},
		},
		"pages": {
			[]describe.File{file("a.json", `{"Vpcs": [`+vpc+`], "NextToken": "t"}{"Vpcs": [{"VpcId": "vpc-2"}]}`)},
			[]string{"ec2:Vpc vpc-1", "ec2:Vpc vpc-2"}, []string{"ec2:Vpc"},
		},
		"first page only": {
			[]describe.File{file("a.json", `{"Vpcs": [`+vpc+`], "NextToken": "t"}`)},
			[]string{"ec2:Vpc vpc-1"}, []string{"ec2:Vpc   the answer goes on: it has a NextToken"},
		},
		"one call for each": {
			[]describe.File{
				file("accounts/111122223333/eu-west-1/Vpcs.json", `{"Vpcs": [`+vpc+`]}`),
				file("accounts/111122223333/eu-west-1/H.json", `{"LoadBalancerTargetHealth": [{"TargetGroupArn": "arn:tg", "TargetHealthDescriptions": []}]}`),
			},
			[]string{"elbv2:TargetHealth arn:tg/targets eu-west-1", "ec2:Vpc vpc-1 eu-west-1"},
			[]string{"ec2:Vpc 111122223333 eu-west-1", "elbv2:TargetHealth 111122223333 eu-west-1"},
		},
		"names of files with the parameter": {
			[]describe.File{
				file("eu-west-1/elbv2-describe-target-health/arn%3Aaws%3Aelasticloadbalancing%3Aeu-west-1%3A111122223333%3Atargetgroup%2Fa%2F1", `{"TargetHealthDescriptions": [{"Target": {"Id": "i-1"}}]}`),
				file("eu-west-1/search tgw-rtb-1.json", `{"Routes": [], "AdditionalRoutesAvailable": false}`),
			},
			[]string{"elbv2:TargetHealth arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/a/1/targets eu-west-1", "ec2:TransitGatewayRoutes tgw-rtb-1/routes eu-west-1"}, nil,
		},
		"recorded": {
			[]describe.File{
				file("ec2.DescribeVpcs_1.json", `{"status_code": 200, "data": {"Vpcs": [`+vpc+`], "ResponseMetadata": {"at": {"__class__": "datetime", "year": 2024}}}}`),
				file("ec2.DescribeSubnets_1.json", `{"status_code": 403, "data": {"Subnets": [{"SubnetId": "subnet-1"}]}}`),
				file("test.snapshot.json", `{"a::b": {"recorded-date": "today", "recorded-content": {"first": {"Subnets": [{"SubnetId": "<subnet:1>"}]}}}}`),
			},
			[]string{"ec2:Subnet <subnet:1>", "ec2:Vpc vpc-1"}, []string{"ec2:Subnet", "ec2:Vpc"},
		},
	} {
		set, diags := describe.Read(tc.files)
		got, calls := things(set)
		slices.Sort(calls)
		slices.SortFunc(tc.things, func(a, b string) int { return strings.Compare(after(a), after(b)) })
		slices.SortFunc(got, func(a, b string) int { return strings.Compare(after(a), after(b)) })
		if d := cmp.Diff(tc.things, got); d != "" {
			t.Errorf("%s: things: %s", name, d)
		}
		if d := cmp.Diff(tc.calls, calls); d != "" {
			t.Errorf("%s: calls: %s", name, d)
		}
		if len(diags) > 0 {
			t.Errorf("%s: %v", name, diags)
		}
		if set.Kind != describe.Kind || set.Files == 0 {
			t.Errorf("%s: kind %q, %d files", name, set.Kind, set.Files)
		}
	}
}

func after(s string) string { _, id, _ := strings.Cut(s, " "); return id }

func TestRecognise(t *testing.T) {
	for in, want := range map[string]bool{
		`{"Vpcs": [` + vpc + `]}`:                         true,
		`{"Vpcs": [` + vpc + `, {"VpcId`:                  true, // the first part of a file
		`{"services": {"web": {"image": "nginx"}}}`:       false,
		`{"services": []}`:                                false,
		`{"format_version": "1.2", "planned_values":{}}`:  false,
		`{"Resources": {"A": {"Type": "AWS::EC2::VPC"}}}`: false,
		// Properties of a template have the names of the API.
		`{"Resources": {"R": {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Id": "t", "EcsParameters": {}}]}}}}`: false,
		``:     false,
		`[[[`:  false,
		`true`: false,
	} {
		if got := describe.Recognise([]byte(in)); got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}

// What stands before the end of a broken file counts, and its list is not whole.
func TestBrokenFileIsNotWhole(t *testing.T) {
	set, diags := describe.Read([]describe.File{file("v.json", "{\"Vpcs\": [\n"+vpc+",\n{\"VpcId\": \"vpc-2\", \"Cidr")})
	got, calls := things(set)
	if d := cmp.Diff([]string{"ec2:Vpc vpc-1", "ec2:Vpc vpc-2"}, got); d != "" {
		t.Error(d)
	}
	if len(calls) != 1 || !strings.Contains(calls[0], "could not be read to the end") {
		t.Errorf("calls: %q", calls)
	}
	if len(diags) != 1 || diags[0].Place != (ref.Place{File: "v.json", Line: 3}) {
		t.Errorf("diagnostics: %+v", diags)
	}
	i := slices.IndexFunc(set.Resources, func(r resource.Resource) bool { return r.ID == "vpc-1" })
	if at := set.Resources[i].Place; at != (ref.Place{File: "v.json", Line: 2}) {
		t.Errorf("vpc-1 is at %v", at)
	}
}

func TestAnswerWithoutSubjectIsSaid(t *testing.T) {
	_, diags := describe.Read([]describe.File{file("v.json", `{"Vpcs": [`+vpc+`]}`), file("h.json", `{"TargetHealthDescriptions": [{"Target": {"Id": "i-1"}}]}`)})
	if len(diags) != 1 || diags[0].Place.File != "h.json" || !strings.Contains(diags[0].Detail, "TargetGroupArn") {
		t.Errorf("%+v", diags)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{`{"Vpcs": [` + vpc + `]}`, `{"status_code": 200, "data": {"tasks": [{"taskArn": "a"}]}}`, `[{"Vpcs": {}}]`, `{"Reservations": [{"Instances": 3}]}`, `{"Attributes": []}`} {
		f.Add("a/eu-west-1/arn%3A.json", []byte(s))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		set, _ := describe.Read([]describe.File{{Name: name, Data: data}})
		again, _ := describe.Read([]describe.File{{Name: name, Data: data}})
		if d := cmp.Diff(set, again); d != "" {
			t.Fatal(d)
		}
		if described, _ := things(set); describe.Recognise(data) != (len(described) > 0) && !strings.Contains(name, "arn") && !strings.Contains(name, "-") {
			t.Fatalf("recognised %v, but %d things", describe.Recognise(data), len(described))
		}
	})
}
