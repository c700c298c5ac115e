package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/policy"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeEndpointPolicyWorks judges the policy of each VPC endpoint that tasks
// need by the requests that their definitions make necessary (AWS "Control
// access to VPC endpoints using endpoint policies", "Amazon ECR interface VPC
// endpoints", "Amazon ECS task execution IAM role").
func judgeEndpointPolicyWorks(r *run) {
	for i := range r.VPCEndpoints {
		e := &r.VPCEndpoints[i]
		switch {
		case e.Elsewhere:
		case !takesPolicy(e):
			r.notApplicable(e.Thing, r.Label(e.ID)+" takes no policy", "Endpoints of this kind and of services of others have none.")
		case e.Kind == topo.InterfaceEndpoint && r.namedByOther(e):
			r.notApplicable(e.Thing, "another VPC endpoint answers for "+r.Label(e.ID), "It has the private name of the service, so that tasks call that one.")
		default:
			f := r.letsThrough(e)
			if e.Kind == topo.EndpointKindUnknown && mayBeGateway(e) && f.Verdict != finding.Undecided {
				// Whether calls come to it at all is another question for each kind.
				f = finding.Finding{Verdict: finding.Undecided, Severity: finding.High, SeverityWhy: "tasks do not start if the policy stops what they need",
					Title:   "it is not known whether the calls of tasks go through " + r.Label(e.ID),
					Message: "An interface endpoint is used by its name, a gateway endpoint by the route tables of the tasks.", Gaps: []finding.Evidence{because("the kind of "+r.Label(e.ID), e.Place)}}
			}
			r.add(e.Thing, f)
		}
	}
}

// mayBeGateway is whether there may be gateway endpoints of the service (AWS
// "Gateway endpoints").
func mayBeGateway(e *topo.VPCEndpoint) bool {
	service, known := e.Service.Get()
	return !known || service == "s3" || service == "dynamodb"
}

// replay is what the policy of an endpoint says of the calls of tasks.
type replay struct {
	*run
	e     *topo.VPCEndpoint
	world world
	d     *policy.Document
	stops []call // that surely fail
	gaps  []finding.Evidence
	pass  []string // what surely passes
}

func (r *run) letsThrough(e *topo.VPCEndpoint) finding.Finding {
	name := r.Label(e.ID)
	users, open := r.usersOfEndpoint(e)
	undecided := func(title, message string, gaps ...finding.Evidence) finding.Finding {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.High, SeverityWhy: "tasks do not start if the policy stops what they need", Title: title, Message: message, Gaps: gaps}
	}
	switch {
	case len(users) == 0 && len(open) == 0:
		return finding.Finding{Verdict: finding.NotApplicable, Title: "no task needs " + name, Message: "Nothing in the definitions of the tasks of its VPC asks for it."}
	case e.Policy.Kind == topo.PolicyDefault:
		return finding.Finding{Verdict: finding.Follows, Title: "the policy of " + name + " lets the calls of tasks pass", Message: "It has the default policy, which lets every request pass.",
			Evidence: []finding.Evidence{because("no policy is written", e.Place)}}
	case len(users) == 0:
		return undecided("it is not known whether tasks need "+name, "Nothing that is known needs it.", open...)
	}
	service, known := e.Service.Get()
	at := r.worldOf(e)
	d, gaps := r.document(at.settled(e.Policy), "policy of "+name)
	switch {
	case d == nil:
		return undecided("the policy of "+name+" cannot be read", "It decides whose requests pass.", gaps...)
	case !known:
		return undecided("it is not known which service "+name+" is for", "Tasks may need it.", open...)
	}
	p := &replay{run: r, e: e, world: at, d: d, gaps: open}
	seen := map[string]bool{}
	var names []string
	for _, u := range users {
		if u.n.Region != "" && at.region != "" && u.n.Region != at.region {
			continue
		}
		for _, k := range r.callsOf(u, service, at) {
			key := strings.Join(append([]string{k.action, k.what, k.role, string(k.w.ID), k.unsure}, k.place.String()), "\n")
			if !seen[key] {
				seen[key] = true
				names = append(names, k.w.Name)
				p.ask(k)
			}
		}
	}
	switch {
	case len(p.stops) > 0:
		return p.stopped(name)
	case len(p.gaps) > 0:
		return undecided(capped("it is not proved that the policy of "+name+" lets the calls of "+listText(sorted(names))+" pass", "it is not proved that the policy of "+name+" lets the calls of tasks pass"),
			"Nothing that they need is surely stopped, but not all of it surely passes.", distinct(p.gaps)...)
	case len(names) == 0:
		return finding.Finding{Verdict: finding.NotApplicable, Title: "no task needs " + name, Message: "What tasks ask of the service is in another Region."}
	}
	return finding.Finding{Verdict: finding.Follows, Title: capped("the policy of "+name+" lets the calls of "+listText(sorted(names))+" pass", "the policy of "+name+" lets the calls of tasks pass"),
		Message: "What their definitions need passes: " + shortList(sorted(p.pass)) + ".", Evidence: []finding.Evidence{because("policy of "+name, e.Policy.Place)}}
}

