package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/policy"
)

// tied is a statement that allows something, and what ties it to accounts, why
// it is open to all of them, or why neither can be told.
type tied struct {
	s     *policy.Statement
	why   string
	reads bool // it allows only to read
}

// boundary is what the simple argument says of the statements of a document that
// allow something: each that surely ties its requests to accounts, roles, named
// resources or an organisation, each that surely does not, and the others.
type boundary struct{ tied, open, unsure []tied }

// bounds applies the argument. A statement that denies everything to everybody
// outside ties all others; any other denial leaves open what seems open.
func (r *run) bounds(d *policy.Document, service string) boundary {
	var out boundary
	guard, denies := "", d.More != ""
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != policy.Allow {
			denies = true
		}
		if guard == "" && s.Effect == policy.Deny {
			guard = r.guard(s, service)
		}
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect == policy.Deny {
			continue
		}
		o := tied{s: s, reads: onlyReads(s)}
		is := fact.Yes
		if o.why = guard; guard == "" {
			if is, o.why = r.tie(s); is == fact.No && denies {
				is, o.why = fact.Unknown, "it is open to everybody; whether other statements deny enough needs a proof"
			}
		}
		switch is {
		case fact.Yes:
			out.tied = append(out.tied, o)
		case fact.No:
			out.open = append(out.open, o)
		default:
			out.unsure = append(out.unsure, o)
		}
	}
	return out
}

// tie decides whether a statement that allows something is tied to accounts.
func (r *run) tie(s *policy.Statement) (fact.Tri, string) {
	if s.Unknown != "" {
		return fact.Unknown, s.Unknown
	}
	who, whoWhy := r.tiePrincipals(s.Principals)
	on, onWhy := r.tieResources(s.Resources)
	if who == fact.Yes {
		return fact.Yes, whoWhy
	}
	if on == fact.Yes {
		return fact.Yes, onWhy
	}
	for _, c := range s.Conditions {
		if why, foreign := r.tieCondition(c, false); why != "" {
			if foreign {
				return fact.No, why
			}
			return fact.Yes, why
		}
	}
	login := r.onlySignsIn(s.Actions)
	if login == fact.Yes {
		return fact.Yes, "allows only to sign in, which AWS ties to no resource"
	}
	switch {
	case login == fact.Unknown:
		return fact.Unknown, "whether it allows only to sign in: " + cmp.Or(s.Actions.More, "its actions are not known")
	case who == fact.Unknown:
		return fact.Unknown, whoWhy
	case on == fact.Unknown:
		return fact.Unknown, onWhy
	case len(s.Conditions) > 0:
		var keys []string
		for _, c := range s.Conditions {
			keys = append(keys, r.policies.Show(c.Operator+" "+c.Key))
		}
		return fact.Unknown, "whether its conditions restrict accounts needs a proof: " + strings.Join(keys, ", ")
	}
	return fact.No, whoWhy + onWhy
}

// onlySignsIn decides whether actions are no more than to get a token of Amazon
// ECR.
func (r *run) onlySignsIn(actions policy.Set) fact.Tri {
	is := fact.Of(!actions.Not)
	if actions.More != "" {
		is = is.And(fact.Unknown)
	}
	for _, a := range actions.Values {
		switch {
		case strings.EqualFold(a, "ecr:GetAuthorizationToken"):
		case len(r.policies.HolesOf(a)) > 0:
			is = is.And(fact.Unknown)
		default:
			is = fact.No
		}
	}
	return is
}

