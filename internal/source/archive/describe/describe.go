// Package describe reads what AWS answers to describe calls, as it was saved to
// files.
//
// # Model
// A file is an answer if it holds lists that AWS gives: its name does not
// matter. Answers may be wrapped as recorders of SDK calls do. Each described
// thing is one resource with the type "service:Shape", and a body with the field
// names of the API. Each answer is one resource of the type [Call], which says
// what was asked for, where, and whether the answer is whole.
//
// The Region and the account of an answer are those in the path of its file, if
// a folder has such a name.
//
// # Guarantees
// A broken file never loses the others. A thing that several answers describe
// is there once, as the first one describes it.
//
// # Not modelled
// Filters: an answer to a call with filters looks like the whole list.
package describe

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive/jsonval"
)

// Kind is the kind of the sets of this package.
const Kind = "answers"

// Call is the type of the resource that stands for one answer. Its body has Of
// (the type that was asked for), Account and Region (empty if the path does not
// tell them), Folder, and Whole.
const Call = "call"

// MaxBytes is the largest file that is read.
const MaxBytes = 64 << 20

// maxThings bounds what is read of all files together.
const maxThings = 500_000

// File is one file. Its name is a slash path relative to what the user gave.
type File struct {
	Name string
	Data []byte
}

// Recognise reports whether a file, or the first part of one, holds an answer.
func Recognise(head []byte) bool {
	docs, _, _ := jsonval.Read("", head)
	for _, doc := range docs {
		r := reader{}
		r.answer(doc, 0)
		if len(r.things) > 0 {
			return true
		}
	}
	return false
}

// Read reads all files. Those that hold no answer are passed over.
func Read(files []File) (resource.Set, diag.List) {
	r := reader{seen: map[ref.ID]bool{}}
	set := resource.Set{Kind: Kind}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	for _, f := range files {
		docs, diags, whole := jsonval.Read(f.Name, f.Data)
		r.file, r.cut, r.calls = f.Name, !whole, nil
		before := len(r.things)
		for _, doc := range docs {
			r.answer(doc, 0)
		}
		if len(r.calls) == 0 && len(r.things) == before {
			continue
		}
		set.Files, set.Lines = set.Files+1, set.Lines+strings.Count(string(f.Data), "\n")
		r.diags = append(r.diags, diags...)
		r.addCalls()
	}
	r.diags = append(r.diags, r.wanting...)
	slices.SortStableFunc(r.things, func(a, b resource.Resource) int { return cmp.Compare(a.ID, b.ID) })
	set.Resources = r.things
	return set, r.diags.Sorted()
}

type reader struct {
	file    string
	cut     bool              // the file is broken
	calls   map[string]string // types that the file answers about → why the answer is not whole
	seen    map[ref.ID]bool
	things  []resource.Resource
	diags   diag.List
	wanting diag.List
	full    bool
}

// maxWrap is how deep an answer may be wrapped.
const maxWrap = 4

// answer reads one answer, or what is wrapped around it.
func (r *reader) answer(v resource.Value, depth int) {
	if v.Kind == resource.List { // several pages in one list
		for _, e := range v.List {
			if depth < maxWrap && e.Kind == resource.Map {
				r.answer(e, depth+1)
			}
		}
		return
	}
	if v.Kind != resource.Map || isTemplate(v) {
		return
	}
	if code, data := v.Get("status_code"), v.Get("data"); code.Kind == resource.Number && data.Kind == resource.Map {
		if code.Number == 200 {
			r.answer(data, depth+1)
		}
		return // an answer that is an error tells nothing
	}
	known := false
	more := ""
	for _, token := range []string{"NextToken", "nextToken", "NextMarker", "Marker", "PaginationToken"} {
		if t := v.Get(token); t.Kind == resource.String && t.Text != "" {
			more = "the answer goes on: it has a " + token
		}
	}
	if v.Get("AdditionalRoutesAvailable").Bool {
		more = "the answer goes on: AdditionalRoutesAvailable is set"
	}
	for _, key := range slices.Sorted(maps.Keys(v.Map)) {
		e := v.Map[key]
		switch name := keyOf(key); {
		case name != "" && (e.Kind == resource.List || e.Kind == resource.Map):
			known = r.list(name, e, more) || known
		case anonymous[key].typ != "" && e.Kind == resource.List:
			known = r.unnamed(key, v) || known
		}
	}
	for _, s := range singles {
		if id := v.Get(s.id); id.Kind == resource.String && v.Get(s.field).Kind == resource.Map {
			known = true
			r.add(s.typ, string(id.Text)+"/"+s.field, v)
		}
	}
	if known || depth >= maxWrap {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(v.Map)) {
		r.answer(v.Map[key], depth+1)
	}
}

