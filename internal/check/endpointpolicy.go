package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/policy"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// imageServices and agentServices are the services of the page: images leave by
// the ones, and the others start tasks.
var (
	imageServices = []string{"ecr.api", "ecr.dkr"}
	agentServices = []string{"ecs", "ecs-agent", "ecs-telemetry"}
	// usedServices are what tasks need beside them to start, to log and to be
	// operated (AWS "Amazon ECS interface VPC endpoints").
	usedServices = []string{"s3", "logs", "secretsmanager", "ssm", "ssmmessages", "kms"}
)

// judgeEndpointPolicy judges the policy of each VPC endpoint that tasks need
// (AWS "Amazon ECR interface VPC endpoints", "Control access to VPC endpoints
// using endpoint policies").
func judgeEndpointPolicy(r *run) {
	homes, all, _ := r.taskVPCs()
	for i := range r.VPCEndpoints {
		e := &r.VPCEndpoints[i]
		if e.Elsewhere {
			continue
		}
		service, known := e.Service.Get()
		about := slices.Concat(imageServices, agentServices, usedServices)
		switch {
		case !takesPolicy(e):
			r.notApplicable(e.Thing, r.Label(e.ID)+" takes no policy", "Endpoints of this kind and of services of others have none.")
		case known && !slices.Contains(about, service):
			r.notApplicable(e.Thing, "ECS does not call "+service, "No task needs it to start, to log or to be operated. Whether an application needs it the design does not tell.")
		case all && !homes[e.VPC] && e.VPC != "" && r.surelyThere(e.VPC):
			r.notApplicable(e.Thing, "no task runs in the VPC of "+r.Label(e.ID), "The tasks of the design run in other VPCs.")
		default:
			r.add(e.Thing, r.restricts(e))
		}
	}
}

// surelyThere reports whether a VPC of the design is one, and surely there.
func (r *run) surelyThere(id ref.ID) bool {
	v := r.VPC(id)
	return v != nil && v.Exists == fact.Yes && !v.Elsewhere
}

// takesPolicy reports whether an endpoint can have a policy of its own: services
// of others and Gateway Load Balancer endpoints cannot.
func takesPolicy(e *topo.VPCEndpoint) bool {
	service := e.Service.Or("")
	return e.Kind != topo.GatewayLoadBalancerEndpoint && e.Kind != topo.ResourceEndpoint && e.Provider == "" && !strings.HasPrefix(service, "com.amazonaws.vpce.")
}