// tiePrincipals decides whether principals are accounts, roles and users that
// are named.
func (r *run) tiePrincipals(p policy.Principals) (fact.Tri, string) {
	switch {
	case !p.Written:
		return fact.Unknown, "it names no principal, which AWS asks for in the policy of an endpoint"
	case p.Not:
		return fact.Unknown, "what NotPrincipal leaves out needs a proof"
	case p.Anyone:
		return fact.No, "allows everybody"
	case p.More != "":
		return fact.Unknown, "its principals: " + p.More
	}
	var names []string
	for _, who := range p.List {
		account := ""
		if parts := strings.SplitN(who.Value, ":", 6); len(parts) == 6 {
			account = parts[4]
		} else if a, ok := policy.AccountOf(who.Value); ok {
			account = a
		}
		switch {
		case account != "" && r.foreign("account", account):
			return fact.No, "allows account " + account + ", which muralla.yaml does not name"
		case !r.policies.Fixed(who.Value) && !strings.Contains(who.Value, ":"):
			for _, h := range r.policies.HolesOf(who.Value) {
				return fact.Unknown, "its principal " + h.Text + ": " + orUnknown(h.Why)
			}
			return fact.Unknown, "a principal has wildcards, which AWS takes for letters"
		}
		names = append(names, r.policies.Show(who.Value))
	}
	if len(names) == 0 {
		return fact.Unknown, "it names no principal"
	}
	return fact.Yes, "names its principals: " + few(names)
}

// tieResources decides whether resources are of accounts that are named, or
// buckets that are.
func (r *run) tieResources(s policy.Set) (fact.Tri, string) {
	if s.Values == nil || s.Not {
		return fact.Unknown, "its resources are not listed"
	}
	var names, doubts []string
	for _, v := range s.Values {
		parts := strings.SplitN(v, ":", 6)
		owner := v // the ARN of a thing, perhaps with something behind it
		switch {
		case strings.Trim(v, "*") == "":
			return fact.No, " on every resource"
		case len(parts) == 6 && parts[2] == "s3":
			owner, _, _ = strings.Cut(parts[5], "/")
		case len(parts) == 6:
			owner = parts[4]
		default:
			owner, _, _ = strings.Cut(v, "/")
			owner = strings.TrimSuffix(owner, ":*")
			if len(r.policies.HolesOf(owner)) == 0 {
				doubts = append(doubts, r.policies.Show(v))
				continue
			}
		}
		switch {
		case strings.Trim(owner, "*") == "" && owner != "":
			return fact.No, " on resources of every account: " + r.policies.Show(v)
		case owner == "" || !r.policies.Fixed(owner):
			doubts = append(doubts, r.policies.Show(v))
		case len(parts) == 6 && parts[2] != "s3" && r.foreign("account", owner):
			return fact.No, " on resources of account " + owner + ", which muralla.yaml does not name"
		default:
			names = append(names, r.policies.Show(v))
		}
	}
	switch {
	case s.More != "":
		return fact.Unknown, "its resources: " + s.More
	case len(doubts) > 0:
		return fact.Unknown, "whose these resources are is not known: " + few(doubts)
	case len(names) == 0:
		return fact.Unknown, "it names no resource"
	}
	return fact.Yes, "names its resources: " + few(names)
}

// tyingKeys are condition keys that tie a request to accounts, and what their
// values are.
var tyingKeys = map[string]string{
	"aws:principalorgid": "organisation", "aws:resourceorgid": "organisation",
	"aws:principalorgpaths": "path", "aws:resourceorgpaths": "path",
	"aws:principalaccount": "account", "aws:resourceaccount": "account", "s3:resourceaccount": "account",
	"aws:principalarn": "arn",
}