// isTemplate reports whether a document is a template of CloudFormation, whose
// properties have the names of the API, but are what somebody wants.
func isTemplate(v resource.Value) bool {
	if !v.Get("AWSTemplateFormatVersion").IsNull() {
		return true
	}
	for _, e := range v.Get("Resources").Map {
		if strings.Contains(e.Get("Type").Text, "::") {
			return true
		}
	}
	return false
}

// list reads one list of things. It reports whether it is one of AWS.
func (r *reader) list(key string, v resource.Value, more string) bool {
	items := v.Items()
	if v.Kind == resource.List && len(items) == 0 {
		for _, s := range shapes[cmp.Or(groups[key], key)] {
			r.call(s.typ, more)
		}
		return r.calls != nil
	}
	found := false
	for _, e := range items {
		if e.Kind != resource.Map {
			continue
		}
		if inner := groups[key]; inner != "" {
			if l := e.Get(inner); l.Kind == resource.List {
				found = r.list(inner, l, more) || found
			}
			continue
		}
		for _, s := range shapes[key] {
			id := field(e, s.id)
			if id.Kind != resource.String || id.Text == "" || s.has != "" && field(e, s.has).IsNull() {
				continue
			}
			r.call(s.typ, more)
			r.add(s.typ, id.Text, e)
			found = true
			break
		}
	}
	return found
}

func (r *reader) call(typ, more string) {
	if r.calls == nil {
		r.calls = map[string]string{}
	}
	if have, ok := r.calls[typ]; ok && have == "" {
		return // a last page is there
	}
	r.calls[typ] = more
}

// unnamed reads an answer that does not say whom it is about.
func (r *reader) unnamed(key string, v resource.Value) bool {
	a := anonymous[key]
	if key == "Attributes" && strings.Contains(decoded(r.file), ":targetgroup/") {
		a = struct{ typ, id, prefix string }{"elbv2:TargetGroupAttributes", "TargetGroupArn", ":targetgroup/"}
	}
	if id := v.Get(a.id); id.Kind == resource.String {
		r.add(a.typ, id.Text, v)
		return true
	}
	path := decoded(r.file)
	id := ""
	if strings.HasPrefix(a.prefix, ":") {
		for _, arn := range arns.FindAllString(path, -1) {
			if strings.Contains(arn, a.prefix) {
				id = arn
			}
		}
	} else if all := ids.FindAllString(path, -1); len(all) > 0 && strings.HasPrefix(all[len(all)-1], a.prefix) {
		id = all[len(all)-1]
	}
	if id == "" {
		if key == "TargetHealthDescriptions" || key == "TransitGatewayRouteTablePropagations" {
			r.wanting.Add(diag.Warning, ref.Place{File: r.file, Line: v.Place.Line}, "answer without its subject",
				fmt.Sprintf("AWS does not repeat in this answer (%s) which thing was asked about, so it is left out. Save it under a name that holds its %s.", key, a.id))
		}
		return false
	}
	subject := map[string]resource.Value{a.id: {Kind: resource.String, Text: id, Place: v.Place}}
	maps.Copy(subject, v.Map)
	v.Map = subject
	r.add(a.typ, id, v)
	return true
}

