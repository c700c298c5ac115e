package check

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

// A blurDesign is a design whose text is changed.
type blurDesign struct {
	name  string
	files map[string]string // Terraform files and what they read
	in    intent.Intent
}

// blurDesigns are all designs of testdata and of the examples.
func blurDesigns(t testing.TB) []blurDesign {
	t.Helper()
	names, err := filepath.Glob("testdata/designs/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no designs: %v", err)
	}
	var out []blurDesign
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := blurDesign{name: strings.TrimSuffix(filepath.Base(name), ".txtar"), files: map[string]string{}}
		for _, f := range archive.Files {
			switch f.Name {
			case "want":
			case "muralla.yaml":
				d.in, _ = intent.Parse(f.Name, f.Data)
			default:
				d.files[f.Name] = string(f.Data)
			}
		}
		if len(d.sites()) > 0 { // the others are written in CloudFormation
			out = append(out, d)
		}
	}
	for _, name := range []string{"orders", "orders-fixed"} {
		d := blurDesign{name: "examples/" + name, files: map[string]string{}}
		paths, err := filepath.Glob("../../examples/" + name + "/*.tf")
		if err != nil || len(paths) == 0 {
			t.Fatalf("no example %s: %v", name, err)
		}
		for _, p := range paths {
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			d.files[filepath.Base(p)] = string(text)
		}
		out = append(out, d)
	}
	return out
}

// sites are the sites of all Terraform files of a design.
func (d blurDesign) sites() []site {
	var out []site
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		if strings.HasSuffix(name, ".tf") {
			out = append(out, sitesOf(name, d.files[name])...)
		}
	}
	return out
}

func (d blurDesign) text(s site) string { return d.files[s.file][s.from:s.to] }

// with is the design with other texts at sites that do not overlap, and with
// more text at the end of their files.
func (d blurDesign) with(changes map[site]string, more map[string]string) blurDesign {
	files := maps.Clone(d.files)
	sites := slices.SortedFunc(maps.Keys(changes), func(a, b site) int { return b.from - a.from })
	for _, s := range sites {
		files[s.file] = files[s.file][:s.from] + changes[s] + files[s.file][s.to:]
	}
	for name, text := range more {
		files[name] += "\n" + text
	}
	return blurDesign{name: d.name, files: files, in: d.in}
}

// judged is what a run says of a design.
type judged struct {
	verdicts map[verdictKey]finding.Verdict // the worst, if there are several
	things   map[ref.ID]fact.Tri            // all things of the snapshot, and whether they exist
	findings map[verdictKey]finding.Finding
}

type verdictKey struct {
	slug string
	id   ref.ID
}

// snapshot assembles the design.
func (d blurDesign) snapshot() *topo.Snapshot {
	files := fstest.MapFS{}
	for name, text := range d.files {
		files[name] = &fstest.MapFile{Data: []byte(text), Mode: fs.ModePerm}
	}
	set, _ := hcl.Read(files, hcl.Options{})
	s, _ := assemble.Snapshot(assemble.Options{Intent: d.in}, set)
	return s
}

// report judges the design.
func (d blurDesign) report() finding.Report { return Run(d.snapshot(), d.in, Options{}) }

func (d blurDesign) judge() judged {
	s := d.snapshot()
	out := judged{map[verdictKey]finding.Verdict{}, thingsOf(s), map[verdictKey]finding.Finding{}}
	for _, f := range Run(s, d.in, Options{}).Findings {
		k := verdictKey{f.Recommendation, f.Resource}
		if old, ok := out.verdicts[k]; !ok || badness(f.Verdict) > badness(old) {
			out.verdicts[k], out.findings[k] = f.Verdict, f
		}
	}
	return out
}

func badness(v finding.Verdict) int {
	return slices.Index([]finding.Verdict{finding.NotApplicable, finding.Follows, finding.Undecided, finding.Violates}, v)
}

// thingsOf finds every topo.Thing of a snapshot.
func thingsOf(s *topo.Snapshot) map[ref.ID]fact.Tri {
	out := map[ref.ID]fact.Tri{}
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if list := v.Field(i); v.Type().Field(i).IsExported() && list.Kind() == reflect.Slice {
			for j := range list.Len() {
				if t := list.Index(j).FieldByName("Thing"); t.IsValid() {
					thing := t.Interface().(topo.Thing)
					if thing.Elsewhere {
						thing.Exists = fact.Unknown // the design does not promise it
					}
					out[thing.ID] = out[thing.ID].Or(thing.Exists)
				}
			}
		}
	}
	return out
}

