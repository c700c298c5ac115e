package macro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// prefix begins the types of AWS SAM.
const prefix = "AWS::Serverless::"

// made is what each type of SAM becomes (AWS SAM Developer Guide, "Generated
// CloudFormation resources"). An application stays what it is: it is a stack.
var made = map[string]string{
	"Function":         "AWS::Lambda::Function",
	"StateMachine":     "AWS::StepFunctions::StateMachine",
	"Api":              "AWS::ApiGateway::RestApi",
	"HttpApi":          "AWS::ApiGatewayV2::Api",
	"WebSocketApi":     "AWS::ApiGatewayV2::Api",
	"SimpleTable":      "AWS::DynamoDB::Table",
	"LayerVersion":     "AWS::Lambda::LayerVersion",
	"GraphQLApi":       "AWS::AppSync::GraphQLApi",
	"CapacityProvider": "AWS::Lambda::CapacityProvider",
}

func (x *expander) hasServerless() bool {
	return slices.ContainsFunc(x.t.Resources, func(e tree.Entry) bool { return strings.HasPrefix(typeOf(e.Value), prefix) })
}

func typeOf(n *tree.Node) string {
	if t := n.Get("Type"); t != nil && t.Kind == tree.String {
		return strings.TrimSpace(t.Text)
	}
	return ""
}

// serverless replaces the resources of SAM.
func (x *expander) serverless() {
	var out, more []tree.Entry
	for _, e := range x.t.Resources {
		kind, ok := strings.CutPrefix(typeOf(e.Value), prefix)
		switch {
		case !ok || kind == "Application":
			out = append(out, e)
		case kind == "Connector": // makes policies only
		case made[kind] == "":
			x.say(diag.Warning, e.Line, "resource of AWS SAM not known", fmt.Sprintf("The type %s%s is not modelled, so that what it makes is missing from the analysis.", prefix, kind))
			out = append(out, e)
		default:
			props := x.globals(e.Value, kind)
			out = append(out, tree.Entry{Key: e.Key, Line: e.Line, Value: x.becomes(e, kind, props)})
			more = append(more, x.beside(e, kind, props)...)
		}
	}
	// What a template writes itself is not made a second time.
	for _, e := range more {
		if !slices.ContainsFunc(out, func(o tree.Entry) bool { return o.Key == e.Key }) {
			out = append(out, e)
		}
	}
	x.t.Resources = out
}

// globals are the properties of a resource with those of Globals (AWS SAM
// Developer Guide, "Globals section of the AWS SAM template").
func (x *expander) globals(n *tree.Node, kind string) *tree.Node {
	props := n.Get("Properties")
	if props == nil || props.Kind != tree.Map {
		props = tree.NewMap(n.Line)
	}
	common := x.t.Globals.Get(kind)
	if common == nil || common.Kind != tree.Map {
		return props
	}
	ignored := n.Get("IgnoreGlobals")
	if ignored != nil && ignored.Kind == tree.String && ignored.Text == "*" {
		return props
	}
	var kept []tree.Entry
	for _, e := range common.Entries {
		if ignored == nil || !slices.ContainsFunc(ignored.List, func(i *tree.Node) bool { return i.Text == e.Key }) {
			kept = append(kept, e)
		}
	}
	return overlaid(tree.NewMap(common.Line, kept...), props, 0)
}

// overlaid merges as SAM does: maps are joined, lists follow each other, and of
// everything else, functions too, the one of the resource counts.
func overlaid(common, own *tree.Node, depth int) *tree.Node {
	called, _ := common.Function()
	calls, _ := own.Function()
	switch {
	case called != "" || calls != "" || depth > tree.MaxDepth:
	case common.Kind == tree.Map && own.Kind == tree.Map:
		out := tree.NewMap(own.Line, slices.Clone(common.Entries)...)
		for _, e := range own.Entries {
			if i := slices.IndexFunc(out.Entries, func(c tree.Entry) bool { return c.Key == e.Key }); i >= 0 {
				out.Entries[i] = tree.Entry{Key: e.Key, Line: e.Line, Value: overlaid(out.Entries[i].Value, e.Value, depth+1)}
				continue
			}
			out.Entries = append(out.Entries, e)
		}
		return out
	case common.Kind == tree.List && own.Kind == tree.List:
		return tree.NewList(own.Line, slices.Concat(common.List, own.List)...)
	}
	return own
}

// becomes is the resource of CloudFormation that takes the place of one of SAM.
func (x *expander) becomes(e tree.Entry, kind string, props *tree.Node) *tree.Node {
	switch kind {
	case "StateMachine":
		props = x.definition(props)
	case "Api":
		if c := props.Get("EndpointConfiguration"); c != nil && c.Kind == tree.Map {
			if t := c.Get("Type"); t != nil {
				props = props.With("EndpointConfiguration", without(c.With("Types", tree.NewList(t.Line, t)), "Type"))
			}
		} else if c != nil && c.Kind == tree.String {
			props = props.With("EndpointConfiguration", tree.NewMap(c.Line, tree.Entry{Key: "Types", Line: c.Line, Value: tree.NewList(c.Line, c)}))
		}
		props = renamed(props, "DefinitionBody", "Body")
	case "HttpApi":
		props = renamed(props, "DefinitionBody", "Body")
	}
	t := e.Value.Get("Type")
	return without(e.Value.With("Type", tree.NewString(made[kind], t.Line)).With("Properties", props), "IgnoreGlobals")
}

