package check

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/topo"
)

// classicPolicies are predefined policies of classic load balancers and old
// names of the others, with the lowest protocol they accept (AWS "Predefined
// SSL security policies for Classic Load Balancers").
var classicPolicies = map[string]string{
	"2016-08": "TLS 1.0", "2015-05": "TLS 1.0", "2015-03": "TLS 1.0", "2015-02": "TLS 1.0",
	"2014-10": "TLS 1.0", "2014-01": "SSL 3.0", "2011-08": "SSL 3.0",
	"FS-2018-06": "TLS 1.0", "TLS-1-0-2015-04": "TLS 1.0", "TLS-1-0-2015-05": "TLS 1.0",
}

// lowestTLS is the lowest protocol version that a security policy accepts (AWS
// "Security policies for your Application Load Balancer"). In the names of newer
// policies the digit after TLS13-1-, TLS-1- or FS-1- is the minor version. It is
// empty for names that follow no known form.
func lowestTLS(policy string) string {
	name, ok := strings.CutPrefix(policy, "ELBSecurityPolicy-")
	if !ok {
		return ""
	}
	if v := classicPolicies[name]; v != "" {
		return v
	}
	for _, prefix := range []string{"TLS13-1-", "TLS-1-", "FS-1-"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if ok && len(rest) >= 2 && rest[0] >= '0' && rest[0] <= '3' && rest[1] == '-' {
			return "TLS 1." + rest[:1]
		}
	}
	return ""
}

// judgeTLSPolicy judges every listener that speaks TLS or may.
func judgeTLSPolicy(r *run) {
	for _, f := range r.fronts() {
		switch {
		case isTLS(f.protocol):
			r.add(f.l.Thing, r.policy(f))
		case f.protocol == "":
			name := fmt.Sprintf("%s %s", r.Label(f.b.ID), f.portText)
			r.add(f.l.Thing, finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "it is not known whether " + name + " speaks TLS",
				Message: "If it does, its security policy decides which versions clients may use.", Gaps: []finding.Evidence{gap("protocol of the listener", f.l.Protocol)}})
		}
	}
	for _, l := range r.loose() {
		if p := strings.ToUpper(l.Protocol.Or("")); p == "" || isTLS(p) {
			r.add(l.Thing, ofUnknown(l))
		}
	}
}

func (r *run) policy(f front) finding.Finding {
	name := fmt.Sprintf("%s %s", r.Label(f.b.ID), f.portText)
	policy, known := f.l.Policy.Get()
	if !known {
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: "the security policy of " + name + " is not known",
			Message: "It decides which versions of TLS clients may use.", Gaps: []finding.Evidence{gap("security policy", f.l.Policy)}}
	}
	lowest := lowestTLS(policy)
	written := !f.l.Policy.Place.IsZero()
	switch lowest {
	case "TLS 1.2", "TLS 1.3":
		return finding.Finding{Verdict: finding.Follows, Title: name + " accepts " + lowest + " or newer", Message: "Older versions are refused.",
			Evidence: []finding.Evidence{because("security policy "+policy, f.l.Policy.Place)}}
	case "":
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Medium, Title: name + " has a security policy that is not known here",
			Message: "The name follows no known form, so its versions are not known.",
			Gaps:    []finding.Evidence{because("the lowest TLS version of "+policy, f.l.Policy.Place)}}
	}
	v := finding.Finding{Verdict: finding.Violates, Severity: finding.Medium, SeverityWhy: "the load balancer is public",
		Title:    name + " accepts " + lowest,
		Message:  "TLS 1.0 and 1.1 have known weaknesses and are deprecated by RFC 8996.",
		Evidence: []finding.Evidence{because("security policy "+policy+" accepts "+lowest, f.l.Policy.Place)},
		Fix:      "Set " + r.word(f.l.Thing, "ssl_policy") + ` to "` + modernPolicy + `" or newer.`,
		Facts:    []string{policy}}
	if !written {
		v.Evidence = []finding.Evidence{because("no security policy is written, and the default "+policy+" accepts "+lowest, f.l.Place)}
	}
	if open, _ := r.public(f); open == fact.No {
		v.Severity, v.SeverityWhy = finding.Low, "the internet does not reach the listener"
	} else if open == fact.Unknown {
		v.SeverityWhy = "it is not known whether the internet reaches the listener"
	}
	v.Changes = []finding.Change{setting(f.l.ID, asText(modernPolicy), "ssl_policy")}
	if f.b.Kind == topo.ClassicBalancer {
		v.Changes = nil
		v.Fix = "Use the predefined policy ELBSecurityPolicy-TLS-1-2-2017-01, or move to an Application Load Balancer."
	}
	return v
}
