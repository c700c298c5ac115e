package check

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// A templateBlur is a change of templates that takes a value away. What it hides
// is given back by the value of a parameter, or by another tree if it is an
// export that is not here.
type templateBlur struct {
	kind   string
	at     templateSite
	blurry map[string]any // trees by place, as of templateSite.key
	ty     string         // of the parameter
	worlds []templateWorld
}

// A templateWorld is what a blur may stand for; the first of a blur is the
// original.
type templateWorld struct {
	given string         // the value of the parameter
	trees map[string]any // in place of the blurry ones, if there is no parameter
}

// required are properties without which AWS refuses a resource, alone or beside
// what the designs write around them: their absence is no world.
var required = regexp.MustCompile(`(^|/)(VpcId|CidrBlock|GroupId|GroupDescription|IpProtocol|RouteTableId|NetworkAclId|RuleNumber|RuleAction|PortRange|From|To|ImageId|InstanceType)$` +
	`|/(FromPort|ToPort)$|Ingress(\[\])?/(CidrIp|CidrIpv6|SourceSecurityGroupId|SourcePrefixListId)$|Egress(\[\])?/(CidrIp|CidrIpv6|DestinationSecurityGroupId|DestinationPrefixListId)$` +
	`|^AWS::EC2::(VPCGatewayAttachment|SubnetRouteTableAssociation|SubnetNetworkAclAssociation|VPCPeeringConnection|TransitGateway[A-Z][A-Za-z]*|VPCCidrBlock|NatGateway)/|^AWS::EC2::(Route|NetworkAclEntry)/(.*Id|Protocol|.*CidrBlock)$` +
	`|VPCEndpoint/(ServiceName|VpcEndpointType|SubnetIds)|LoadBalancer/(Subnets|SubnetMappings|Type)|SubnetMappings\[\]/|TargetGroup/(Port|Protocol|TargetType)$` +
	`|Listener/(LoadBalancerArn|DefaultActions|Port|Protocol|Certificates)|DefaultActions\[\]/|RedirectConfig/|ListenerRule/|Certificates\[\]/` +
	`|ContainerDefinitions(\[\])?(/(Name|Image|LogConfiguration/LogDriver|PortMappings\[\]/ContainerPort|[A-Za-z]+\[\]/(Name|Value|ValueFrom)))?$|TaskDefinition/(RequiresCompatibilities|NetworkMode)` +
	`|Service/(TaskDefinition|NetworkConfiguration(/AwsvpcConfiguration)?(/Subnets(\[\])?)?)$|LoadBalancers\[\]/|SubnetId$|SubnetIds$|DBSubnetGroupName$|DeviceIndex$|VPCZoneIdentifier|LaunchTemplate(/.*)?/(LaunchTemplateId|LaunchTemplateName|Version|LaunchTemplateData)$|AutoScalingGroup/(LaunchTemplate|M..Size)` +
	`|FlowLog/(ResourceId|ResourceType|TrafficType|LogDestinationType|LogDestination|LogGroupName|DeliverLogsPermissionArn)$|DBInstance/(Engine|DBInstanceClass)|Tags\[\]/|Document/|CloudFormation::Stack/Parameters$`)

// apart are properties whose values no two things may share, or that say where a
// thing is: those of one thing are no world of another.
var apart = regexp.MustCompile(`Name$|/Tags|Identifier$|Family$|/CidrBlock$|/AvailabilityZone$|/RuleNumber$|/(Subnet|RouteTable|NetworkAcl|Vpc|InternetGateway)Id$`)