// definition reads the file that DefinitionUri names, and gives the properties
// the names that CloudFormation has for them.
func (x *expander) definition(props *tree.Node) *tree.Node {
	if t := props.Get("Type"); t != nil {
		props = renamed(props, "Type", "StateMachineType")
	}
	uri := props.Get("DefinitionUri")
	if uri == nil {
		return props
	}
	if uri.Kind != tree.String || strings.Contains(uri.Text, "://") {
		x.say(diag.Warning, uri.Line, "definition not here", "The definition of the state machine is in Amazon S3, so that the tasks it starts are missing from the analysis. Name a file beside the template, as before: sam package")
		return renamed(props, "DefinitionUri", "DefinitionS3Location")
	}
	lost := &tree.Node{Kind: tree.Lost, Line: uri.Line, Text: "its file " + uri.Text + " cannot be read"}
	data, shown, err := x.files(uri.Text)
	if err != nil {
		x.say(diag.Error, uri.Line, "definition not here", fmt.Sprintf("The definition of the state machine is in %s, which cannot be read: %v. The tasks it starts are missing from the analysis.", uri.Text, err))
		return without(props.With("Definition", lost), "DefinitionUri")
	}
	parsed, diags := tree.Parse(shown, data)
	for _, d := range diags {
		if d.Summary != "section not known" { // the keys are those of the States Language
			x.diags = append(x.diags, d)
		}
	}
	if len(parsed.Root.Entries) == 0 {
		return without(props.With("Definition", lost), "DefinitionUri")
	}
	return without(props.With("Definition", moved(parsed.Root, uri.Line, 0)), "DefinitionUri")
}

// beside are the resources that SAM makes beside one, as far as templates refer
// to them by name.
func (x *expander) beside(e tree.Entry, kind string, props *tree.Node) []tree.Entry {
	var out []tree.Entry
	add := func(name, typ string, entries ...tree.Entry) {
		fields := []tree.Entry{
			{Key: "Type", Line: e.Line, Value: tree.NewString(typ, e.Line)},
			{Key: "Properties", Line: e.Line, Value: tree.NewMap(e.Line, entries...)},
		}
		if c := e.Value.Get("Condition"); c != nil {
			fields = append(fields, tree.Entry{Key: "Condition", Line: c.Line, Value: c})
		}
		out = append(out, tree.Entry{Key: name, Line: e.Line, Value: tree.NewMap(e.Line, fields...)})
	}
	text := func(key, value string) tree.Entry {
		return tree.Entry{Key: key, Line: e.Line, Value: tree.NewString(value, e.Line)}
	}
	ref := func(key, id string) tree.Entry {
		return tree.Entry{Key: key, Line: e.Line, Value: tree.NewMap(e.Line, text("Ref", id))}
	}
	stage := func(key string) string {
		if s := props.Get(key); s != nil && s.Kind == tree.String {
			return s.Text
		}
		return ""
	}
	switch kind {
	case "Function", "StateMachine":
		if props.Get("Role") == nil {
			add(e.Key+"Role", "AWS::IAM::Role")
		}
		if alias := stage("AutoPublishAlias"); alias != "" {
			add(e.Key+"Alias"+alias, "AWS::Lambda::Alias", text("Name", alias), ref("FunctionName", e.Key))
		}
		if kind == "Function" {
			for _, ev := range entriesOf(props.Get("Events")) {
				switch given := ev.Value.Get("Properties"); {
				case typeOf(ev.Value) == "Api" && given.Get("RestApiId") == nil:
					add("ServerlessRestApi", "AWS::ApiGateway::RestApi")
					add("ServerlessRestApiProdStage", "AWS::ApiGateway::Stage", ref("RestApiId", "ServerlessRestApi"), text("StageName", "Prod"))
				case typeOf(ev.Value) == "HttpApi" && given.Get("ApiId") == nil:
					add("ServerlessHttpApi", "AWS::ApiGatewayV2::Api", text("ProtocolType", "HTTP"))
					add("ServerlessHttpApiApiGatewayDefaultStage", "AWS::ApiGatewayV2::Stage", ref("ApiId", "ServerlessHttpApi"), text("StageName", "$default"))
				}
			}
		}
	case "Api":
		if name := stage("StageName"); name != "" {
			add(e.Key+name+"Stage", "AWS::ApiGateway::Stage", ref("RestApiId", e.Key), text("StageName", name))
		}
	case "HttpApi":
		name := stage("StageName")
		id := name + "Stage"
		if name == "" {
			name, id = "$default", "ApiGatewayDefaultStage"
		}
		add(e.Key+id, "AWS::ApiGatewayV2::Stage", ref("ApiId", e.Key), text("StageName", name))
	}
	return out
}

func entriesOf(n *tree.Node) []tree.Entry {
	if n == nil {
		return nil
	}
	return n.Entries
}

// renamed is a map with another key for a value.
func renamed(n *tree.Node, from, to string) *tree.Node {
	v := n.Get(from)
	if v == nil {
		return n
	}
	return without(n, from).With(to, v)
}

// without is a map without a key.
func without(n *tree.Node, key string) *tree.Node {
	out := *n
	out.Entries = slices.DeleteFunc(slices.Clone(n.Entries), func(e tree.Entry) bool { return e.Key == key })
	return &out
}