// restricts judges the policy of one endpoint.
func (r *run) restricts(e *topo.VPCEndpoint) finding.Finding {
	name := r.Label(e.ID)
	severity, why := r.outlet(e)
	service, known := e.Service.Get()
	if !known {
		return finding.Finding{Verdict: finding.Undecided, Severity: severity, SeverityWhy: why, Title: "it is not known which service " + name + " is for",
			Message: "Endpoints of Amazon ECR and Amazon ECS should have a policy that names accounts or the organisation.",
			Gaps:    []finding.Evidence{gap("service of "+e.Name, e.Service)}}
	}
	fix := fmt.Sprintf("Give it a policy that names your accounts or organisation%s.", map[bool]string{true: ", the same on ecr.api and ecr.dkr"}[slices.Contains(imageServices, service)])
	if service == "s3" { // AWS "Amazon ECR interface VPC endpoints", minimum Amazon S3 bucket permissions
		fix += " Let s3:GetObject of the bucket prod-REGION-starport-layer-bucket pass too if images come from Amazon ECR: their layers are in it, and it is a bucket of AWS."
	}
	switch e.Policy.Kind {
	case topo.PolicyDefault:
		return finding.Finding{Verdict: finding.Violates, Severity: severity, SeverityWhy: why, Title: name + " has the default policy: full access",
			Message:  lossBy(service),
			Evidence: []finding.Evidence{because("no policy is written, so AWS allows every request of everybody", e.Place)},
			Fix:      fix, Facts: []string{"default"}}
	case topo.PolicyUnknown:
		return finding.Finding{Verdict: finding.Undecided, Severity: severity, SeverityWhy: why, Title: "the policy of " + name + " is not known",
			Message: "It decides whose requests pass.", Gaps: []finding.Evidence{because("policy: "+orUnknown(e.Policy.Why), e.Policy.Place)}}
	}
	d, gaps := r.document(e.Policy, "policy of "+name)
	if d == nil {
		return finding.Finding{Verdict: finding.Undecided, Severity: severity, SeverityWhy: why, Title: "the policy of " + name + " cannot be read",
			Message: "AWS refuses a policy that is not well formed.", Gaps: gaps}
	}
	j := r.bounds(d, service)
	at := e.Policy.Place
	if full, _ := r.policies.Parse(fullAccess, nil); full != nil {
		// A state and an answer of AWS show the default that nobody wrote.
		if same, _ := policy.Compare(d, full, nil); same == fact.Yes {
			return finding.Finding{Verdict: finding.Violates, Severity: severity, SeverityWhy: why, Title: name + " has the default policy: full access",
				Message: lossBy(service), Evidence: []finding.Evidence{because("the policy allows every request of everybody", at)},
				Fix: fix, Facts: []string{"default"}}
		}
	}
	switch {
	case len(j.open) > 0:
		f := finding.Finding{Verdict: finding.Violates, Severity: severity, SeverityWhy: why, Title: name + " has a policy that does not restrict accounts", Message: lossBy(service), Fix: fix}
		if !slices.ContainsFunc(j.open, func(o tied) bool { return !o.reads }) {
			f.Severity, f.SeverityWhy = max(severity, finding.Low)-1, "what it opens only reads"
			f.Message = "Whatever an attacker offers from an account of their own can be fetched through it."
		}
		for _, o := range j.open {
			f.Evidence = append(f.Evidence, because("statement "+o.s.Name()+" "+o.why, at))
			f.Facts = append(f.Facts, r.policies.Show(o.why))
		}
		return f
	case len(j.unsure) > 0 || d.More != "":
		f := finding.Finding{Verdict: finding.Undecided, Severity: severity, SeverityWhy: why, Title: "it is not proved that the policy of " + name + " restricts accounts",
			Message: "No statement is surely open to everybody, but not every one names accounts or an organisation in a way that can be told without a proof."}
		for _, o := range j.unsure {
			f.Gaps = append(f.Gaps, because("statement "+o.s.Name()+": "+o.why, at))
		}
		if d.More != "" {
			f.Gaps = append(f.Gaps, because("further statements: "+d.More, at))
		}
		return f
	}
	f := finding.Finding{Verdict: finding.Follows, Title: "the policy of " + name + " restricts accounts", Message: "Every statement that allows something is tied to accounts, roles, resources or an organisation that it names."}
	if len(j.tied) == 0 {
		f.Message = "No statement allows anything."
	}
	for _, o := range j.tied {
		f.Evidence = append(f.Evidence, because("statement "+o.s.Name()+" "+o.why, at))
	}
	return f
}

// document reads a policy of the model. Without a document the gaps say why.
func (r *run) document(p topo.Policy, what string) (*policy.Document, []finding.Evidence) {
	if p.Kind != topo.PolicyDocument {
		return nil, []finding.Evidence{because(what+": "+orUnknown(p.Why), p.Place)}
	}
	d, problems := r.policies.Parse(p.Text, p.Holes)
	if d != nil {
		return d, nil
	}
	var gaps []finding.Evidence
	for _, q := range problems {
		gaps = append(gaps, because(what+" is not well formed: "+q.String(), p.Place))
	}
	return nil, gaps
}

// lossBy is what full access through an endpoint lets happen.
func lossBy(service string) string {
	switch {
	case slices.Contains(imageServices, service):
		return "Whoever breaks into a task can push data, packed as an image, to a registry of their own account."
	case slices.Contains(agentServices, service):
		return "Credentials of any account can be used through it to run tasks and to read what clusters do."
	case service == "s3":
		return "Any bucket of any account can be written to and read from through it."
	}
	return "Credentials of any account work through it, so data can be sent to an account of an attacker."
}

// outlet is the severity of an open policy: the endpoint matters most where it
// is the only way out.
func (r *run) outlet(e *topo.VPCEndpoint) (finding.Severity, string) {
	s, why := finding.Medium, "nothing of the design leads from its VPC to the internet, so it is the way out"
	v := r.VPC(e.VPC)
	switch {
	case v == nil || v.Elsewhere:
		s, why = finding.Low, "it is not known whether its VPC has another way out"
	case slices.ContainsFunc(r.Gateways, func(g topo.Gateway) bool {
		return g.VPC == e.VPC && (g.Kind == topo.InternetGateway || g.Kind == topo.EgressOnlyGateway)
	}):
		s, why = finding.Low, r.Label(e.VPC)+" has an internet gateway, which is another way out"
	case v.More != "" || v.GatewaysMore != "":
		s, why = finding.Low, "it is not known whether its VPC has another way out"
	}
	if service := e.Service.Or(""); !slices.Contains(imageServices, service) && !slices.Contains(agentServices, service) && service != "s3" {
		s, why = s-1, "it carries no images, and "+why
	}
	return s, why
}