// blursOf are the ways to blur a site; n counts the blurs of one design.
func (d templateDesign) blursOf(s templateSite, n int, pool map[string][]any) []templateBlur {
	param, cond := fmt.Sprintf("Blur%d", n), fmt.Sprintf("IsBlur%d", n)
	was := d.at(s)
	if s.resource() {
		return d.conditional(s, cond)
	}
	var out []templateBlur
	add := func(kind, ty string, blurry any, worlds ...templateWorld) {
		out = append(out, templateBlur{kind: kind, at: s, ty: ty, blurry: map[string]any{s.key(): blurry}, worlds: worlds})
	}
	yes, no := templateWorld{given: "yes"}, templateWorld{given: "no"}
	others := d.othersOf(s, pool)
	for _, other := range others[:min(3, len(others))] {
		add("if", "String", callOf("Fn::If", []any{cond, was, other}), yes, no)
	}
	absent := []templateWorld{yes}
	if d.mayLack(s) {
		absent = append(absent, no)
	}
	add("absent", "String", callOf("Fn::If", []any{cond, was, callOf("Ref", "AWS::NoValue")}), absent...)
	if text, ty, ok := parameterOf(was); ok {
		values, trees := []templateWorld{{given: text}}, []templateWorld{{trees: map[string]any{s.key(): was}}}
		for _, other := range others {
			if text, t, ok := parameterOf(other); ok && t == ty {
				values = append(values, templateWorld{given: text})
				trees = append(trees, templateWorld{trees: map[string]any{s.key(): other}})
			}
		}
		add("parameter", ty, callOf("Ref", param), values...)
		export := callOf("Fn::ImportValue", "of-another-stack-"+param)
		if ty == "CommaDelimitedList" {
			export = callOf("Fn::Split", []any{",", export})
		}
		add("import", "String", export, trees...)
	}
	return out
}

// conditional puts a condition on a resource and on all that needs it. It is
// absent in a world unless an output shows it.
func (d templateDesign) conditional(s templateSite, cond string) []templateBlur {
	b := templateBlur{kind: "condition", at: s, ty: "String", blurry: map[string]any{}, worlds: []templateWorld{{given: "yes"}, {given: "no"}}}
	template := d.files[s.file].(map[string]any)
	resources := template["Resources"].(map[string]any)
	with := map[string]bool{s.path[1].(string): true}
	for more := true; more; {
		more = false
		for id, r := range resources {
			if !with[id] && refersTo(r.(map[string]any)["Properties"], with) {
				with[id], more = true, true
			}
		}
	}
	if refersTo(template["Outputs"], with) || s.where == "AWS::ElasticLoadBalancingV2::Listener" { // ECS refuses a target group without a load balancer
		b.worlds = b.worlds[:1]
	}
	conditions, _ := template["Conditions"].(map[string]any)
	for id := range with {
		own := maps.Clone(resources[id].(map[string]any))
		if old, ok := own["Condition"].(string); ok {
			if conditions[old] == nil {
				return nil
			}
			both := "And" + old + cond
			b.blurry[templateSite{file: s.file, path: []any{"Conditions", both}}.key()] = callOf("Fn::And", []any{callOf("Condition", old), callOf("Condition", cond)})
			own["Condition"] = both
		} else {
			own["Condition"] = cond
		}
		b.blurry[templateSite{file: s.file, path: []any{"Resources", id}}.key()] = own
	}
	return []templateBlur{b}
}

// mayLack reports whether a value may be absent: a parameter of a nested stack
// may if it has a default.
func (d templateDesign) mayLack(s templateSite) bool {
	if strings.HasPrefix(s.where, "AWS::CloudFormation::Stack/") {
		last := s.path[len(s.path)-1]
		name, ok := last.(string)
		url := d.at(templateSite{file: s.file, path: []any{"Resources", s.path[1], "Properties", "TemplateURL"}})
		nested, _ := d.files[nestedPath(s.file, url)].(map[string]any)
		params, _ := nested["Parameters"].(map[string]any)
		p, _ := params[name].(map[string]any)
		return ok && p["Default"] != nil
	}
	if s.where == "AWS::EC2::Subnet/Ipv6CidrBlock" && d.at(templateSite{file: s.file, path: []any{"Resources", s.path[1], "Properties", "AssignIpv6AddressOnCreation"}}) != nil {
		return false // AWS assigns no addresses of a range that is not there
	}
	return !required.MatchString(s.where)
}

// othersOf are other values for a site: literal ones of any design, and
// references of the same template.
func (d templateDesign) othersOf(s templateSite, pool map[string][]any) []any {
	if apart.MatchString(s.where) || strings.HasPrefix(s.where, "AWS::CloudFormation::Stack/") && !literal(d.at(s)) {
		return nil
	}
	was := encode(d.at(s))
	var out []any
	for _, v := range slices.Concat(pool[s.where], pool[s.file+" "+s.where]) {
		if encode(v) != was && !d.refuses(s, v) && !slices.ContainsFunc(out, func(o any) bool { return encode(o) == encode(v) }) {
			out = append(out, v)
		}
	}
	return out
}

