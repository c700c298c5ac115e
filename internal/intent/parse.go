package intent

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// Parse reads a muralla.yaml. The name is that of the file as places shall show
// it. Every problem is an error among the diagnostics; entries without problems
// count all the same. An empty file declares nothing and is no problem.
func Parse(name string, data []byte) (Intent, diag.List) {
	r := &reader{file: name}
	var in Intent
	if top := r.document(data); top != nil {
		mapping(r, top, "muralla.yaml", topFields, &in)
		r.crossCheck(in)
	}
	return in, r.diags.Sorted()
}

// Every problem in an entry of a list takes the whole entry out, since half of
// it could mean more than was meant: an exception with a misspelt "until" would
// hold for ever, a flow with unreadable ports would allow all of them.

var topFields = []field[Intent]{
	{"version", true, func(r *reader, n *yaml.Node, _ *Intent) { r.version(n) }},
	{"organization", false, func(r *reader, n *yaml.Node, in *Intent) {
		in.Organization = r.form(n, "organization", organizationForm, "the id of an organization: o-, then 10 to 32 lower-case letters or digits")
	}},
	{"accounts", false, func(r *reader, n *yaml.Node, in *Intent) {
		r.items(n, "accounts", func(n *yaml.Node) {
			if a := r.form(n, "an entry of accounts", accountForm, "an AWS account id: twelve digits"); a != "" {
				in.Accounts = append(in.Accounts, a)
			}
		})
	}},
	{"services", false, func(r *reader, n *yaml.Node, in *Intent) {
		in.Services = list(r, n, "services", serviceFields, func(s *Service, p ref.Place) { s.Place = p })
	}},
	{"isolation", false, func(r *reader, n *yaml.Node, in *Intent) {
		in.Isolation = list(r, n, "isolation", groupFields, func(g *Group, p ref.Place) { g.Place = p })
	}},
	{"flows", false, func(r *reader, n *yaml.Node, in *Intent) {
		in.Flows = list(r, n, "flows", flowFields, func(f *Flow, p ref.Place) {
			f.Place = p
			if f.Ports.IsEmpty() {
				f.Ports = netset.AllPorts() // the key is not written
			}
		})
	}},
	{"exceptions", false, func(r *reader, n *yaml.Node, in *Intent) {
		in.Exceptions = list(r, n, "exceptions", exceptionFields, func(e *Exception, p ref.Place) { e.Place = p })
	}},
	{"severity", false, func(r *reader, n *yaml.Node, in *Intent) { in.Severities = r.severities(n) }},
	{"prefix_lists", false, func(r *reader, n *yaml.Node, in *Intent) { in.PrefixLists = r.prefixLists(n) }},
}

var serviceFields = []field[Service]{
	{"match", true, func(r *reader, n *yaml.Node, s *Service) { s.Match = r.glob(n, "match") }},
	{"sensitivity", false, func(r *reader, n *yaml.Node, s *Service) {
		s.Sensitivity = Sensitivity(r.word(n, "sensitivity", sensitivities))
	}},
	{"tls", false, func(r *reader, n *yaml.Node, s *Service) { s.TLS = TLS(r.word(n, "tls", tlsWords)) }},
	{"isolation", false, func(r *reader, n *yaml.Node, s *Service) { s.Isolation = r.text(n, "isolation") }},
}

var groupFields = []field[Group]{
	{"name", true, func(r *reader, n *yaml.Node, g *Group) { g.Name = r.text(n, "name") }},
	{"clusters", false, func(r *reader, n *yaml.Node, g *Group) { g.Clusters = r.globs(n, "clusters") }},
	{"services", false, func(r *reader, n *yaml.Node, g *Group) { g.Services = r.globs(n, "services") }},
}

