package tfplan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// design writes a plan of one resource in question, test_thing.x, beside a
// stock of others: aws_security_group.a and .b, aws_subnet.s[0] and [1],
// aws_subnet.z["p"] and ["q"], whose ids are unknown, and data.aws_vpc.v with a
// known one.
type design struct {
	after, unknown, expressions string // of test_thing.x
	module                      string // if it is in a module of this address, in module.m
	key                         string // its index, as JSON
	conf                        string // more members of its configuration
	call                        string // members of the call of module m
	moduleBody                  string // more members of module m's configuration
	variables                   string
}

func (d design) String() string {
	var planned, changes, child, config []string
	add := func(typ, name, key string) {
		index, in := "", ""
		if key != "" {
			index, in = `,"index":`+key, "["+key+"]"
		}
		addr := fmt.Sprintf("%q", typ+"."+name+in)
		who := fmt.Sprintf(`"address":%s,"mode":"managed","type":%q,"name":%q%s`, addr, typ, name, index)
		planned = append(planned, `{`+who+`,"values":{}}`)
		changes = append(changes, `{`+who+`,"change":{"actions":["create"],"after":{},"after_unknown":{"id":true,"arn":true,"vpc_id":true}}}`)
	}
	add("aws_security_group", "a", "")
	add("aws_security_group", "b", "")
	add("aws_internet_gateway", "i", "")
	add("aws_nat_gateway", "n", "")
	for _, k := range []string{"0", "1"} {
		add("aws_subnet", "s", k)
	}
	for _, k := range []string{`"p"`, `"q"`} {
		add("aws_subnet", "z", k)
	}
	for _, a := range []string{"aws_security_group.a", "aws_security_group.b", "aws_internet_gateway.i", "aws_nat_gateway.n", "aws_subnet.s", "aws_subnet.z", "data.aws_vpc.v"} {
		config = append(config, fmt.Sprintf(`{"address":%q,"expressions":{}}`, a))
	}
	config = append(config, `{"address":"aws_subnet.none","expressions":{},"count_expression":{"constant_value":0}}`)
	key, in := "", ""
	if d.key != "" {
		key, in = `,"index":`+d.key, "["+d.key+"]"
	}
	addr := "test_thing.x" + in
	if d.module != "" {
		addr = d.module + "." + addr
	}
	who := fmt.Sprintf(`"address":%q,"mode":"managed","type":"test_thing","name":"x"%s`, addr, key)
	conf := fmt.Sprintf(`{"address":"test_thing.x","expressions":{%s}%s}`, d.expressions, d.conf)
	thing := fmt.Sprintf(`{%s,"values":{%s}}`, who, d.after)
	changes = append(changes, fmt.Sprintf(`{%s,"change":{"actions":["create"],"after":{%s},"after_unknown":{%s}}}`, who, d.after, d.unknown))
	calls := ""
	if d.module == "" {
		planned = append(planned, thing)
		config = append(config, conf)
	} else {
		child = append(child, fmt.Sprintf(`{"address":%q,"resources":[%s]}`, d.module, thing))
		calls = fmt.Sprintf(`"m":{%s"module":{"resources":[%s]%s}}`, d.call, conf, d.moduleBody)
	}
	return fmt.Sprintf(`{"format_version":"1.2","variables":{%s},
"planned_values":{"root_module":{"resources":[%s],"child_modules":[%s]}},
"resource_changes":[%s],
"prior_state":{"values":{"root_module":{"resources":[{"address":"data.aws_vpc.v","mode":"data","type":"aws_vpc","name":"v","values":{"id":"vpc-01234567"}}]}}},
"configuration":{"root_module":{"resources":[%s],"module_calls":{%s}}}}`,
		d.variables, strings.Join(planned, ","), strings.Join(child, ","), strings.Join(changes, ","), strings.Join(config, ","), calls)
}

// refs is the expression with these references.
func refs(list ...string) string { return `{"references":["` + strings.Join(list, `","`) + `"]}` }

