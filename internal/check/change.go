package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// An edit is proposed only where it is certain: it mends the finding, there is no
// choice that is the owner's, and nothing that works by the design stops working.

func asWord(text string) finding.Value { return finding.Value{Text: text, Word: true} }

func asText(s string) finding.Value { return finding.Value{Text: s} }

// steps are a path without a choice among blocks.
func steps(names ...string) []finding.Step {
	out := make([]finding.Step, len(names))
	for i, n := range names {
		out[i] = finding.Step{Name: n}
	}
	return out
}

// setting is a change of one attribute.
func setting(id ref.ID, v finding.Value, names ...string) finding.Change {
	return finding.Change{Resource: id, Operation: finding.Set, Path: steps(names...), Value: v}
}

// modernPolicy is the security policy that is proposed (AWS "Security policies
// for your Application Load Balancer"). Network Load Balancers know it too.
const modernPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"

// hostText is the resource in which the settings of a host are written.
func hostText(h *topo.Host) ref.ID {
	if h.Template != "" {
		return h.Template
	}
	return h.ID
}

// tokensRequired makes a host require IMDSv2 with a hop limit of 1.
func tokensRequired(h *topo.Host) finding.Change {
	c := setting(hostText(h), finding.Value{Fields: []finding.Field{
		{Name: "http_tokens", Value: asText("required")}, {Name: "http_put_response_hop_limit", Value: asWord("1")}}}, "metadata_options")
	if h.Template != "" {
		c.Note = "Instances that run get it when they are replaced."
	}
	return c
}

// agentSetting writes a setting of the agent into the user data of a host.
func agentSetting(h *topo.Host, line string) finding.Change {
	return finding.Change{Resource: hostText(h), Operation: finding.Assign, Path: steps("user_data"), Value: asText(line),
		Note: "Instances get it when they are replaced."}
}

// modeChanges keep tasks of some modes from the metadata service of a host; there
// are none if some mode cannot be helped so.
func modeChanges(h *topo.Host, modes []topo.NetworkMode) []finding.Change {
	var out []finding.Change
	for _, m := range modes {
		switch m {
		case topo.ModeAWSVPC:
			out = append(out, agentSetting(h, "ECS_AWSVPC_BLOCK_IMDS=true"))
		case topo.ModeBridge:
			out = append(out, tokensRequired(h))
		default:
			return nil
		}
	}
	return out
}

// redirected makes a plain listener redirect. It does so only if all it does is
// to forward, and the load balancer has a TLS listener in reach of the same
// clients that forwards to the same targets.
func (r *run) redirected(f front) []finding.Change {
	if len(f.l.Rules) > 0 || f.l.RulesMore != "" || f.b.ListenersMore != "" || f.b.Kind != topo.ApplicationBalancer || len(f.l.Default) != 1 {
		return nil
	}
	for _, t := range r.fronts() {
		port, known := t.l.Port.Get()
		open, _ := r.public(t)
		if t.b.ID != f.b.ID || t.protocol != "HTTPS" || !known || t.l.Exists != fact.Yes || open != fact.Yes || !sameTargets(f.l.Default, t.l.Default) {
			continue
		}
		return []finding.Change{{Resource: f.l.ID, Operation: finding.Replace, Path: steps("default_action"), Value: redirectTo(port)}}
	}
	return nil
}

func redirectTo(port int) finding.Value {
	return finding.Value{Fields: []finding.Field{{Name: "type", Value: asText("redirect")}, {Name: "redirect", Value: finding.Value{Fields: []finding.Field{
		{Name: "port", Value: asText(strconv.Itoa(port))}, {Name: "protocol", Value: asText("HTTPS")}, {Name: "status_code", Value: asText("HTTP_301")}}}}}}
}

// sameTargets is whether all targets of one action are among those of others.
func sameTargets(plain, tls []topo.Action) bool {
	has := map[ref.ID]bool{}
	for _, a := range tls {
		for _, t := range a.Targets {
			has[t.Group] = a.Exists == fact.Yes
		}
	}
	for _, a := range plain {
		if a.Kind != topo.ActionForward || len(a.Targets) == 0 {
			return false
		}
		for _, t := range a.Targets {
			if t.Group == "" || !has[t.Group] {
				return false
			}
		}
	}
	return true
}

// mendedRedirect corrects where a listener redirects to.
func (r *run) mendedRedirect(f front) []finding.Change {
	if len(f.l.Rules) > 0 || f.l.RulesMore != "" || len(f.l.Default) != 1 {
		return nil
	}
	for _, t := range r.fronts() {
		port, known := t.l.Port.Get()
		if open, _ := r.public(t); t.b.ID != f.b.ID || t.protocol != "HTTPS" || !known || t.l.Exists != fact.Yes || open != fact.Yes {
			continue
		}
		return []finding.Change{setting(f.l.ID, finding.Value{Fields: []finding.Field{
			{Name: "port", Value: asText(strconv.Itoa(port))}, {Name: "protocol", Value: asText("HTTPS")}}}, "default_action", "redirect")}
	}
	return nil
}

// namesLead switches on what makes the ordinary name of a service lead to an
// interface endpoint.
func (r *run) namesLead(p *topo.VPCEndpoint) []finding.Change {
	var out []finding.Change
	v := r.VPC(p.VPC)
	if v == nil {
		return nil
	}
	if fact.Is(p.PrivateDNS, true) == fact.No {
		out = append(out, setting(p.ID, asWord("true"), "private_dns_enabled"))
	}
	if fact.Is(v.DNSSupport, true) == fact.No {
		out = append(out, setting(v.ID, asWord("true"), "enable_dns_support"))
	}
	if fact.Is(v.DNSHostnames, true) == fact.No {
		out = append(out, setting(v.ID, asWord("true"), "enable_dns_hostnames"))
	}
	return out
}

// defaultFields are the fields of version 2, which AWS records if no format is
// written (AWS "Flow log records").
var defaultFields = []string{"version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "action", "log-status"}

const replacesLog = "AWS replaces the flow log."

// widened is a log format with further fields.
func widened(l *topo.FlowLog, format string, more []string) finding.Change {
	format = strings.TrimSpace(format)
	if format == "" {
		format = "${" + strings.Join(defaultFields, "} ${") + "}"
	}
	c := setting(l.ID, asText(format+" ${"+strings.Join(more, "} ${")+"}"), "log_format")
	c.Note = replacesLog
	return c
}

// wholeTraffic makes flow logs of a VPC that record a part record all, if there
// is one only.
func (r *run) wholeTraffic(vpc ref.ID) []finding.Change {
	var found []finding.Change
	for i := range r.FlowLogs {
		l := &r.FlowLogs[i]
		if l.Scope != topo.ScopeVPC || l.Of != vpc {
			continue
		}
		c := setting(l.ID, asText("ALL"), "traffic_type")
		c.Note = replacesLog
		found = append(found, c)
	}
	if len(found) != 1 {
		return nil // which of them is to be the whole one is not ours to say
	}
	return found
}

// encryptedMounts switch on transit encryption of volumes of Amazon EFS.
func encryptedMounts(d *topo.TaskDefinition, names []string) []finding.Change {
	var out []finding.Change
	for _, v := range d.Volumes {
		if !slices.Contains(names, v.Name) {
			continue
		}
		if v.Kind != "efs" || v.Name == "" {
			return nil
		}
		c := setting(d.ID, asText("ENABLED"), "volume", "efs_volume_configuration", "transit_encryption")
		c.Path[0].Key, c.Path[0].Is = "name", v.Name
		c.Note = "Services replace their tasks."
		out = append(out, c)
	}
	return out
}