// of is the verdict on a resource: a resource that a recommendation is silent
// about is none that it is about. ok is false if the resource may not exist.
func (j judged) of(k verdictKey) (v finding.Verdict, ok bool) {
	if v, said := j.verdicts[k]; said {
		return v, true
	}
	return finding.NotApplicable, j.things[k.id] == fact.Yes
}

// contradiction compares the verdicts on a design with unknowns with those on
// one of its worlds: one line for each verdict that no longer holds.
func contradictions(blurred, world judged) []string {
	var out []string
	keys := map[verdictKey]bool{}
	for k := range blurred.verdicts {
		keys[k] = true
	}
	for k := range world.verdicts {
		keys[k] = true
	}
	for k := range keys {
		b, ok := blurred.of(k)
		w, exists := world.of(k)
		_, said := blurred.verdicts[k]
		switch {
		case !said && w == finding.Undecided: // silence claims nothing that such a world could deny
		case !ok || !exists || b == finding.Undecided || b == w:
		case b == finding.Follows && w == finding.NotApplicable: // there is nothing to follow
		default:
			out = append(out, fmt.Sprintf("%s %s: %s, but %s in a world", k.slug, k.id, b, w))
		}
	}
	slices.Sort(out)
	return out
}

// A blur is a change that takes a value away, and the texts of worlds that the
// result allows, of which the first is the original.
type blur struct {
	site   site
	blurry string   // in place of the site
	more   string   // at the end of the file
	worlds []string // in place of the site
}

// blursOf are the ways to blur a site; name is that of the variable.
func (d blurDesign) blursOf(s site, name string, pool map[string][]string) []blur {
	text := d.text(s)
	switch s.kind {
	case sourceSite:
		return []blur{{s, `"example/` + name + `/aws"`, "", []string{text}}}
	case blockSite:
		head := strings.TrimSpace(text[:strings.IndexByte(text, '{')])
		if strings.HasPrefix(head, "dynamic") {
			return nil
		}
		body := text[strings.IndexByte(text, '{'):]
		worlds := []string{text, "", text + "\n" + text}
		switch {
		case head == "network_configuration": // tasks with interfaces of their own need it, and once
			worlds = worlds[:1]
		case single.MatchString(head):
			worlds = worlds[:2]
		}
		return []blur{{s, fmt.Sprintf("dynamic %q {\n for_each = var.%s\n content %s\n}", head, name, body),
			fmt.Sprintf("variable %q {\n  type = list(string)\n}\n", name), worlds}}
	}
	others := d.others(s, pool)
	var out []blur
	vary := func(ty, blurry string, worlds ...string) {
		more := fmt.Sprintf("variable %q {}\n", name)
		if ty != "" {
			more = fmt.Sprintf("variable %q {\n  type = %s\n}\n", name, ty)
		}
		out = append(out, blur{s, blurry, more, append([]string{text}, worlds...)})
	}
	if !reference.MatchString(text) {
		vary("", "var."+name, others...)
		if ty := map[siteKind]string{textSite: "string", numberSite: "number", boolSite: "bool", listSite: "list(string)"}[s.kind]; ty != "" {
			vary(ty, "var."+name, others...)
		}
	}
	if s.whole {
		other := "null"
		if s.kind == listSite {
			other = "[]"
		}
		var worlds []string
		if optional.MatchString(s.where) {
			worlds = append(worlds, other)
		}
		vary("bool", fmt.Sprintf("var.%s ? %s : %s", name, text, other), worlds...)
	}
	for _, other := range others[:min(1, len(others))] {
		vary("bool", fmt.Sprintf("(var.%s ? %s : %s)", name, text, other), other)
	}
	return out
}

// reference finds texts that depend on something else. The id of what a design
// creates cannot be the value of a variable of its root, since it is known only
// after apply: such a value is blurred by a condition. Nor is it blurred by the
// output of a module that is not here: it is taken that a module hands out what
// it makes, and not what it was given.
var reference = regexp.MustCompile(`(^|[^A-Za-z0-9_."])(aws_[a-z_]+|data|module|each|local|var|count|[a-z_]+\.(value|key))\b\.?`)

