package cfn_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/edit/cfn"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/ref"
)

func steps(path string) (out []finding.Step) {
	for _, name := range strings.Split(path, "/") {
		s := finding.Step{Name: name}
		if name, of, ok := strings.Cut(name, "["); ok {
			s.Name = name
			s.Key, s.Is, _ = strings.Cut(strings.TrimSuffix(of, "]"), "=")
		}
		out = append(out, s)
	}
	return out
}

func text(s string) finding.Value { return finding.Value{Text: s} }
func word(s string) finding.Value { return finding.Value{Text: s, Word: true} }
func at(id ref.ID) finding.Value  { return finding.Value{Ref: id, Attr: "id"} }
func fields(list ...any) (v finding.Value) {
	for i := 0; i < len(list); i += 2 {
		v.Fields = append(v.Fields, finding.Field{Name: list[i].(string), Value: list[i+1].(finding.Value)})
	}
	return v
}

func change(op finding.Operation, path string, v finding.Value) finding.Change {
	return finding.Change{Resource: "X", Operation: op, Path: steps(path), Value: v}
}

const (
	template = "AWS::EC2::LaunchTemplate"
	listener = "AWS::ElasticLoadBalancingV2::Listener"
	group    = "AWS::EC2::SecurityGroup"
	endpoint = "AWS::EC2::VPCEndpoint"
	task     = "AWS::ECS::TaskDefinition"
)

var (
	imds     = fields("http_tokens", text("required"), "http_put_response_hop_limit", word("1"))
	redirect = fields("type", text("redirect"), "redirect", fields("protocol", text("HTTPS"), "port", text("443")))
	lb       = fields("security_groups", finding.Value{List: []finding.Value{at("Lb")}})
)

type testCase struct {
	name, kind, body string
	c                finding.Change
	want, says       string
}