// judgeEndpointPolicySame judges each pair of ecr.api and ecr.dkr endpoints of a
// VPC: the page wants the same policy on both.
func judgeEndpointPolicySame(r *run) {
	for i := range r.VPCEndpoints {
		e := &r.VPCEndpoints[i]
		service, known := e.Service.Get()
		if !known && !e.Elsewhere && takesPolicy(e) && r.mayHavePartner(e) {
			r.add(e.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Low,
				Title:   "it is not known whether " + r.Label(e.ID) + " is for Amazon ECR",
				Message: "If it is, its policy has to be that of the other endpoint.", Gaps: []finding.Evidence{gap("service of "+e.Name, e.Service)}})
		}
		if e.Elsewhere || !slices.Contains(imageServices, service) {
			continue
		}
		other := imageServices[1-slices.Index(imageServices, service)]
		o, perhaps := r.partner(e, other)
		switch {
		case o != nil && service == "ecr.dkr":
			r.add(e.Thing, r.samePolicy(o, e))
		case o != nil:
			// Said of ecr.dkr.
		case perhaps != nil:
			r.add(e.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Low,
				Title:   "it is not known whether " + other + " has the policy of " + service,
				Message: "An endpoint of the same VPC may be that of " + other + ".", Gaps: []finding.Evidence{*perhaps}})
		default:
			r.notApplicable(e.Thing, "there is no endpoint of "+other+" beside "+r.Label(e.ID), "Both are needed to pull images without a way to the internet; see endpoints.")
		}
	}
}

// mayHavePartner reports whether some other endpoint may be for Amazon ECR in the
// same VPC.
func (r *run) mayHavePartner(e *topo.VPCEndpoint) bool {
	return slices.ContainsFunc(r.VPCEndpoints, func(o topo.VPCEndpoint) bool {
		service, known := o.Service.Get()
		return o.ID != e.ID && (!known || slices.Contains(imageServices, service)) && r.oneVPC(e.VPC, o.VPC) != fact.No
	})
}

// partner is the endpoint of another service in the VPC of an endpoint, or what
// is not known about whether there is one.
func (r *run) partner(e *topo.VPCEndpoint, service string) (*topo.VPCEndpoint, *finding.Evidence) {
	var perhaps *finding.Evidence
	for i := range r.VPCEndpoints {
		o := &r.VPCEndpoints[i]
		name, known := o.Service.Get()
		switch {
		case o.ID == e.ID || known && name != service:
		case known && r.oneVPC(e.VPC, o.VPC) == fact.Yes:
			return o, nil
		case r.oneVPC(e.VPC, o.VPC) == fact.No:
		case !known:
			perhaps = cmp.Or(perhaps, &finding.Evidence{Text: "service of " + o.Name + ": " + orUnknown(o.Service.Why), Place: o.Place})
		default:
			perhaps = cmp.Or(perhaps, &finding.Evidence{Text: "whether " + string(o.ID) + " is in the same VPC", Place: o.Place})
		}
	}
	return nil, perhaps
}

// oneVPC reports whether two names are of one VPC, as package reach does, but a
// name that stands for any number of VPCs may be of several.
func (r *run) oneVPC(a, b ref.ID) fact.Tri {
	if v := r.VPC(a); a == b && (v == nil || v.Exists != fact.Yes) {
		return fact.Unknown
	}
	return r.net.OneVPC(a, b)
}