// tieCondition is why a condition ties requests to accounts, or "". Foreign
// tells that it ties them to one that muralla.yaml does not name. Negated is for
// statements that deny.
func (r *run) tieCondition(c policy.Condition, negated bool) (why string, foreign bool) {
	kind := tyingKeys[strings.ToLower(c.Key)]
	op := strings.ToLower(c.Operator)
	if negated {
		op = strings.TrimSuffix(op, "ifexists")
		if rest, ok := strings.CutPrefix(op, "stringnot"); ok {
			op = "string" + rest
		} else if rest, ok := strings.CutPrefix(op, "arnnot"); ok {
			op = "arn" + rest
		} else {
			return "", false
		}
	}
	if kind == "path" {
		var ok bool
		if op, ok = strings.CutPrefix(op, "foranyvalue:"); !ok {
			return "", false // the key has many values
		}
	}
	like := op == "stringlike" || op == "arnlike" || op == "arnequals"
	if kind == "" || !like && op != "stringequals" && op != "stringequalsignorecase" || len(c.Values) == 0 && (c.More == "" || like) || like && c.More != "" {
		return "", false
	}
	var names []string
	for _, v := range c.Values {
		owner := v
		switch kind {
		case "path":
			owner, _, _ = strings.Cut(v, "/")
		case "arn":
			if parts := strings.SplitN(v, ":", 6); len(parts) == 6 {
				owner = parts[4]
			}
		}
		if like && !r.policies.Fixed(owner) {
			return "", false
		}
		if about := map[string]string{"path": "organisation", "arn": "account"}[kind]; about != "" {
			foreign = foreign || r.foreign(about, owner)
		} else {
			foreign = foreign || r.foreign(kind, owner)
		}
		names = append(names, r.policies.Show(v))
	}
	if c.More != "" {
		names = append(names, "…")
	}
	why = fmt.Sprintf("asks for %s %s", r.policies.Show(c.Key), few(names))
	if foreign {
		why += ", which muralla.yaml does not name"
	}
	return why, foreign
}

// foreign reports whether an account or organisation is surely none of those
// that muralla.yaml declares, if it declares any.
func (r *run) foreign(kind, value string) bool {
	if len(r.policies.HolesOf(value)) > 0 {
		return false
	}
	if kind == "organisation" {
		return r.intent.Organization != "" && value != r.intent.Organization
	}
	return kind == "account" && len(r.intent.Accounts) > 0 && strings.Trim(value, "0123456789") == "" && !slices.Contains(r.intent.Accounts, value)
}

// guard is why a statement denies everything to all others, or "".
func (r *run) guard(s *policy.Statement, service string) string {
	prefix, _, _ := strings.Cut(service, ".")
	prefix, _, _ = strings.Cut(prefix, "-") // ecs-agent is called with actions of ecs
	everything := func(set policy.Set, all ...string) bool {
		return !set.Not && slices.ContainsFunc(set.Values, func(v string) bool { return slices.Contains(all, strings.ToLower(v)) })
	}
	if s.Unknown != "" || !s.Principals.Anyone || s.Principals.Not || !everything(s.Actions, "*", prefix+":*") || !everything(s.Resources, "*") {
		return ""
	}
	why := ""
	for _, c := range s.Conditions {
		if w, foreign := r.tieCondition(c, true); w != "" && !foreign && why == "" {
			why = "is tied by statement " + s.Name() + ", which denies all others and " + w
			continue
		}
		// Services of AWS that call on behalf of the account are no way out.
		if key := strings.ToLower(c.Key); (key == "aws:principalisawsservice" || key == "aws:viaawsservice") && len(c.Values) == 1 && c.Values[0] == "false" &&
			strings.HasPrefix(strings.ToLower(c.Operator), "bool") {
			continue
		}
		return ""
	}
	return why
}

// onlyReads reports whether a statement allows nothing that writes.
func onlyReads(s *policy.Statement) bool {
	if s.Actions.Not || s.Actions.More != "" || len(s.Actions.Values) == 0 {
		return false
	}
	for _, a := range s.Actions.Values {
		_, name, _ := strings.Cut(strings.ToLower(a), ":")
		if !slices.ContainsFunc([]string{"get", "batchget", "batchcheck", "describe", "list"}, func(verb string) bool { return strings.HasPrefix(name, verb) }) {
			return false
		}
	}
	return true
}

// few are the first of several names.
func few(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + fmt.Sprintf(" and %d more", len(names)-3)
	}
	return strings.Join(names, ", ")
}