var inYAML = []testCase{
	{"literal", listener, "\n      Port: 443 # TLS\n      SslPolicy: 'old' # why\n", change(finding.Set, "ssl_policy", text("New-1")), "\n      Port: 443 # TLS\n      SslPolicy: 'New-1' # why\n", ""},
	{"the same literal", listener, "\n      SslPolicy: New\n", change(finding.Set, "ssl_policy", text("New")), "\n      SslPolicy: New\n", ""},
	{"parameter", listener, "\n      SslPolicy: !Ref P\n", change(finding.Set, "ssl_policy", text("New")), "", "!Ref gives it"},
	{"long form of a function", listener, "\n      SslPolicy: {Ref: P}\n", change(finding.Set, "ssl_policy", text("New")), "", "is no text"},
	{"new", listener, "\n      # first\n      Port: 443 # TLS\n\n      Certificates:\n      - CertificateArn: x\n", change(finding.Set, "ssl_policy", text("New")),
		"\n      # first\n      Port: 443 # TLS\n      SslPolicy: New\n\n      Certificates:\n      - CertificateArn: x\n", ""},
	{"new, of functions only", listener, "\n      Port: !Ref P\n      A:\n      - x\n", change(finding.Set, "ssl_policy", text("New")), "\n      SslPolicy: New\n      Port: !Ref P\n      A:\n      - x\n", ""},
	{"new between braces", listener, " {Port: 443, A: [1, 2]} # c\n", change(finding.Set, "ssl_policy", text("New")), " {Port: 443, SslPolicy: New, A: [1, 2]} # c\n", ""},
	{"new between empty braces", listener, " {}\n", change(finding.Set, "ssl_policy", text("New")), " {SslPolicy: New}\n", ""},
	{"number and boolean", "AWS::ECS::Service", "\n      NetworkConfiguration:\n        AwsvpcConfiguration:\n          AssignPublicIp: ENABLED\n          Subnets: [a]\n", change(finding.Set, "network_configuration/assign_public_ip", word("false")),
		"\n      NetworkConfiguration:\n        AwsvpcConfiguration:\n          AssignPublicIp: DISABLED\n          Subnets: [a]\n", ""},
	{"maps that are not there", template, "\n      LaunchTemplateData:\n        ImageId: ami-1\n        UserData:\n          Fn::Base64: |\n            #!/bin/sh\n", change(finding.Set, "metadata_options", imds),
		"\n      LaunchTemplateData:\n        ImageId: ami-1\n        MetadataOptions:\n          HttpTokens: required\n          HttpPutResponseHopLimit: 1\n        UserData:\n          Fn::Base64: |\n            #!/bin/sh\n", ""},
	{"maps that are there", template, "\n      LaunchTemplateData:\n        MetadataOptions:\n          HttpTokens: optional\n        ImageId: ami-1\n", change(finding.Set, "metadata_options", imds),
		"\n      LaunchTemplateData:\n        MetadataOptions:\n          HttpTokens: required\n          HttpPutResponseHopLimit: 1\n        ImageId: ami-1\n", ""},
	{"condition", template, "\n      LaunchTemplateData: !If [C, {ImageId: a}, {ImageId: b}]\n", change(finding.Set, "metadata_options", imds), "", "!If gives it"},
	{"condition in long form", template, "\n      LaunchTemplateData:\n        Fn::If: [C, {ImageId: a}, {ImageId: b}]\n", change(finding.Set, "metadata_options", imds), "", "Fn::If gives it"},
	{"anchor", template, "\n      LaunchTemplateData: &d\n        ImageId: a\n", change(finding.Set, "metadata_options", imds), "", "lends it"},
	{"alias", template, "\n      LaunchTemplateData: *base\n", change(finding.Set, "metadata_options", imds), "", "alias gives it"},
	{"merge key", template, "\n      LaunchTemplateData:\n        <<: *base\n", change(finding.Set, "metadata_options", imds), "", "merge key"},
	{"replace an entry", listener, "\n      DefaultActions:\n        - Type: forward # here\n          TargetGroupArn: !Ref T\n        # end\n      Port: 80\n", change(finding.Replace, "default_action", redirect),
		"\n      DefaultActions:\n        - Type: redirect\n          RedirectConfig:\n            Protocol: HTTPS\n            Port: \"443\"\n        # end\n      Port: 80\n", ""},
	{"replace an entry between braces", listener, "\n      DefaultActions: [{Type: forward, TargetGroupArn: !Ref T}]\n", change(finding.Replace, "default_action", redirect),
		"\n      DefaultActions: [{Type: redirect, RedirectConfig: {Protocol: HTTPS, Port: \"443\"}}]\n", ""},
	{"replace an entry between wide braces", listener, "\n      DefaultActions:\n        - { Type: forward, TargetGroupArn: !Ref T }\n", change(finding.Replace, "default_action", redirect),
		"\n      DefaultActions:\n        - { Type: redirect, RedirectConfig: { Protocol: HTTPS, Port: \"443\" } }\n", ""},
	{"replace one of several", listener, "\n      DefaultActions:\n      - Type: a\n      - Type: b\n", change(finding.Replace, "default_action", redirect), "", "several entries"},
	{"exchange", group, "\n      SecurityGroupIngress:\n      - CidrIp: 0.0.0.0/0 # all\n        FromPort: 80\n", change(finding.Exchange, "ingress/cidr_blocks", lb),
		"\n      SecurityGroupIngress:\n      - SourceSecurityGroupId: !GetAtt Lb.GroupId # all\n        FromPort: 80\n", ""},
	{"exchange of what is not there", group, "\n      SecurityGroupIngress:\n      - CidrIpv6: ::/0\n", change(finding.Exchange, "ingress/cidr_blocks", lb), "", "not written there"},
	{"entry by name", task, "\n      Volumes:\n        - Name: a\n          EFSVolumeConfiguration: {FilesystemId: !Ref F}\n        - Name: b\n          EFSVolumeConfiguration:\n            FilesystemId: fs-1\n", change(finding.Set, "volume[name=b]/efs_volume_configuration/transit_encryption", text("ENABLED")),
		"\n      Volumes:\n        - Name: a\n          EFSVolumeConfiguration: {FilesystemId: !Ref F}\n        - Name: b\n          EFSVolumeConfiguration:\n            FilesystemId: fs-1\n            TransitEncryption: ENABLED\n", ""},
	{"assign", template, "\n      LaunchTemplateData:\n        UserData:\n          Fn::Base64: !Sub |\n            #!/bin/bash\n            echo ECS_CLUSTER=${C} >> /etc/ecs/ecs.config\n            # end\n        ImageId: x\n", change(finding.Assign, "user_data", text("A=true")),
		"\n      LaunchTemplateData:\n        UserData:\n          Fn::Base64: !Sub |\n            #!/bin/bash\n            echo ECS_CLUSTER=${C} >> /etc/ecs/ecs.config\n            echo A=true >> /etc/ecs/ecs.config\n            # end\n        ImageId: x\n", ""},
	{"assign in a join", template, "\n      LaunchTemplateData:\n        UserData: !Base64 {'Fn::Join': ['', [a]]}\n", change(finding.Assign, "user_data", text("A=true")), "", "no script that stands there"},
	{"copy", endpoint, "\n      ServiceName: x\n", change(finding.Copy, "policy", finding.Value{Ref: "Api"}),
		"\n      ServiceName: x\n      PolicyDocument:\n        Statement:\n        - Effect: Allow # c\n          Resource: !Sub '${x}'\n", ""},
	{"copy over another", endpoint, "\n      PolicyDocument:\n          Statement: []\n          # more\n      ServiceName: x\n", change(finding.Copy, "policy", finding.Value{Ref: "Api"}),
		"\n      PolicyDocument:\n          Statement:\n          - Effect: Allow # c\n            Resource: !Sub '${x}'\n      ServiceName: x\n", ""},
	{"a type of which the words are not known", "AWS::SNS::Topic", "\n      A: b\n", change(finding.Set, "ssl_policy", text("New")), "", "not known here"},
}