// single are blocks that Terraform takes once.
var single = regexp.MustCompile(`^(service_connect_configuration|service_registries|metadata_options|runtime_platform|proxy_configuration|launch_template|health_check|redirect|forward|tls|deployment_controller|efs_volume_configuration|auto_scaling_group_provider|dns_config|auth|condition|dns_options|encryption_in_transit|encryption_info|domain_endpoint_options|vpc_config|vpc_options|iam_instance_profile)$`)

// optional are arguments that may be left out, so that null, or an empty list,
// is a world. Others AWS or Terraform would refuse.
var optional = regexp.MustCompile(`/(launch_type|user_data|assign_public_ip|ssl_policy|internal|cidr_blocks|ipv6_cidr_blocks|ingress/security_groups|self|associate_public_ip_address|log_format|target_type|preserve_client_ip|http_tokens)$` +
	`|/(http_put_response_hop_limit|enable_dns_(hostnames|support)|private_dns_enabled|transit_encryption(_enabled|_mode)?|platform_version|enable_execute_command|publicly_accessible|map_public_ip_on_launch)$` +
	`|service/(cluster|scheduling_strategy|desired_count)$|_role_arn$|vpc_endpoint/policy$|(health_check|redirect)/(host|path|port|protocol)$|nat_gateway/connectivity_type$|/(hostPort|privileged|logConfiguration|secrets|portMappings|environment)$`)

// unlike are arguments whose values no two things may share, or that say where
// a thing is: those of one thing are no world of another.
var unlike = regexp.MustCompile(`name|Name|tags|identifier|family|/cidr_block$|for_each|^locals`)

// others are other values for a site.
func (d blurDesign) others(s site, pool map[string][]string) []string {
	var out []string
	if unlike.MatchString(s.where) {
		return nil
	}
	for _, t := range pool[s.pool()] {
		if t != d.text(s) && !refused(s, d.text(s), t) {
			out = append(out, t)
		}
	}
	return out
}

// refused is whether AWS or Terraform refuses a value beside what the designs
// write around it: a range of ports that ends before it begins, a target group
// with a protocol for functions, a network configuration for tasks without an
// interface of their own, which are those of every mode but one, a Gateway Load
// Balancer endpoint of a service of AWS, ports below zero for what has ports, a
// listener that speaks TLS without a certificate.
func refused(s site, was, is string) bool {
	a, errA := strconv.Atoi(was)
	b, errB := strconv.Atoi(is)
	switch ports := errA == nil && errB == nil; {
	case strings.HasSuffix(s.where, "/from_port"):
		return !ports || b > a || b < 0
	case strings.HasSuffix(s.where, "/to_port"):
		return !ports || b < a
	}
	if strings.HasSuffix(s.where, "/network_mode") && is != `"awsvpc"` {
		return true
	}
	tls := regexp.MustCompile(`^"?(HTTPS|TLS)"?$`)
	if strings.HasSuffix(strings.ToLower(s.where), "listener/protocol") && tls.MatchString(is) && !tls.MatchString(was) {
		return true
	}
	return slices.Contains([]string{`"lambda"`, `"alb"`, `"none"`, `"EXTERNAL"`, `"GatewayLoadBalancer"`}, is)
}

// pool is under which values of sites are interchangeable.
func (s site) pool() string { return fmt.Sprint(s.where, s.kind) }

// poolOf gathers the values that sites of all designs have, and some that are
// as wide as can be, by what they are values of.
func poolOf(designs []blurDesign) map[string][]string {
	pool := map[string][]string{}
	add := func(k, text string) {
		if !slices.Contains(pool[k], text) {
			pool[k] = append(pool[k], text)
		}
	}
	for _, d := range designs {
		for _, s := range d.sites() {
			k, text := s.pool(), d.text(s)
			switch {
			case strings.HasSuffix(s.where, "cidr_blocks[]") || strings.HasSuffix(s.where, "cidr_ipv4"):
				add(k, `"0.0.0.0/0"`)
			case strings.HasSuffix(s.where, "/cidr_blocks"):
				add(k, `[]`)
				add(k, `["0.0.0.0/1", "128.0.0.0/1"]`)
			case s.kind == boolSite:
				add(k, "true")
				add(k, "false")
			}
			if s.whole && !reference.MatchString(text) && s.kind != sourceSite {
				add(k, text)
			}
		}
	}
	return pool
}

