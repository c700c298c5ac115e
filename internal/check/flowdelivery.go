package check

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/policy"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// destinationKinds are the destinations by the word of the flow log.
var destinationKinds = map[string]topo.DestinationKind{"cloud-watch-logs": topo.DestinationLogGroup, "s3": topo.DestinationBucket, "kinesis-data-firehose": topo.DestinationStream}

// judgeFlowLogsDelivery judges whether the records of each flow log arrive (AWS
// "IAM role for publishing flow logs to CloudWatch Logs", "Amazon S3 bucket
// permissions for flow logs", "Required key policy for use with SSE-KMS").
func judgeFlowLogsDelivery(r *run) {
	for i := range r.FlowLogs {
		if l := &r.FlowLogs[i]; !l.Elsewhere {
			r.add(l.Thing, r.arrives(l))
		}
	}
}

// delivery is what was found out about one flow log.
type delivery struct {
	bad     []obstacle
	changes []finding.Change // that mend all of bad
	gaps    []finding.Evidence
	good    []finding.Evidence
	notes   []string
}

// obstacle is a reason why records do not arrive.
type obstacle struct {
	fact, fix string
	evidence  finding.Evidence
}

func (d *delivery) fault(fact, fix, text string, at ref.Place) {
	d.bad = append(d.bad, obstacle{fact: fact, fix: fix, evidence: because(text, at)})
}

func (r *run) arrives(l *topo.FlowLog) finding.Finding {
	d := &delivery{}
	kind, known := l.Destination.Get()
	want := destinationKinds[kind]
	target, targetKnown := l.Target.Get()
	switch {
	case !known:
		d.gaps = append(d.gaps, gap("destination type", l.Destination))
	case targetKnown && target == "":
		d.fault("no destination", "Name the log group, bucket or delivery stream.", "no destination is written, so AWS refuses the flow log", l.Place)
	case l.Delivery.Kind != topo.DestinationUnknown && want != topo.DestinationUnknown && l.Delivery.Kind != want:
		for word, of := range destinationKinds { // one of them
			if of == l.Delivery.Kind {
				d.changes = []finding.Change{setting(l.ID, asText(word), "log_destination_type")}
				d.changes[0].Note = replacesLog
			}
		}
		d.fault("wrong type", "Make the destination type that of the destination.", fmt.Sprintf("its destination type is %s, but its destination is %s", kind, destinationWords[l.Delivery.Kind]), cmp.Or(l.Destination.Place, l.Place))
	case want == topo.DestinationLogGroup:
		r.toLogGroup(d, l)
	case want == topo.DestinationBucket:
		r.toBucket(d, l)
	case want == topo.DestinationStream && l.Delivery.To != "":
		d.good = append(d.good, because("the delivery stream "+string(l.Delivery.To)+" is part of the design; a role of AWS delivers to it", l.Place))
	case want == topo.DestinationStream:
		d.elsewhere(l)
	default:
		d.gaps = append(d.gaps, because("what the destination type "+kind+" needs", l.Destination.Place))
	}
	return delivered(l, d)
}

var destinationWords = [...]string{"not known", "a log group", "a bucket", "a delivery stream"}

// elsewhere is a destination that is not of the design.
func (d *delivery) elsewhere(l *topo.FlowLog) {
	why := l.Target.Why
	if l.Target.IsKnown() {
		why = "it is defined outside the design"
	}
	d.gaps = append(d.gaps, because(strings.TrimSpace("destination "+l.Target.Or(""))+": "+orUnknown(why), cmp.Or(l.Target.Place, l.Place)))
}

// toLogGroup judges delivery to CloudWatch Logs: a role that the service may
// take on and that may write.
func (r *run) toLogGroup(d *delivery, l *topo.FlowLog) {
	to := l.Delivery
	if to.To == "" {
		d.elsewhere(l)
	} else {
		d.good = append(d.good, because("the log group "+string(to.To)+" is part of the design", l.Place))
	}
	role, known := l.Role.Get()
	switch {
	case !known:
		d.gaps = append(d.gaps, gap("delivery role", l.Role))
		return
	case role == "":
		d.fault("no role", "Give it a role that trusts vpc-flow-logs.amazonaws.com and may write to the log group.", "no role is written, and CloudWatch Logs needs one", l.Place)
		return
	case to.RoleID == "":
		d.gaps = append(d.gaps, because("delivery role: what "+role+" may do the design does not tell", cmp.Or(l.Role.Place, l.Place)))
		return
	}
	account := r.policies.Value(ownAccount.Text, []policy.Hole{ownAccount})
	region := cmp.Or(l.Region, r.policies.Value("${Region}", []policy.Hole{{Text: "${Region}", Shape: policy.ShapeFixed, Why: "the Region is not known from the design"}}))
	r.decides(d, to.Trust, "whom the role trusts", policy.Request{Action: "sts:AssumeRole", Service: "vpc-flow-logs.amazonaws.com", Keys: map[string]policy.Key{
		"aws:sourceaccount": {Value: account}, "aws:sourcearn": {Value: "arn:aws:ec2:" + region + ":" + account + ":vpc-flow-log/fl-0"},
	}}, obstacle{fact: "trust", fix: "Let vpc-flow-logs.amazonaws.com assume the role.", evidence: because("the role "+string(to.RoleID)+" does not trust vpc-flow-logs.amazonaws.com", to.Trust.Place)})
	name := cmp.Or(to.Name, "x")
	if strings.Contains(name, "${") || to.Name == "" {
		name = r.policies.Value("${Group}", []policy.Hole{{Text: "${Group}", Why: "the name of the log group is not known"}})
	}
	group := []string{"arn:aws:logs:" + region + ":" + account + ":log-group:" + name + ":log-stream:x"}
	if to.To != "" {
		arn := policy.Hole{Text: "${" + string(to.To) + ".arn}", Shape: policy.ShapeFixed, Sure: true}
		group = append(group, r.policies.Value(arn.Text, []policy.Hole{arn})+":log-stream:x")
	}
	// AWS also lists actions that describe groups and streams; records arrive
	// without them.
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		r.mayWrite(d, l, action, group)
	}
}