// refuses is [refused] for templates.
func (d templateDesign) refuses(s templateSite, is any) bool {
	was, now := scalarText(d.at(s)), scalarText(is)
	where := strings.NewReplacer("FromPort", "from_port", "ToPort", "to_port", "NetworkMode", "network_mode").Replace(s.where)
	if now != "" && refused(site{where: where}, was, now) {
		return true
	}
	return slices.Contains([]string{"lambda", "alb", "none", "EXTERNAL"}, now) || strings.HasSuffix(s.where, "/NetworkMode") && now != "awsvpc" ||
		s.where == "AWS::EC2::VPCEndpoint/VpcEndpointType" || s.where == "AWS::EC2::FlowLog/ResourceType" || strings.HasSuffix(s.where, "/Type")
}

// templatePool gathers values by what they are values of.
func templatePool(designs []templateDesign) map[string][]any {
	pool := map[string][]any{}
	add := func(k string, v any) {
		if !slices.ContainsFunc(pool[k], func(o any) bool { return encode(o) == encode(v) }) {
			pool[k] = append(pool[k], v)
		}
	}
	for _, d := range designs {
		for _, s := range d.sites() {
			v := d.at(s)
			switch {
			case s.resource():
				continue
			case strings.HasSuffix(s.where, "/CidrIp"):
				add(s.where, "0.0.0.0/0")
			case strings.HasSuffix(s.where, "/SecurityGroupIngress"):
				add(s.where, []any{})
			}
			if _, ok := v.(bool); ok {
				add(s.where, true)
				add(s.where, false)
			}
			if literal(v) {
				add(s.where, v)
			} else {
				add(s.file+" "+s.where, v)
			}
		}
	}
	return pool
}

// goneThings are things that a design has, with their mistakes, and that are not
// among those of the same design with values taken away.
func goneThings(blurred, before judged) []string {
	var out []string
	for k, v := range before.verdicts {
		if _, there := blurred.things[k.id]; !there && v == finding.Violates && before.things[k.id] != 0 {
			out = append(out, fmt.Sprintf("%s %s: %s, but the thing is not there if values are unknown", k.slug, k.id, v))
		}
	}
	slices.Sort(out)
	return out
}

// A templateDraw is a design with values taken away, and one of its worlds.
type templateDraw struct {
	design templateDesign
	blurs  []templateBlur
	given  map[string]string
	trees  map[string]any
}

func (d templateDraw) String() string {
	out := d.design.name
	for i, b := range d.blurs {
		out += fmt.Sprintf("\n%s, %s: %s as %s, or %s", b.at.key(), b.at.where, encode(d.design.at(b.at)), b.kind, d.given[fmt.Sprintf("Blur%d", i)])
	}
	return out + encode(d.trees)
}

// wrong are the verdicts on a draw that do not hold: on the original, and on the
// world.
func (d templateDraw) wrong(before judged) (out []string, got judged) {
	blurred := d.design.blurred(d.blurs)
	got = blurred.judge(nil)
	out = slices.Concat(contradictions(got, d.without(before, got)), goneThings(got, before))
	world := d.without(blurred.with(d.trees).judge(d.given), got)
	for _, c := range contradictions(got, world) {
		if !strings.HasSuffix(c, "undecided in a world") { // AWS may refuse that world
			out = append(out, "of the other world: "+c)
		}
	}
	return out, got
}

// without leaves out what is said of task definitions in a world only: one is
// judged by itself if nothing starts its tasks.
func (d templateDraw) without(world, blurred judged) judged {
	world.verdicts = maps.Clone(world.verdicts)
	maps.DeleteFunc(world.verdicts, func(k verdictKey, _ finding.Verdict) bool {
		_, said := blurred.verdicts[k]
		return !said && d.design.isTaskDefinition(k.id)
	})
	return world
}

// isTaskDefinition reports whether a name is of a task definition.
func (d templateDesign) isTaskDefinition(id ref.ID) bool {
	name := string(id[strings.LastIndexByte(string(id), '/')+1:])
	for _, template := range d.files {
		resources, _ := template.(map[string]any)["Resources"].(map[string]any)
		if r, _ := resources[name].(map[string]any); r["Type"] == "AWS::ECS::TaskDefinition" {
			return true
		}
	}
	return false
}