func TestJoin(t *testing.T) {
	a, b := []string{"aws_security_group.a.id", "aws_security_group.a"}, []string{"aws_security_group.b.id", "aws_security_group.b"}
	both := append(append([]string{}, a...), b...)
	whole := func(arg, expression string) design {
		return design{unknown: `"` + arg + `":true`, expressions: `"` + arg + `":` + expression}
	}
	const ref, list, open = "-> ", "list ", "? "
	for name, tc := range map[string]struct {
		d       design
		arg     string // path of the value, with spaces
		want    string
		because string // in Why
	}{
		"one reference":               {whole("vpc_id", refs("aws_security_group.a.vpc_id", "aws_security_group.a")), "vpc_id", ref + "aws_security_group.a#vpc_id", ""},
		"a list of one":               {whole("security_groups", refs(a...)), "security_groups", list + "aws_security_group.a#id", ""},
		"format of old versions":      {whole("security_group_id", refs("aws_security_group.a")), "security_group_id", ref + "aws_security_group.a#id", ""},
		"old versions, an ARN":        {whole("group_arn", refs("aws_security_group.a")), "group_arn", ref + "aws_security_group.a#arn", ""},
		"a set of two":                {whole("security_groups", refs(both...)), "security_groups", list + "aws_security_group.a#id aws_security_group.b#id", ""},
		"a set of two by a condition": {design{unknown: `"security_groups":true`, expressions: `"security_groups":` + refs(append([]string{"var.c"}, both...)...), variables: `"c":{"value":true}`}, "security_groups", open + "aws_security_group.a#id aws_security_group.b#id", "depends on 2"},
		"one of a set twice":          {whole("security_groups", refs(append(both, a...)...)), "security_groups", open + "aws_security_group.a#id aws_security_group.b#id", "depends on 2"},
		"things that differ":          {whole("member_ids", refs("aws_security_group.a.id", "aws_security_group.a", "aws_nat_gateway.n.id", "aws_nat_gateway.n")), "member_ids", open + "aws_security_group.a#id aws_nat_gateway.n#id", "depends on 2"},
		"either of two":               {whole("security_group_id", refs(both...)), "security_group_id", open + "aws_security_group.a#id aws_security_group.b#id", "depends on 2 attributes"},
		"a text around it":            {whole("policy", refs("aws_security_group.a.arn", "aws_security_group.a")), "policy", open + "aws_security_group.a#arn", "known after apply"},
		"a composed resource_id":      {whole("resource_id", refs(a...)), "resource_id", open + "aws_security_group.a#id", "known after apply"},
		"no identity":                 {whole("subnet_id", refs("aws_security_group.a.revision", "aws_security_group.a")), "subnet_id", open + "aws_security_group.a#revision", "known after apply"},
		"a local value":               {whole("security_group_id", refs("local.group")), "security_group_id", open, "local.group is not in the plan"},
		"a local value beside":        {whole("security_group_id", refs("local.group", a[0], a[1])), "security_group_id", open + "aws_security_group.a#id", "local.group"},
		"what is known cannot be it":  {whole("security_group_id", refs("data.aws_vpc.v.id", "data.aws_vpc.v", a[0], a[1])), "security_group_id", ref + "aws_security_group.a#id", ""},
		"known, but in the list":      {whole("security_groups", refs("data.aws_vpc.v.id", "data.aws_vpc.v", a[0], a[1])), "security_groups", open + "aws_security_group.a#id data.aws_vpc.v#id", "known after apply"},
		"none of count 0":             {whole("subnet_id", refs("aws_subnet.none[0].id", "aws_subnet.none[0]", "aws_subnet.none", "aws_subnet.s[1].id", "aws_subnet.s[1]", "aws_subnet.s")), "subnet_id", ref + "aws_subnet.s[1]#id", ""},
		"lost from the plan":          {whole("subnet_id", refs("aws_subnet.lost.id", "aws_subnet.lost", a[0], a[1])), "subnet_id", open + "aws_security_group.a#id", "aws_subnet.lost"},
		"a function alone":            {whole("subnet_id", `{}`), "subnet_id", open, "without references"},
		"all is known":                {whole("security_groups", refs("data.aws_vpc.v.id", "data.aws_vpc.v")), "security_groups", "null", ""},
		"an empty variable":           {design{unknown: `"user_data":true`, expressions: `"user_data":` + refs("var.e"), variables: `"e":{"value":""}`}, "user_data", "null", ""},
		"a hidden function":           {design{unknown: `"user_data":true`, expressions: `"user_data":` + refs("var.e"), variables: `"e":{"value":"x"}`}, "user_data", open, "known after apply"},
		"not written":                 {design{unknown: `"security_groups":true`}, "security_groups", "null", ""},
		"all instances":               {whole("subnets", refs("aws_subnet.s")), "subnets", list + "aws_subnet.s[0]#id aws_subnet.s[1]#id", ""},
		"instances by key":            {whole("subnets", refs("aws_subnet.z")), "subnets", open + `aws_subnet.z["p"]#id aws_subnet.z["q"]#id`, "depends on 2"},
		"an index":                    {whole("subnet_id", refs("aws_subnet.s[1].id", "aws_subnet.s[1]", "aws_subnet.s")), "subnet_id", ref + "aws_subnet.s[1]#id", ""},
		"a key":                       {whole("subnet_id", refs(`aws_subnet.z[\"q\"].id`, `aws_subnet.z[\"q\"]`, "aws_subnet.z")), "subnet_id", ref + `aws_subnet.z["q"]#id`, ""},
		"a length beside":             {whole("subnet_id", refs("aws_subnet.s", "aws_subnet.s[1].id", "aws_subnet.s[1]", "aws_subnet.s")), "subnet_id", open + "aws_subnet.s[0]#id aws_subnet.s[1]#id", "depends on 2"},
		"count.index, other count":    {design{key: "0", unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("aws_subnet.s", "count.index")}, "subnet_id", open + "aws_subnet.s[0]#id aws_subnet.s[1]#id", "depends on 2"},
		"each.key":                    {design{key: `"p"`, unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("aws_subnet.z", "each.key")}, "subnet_id", ref + `aws_subnet.z["p"]#id`, ""},
		"each.value of a resource":    {design{key: `"p"`, unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("each.value.id", "each.value"), conf: `,"for_each_expression":` + refs("aws_subnet.z")}, "subnet_id", ref + `aws_subnet.z["p"]#id`, ""},
		"each.value of a map":         {design{key: `"p"`, unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("each.value"), conf: `,"for_each_expression":` + refs(a...)}, "subnet_id", open + "aws_security_group.a#id", ""},
		"each.value of nothing":       {design{key: `"p"`, unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("each.value")}, "subnet_id", open, "each.value"},
		"two elements":                {design{after: `"security_groups":[null,null]`, unknown: `"security_groups":[true,true]`, expressions: `"security_groups":` + refs(both...)}, "security_groups", list + "aws_security_group.a#id aws_security_group.b#id", ""},
		"all instances, by element":   {design{after: `"subnets":[null,null]`, unknown: `"subnets":[true,true]`, expressions: `"subnets":` + refs("aws_subnet.s")}, "subnets", list + "aws_subnet.s[0]#id aws_subnet.s[1]#id", ""},
		"some instances, by element":  {design{after: `"subnets":[null]`, unknown: `"subnets":[true]`, expressions: `"subnets":` + refs("aws_subnet.s")}, "subnets 0", open + "aws_subnet.s[0]#id aws_subnet.s[1]#id", "depends on 2"},
		"an element beside a known":   {design{after: `"subnets":["subnet-01234567",null]`, unknown: `"subnets":[false,true]`, expressions: `"subnets":` + refs("aws_subnet.s[0].id", "aws_subnet.s[0]", "aws_subnet.s", "var.more"), variables: `"more":{"value":"subnet-01234567"}`}, "subnets 1", ref + "aws_subnet.s[0]#id", ""},
		"a written id may be in it":   {design{unknown: `"subnets":true`, expressions: `"subnets":` + refs("aws_subnet.s[0].id", "aws_subnet.s[0]", "aws_subnet.s", "var.more"), variables: `"more":{"value":["subnet-01234567"]}`}, "subnets", open + "aws_subnet.s[0]#id", "known after apply"},
		"gateways told apart": {design{after: `"route":[{"cidr_block":"0.0.0.0/0"}]`, unknown: `"route":[{"nat_gateway_id":true}]`,
			expressions: `"route":` + refs("aws_internet_gateway.i.id", "aws_internet_gateway.i", "aws_nat_gateway.n.id", "aws_nat_gateway.n")}, "route nat_gateway_id", ref + "aws_nat_gateway.n#id", ""},
		// AWS took a NAT gateway's id there for a long time.
		"gateways not told apart": {design{after: `"route":[{"cidr_block":"0.0.0.0/0"}]`, unknown: `"route":[{"gateway_id":true}]`,
			expressions: `"route":` + refs("aws_internet_gateway.i.id", "aws_internet_gateway.i", "aws_nat_gateway.n.id", "aws_nat_gateway.n")}, "route gateway_id", open + "aws_internet_gateway.i#id aws_nat_gateway.n#id", ""},
		"blocks of a set": {design{after: `"load_balancer":[{"port":2},{"port":1}]`, unknown: `"load_balancer":[{"group_id":true},{"group_id":true}]`,
			expressions: `"load_balancer":[{"port":{"constant_value":"1"},"group_id":` + refs(a...) + `},{"port":{"constant_value":2},"group_id":` + refs(b...) + `}]`}, "load_balancer 0 group_id", ref + "aws_security_group.b#id", ""},
		"blocks that look alike": {design{after: `"load_balancer":[{},{}]`, unknown: `"load_balancer":[{"group_id":true},{"group_id":true}]`,
			expressions: `"load_balancer":[{"group_id":` + refs(a...) + `},{"group_id":` + refs(b...) + `}]`}, "load_balancer 0 group_id", open + "aws_security_group.a#id aws_security_group.b#id", ""},
		"blocks from a dynamic one too": {design{after: `"load_balancer":[{},{}]`, unknown: `"load_balancer":[{"group_id":true},{"group_id":true}]`,
			expressions: `"load_balancer":[{"group_id":` + refs(a...) + `}]`}, "load_balancer 1 group_id", open + "aws_security_group.a#id", ""},
		"a dynamic block alone":   {design{after: `"load_balancer":[{}]`, unknown: `"load_balancer":[{"group_id":true}]`}, "load_balancer 0 group_id", open, "dynamic block"},
		"a computed block":        {design{after: `"metadata_options":[{}]`, unknown: `"metadata_options":[{"group_id":true}]`}, "metadata_options 0 group_id", "null", ""},
		"a dynamic block, open":   {design{unknown: `"load_balancer":true`}, "load_balancer", open, "dynamic block"},
		"an open block, written":  {design{unknown: `"load_balancer":true`, expressions: `"load_balancer":[{"group_id":` + refs(a...) + `}]`}, "load_balancer", open + "aws_security_group.a#id", "known after apply"},
		"a module's variable":     {design{module: "module.m", unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("var.v"), call: `"expressions":{"v":` + refs("aws_subnet.s[0].id", "aws_subnet.s[0]", "aws_subnet.s") + `},`}, "subnet_id", ref + "aws_subnet.s[0]#id", ""},
		"element(var, count)":     {design{module: "module.m", key: "1", unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("var.v", "count.index"), call: `"expressions":{"v":` + refs("aws_subnet.s") + `},`}, "subnet_id", open + "aws_subnet.s[0]#id aws_subnet.s[1]#id", ""},
		"map[each.key]":           {design{module: "module.m", key: `"q"`, unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("var.v", "each.key"), call: `"expressions":{"v":` + refs("aws_subnet.z") + `},`}, "subnet_id", ref + `aws_subnet.z["q"]#id`, ""},
		"a variable's default":    {design{module: "module.m", unknown: `"subnets":true`, expressions: `"subnets":` + refs("var.v", a[0], a[1]), moduleBody: `,"variables":{"v":{"default":["subnet-01234567"]}}`}, "subnets", open, "aws_security_group.a"},
		"a module's own instance": {design{module: `module.m["q"]`, unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("var.v"), call: `"for_each_expression":{},"expressions":{"v":` + refs("aws_subnet.z", "each.key") + `},`}, "subnet_id", ref + `aws_subnet.z["q"]#id`, ""},
		"each.value of a call":    {design{module: `module.m["q"]`, unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("var.v"), call: `"for_each_expression":` + refs("aws_subnet.z") + `,"expressions":{"v":` + refs("each.value.id", "each.value") + `},`}, "subnet_id", ref + `aws_subnet.z["q"]#id`, ""},
		"elements of a variable": {design{module: "module.m", after: `"subnets":[null,null]`, unknown: `"subnets":[true,true]`, expressions: `"subnets":` + refs("var.v[0]", "var.v", "var.v[1]", "var.v"),
			call: `"expressions":{"v":` + refs("aws_subnet.s") + `},`}, "subnets", list + "aws_subnet.s[0]#id aws_subnet.s[1]#id", ""},
		"one element twice": {design{module: "module.m", after: `"subnets":[null,null]`, unknown: `"subnets":[true,true]`, expressions: `"subnets":` + refs("var.v[0]", "var.v", "var.v[0]", "var.v"),
			call: `"expressions":{"v":` + refs("aws_subnet.s") + `},`}, "subnets 0", open + "aws_subnet.s[0]#id aws_subnet.s[1]#id", "depends on 2"},
		"elements of a longer list": {design{module: "module.m", after: `"subnets":[null,null]`, unknown: `"subnets":[true,true]`, expressions: `"subnets":` + refs("var.v[0]", "var.v", "var.v[1]", "var.v"),
			call: `"expressions":{"v":` + refs("aws_subnet.s", `aws_subnet.z[\"p\"].id`, `aws_subnet.z[\"p\"]`, "aws_subnet.z") + `},`}, "subnets 0", open + "aws_subnet.s[0]#id aws_subnet.s[1]#id aws_subnet.z[\"p\"]#id", "depends on 3"},
		"elements of two lists": {design{module: "module.m", after: `"subnets":[null,null]`, unknown: `"subnets":[true,true]`, expressions: `"subnets":` + refs("var.v[0]", "var.v", "var.w[0]", "var.w"),
			call: `"expressions":{"v":` + refs("aws_subnet.s") + `,"w":` + refs("aws_subnet.z") + `},`}, "subnets 0", open + "aws_subnet.s[0]#id aws_subnet.s[1]#id aws_subnet.z[\"p\"]#id aws_subnet.z[\"q\"]#id", "depends on 4"},
		"a circle": {design{module: "module.m", unknown: `"subnet_id":true`, expressions: `"subnet_id":` + refs("var.v"), call: `"expressions":{"v":` + refs("module.m.o", "module.m") + `},`, moduleBody: `,"outputs":{"o":{"expression":` + refs("var.v") + `}}`}, "subnet_id", open, "circle"},
	} {
		t.Run(name, func(t *testing.T) {
			set, diags := Read("p", []byte(tc.d.String()), Options{})
			if problems(diags) > 0 {
				t.Fatalf("%v in\n%s", diags, tc.d)
			}
			v := thing(t, set)
			for _, step := range strings.Fields(tc.arg) {
				if v.Kind == resource.List && step >= "0" && step <= "9" {
					v = v.List[step[0]-'0']
					continue
				}
				v = v.Get(step)
			}
			if got := show(v); strings.TrimSpace(got) != strings.TrimSpace(tc.want) {
				t.Errorf("%s is %s (%s), want %s", tc.arg, got, v.Why, tc.want)
			}
			if !strings.Contains(v.Why, tc.because) {
				t.Errorf("it is unknown because %q, want a reason with %q", v.Why, tc.because)
			}
		})
	}
}