func TestEditsOfYAML(t *testing.T) {
	for _, tc := range inYAML {
		for _, nl := range []string{"\n", "\r\n"} {
			wrap := func(body string) []byte {
				s := "# first\nx: &base {a: b}\nResources:\n  Lb: {Type: " + group + "}\n  Api:\n    Type: " + endpoint + "\n    Properties:\n      PolicyDocument:\n        Statement:\n        - Effect: Allow # c\n          Resource: !Sub '${x}'\n" +
					"  X:\n    Type: " + tc.kind + "\n    Properties:" + body + "  Y: {Type: Ü} # last\n"
				return []byte("\xEF\xBB\xBF" + strings.ReplaceAll(s, "\n", nl))
			}
			tc.run(t, wrap, nl)
		}
	}
}

var inJSON = []testCase{
	{"literal", listener, `{"Port": 443,` + "\n" + `"SslPolicy":"old"}`, change(finding.Set, "ssl_policy", text("New")), `{"Port": 443,` + "\n" + `"SslPolicy":"New"}`, ""},
	{"new", listener, "{\n\t\t\"Port\": 443,\n\t\t\"A\": {\"Ref\": \"T\"}\n\t}", change(finding.Set, "ssl_policy", text("New")), "{\n\t\t\"Port\": 443,\n\t\t\"SslPolicy\": \"New\",\n\t\t\"A\": {\"Ref\": \"T\"}\n\t}", ""},
	{"new at the end", listener, "{\n\t\t\"Port\": 443\n\t}", change(finding.Set, "ssl_policy", text("New")), "{\n\t\t\"Port\": 443,\n\t\t\"SslPolicy\": \"New\"\n\t}", ""},
	{"new before maps", listener, "{\n\t\t\"A\": {}\n\t}", change(finding.Set, "ssl_policy", text("New")), "{\n\t\t\"SslPolicy\": \"New\",\n\t\t\"A\": {}\n\t}", ""},
	{"maps", template, "{\n    \"LaunchTemplateData\": {\n      \"ImageId\": \"x\"\n    }\n  }", change(finding.Set, "metadata_options", imds),
		"{\n    \"LaunchTemplateData\": {\n      \"ImageId\": \"x\",\n      \"MetadataOptions\": {\n       \"HttpTokens\": \"required\",\n       \"HttpPutResponseHopLimit\": 1\n      }\n    }\n  }", ""},
	{"function", listener, `{"SslPolicy": {"Ref": "P"}}`, change(finding.Set, "ssl_policy", text("New")), "", "no text"},
	{"exchange", group, `{"SecurityGroupIngress": [{"CidrIp": "0.0.0.0/0", "FromPort": 80}]}`, change(finding.Exchange, "ingress/cidr_blocks", lb),
		`{"SecurityGroupIngress": [{"SourceSecurityGroupId": {"Fn::GetAtt": ["Lb", "GroupId"]}, "FromPort": 80}]}`, ""},
	{"replace", listener, "{\n  \"DefaultActions\": [\n    {\n      \"Type\": \"forward\"\n    }\n  ]\n}", change(finding.Replace, "default_action", redirect),
		"{\n  \"DefaultActions\": [\n    {\n     \"Type\": \"redirect\",\n     \"RedirectConfig\": {\n      \"Protocol\": \"HTTPS\",\n      \"Port\": \"443\"\n     }\n    }\n  ]\n}", ""},
	{"copy", endpoint, "{\n  \"ServiceName\": \"x\"\n}", change(finding.Copy, "policy", finding.Value{Ref: "Api"}), "{\n  \"ServiceName\": \"x\",\n  \"PolicyDocument\": {\"Statement\": [{\"Effect\": \"Allow\"}]}\n}", ""},
}