// drawTemplate takes one or two values of a design away.
func drawTemplate(rt *rapid.T, d templateDesign, sites []templateSite, pool map[string][]any) templateDraw {
	out := templateDraw{design: d, given: map[string]string{}, trees: map[string]any{}}
	n := rapid.IntRange(1, 2).Draw(rt, "sites")
	for tries := 0; len(out.blurs) < n && tries < 20; tries++ {
		s := rapid.SampledFrom(sites).Draw(rt, "site")
		ways := d.blursOf(s, len(out.blurs), pool)
		if len(ways) == 0 || slices.ContainsFunc(out.blurs, func(b templateBlur) bool { return b.overlaps(ways[0]) }) {
			continue
		}
		way := rapid.SampledFrom(ways).Draw(rt, "way")
		w := rapid.SampledFrom(way.worlds).Draw(rt, "world")
		if w.trees == nil {
			out.given[fmt.Sprintf("Blur%d", len(out.blurs))] = w.given
		}
		maps.Copy(out.trees, w.trees)
		out.blurs = append(out.blurs, way)
	}
	return out
}

// What is known of templates with values taken away holds for every stack that
// can be made of them: a verdict stays or becomes undecided. Worlds in which a
// property is absent are among them, so that its default applies.
func TestBlurOfTemplates(t *testing.T) {
	designs := templateDesigns(t)
	pool := templatePool(designs)
	before, sites := make([]judged, len(designs)), make([][]templateSite, len(designs))
	for i, d := range designs {
		before[i], sites[i] = d.judge(nil), d.blurrable()
	}
	kinds, types, slugs := map[string]int{}, map[string]int{}, map[string]int{}
	kept, opened, worlds := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		for range 4 {
			i := rapid.IntRange(0, len(designs)-1).Draw(rt, "design")
			d := drawTemplate(rt, designs[i], sites[i], pool)
			wrong, got := d.wrong(before[i])
			if len(wrong) > 0 {
				rt.Errorf("%s\n%s", d, strings.Join(wrong, "\n"))
			}
			for _, b := range d.blurs {
				kinds[b.kind]++
				types[strings.SplitN(b.at.where, "/", 2)[0]]++
			}
			worlds++
			for k, v := range before[i].verdicts {
				switch now, ok := got.of(k); {
				case !ok || v == finding.Undecided || v == finding.NotApplicable:
				case now == finding.Undecided:
					opened++
				default:
					kept++
					slugs[k.slug]++
				}
			}
		}
	})
	t.Logf("%d worlds, %d kept, %d opened; %v; %v; %v", worlds, kept, opened, kinds, types, slugs)
	for _, kind := range []string{"if", "absent", "parameter", "import", "condition"} {
		if kinds[kind] < 20 {
			t.Errorf("%d blurs are of the kind %s: the draws are too narrow", kinds[kind], kind)
		}
	}
	for _, typ := range []string{"SecurityGroup", "VPCEndpoint", "Route", "Subnet", "VPC"} {
		if types["AWS::EC2::"+typ] < 5 {
			t.Errorf("%d blurs are of AWS::EC2::%s: the draws are too narrow", types["AWS::EC2::"+typ], typ)
		}
	}
	for _, typ := range []string{"AWS::ECS::Service", "AWS::ECS::TaskDefinition", "AWS::CloudFormation::Stack", "AWS::ElasticLoadBalancingV2::Listener"} {
		if types[typ] < 5 {
			t.Errorf("%d blurs are of %s: the draws are too narrow", types[typ], typ)
		}
	}
	if kept < 1000 || opened < 200 || len(slugs) < 15 {
		t.Errorf("%d verdicts kept, %d opened, of %d recommendations: the draws are too narrow", kept, opened, len(slugs))
	}
}