func thing(t interface{ Fatal(...any) }, set resource.Set) resource.Value {
	for _, r := range set.Resources {
		if r.Type == "test_thing" {
			return r.Body
		}
	}
	t.Fatal("the thing is not in the set")
	return resource.Value{}
}

func show(v resource.Value) string {
	name := func(f resource.Reference) string { return string(f.ID) + "#" + f.Attr }
	switch v.Kind {
	case resource.Null:
		return "null"
	case resource.Ref:
		return "-> " + name(v.Ref)
	case resource.List:
		out := "list"
		for _, e := range v.List {
			out += " " + strings.TrimPrefix(show(e), "-> ")
		}
		return out
	case resource.Unknown:
		out := "?"
		for _, c := range v.Candidates {
			out += " " + name(c)
		}
		return out
	}
	return fmt.Sprintf("a value of kind %d", v.Kind)
}

// Two instances of a module, each with an output: an index tells them apart.
func TestModuleOutputs(t *testing.T) {
	const plan = `{"format_version":"1.2","planned_values":{"root_module":{
"resources":[{"address":"test_thing.x[0]","mode":"managed","type":"test_thing","name":"x","index":0,"values":{}},{"address":"test_thing.x[1]","mode":"managed","type":"test_thing","name":"x","index":1,"values":{}}],
"child_modules":[
{"address":"module.m[0]","resources":[{"address":"module.m[0].aws_vpc.v","mode":"managed","type":"aws_vpc","name":"v","values":{}}]},
{"address":"module.m[1]","resources":[{"address":"module.m[1].aws_vpc.v","mode":"managed","type":"aws_vpc","name":"v","values":{}}]}]}},
"resource_changes":[
{"address":"test_thing.x[0]","mode":"managed","type":"test_thing","name":"x","index":0,"change":{"actions":["create"],"after_unknown":{"vpc_id":true,"peer_vpc_id":true,"vpc_ids":true,"other_id":true}}},
{"address":"test_thing.x[1]","mode":"managed","type":"test_thing","name":"x","index":1,"change":{"actions":["create"],"after_unknown":{"vpc_id":true}}}],
"configuration":{"root_module":{
"resources":[{"address":"test_thing.x","expressions":{"vpc_id":{"references":["module.m","count.index"]},"peer_vpc_id":{"references":["module.m[1].id","module.m[1]","module.m"]},"vpc_ids":{"references":["module.n.all","module.n"]},"other_id":{"references":["module.m[1].gone","module.m[1]"]}}}],
"module_calls":{"m":{"count_expression":{"constant_value":2},"module":{"resources":[{"address":"aws_vpc.v"}],"outputs":{"id":{"expression":{"references":["aws_vpc.v.id","aws_vpc.v"]}}}}},
"n":{"expressions":{"in":{"references":["module.m[0].id","module.m[0]","module.m"]}},"module":{"outputs":{"all":{"expression":{"references":["var.in"]}}}}}}}}}`
	set, diags := Read("p", []byte(plan), Options{})
	if problems(diags) > 0 {
		t.Fatal(diags)
	}
	want := []string{
		"test_thing.x[0] .other_id ?", // the output does not exist
		"test_thing.x[0] .peer_vpc_id -> module.m[1].aws_vpc.v id",
		"test_thing.x[0] .vpc_id ?",                               // module.m[count.index].id: which output is not in the plan
		"test_thing.x[0] .vpc_ids[0] -> module.m[0].aws_vpc.v id", // through a module without resources
		"test_thing.x[1] .vpc_id ?",
	}
	if diff := cmp.Diff(want, links(set)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Without configuration nothing is taken as not written.
func TestWithoutConfiguration(t *testing.T) {
	d := design{unknown: `"vpc_id":true`, expressions: `"vpc_id":{}`}
	cut, _, _ := strings.Cut(d.String(), `,
"configuration":`)
	set, _ := Read("p", []byte(cut+"}"), Options{})
	if v := thing(t, set).Get("vpc_id"); v.Kind != resource.Unknown || !strings.Contains(v.Why, "does not have the configuration of test_thing.x") {
		t.Errorf("vpc_id is %s, %q", show(v), v.Why)
	}
}

func TestDeferred(t *testing.T) {
	const plan = `{"format_version":"1.2","complete":false,"planned_values":{"root_module":{}},"resource_changes":[],
"deferred_changes":[{"reason":"instance_count_unknown","resource_change":{"address":"aws_subnet.s[*]","mode":"managed","type":"aws_subnet","name":"s",
"change":{"actions":["create"],"after":{"cidr_block":"10.0.0.0/24"},"after_unknown":{"id":true}}}}],
"configuration":{"root_module":{"resources":[{"address":"aws_subnet.s","expressions":{"cidr_block":{"constant_value":"10.0.0.0/24"}}}]}}}`
	set, diags := Read("p", []byte(plan), Options{})
	s := find(t, set, "aws_subnet.s[*]")
	if s.Exists != fact.Unknown || !strings.Contains(s.Why, "instance_count_unknown") || s.Get("cidr_block").Text != "10.0.0.0/24" {
		t.Errorf("the subnet exists: %v, %q, %v", s.Exists, s.Why, s.Body.Map)
	}
	if len(diags) != 1 || diags[0].Summary != "plan is not complete" {
		t.Errorf("diagnostics: %v", diags)
	}
}

func TestRegions(t *testing.T) {
	const plan = `{"format_version":"1.2","variables":{"r":{"value":"eu-west-1"}},"planned_values":{"root_module":{"resources":[
{"address":"aws_vpc.default","mode":"managed","type":"aws_vpc","name":"default","values":{}},
{"address":"aws_vpc.alias","mode":"managed","type":"aws_vpc","name":"alias","values":{}},
{"address":"aws_vpc.own","mode":"managed","type":"aws_vpc","name":"own","values":{"region":"eu-north-1"}},
{"address":"aws_vpc.arn","mode":"managed","type":"aws_vpc","name":"arn","values":{"arn":"arn:aws:ec2:us-west-2:111122223333:vpc/vpc-01234567"}},
{"address":"aws_vpc.open","mode":"managed","type":"aws_vpc","name":"open","values":{}}],
"child_modules":[{"address":"module.m","resources":[{"address":"module.m.aws_vpc.v","mode":"managed","type":"aws_vpc","name":"v","values":{}},{"address":"module.m.aws_vpc.old","mode":"managed","type":"aws_vpc","name":"old","values":{}}]}]}},
"configuration":{"provider_config":{"aws":{"expressions":{"region":{"references":["var.r"]}}},"aws.far":{"expressions":{"region":{"constant_value":"us-east-1"}}},
"aws.open":{"expressions":{"region":{"references":["local.r"]}}},
"module.m:aws":{"module_address":"module.m","expressions":{"region":{"references":["var.where"]}}}},
"root_module":{"resources":[{"address":"aws_vpc.default","provider_config_key":"aws"},{"address":"aws_vpc.alias","provider_config_key":"aws.far"},{"address":"aws_vpc.own","provider_config_key":"aws"},{"address":"aws_vpc.arn","provider_config_key":"aws"},{"address":"aws_vpc.open","provider_config_key":"aws.open"}],
"module_calls":{"m":{"expressions":{"where":{"constant_value":"ap-south-1"}},"module":{"resources":[{"address":"aws_vpc.v","provider_config_key":"module.m:aws"},{"address":"aws_vpc.old","provider_config_key":"m:aws"}]}}}}}}`
	set, _ := Read("p", []byte(plan), Options{})
	for id, want := range map[ref.ID]string{"aws_vpc.default": "eu-west-1", "aws_vpc.alias": "us-east-1", "aws_vpc.own": "eu-north-1",
		"aws_vpc.arn": "us-west-2", "aws_vpc.open": "", "module.m.aws_vpc.v": "ap-south-1", "module.m.aws_vpc.old": "ap-south-1"} {
		if got := find(t, set, id).Region; got != want {
			t.Errorf("%s is in %q, want %q", id, got, want)
		}
	}
}

// Of instances that differ a list may hold some, which nothing in the plan shows.
func TestInstancesThatDiffer(t *testing.T) {
	for public, want := range map[string]string{
		"false": "list aws_subnet.s[0]#id aws_subnet.s[1]#id",
		"true":  "? aws_subnet.s[0]#id aws_subnet.s[1]#id",
	} {
		plan := design{unknown: `"subnets":true`, expressions: `"subnets":` + refs("aws_subnet.s")}.String()
		for i, v := range []string{"false", public} {
			plan = strings.Replace(plan, fmt.Sprintf(`"name":"s","index":%d,"values":{}`, i),
				fmt.Sprintf(`"name":"s","index":%d,"values":{"cidr_block":"10.0.%d.0/24","map_public_ip_on_launch":%s,"tags":{"Name":"s%d"}}`, i, i, v, i), 1)
		}
		set, diags := Read("p", []byte(plan), Options{})
		if got := show(thing(t, set).Get("subnets")); got != want {
			t.Errorf("with map_public_ip_on_launch %s the list is %s, want %s", public, got, want)
		}
		if noted := len(diags) == 1 && diags[0].Summary == "lists known only after apply"; noted != (public == "false") {
			t.Errorf("with map_public_ip_on_launch %s: %v", public, diags)
		}
	}
}