func TestEditsOfJSON(t *testing.T) {
	for _, tc := range inJSON {
		wrap := func(body string) []byte {
			return []byte("{\n \"Resources\": {\n  \"Lb\": {\"Type\": \"" + group + "\"},\n  \"Api\": {\"Type\": \"" + endpoint + "\", \"Properties\": {\"PolicyDocument\": {\"Statement\": [{\"Effect\": \"Allow\"}]}}},\n" +
				"  \"X\": {\"Type\": \"" + tc.kind + "\",\n  \"Properties\": " + body + "}\n }\n}")
		}
		tc.run(t, wrap, "\n")
	}
}

func (tc testCase) run(t *testing.T, wrap func(string) []byte, nl string) {
	t.Helper()
	src := wrap(tc.body)
	f, err := cfn.Parse(src)
	if err != nil {
		t.Fatalf("%s: %v", tc.name, err)
	}
	edits, err := f.Edits("X", tc.kind, tc.c)
	if tc.says != "" {
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.says)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", tc.name, err)
		return
	}
	got, err := patch.Apply(src, edits)
	if err != nil {
		t.Fatalf("%s: %v", tc.name, err)
	}
	if diff := cmp.Diff(string(wrap(tc.want)), string(got)); diff != "" {
		t.Errorf("%s with %q: want -, got +:\n%s", tc.name, nl, diff)
	}
	again, err := cfn.Parse(got)
	if err != nil {
		t.Fatalf("%s: the result does not parse: %v", tc.name, err)
	}
	if tc.c.Operation == finding.Set || tc.c.Operation == finding.Assign {
		if more, err := again.Edits("X", tc.kind, tc.c); err != nil || len(more) != 0 {
			t.Errorf("%s: a second time it gives %v, %v", tc.name, more, err)
		}
	}
}

func TestRefusedTemplates(t *testing.T) {
	for name, tc := range map[string][2]string{
		"broken":          {"a: [", "not valid"},
		"a list":          {"- a", "no map of sections"},
		"nothing":         {"a: b", "no Resources"},
		"made by a loop":  {"Resources:\n  Fn::ForEach::L: []\n", "Fn::ForEach::L gives it"},
		"another":         {"Resources:\n  Z: {Type: T}\n", "does not write X itself"},
		"another type":    {"Resources:\n  X: {Type: T}\n", "the type of X is not"},
		"twice":           {"Resources: {X: {Type: T}, X: {Type: T}}\n", ""},
		"made by the CDK": {"Resources:\n  X:\n    Type: " + listener + "\n    Metadata:\n      aws:cdk:path: A/B\n", "the CDK writes this template"},
		"no properties":   {"Resources:\n  X:\n    Type: " + listener + "\n", "no Properties"},
		"old Mac":         {"Resources:\r  X: 1\r", ""},
		"large":           {strings.Repeat("#\n", 3<<20), "more than"},
	} {
		f, err := cfn.Parse([]byte(tc[0]))
		if err == nil {
			_, err = f.Edits("X", listener, change(finding.Set, "ssl_policy", text("b")))
		}
		if err == nil || !strings.Contains(err.Error(), tc[1]) {
			t.Errorf("%s: %v, want %q", name, err, tc[1])
		}
	}
}

// Whatever a template holds, an edit leaves one that parses and differs in no
// other resource. [cfn.Text.Edits] refuses what does not; here the editor must
// not panic, and a second run finds nothing to do.
func FuzzEdits(f *testing.F) {
	for _, tc := range inYAML {
		f.Add([]byte("Resources:\n  X:\n    Type: "+tc.kind+"\n    Properties:"+tc.body), uint8(0))
	}
	for _, tc := range inJSON {
		f.Add([]byte(`{"Resources": {"X": {"Type": "`+tc.kind+`", "Properties": `+tc.body+"}}}"), uint8(0))
	}
	var cases []testCase
	cases = append(append(cases, inYAML...), inJSON...)
	f.Fuzz(func(t *testing.T, src []byte, which uint8) {
		file, err := cfn.Parse(src)
		if err != nil {
			return
		}
		for i, tc := range cases {
			if which != 0 && i != int(which)%len(cases) {
				continue
			}
			edits, err := file.Edits("X", tc.kind, tc.c)
			if err != nil {
				continue
			}
			got, err := patch.Apply(src, edits)
			if err != nil {
				t.Fatal(err)
			}
			again, err := cfn.Parse(got)
			if err != nil {
				t.Fatalf("%q becomes %q: %v", src, got, err)
			}
			if tc.c.Operation == finding.Set {
				if more, err := again.Edits("X", tc.kind, tc.c); err != nil || len(more) > 0 {
					t.Fatalf("%q becomes %q, and then %v, %v", src, got, more, err)
				}
			}
		}
	})
}