// ask asks the policy for one call.
func (p *replay) ask(k call) {
	passes, q := p.decide(k)
	if passes == fact.No && slices.ContainsFunc(k.or, func(other string) bool { return p.d.Decide(p.request(k, other)).Passes != fact.No }) {
		passes = fact.Unknown
	}
	switch {
	case passes == fact.Yes:
		p.pass = append(p.pass, k.action)
	case passes == fact.No && k.unsure == "":
		p.stops = append(p.stops, k)
	case passes == fact.No:
		p.gaps = append(p.gaps, because(fmt.Sprintf("whether %s needs %s for the %s, which the policy stops: %s", k.w.Name, k.action, k.what, k.unsure), k.place))
	default:
		p.gaps = append(p.gaps, p.missing(k, q)...)
	}
}

// decide asks for a call by each of the names of its resource.
func (p *replay) decide(k call) (fact.Tri, policy.Request) {
	var q policy.Request
	for _, about := range k.about {
		q = p.request(k, about)
		if one := p.d.Decide(q).Passes; one != fact.Unknown {
			return one, q
		}
	}
	like := fact.Of(len(k.like) > 0)
	for _, about := range k.like {
		like = like.And(p.d.Decide(p.request(k, about)).Passes)
	}
	if like == fact.Yes {
		return fact.Yes, q
	}
	return fact.Unknown, q
}

// notOurs stands for what is of AWS and surely not of the design.
const notOurs = "aws"

// request is a call as the service sees it. What is not stated is not known.
func (p *replay) request(k call, about string) policy.Request {
	q := policy.Request{Action: k.action, Resource: about, Principal: k.role, RootOnly: p.e.Kind == topo.GatewayEndpoint}
	own := p.value(p.world, ownAccount.Text)
	q.Keys = map[string]policy.Key{"aws:securetransport": {Value: "true"}, "aws:sourceip": {Absent: true}}
	if p.e.ID != "" && !p.e.Elsewhere {
		q.Keys["aws:sourcevpce"] = policy.Key{Value: p.value(p.world, "${"+string(p.e.ID)+".id}")}
	}
	if v := p.VPC(p.e.VPC); v != nil && !v.Elsewhere {
		q.Keys["aws:sourcevpc"] = policy.Key{Value: p.value(p.world, "${"+string(v.ID)+".id}")}
	}
	if k.signed {
		q.Principal = notOurs
		for _, key := range []string{"aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgid", "aws:resourceorgpaths"} {
			q.Keys[key] = policy.Key{Absent: true}
		}
		for _, key := range []string{"aws:principalaccount", "aws:principalarn", "aws:resourceaccount", "s3:resourceaccount"} {
			if p.allOurs(key, own) {
				q.Keys[key] = policy.Key{Value: notOurs}
			}
		}
		if _, stated := q.Keys["aws:principalaccount"]; !stated {
			q.Keys["aws:principalaccount"] = policy.Key{Value: p.value(p.world, "${…}")}
		}
		return q
	}
	q.Keys["aws:principalaccount"] = policy.Key{Value: own}
	q.Keys["aws:principalisawsservice"] = policy.Key{Value: "false"}
	q.Keys["aws:viaawsservice"] = policy.Key{Value: "false"}
	if k.role != "" {
		q.Keys["aws:principalarn"] = policy.Key{Value: k.role}
	}
	organization := p.organization()
	if organization != "" {
		q.Keys["aws:principalorgid"] = policy.Key{Value: organization}
	}
	if k.account != "" {
		q.Keys["aws:resourceaccount"] = policy.Key{Value: k.account}
		if k.account == own && organization != "" {
			q.Keys["aws:resourceorgid"] = policy.Key{Value: organization}
		}
	}
	return q
}

// organization is that of the design: as it is declared, or where the policy asks
// AWS for it, so that there is one.
func (p *replay) organization() string {
	if p.world.organization != "" {
		return p.world.organization
	}
	for _, h := range p.policies.HolesOf(p.d.Texts()...) {
		if h.Shape == policy.ShapeOwnOrganization && h.Sure {
			return p.policies.Value(h.Text, []policy.Hole{h})
		}
	}
	return ""
}

// allOurs reports whether all values that the policy compares with a key are
// surely of the accounts of the design: what AWS signs is of none of them.
func (p *replay) allOurs(key, own string) bool {
	ours := func(v string) bool {
		if parts := strings.SplitN(v, ":", 6); len(parts) == 6 {
			v = parts[4]
		}
		return v == own || slices.Contains(p.intent.Accounts, v) || strings.HasPrefix(p.policies.Show(v), "${aws_iam_") && strings.HasSuffix(p.policies.Show(v), ".arn}")
	}
	for i := range p.d.Statements {
		for _, c := range p.d.Statements[i].Conditions {
			if strings.EqualFold(c.Key, key) && (c.More != "" || slices.ContainsFunc(c.Values, func(v string) bool { return !ours(v) })) {
				return false
			}
		}
		if key == "aws:principalaccount" && slices.ContainsFunc(p.d.Statements[i].Principals.List, func(w policy.Principal) bool {
			account, whole := policy.AccountOf(w.Value)
			return whole && !ours(account)
		}) {
			return false
		}
	}
	return true
}