// samePolicy compares the policies of ecr.api and ecr.dkr.
func (r *run) samePolicy(api, dkr *topo.VPCEndpoint) finding.Finding {
	undecided := func(message string, gaps ...finding.Evidence) finding.Finding {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, SeverityWhy: "what one forbids the other may allow",
			Title: "it is not known whether ecr.api and ecr.dkr have the same policy", Message: message, Gaps: gaps}
	}
	read := func(e *topo.VPCEndpoint) (*policy.Document, []finding.Evidence) {
		if e.Policy.Kind == topo.PolicyDefault {
			d, _ := r.policies.Parse(fullAccess, nil)
			return d, nil
		}
		return r.document(e.Policy, "policy of "+r.Label(e.ID))
	}
	a, gaps := read(api)
	b, more := read(dkr)
	if gaps = append(gaps, more...); a == nil || b == nil {
		return undecided("The page asks for one policy on both.", gaps...)
	}
	same, diff := policy.Compare(a, b, imageProbes)
	switch {
	case same == fact.Yes:
		f := finding.Finding{Verdict: finding.Follows, Title: "ecr.api and ecr.dkr have the same policy", Evidence: []finding.Evidence{
			because(r.Label(api.ID)+" has "+described(api), api.Policy.Place), because(r.Label(dkr.ID)+" has "+described(dkr), dkr.Policy.Place)}}
		f.Message = "They let the same requests pass."
		if api.Policy.Kind == topo.PolicyDefault && dkr.Policy.Kind == topo.PolicyDefault {
			f.Message = "Both have the default policy, which lets every request pass: see endpoint-policy."
		}
		return f
	case same == fact.No && api.Exists == fact.Yes:
		passes, stops := api, dkr
		if !diff.First {
			passes, stops = dkr, api
		}
		who := "a role of another account"
		if !strings.Contains(diff.Request.Principal, "999988887777") {
			who = r.policies.Show(diff.Request.Principal)
		}
		f := finding.Finding{Verdict: finding.Violates, Severity: finding.Low, SeverityWhy: "what one forbids the other may allow",
			Title:   "ecr.api and ecr.dkr have different policies",
			Message: fmt.Sprintf("%s lets %s pass from %s on %s; %s does not.", r.Label(passes.ID), diff.Request.Action, who, r.policies.Show(diff.Request.Resource), r.Label(stops.ID)),
			Fix:     "Write the policy once and give it to both endpoints.",
			Facts:   []string{string(passes.ID)}}
		if dkr.Policy.Kind == topo.PolicyDefault { // nothing of the owner is overwritten
			f.Changes = []finding.Change{{Resource: dkr.ID, Operation: finding.Copy, Path: steps("policy"), Value: finding.Value{Ref: api.ID}}}
		} else if api.Policy.Kind == topo.PolicyDefault {
			f.Changes = []finding.Change{{Resource: api.ID, Operation: finding.Copy, Path: steps("policy"), Value: finding.Value{Ref: dkr.ID}}}
		}
		for _, e := range []*topo.VPCEndpoint{api, dkr} {
			text := r.Label(e.ID) + " has " + described(e)
			if e == passes && diff.By != nil && e.Policy.Kind != topo.PolicyDefault {
				text += ", and statement " + diff.By.Name() + " allows it"
			}
			f.Evidence = append(f.Evidence, because(text, e.Policy.Place))
		}
		return f
	case same == fact.No:
		return undecided("Their policies differ, but it is not known whether there is an endpoint of ecr.api.", because("whether "+string(api.ID)+" exists: "+orUnknown(api.Why), api.Place))
	}
	return undecided("They are not written alike. That they let the same requests pass would need a proof.", r.openIn("policy of "+r.Label(api.ID), a, api.Policy.Place), r.openIn("policy of "+r.Label(dkr.ID), b, dkr.Policy.Place))
}

// openIn says what of a document is not known, or that it needs a proof.
func (r *run) openIn(what string, d *policy.Document, at ref.Place) finding.Evidence {
	why := d.More
	for _, h := range r.policies.HolesOf(d.Texts()...) {
		if h.Shape != policy.ShapeOwnAccount {
			why = cmp.Or(why, h.Text+": "+orUnknown(h.Why))
		}
	}
	return because(what+": "+cmp.Or(why, "what its patterns and conditions match needs a proof"), at)
}

func described(e *topo.VPCEndpoint) string {
	if e.Policy.Kind == topo.PolicyDefault {
		return "the default policy"
	}
	return "a policy"
}

// fullAccess is the default policy (AWS "Default endpoint policy").
const fullAccess = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`

// imageProbes are requests to Amazon ECR that tell policies apart.
var imageProbes = func() []policy.Request {
	out := []policy.Request{{Action: "ecr:GetAuthorizationToken", Resource: "*"}}
	for _, action := range []string{"BatchGetImage", "GetDownloadUrlForLayer", "BatchCheckLayerAvailability", "InitiateLayerUpload",
		"UploadLayerPart", "CompleteLayerUpload", "PutImage", "DescribeImages", "CreateRepository", "SetRepositoryPolicy", "DeleteRepository"} {
		out = append(out, policy.Request{Action: "ecr:" + action, Resource: "arn:aws:ecr:eu-west-1:999988887777:repository/x"})
	}
	return out
}()