// Single values whose absence changes a verdict leave it undecided.
func TestAbsentValues(t *testing.T) {
	const service, net = "testdata/questions/service/template.yaml", "testdata/questions/net/template.yaml"
	perhaps := func(v any) any { return callOf("Fn::If", []any{"IsBlur0", v, callOf("Ref", "AWS::NoValue")}) }
	for _, tc := range []struct {
		why, design, file string // of a question with its variant, or a file; no file is its own template
		path              []any
		blurry            any
		slug              string
		id                ref.ID
	}{
		{"a parameter of a nested stack that may be absent may have its default", "public-address route", "",
			[]any{"Resources", "Orders", "Properties", "Parameters", "PublicIp"}, perhaps("ENABLED"), "public-ip", "Orders/Service"},
		{"and so may all of them", "public-address route", "",
			[]any{"Resources", "Orders", "Properties", "Parameters"}, perhaps(map[string]any{"Name": "orders", "PublicIp": "ENABLED",
				"Subnets": callOf("Fn::GetAtt", "Net.Outputs.PublicA"), "Groups": callOf("Fn::GetAtt", "OrdersGroup.GroupId")}), "public-ip", "Orders/Service"},
		{"without a cluster a service runs in the default one", "two-clusters one-vpc", service,
			[]any{"Resources", "Service", "Properties", "Cluster"}, perhaps(callOf("Ref", "EcsCluster")), "isolation-vpc", "Billing/EcsCluster"},
		{"without groups an endpoint has the default one", "endpoint-group admits", "",
			[]any{"Resources", "Api", "Properties", "SecurityGroupIds"}, perhaps([]any{callOf("Fn::GetAtt", "EndpointsGroup.GroupId")}), "task-sg", "Api"},
		{"what service an endpoint is of decides whether it is one of a pair", "gateway-table private", "",
			[]any{"Resources", "Dkr", "Properties", "ServiceName"}, callOf("Ref", "Blur0"), "endpoint-policy-same", "Dkr"},
		{"tasks that may not be there make no VPC one of others", "peering-transitive direct", "",
			[]any{"Resources", "Orders", "Condition"}, "IsBlur0", "flow-logs", "Left/Vpc"},
		{"tasks that may run on Fargate make no use of hosts", "metadata fargate", "",
			[]any{"Resources", "Orders", "Properties", "LaunchType"}, callOf("Fn::If", []any{"IsBlur0", "FARGATE", "EC2"}), "agent-host-role", "Hosts"},
		{"names of endpoints hold where DNS may not", "private-pull no-s3", net,
			[]any{"Resources", "Vpc", "Properties", "EnableDnsHostnames"}, callOf("Ref", "Blur0"), "endpoint-private", "Orders/Service"},
		{"of containers that may not be there none needs anything for certain", "testdata/designs/task-sg_link_template.txtar", "",
			[]any{"Resources", "Definition", "Properties", "ContainerDefinitions", 0}, callOf("Fn::If", []any{"IsBlur0", map[string]any{"Name": "app", "Image": "public.ecr.aws/nginx/nginx:1"},
				map[string]any{"Name": "app", "Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1"}}), "endpoints", "Vpc"},
		{"tasks that may run in any VPC leave each open", "testdata/designs/flow-logs_template.txtar", "",
			[]any{"Resources", "Whole", "Properties", "NetworkConfiguration", "AwsvpcConfiguration", "Subnets", 0}, callOf("Ref", "Blur0"), "flow-logs", "EmptyVpc"},
		{"an attribute of unknown key may be the one that keeps addresses", "nlb-client-address preserved", "",
			[]any{"Resources", "App", "Properties", "TargetGroupAttributes", 0, "Key"}, callOf("Ref", "Blur0"), "path-works", "Orders/Service"},
		{"a target group that is not known may be behind an internal load balancer", "testdata/designs/tls-listeners_template.txtar", "",
			[]any{"Resources", "Scheme", "Properties", "LoadBalancers", 0, "TargetGroupArn"}, callOf("Ref", "Blur0"), "tls-internal", "Scheme"},
		{"tasks that may not be there leave the border of their cluster open", "testdata/designs/isolation-vpc_given_template.txtar", "",
			[]any{"Resources", "Far", "Condition"}, "IsBlur0", "isolation-exposure", "FarCluster"},
		{"tasks that may run outside AWS have an agent that is not here", "testdata/designs/hosts_template.txtar", "",
			[]any{"Resources", "Open", "Properties", "LaunchType"}, callOf("Fn::If", []any{"IsBlur0", "EC2", "EXTERNAL"}), "agent-host-role", "Open"},
	} {
		name, variant, _ := strings.Cut(tc.design, " ")
		found := false
		for _, d := range templateDesigns(t) {
			if d.name != tc.design && d.name != "testdata/questions/"+name+"/cloudformation "+variant {
				continue
			}
			found = true
			at := templateSite{file: cmp.Or(tc.file, d.root), path: tc.path}
			got, ok := d.blurred([]templateBlur{{at: at, ty: "String", blurry: map[string]any{at.key(): tc.blurry}}}).judge(nil).of(verdictKey{tc.slug, tc.id})
			want := finding.Undecided
			if tc.slug == "endpoint-private" {
				want = finding.Follows // no packet leaves, whatever the names give
			}
			if !ok || got != want {
				t.Errorf("%s: %s on %s %s, want %s", tc.why, tc.slug, tc.id, got, want)
			}
		}
		if !found {
			t.Errorf("there is no design %s", tc.design)
		}
	}
}