var flowFields = []field[Flow]{
	{"from", true, func(r *reader, n *yaml.Node, f *Flow) { f.From = r.side(n, "from") }},
	{"to", true, func(r *reader, n *yaml.Node, f *Flow) { f.To = r.side(n, "to") }},
	{"ports", false, func(r *reader, n *yaml.Node, f *Flow) { f.Ports = r.ports(n) }},
	{"reason", false, func(r *reader, n *yaml.Node, f *Flow) { f.Reason = r.text(n, "reason") }},
}

// An exception without a reason is read, because what is wrong with it is a
// finding and not a problem of the file.
var exceptionFields = []field[Exception]{
	{"recommendation", true, func(r *reader, n *yaml.Node, e *Exception) { e.Recommendation = r.text(n, "recommendation") }},
	{"resource", true, func(r *reader, n *yaml.Node, e *Exception) { e.Resource = r.glob(n, "resource") }},
	{"reason", false, func(r *reader, n *yaml.Node, e *Exception) { e.Reason = r.text(n, "reason") }},
	{"until", false, func(r *reader, n *yaml.Node, e *Exception) { e.Until = r.date(n, "until") }},
}

var severityFields = []field[SeverityRule]{
	{"recommendation", true, func(r *reader, n *yaml.Node, s *SeverityRule) { s.Recommendation = r.text(n, "recommendation") }},
	{"resource", false, func(r *reader, n *yaml.Node, s *SeverityRule) { s.Resource = r.glob(n, "resource") }},
	{"severity", true, func(r *reader, n *yaml.Node, s *SeverityRule) { s.Severity = r.severity(n) }},
	{"reason", true, func(r *reader, n *yaml.Node, s *SeverityRule) { s.Reason = r.text(n, "reason") }},
}

// severities reads a map from recommendation to severity, or a list of rules.
func (r *reader) severities(n *yaml.Node) []SeverityRule {
	if resolved, ok := r.resolve(n); ok && resolved.Kind == yaml.SequenceNode {
		return list(r, n, "severity", severityFields, func(s *SeverityRule, p ref.Place) { s.Place = p })
	}
	var out []SeverityRule
	r.pairs(n, "severity", func(key, value *yaml.Node) {
		before := r.problems
		rule := SeverityRule{Recommendation: key.Value, Severity: r.severity(value), Place: r.at(key)}
		if r.problems == before {
			out = append(out, rule)
		}
	})
	return out
}

func (r *reader) prefixLists(n *yaml.Node) []PrefixList {
	var out []PrefixList
	r.pairs(n, "prefix_lists", func(key, value *yaml.Node) {
		before := r.problems
		var addrs netset.Addrs
		r.items(value, "the list "+key.Value, func(n *yaml.Node) {
			if text := r.text(n, "an entry of "+key.Value); text != "" {
				addrs = addrs.Union(netset.Prefix(r.cidr(n, text)))
			}
		})
		if r.problems == before {
			out = append(out, PrefixList{key.Value, addrs, r.at(key)})
		}
	})
	return out
}

// crossCheck looks at what entries say of each other.
func (r *reader) crossCheck(in Intent) {
	groups := map[string]ref.Place{}
	used := map[string]bool{}
	for _, s := range in.Services {
		used[s.Isolation] = true
	}
	for _, g := range in.Isolation {
		if first, twice := groups[g.Name]; twice {
			r.problemAt(g.Place, "duplicate group", "The isolation group %q was already declared on line %d. Put both together or give one another name.", g.Name, first.Line)
			continue
		}
		groups[g.Name] = g.Place
		if len(g.Clusters)+len(g.Services) == 0 && !used[g.Name] {
			r.problemAt(g.Place, "empty group", "The isolation group %q has no clusters and no services, and no service names it, so it isolates nothing.", g.Name)
		}
	}
	for _, s := range in.Services {
		if _, known := groups[s.Isolation]; s.Isolation != "" && !known {
			names := slices.Sorted(maps.Keys(groups))
			r.problemAt(s.Place, "unknown group", "There is no isolation group %q%s", s.Isolation, guess(s.Isolation, names))
		}
	}
}