// blurrable are the sites that can be blurred so that what is there is one of
// the possible worlds. Where muralla.yaml names things, it means the names that
// the design shows: who gives a thing another name also says so there. And an
// organisation or account without value that a policy asks for is taken for the
// estate's own.
func (d blurDesign) blurrable() []site {
	names := regexp.MustCompile(`^locals|/(name|identifier|for_each)\b`)
	return slices.DeleteFunc(d.sites(), func(s site) bool {
		if (d.in.Organization != "" || len(d.in.Accounts) > 0) && strings.Contains(s.where, "/aws:") {
			return true
		}
		return len(d.in.Flows)+len(d.in.Services) > 0 && names.MatchString(s.where)
	})
}

// What is known of a design with values taken away holds for the design, and for
// every other that fits: a verdict stays or becomes undecided, and never turns
// into another one.
func TestBlur(t *testing.T) {
	designs := blurDesigns(t)
	pool := poolOf(designs)
	before, sites := make([]judged, len(designs)), make([][]site, len(designs))
	for i, d := range designs {
		before[i], sites[i] = d.judge(), d.blurrable()
	}
	type count struct{ kept, opened int }
	counts := map[string]*count{}
	worlds := 0
	rapid.Check(t, func(rt *rapid.T) {
		for range 4 {
			i := rapid.IntRange(0, len(designs)-1).Draw(rt, "design")
			d, n := designs[i], rapid.IntRange(1, 2).Draw(rt, "sites")
			blurred, other, more := map[site]string{}, map[site]string{}, map[string]string{}
			what := d.name
			for len(blurred) < n {
				s := rapid.SampledFrom(sites[i]).Draw(rt, "site")
				ways := d.blursOf(s, fmt.Sprintf("blur%d", len(blurred)), pool)
				overlaps := func(o site) bool { return o.file == s.file && o.from < s.to && s.from < o.to }
				if len(ways) == 0 || slices.ContainsFunc(slices.Collect(maps.Keys(blurred)), overlaps) {
					continue
				}
				way := rapid.SampledFrom(ways).Draw(rt, "way")
				blurred[s], other[s] = way.blurry, rapid.SampledFrom(way.worlds).Draw(rt, "world")
				more[s.file] += way.more
				what += fmt.Sprintf("\n%s: %s as %s, or %s", s.where, d.text(s), way.blurry, other[s])
			}
			got := d.with(blurred, more).judge()
			for _, c := range contradictions(got, before[i]) {
				rt.Errorf("%s\n%s", what, c)
			}
			if len(other) > 0 {
				worlds++
				for _, c := range contradictions(got, d.with(other, nil).judge()) {
					if strings.HasSuffix(c, "undecided in a world") {
						continue // AWS may refuse that world, such as a group of instances without template
					}
					rt.Errorf("%s\nof the other world: %s", what, c)
				}
			}
			for k, v := range before[i].verdicts {
				if counts[k.slug] == nil {
					counts[k.slug] = &count{}
				}
				switch now, ok := got.of(k); {
				case !ok || v == finding.Undecided || v == finding.NotApplicable:
				case now == finding.Undecided:
					counts[k.slug].opened++
				default:
					counts[k.slug].kept++
				}
			}
		}
	})
	for _, rec := range Recommendations() {
		c := counts[rec.Slug]
		if c == nil || c.kept == 0 || c.opened == 0 && !narrowSubject[rec.Slug] {
			t.Errorf("%s: the draws are too narrow: %+v", rec.Slug, c)
		}
	}
	t.Logf("%d other worlds; %v", worlds, func() (out []string) {
		for _, slug := range slices.Sorted(maps.Keys(counts)) {
			out = append(out, fmt.Sprintf("%s %d kept, %d opened", slug, counts[slug].kept, counts[slug].opened))
		}
		return out
	}())
}

// narrowSubject are recommendations that few values decide, so that not every
// run takes one of these away.
var narrowSubject = map[string]bool{"flow-logs-format": true, "isolation-exposure": true, "tls-data": true, "tls-backend": true, "tls-policy": true, "imds-v2": true}