// ownAccount is the account of the design.
var ownAccount = policy.Hole{Text: "${AWS::AccountId}", Shape: policy.ShapeOwnAccount, Sure: true, Why: "the account is not known from the design"}

// mayWrite asks all policies of the role for one action, on each name of the
// log group.
func (r *run) mayWrite(d *delivery, l *topo.FlowLog, action string, group []string) {
	to := l.Delivery
	verdict, why := fact.No, []finding.Evidence(nil)
	denied := fact.No
	for _, p := range to.Allows {
		doc, gaps := r.document(p, "policy of the role "+string(to.RoleID))
		if doc == nil {
			verdict, why = verdict.Or(fact.Unknown), append(why, gaps...)
			continue
		}
		one, by := fact.Unknown, (*policy.Statement)(nil)
		for _, g := range group {
			q := doc.Decide(policy.Request{Action: action, Resource: g, Identity: true})
			if q.Passes != fact.Unknown {
				one, by = q.Passes, q.By
				break
			}
		}
		if one == fact.No && by != nil {
			denied = fact.Yes
		}
		if one == fact.Unknown {
			why = append(why, r.openIn("whether it lets the role "+action, doc, p.Place))
			denied = denied.Or(fact.Unknown)
		}
		verdict = verdict.Or(one)
	}
	if to.RoleMore != "" {
		verdict, why = verdict.Or(fact.Unknown), append(why, because("policies of the role "+string(to.RoleID)+": "+to.RoleMore, cmp.Or(l.Role.Place, l.Place)))
	}
	if denied == fact.Yes {
		verdict = fact.No
	}
	switch {
	case verdict == fact.Yes:
	case verdict == fact.No:
		f := obstacle{fact: action, fix: "Allow the role " + action + ".", evidence: because("no policy of the role "+string(to.RoleID)+" allows "+action+" on the log group", cmp.Or(l.Role.Place, l.Place))}
		d.bad = append(d.bad, f)
	default:
		d.gaps = append(d.gaps, why...)
	}
}

// decides asks one policy for a request that has to pass.
func (r *run) decides(d *delivery, p topo.Policy, what string, q policy.Request, f obstacle) {
	doc, gaps := r.document(p, what)
	if doc == nil {
		d.gaps = append(d.gaps, gaps...)
		return
	}
	switch answer := doc.Decide(q); answer.Passes {
	case fact.Yes:
	case fact.No:
		if answer.By != nil {
			f.evidence.Text += ": statement " + answer.By.Name() + " denies it"
		}
		d.bad = append(d.bad, f)
	default:
		for _, s := range answer.Open {
			d.gaps = append(d.gaps, because(what+": whether statement "+s.Name()+" is about it", p.Place))
		}
		if len(answer.Open) == 0 {
			d.gaps = append(d.gaps, because(what+": "+orUnknown(doc.More), p.Place))
		}
	}
}