var (
	arns = regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[A-Za-z0-9:/_.-]+`)
	ids  = regexp.MustCompile(`(tgw-rtb|pl)-[0-9a-z]+`)
)

// decoded is a path with what is escaped in its parts, as CloudMapper does.
func decoded(path string) string {
	if d, err := url.PathUnescape(path); err == nil {
		path = d
	}
	return strings.TrimSuffix(path, ".json")
}

// prefixed are types whose ID would not tell what they are, or is that of
// another resource, too.
var prefixed = map[string]string{
	"elbv2:TargetHealth": "/targets", "elbv2:LoadBalancerAttributes": "/attributes", "elbv2:TargetGroupAttributes": "/attributes",
	"ec2:TransitGatewayRoutes": "/routes", "ec2:TransitGatewayPropagations": "/propagations", "ec2:PrefixListEntries": "/entries",
	"ec2:TransitGatewayVpcAttachment": "/vpc", "ec2:SecurityGroupVpcAssociation": "/vpc",
}

// add adds a described thing, unless it is there.
func (r *reader) add(typ, id string, v resource.Value) {
	_, shape, _ := strings.Cut(typ, ":")
	key := ref.ID(id + prefixed[typ])
	if typ == "ec2:SecurityGroupVpcAssociation" {
		key += ref.ID("/" + field(v, "VpcId").Text)
	}
	if strings.HasPrefix(typ, "elb:") || strings.HasPrefix(typ, "elasticache:") || strings.HasPrefix(typ, "rds:") ||
		strings.HasPrefix(typ, "redshift:") || strings.HasPrefix(typ, "memorydb:") || strings.HasPrefix(typ, "es:") || strings.HasPrefix(typ, "events:") {
		key = ref.ID(typ + ":" + id) // names that are unique for their service only
	}
	if r.seen[key] || r.full {
		return
	}
	if len(r.things) >= maxThings {
		r.full = true
		r.diags.Add(diag.Error, v.Place, "too many things", fmt.Sprintf("More than %d things are described; the rest is left out. Check one account and Region at a time.", maxThings))
		return
	}
	if r.seen != nil {
		r.seen[key] = true
	}
	account, region := where(r.file)
	res := resource.Resource{ID: key, Type: typ, Name: shape, Region: region, Place: v.Place, Exists: fact.Yes, Body: v}
	if account != "" {
		res.Body.Map = maps.Clone(v.Map)
		res.Body.Map["Account"] = text(account)
	}
	r.things = append(r.things, res)
}

func text(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }

var (
	regionName  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+){1,3}-[0-9]$`)
	accountName = regexp.MustCompile(`^[0-9]{12}$`)
)

// where is the account and the Region of which a path speaks.
func where(path string) (account, region string) {
	for _, part := range strings.Split(path, "/") {
		switch {
		case regionName.MatchString(part):
			region = part
		case accountName.MatchString(part):
			account = part
		}
	}
	return account, region
}

// addCalls adds the answers of one file.
func (r *reader) addCalls() {
	account, region := where(r.file)
	folder := ""
	if i := strings.LastIndexByte(r.file, '/'); i >= 0 {
		folder = r.file[:i]
	}
	for _, typ := range slices.Sorted(maps.Keys(r.calls)) {
		why := r.calls[typ]
		if r.cut {
			why = cmp.Or(why, "its file could not be read to the end")
		}
		body := map[string]resource.Value{"Of": text(typ), "Account": text(account), "Region": text(region), "Folder": text(folder)}
		if why != "" {
			body["Why"] = text(why)
		}
		at := ref.Place{File: r.file}
		r.things = append(r.things, resource.Resource{
			ID: ref.ID("call " + typ + " " + r.file), Type: Call, Name: typ, Region: region, Place: at, Exists: fact.Yes,
			Body: resource.Value{Kind: resource.Map, Map: body, Place: at},
		})
	}
}