// missing is what is not known about a call.
func (p *replay) missing(k call, q policy.Request) []finding.Evidence {
	head := fmt.Sprintf("whether %s may pass for the %s of %s", k.action, k.what, k.w.Name)
	var out []finding.Evidence
	for _, s := range p.d.Decide(q).Open {
		for _, part := range s.Parts(q) {
			if part.Takes == fact.Unknown {
				out = append(out, because(fmt.Sprintf("%s: %s of statement %s: %s", head, p.policies.Show(part.Element), s.Name(), p.openPart(k, part)), p.e.Policy.Place))
			}
		}
	}
	if p.d.More != "" {
		out = append(out, because(head+": further statements: "+p.d.More, p.e.Policy.Place))
	}
	if len(out) == 0 {
		out = append(out, because(head+": AWS does not say which resource it asks the policy about", k.place))
	}
	return out
}

// openPart is why it is not known whether an element takes a request.
func (p *replay) openPart(k call, part policy.Part) string {
	why := part.More
	for _, h := range p.policies.HolesOf(part.Values...) {
		if h.Shape != policy.ShapeOwnAccount {
			why = cmp.Or(why, h.Text+": "+orUnknown(h.Why))
		}
	}
	_, key, _ := strings.Cut(part.Element, "condition ")
	_, key, _ = strings.Cut(strings.ToLower(key), " ")
	switch {
	case key == "aws:principalorgid" && p.organization() == "":
		why = cmp.Or(why, "the organization of the account is not known: muralla.yaml can declare it")
	case part.Element == "principals" && k.role == "", key == "aws:principalarn" && k.role == "":
		why = cmp.Or(why, "the role that calls: "+orUnknown(k.roleWhy))
	case (part.Element == "principals" || key == "aws:principalaccount" || key == "aws:resourceaccount") && p.world.account == "":
		why = cmp.Or(why, ownAccount.Why)
	}
	return cmp.Or(why, "what it matches is not known")
}

// stopped is the finding about an endpoint whose policy stops calls.
func (p *replay) stopped(name string) finding.Finding {
	f := finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, SeverityWhy: "tasks start, but something that is asked for does not work"}
	var names, actions, what, fixes []string
	for _, k := range p.stops {
		if k.severity >= finding.High {
			f.Severity, f.SeverityWhy = finding.High, "tasks do not start, or start without what they need"
		}
		_, q := p.decide(k)
		about := p.policies.Show(k.about[len(k.about)-1])
		names, actions, what = append(names, k.w.Name), append(actions, k.action), append(what, k.what)
		f.Evidence = append(f.Evidence, because(fmt.Sprintf("%s on %s is needed for the %s of %s", k.action, about, k.what, k.w.Name), k.place))
		if by := p.d.Decide(q).By; by != nil {
			f.Evidence = append(f.Evidence, because("statement "+by.Name()+" denies "+k.action, p.e.Policy.Place))
			fixes = append(fixes, "take "+k.action+" out of what statement "+by.Name()+" denies")
			continue
		}
		near, lacks := p.d.Nearest(q)
		if near == nil {
			f.Evidence = append(f.Evidence, because("no statement allows "+k.action, p.e.Policy.Place))
		} else {
			var words []string
			for _, part := range lacks {
				words = append(words, p.policies.Show(part.Element))
			}
			f.Evidence = append(f.Evidence, because(fmt.Sprintf("statement %s comes nearest, but its %s do not admit %s", near.Name(), listText(words), k.action), p.e.Policy.Place))
		}
		fix := fmt.Sprintf("add a statement that allows %s on %s", k.action, p.pattern(k))
		if k.signed {
			fix += " for everybody, without conditions: an account of AWS signs the URL"
		}
		fixes = append(fixes, fix)
	}
	actions = sorted(actions)
	f.Title = capped(fmt.Sprintf("the policy of %s stops %s, which %s needs", name, listText(actions), listText(sorted(names))), "the policy of "+name+" stops calls that tasks need")
	f.Message = "Needed for the " + shortList(sorted(what)) + "."
	fixes = distinctText(fixes)
	text := strings.Join(fixes, "; ") + "."
	f.Fix, f.Facts, f.Evidence = strings.ToUpper(text[:1])+text[1:], actions, distinct(f.Evidence)
	return f
}

// pattern is the resource of a call as a policy can name it.
func (p *replay) pattern(k call) string {
	return strings.ReplaceAll(p.policies.Show(k.about[len(k.about)-1]), "${…}", "*")
}