// toBucket judges delivery to Amazon S3: the policies of the bucket and of its
// key must let the service of AWS write.
func (r *run) toBucket(d *delivery, l *topo.FlowLog) {
	to := l.Delivery
	if to.To == "" {
		d.elsewhere(l)
		return
	}
	d.good = append(d.good, because("the bucket "+string(to.To)+" is part of the design", l.Place))
	account := r.policies.Value(ownAccount.Text, []policy.Hole{ownAccount})
	region := cmp.Or(l.Region, r.policies.Value("${Region}", []policy.Hole{{Text: "${Region}", Shape: policy.ShapeFixed, Why: "the Region is not known from the design"}}))
	keys := map[string]policy.Key{"aws:sourceaccount": {Value: account}, "aws:sourcearn": {Value: "arn:aws:logs:" + region + ":" + account + ":x"},
		"aws:securetransport": {Value: "true"}, "s3:x-amz-acl": {Value: "bucket-owner-full-control"}}
	const service = "delivery.logs.amazonaws.com"
	switch to.Resource.Kind {
	case topo.PolicyDefault:
		d.good = append(d.good, because("the design gives the bucket no policy: AWS adds what delivery needs when the flow log is made", to.Resource.Place))
	default:
		hive, known := to.Hive.Get()
		path := to.Prefix + "/AWSLogs/" + account + "/x"
		if hive {
			path = to.Prefix + "/AWSLogs/aws-account-id=" + account + "/x"
		}
		if !known {
			path = "/" + r.policies.Value("${Path}", []policy.Hole{{Text: "${Path}", Why: to.Hive.Why}})
		}
		arn := policy.Hole{Text: "${" + string(to.To) + ".arn}", Shape: policy.ShapeFixed, Sure: true}
		names := []string{r.policies.Value(arn.Text, []policy.Hole{arn})}
		if to.Name != "" && !strings.Contains(to.Name, "${") {
			names = append(names, "arn:aws:s3:::"+to.Name)
		}
		q := policy.Request{Action: "s3:PutObject", Service: service, Keys: keys}
		for _, q.Resource = range suffixed(names, path) {
			if doc, _ := r.document(to.Resource, ""); doc != nil && doc.Decide(q).Passes != fact.Unknown {
				break
			}
		}
		r.decides(d, to.Resource, "policy of the bucket", q, obstacle{fact: "bucket policy", fix: "Let " + service + " put objects under AWSLogs/ in the policy of the bucket.",
			evidence: because("the policy of the bucket "+string(to.To)+" does not let "+service+" put objects; what AWS adds to it the next apply takes away", to.Resource.Place)})
	}
	switch encrypted, known := to.Encrypted.Get(); {
	case !known:
		d.gaps = append(d.gaps, gap("encryption of the bucket", to.Encrypted))
	case encrypted && to.KeyPolicy.Kind == topo.PolicyDefault:
		d.fault("key policy", "Let "+service+" use the key in the policy of the key.", "the key of the bucket has the default policy, which lets only principals of the account use it", to.KeyPolicy.Place)
	case encrypted:
		r.decides(d, to.KeyPolicy, "policy of the key of the bucket", policy.Request{Action: "kms:GenerateDataKey", Resource: r.policies.Value("${Key}", []policy.Hole{{Text: "${Key}", Why: "the key is not known"}}), Service: service, Keys: keys},
			obstacle{fact: "key policy", fix: "Let " + service + " use the key in the policy of the key.", evidence: because("the policy of the key of the bucket does not let "+service+" use it", to.KeyPolicy.Place)})
	}
}

func suffixed(names []string, suffix string) []string {
	var out []string
	for _, n := range names {
		out = append(out, n+suffix)
	}
	return out
}

// delivered is the finding about one flow log.
func delivered(l *topo.FlowLog, d *delivery) finding.Finding {
	interval, known := l.Interval.Get()
	if known && interval == 600 {
		d.notes = append(d.notes, "Records are gathered for up to 10 minutes; 60 seconds is the other choice.")
	}
	days, kept := l.Delivery.Retention.Get()
	kept = kept && l.Delivery.Kind == topo.DestinationLogGroup && l.Delivery.To != ""
	if kept && days > 0 {
		d.notes = append(d.notes, fmt.Sprintf("The log group keeps them for %d days.", days))
	}
	f := finding.Finding{Message: strings.Join(d.notes, " "), Evidence: d.good}
	switch {
	case len(d.bad) > 0:
		f.Verdict, f.Severity, f.SeverityWhy = finding.Violates, finding.Medium, "the flow log is there, but it records nothing"
		f.Title, f.Evidence, f.Changes = "records of "+l.Name+" cannot arrive", nil, d.changes
		for _, b := range d.bad {
			f.Evidence, f.Facts = append(f.Evidence, b.evidence), append(f.Facts, b.fact)
			f.Fix = strings.TrimSpace(f.Fix + " " + b.fix)
		}
	case len(d.gaps) > 0:
		f.Verdict, f.Severity, f.Title, f.Gaps = finding.Undecided, finding.Low, "it is not known whether records of "+l.Name+" arrive", distinct(d.gaps)
		f.Message = strings.TrimSpace("Nothing that is known is wrong. " + f.Message)
	case kept && days == 0:
		f.Verdict, f.Severity, f.SeverityWhy = finding.Violates, finding.Note, "it costs money, not security"
		f.Title = "records of " + l.Name + " arrive and are kept for ever"
		f.Message = strings.TrimSpace("The log group has no retention. " + f.Message)
		f.Fix, f.Facts = "Give the log group a retention, or declare an exception.", []string{"retention"}
	default:
		f.Verdict, f.Title = finding.Follows, "records of "+l.Name+" can arrive"
	}
	return f
}
