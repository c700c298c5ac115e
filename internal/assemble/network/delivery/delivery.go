// Package delivery reads flow logs and what decides whether their records arrive:
// the destination, its policies and key, and the role that delivers.
//
// # Model
// [Add] puts the flow logs into the snapshot, and [Reader.Of] gives the [topo.Delivery] of one flow log. Log groups, buckets,
// keys and roles are looked at only as far as a flow log uses them.
//
// # Guarantees
//   - A role or bucket of the design has all policies that the design gives it;
//     what may give it more is said.
//   - Managed policies of AWS are known only by what their names promise for
//     logs; all others of AWS are unknown.
//
// # Not modelled
// Permissions boundaries, service control policies, grants of keys, bucket
// ownership across accounts.
package delivery

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/document"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Reader reads deliveries of one design. Make one with [New].
type Reader struct {
	*read.Reader
	names map[string]ref.ID // "aws_iam_role/exec" → the resource that has the name
}

// New prepares a reader.
func New(r *read.Reader) *Reader {
	out := &Reader{Reader: r, names: map[string]ref.ID{}}
	for typ, attr := range map[string]string{"aws_iam_role": "name", "aws_cloudwatch_log_group": "name", "aws_s3_bucket": "bucket", "aws_iam_policy": "name", "aws_kms_key": "id"} {
		for _, res := range r.Of(typ) {
			if name, ok := design.String(res.Get(attr), "").Get(); ok && name != "" {
				out.names[typ+"/"+name] = res.ID
			}
		}
	}
	r.Understand("aws_kms_alias", "aws_kms_key_policy", "aws_s3_bucket_policy", "aws_s3_bucket_server_side_encryption_configuration",
		"aws_iam_role_policy", "aws_iam_role_policy_attachment", "aws_iam_policy_attachment", "aws_kinesis_firehose_delivery_stream")
	return out
}

// find is the resource of a type that a value names, by reference, by name or
// by the end of its ARN.
func (r *Reader) find(v resource.Value, typ string) (resource.Resource, bool) {
	if v.Kind == resource.List && len(v.List) == 1 {
		v = v.List[0]
	}
	switch v.Kind {
	case resource.Ref:
		res, ok := r.Find(v.Ref.ID)
		return res, ok && res.Type == typ && !res.Data
	case resource.Text:
		for _, part := range v.List {
			if res, ok := r.find(part, typ); ok && part.Kind == resource.Ref {
				return res, true
			}
		}
	case resource.String:
		id, ok := r.names[typ+"/"+v.Text]
		if i := strings.LastIndexAny(v.Text, ":/"); !ok && i >= 0 {
			id, ok = r.names[typ+"/"+v.Text[i+1:]]
		}
		if ok {
			return r.Find(id)
		}
	}
	return resource.Resource{}, false
}

// Of is the delivery of a flow log.
func (r *Reader) Of(log resource.Resource) topo.Delivery {
	d := topo.Delivery{Hive: design.Bool(log.Get("destination_options", "hive_compatible_partitions"), false)}
	target := log.Get("log_destination")
	if !read.Written(target) {
		target = log.Get("log_group_name")
		if read.Written(target) {
			d.Kind = topo.DestinationLogGroup
		}
	}
	group, isGroup := r.find(target, "aws_cloudwatch_log_group")
	bucket, isBucket := r.find(target, "aws_s3_bucket")
	stream, isStream := r.find(target, "aws_kinesis_firehose_delivery_stream")
	text := design.Display(target)
	switch {
	case isGroup:
		d.Kind, d.To = topo.DestinationLogGroup, group.ID
		d.Name = design.Display(group.Get("name"))
		d.Retention = design.Int(group.Get("retention_in_days"), 0)
		if why := read.IgnoresChanges(group, "retention_in_days"); why != "" {
			d.Retention = fact.Missing[int](why, group.Place)
		}
	case isBucket:
		d.Kind, d.To = topo.DestinationBucket, bucket.ID
		d.Name = design.Display(bucket.Get("bucket"))
		if target.Kind == resource.Text {
			if last := target.List[len(target.List)-1]; last.Kind == resource.String && strings.HasPrefix(last.Text, "/") {
				d.Prefix = strings.TrimSuffix(last.Text, "/")
			}
		}
		d.Resource = r.bucketPolicy(bucket)
		d.Encrypted, d.KeyPolicy = r.encryption(bucket)
	case isStream:
		d.Kind, d.To = topo.DestinationStream, stream.ID
	case strings.HasPrefix(text, "arn:") && strings.Contains(text, ":s3:"):
		d.Kind = topo.DestinationBucket
	case strings.HasPrefix(text, "arn:") && strings.Contains(text, ":logs:"):
		d.Kind = topo.DestinationLogGroup
	case strings.HasPrefix(text, "arn:") && strings.Contains(text, ":firehose:"):
		d.Kind = topo.DestinationStream
	}
	if role, ok := r.find(log.Get("iam_role_arn"), "aws_iam_role"); ok {
		d.RoleID = role.ID
		d.Trust = document.Of(r.Design, role.Get("assume_role_policy"), role.Place)
		d.Allows, d.RoleMore = r.allows(role)
	}
	return d
}

// bucketPolicy is the policy that the design gives a bucket; the default policy
// stands for none.
func (r *Reader) bucketPolicy(bucket resource.Resource) topo.Policy {
	if v := bucket.Get("policy"); read.Written(v) {
		return document.Of(r.Design, v, bucket.Place)
	}
	out := topo.Policy{Kind: topo.PolicyDefault, Place: bucket.Place}
	for _, p := range r.Reader.Of("aws_s3_bucket_policy") {
		of, ok := r.find(p.Get("bucket"), "aws_s3_bucket")
		switch {
		case ok && of.ID == bucket.ID && p.Exists == fact.Yes:
			return document.Of(r.Design, p.Get("policy"), p.Place)
		case ok && of.ID == bucket.ID:
			out = topo.Policy{Why: cmp.Or(p.Why, string(p.ID)+" may not exist"), Place: p.Place}
		case !ok && out.Kind == topo.PolicyDefault && p.Get("bucket").Kind == resource.Unknown:
			out = topo.Policy{Why: "it is not known which bucket " + string(p.ID) + " is about", Place: p.Place}
		}
	}
	return out
}

// encryption is whether a bucket encrypts with a key of AWS KMS, and the policy
// of that key.
func (r *Reader) encryption(bucket resource.Resource) (fact.Fact[bool], topo.Policy) {
	rule := bucket.Get("server_side_encryption_configuration", "rule", "apply_server_side_encryption_by_default")
	at := bucket.Place
	for _, c := range r.Reader.Of("aws_s3_bucket_server_side_encryption_configuration") {
		if of, ok := r.find(c.Get("bucket"), "aws_s3_bucket"); ok && of.ID == bucket.ID {
			rule, at = c.Get("rule", "apply_server_side_encryption_by_default"), c.Place
			if c.Exists != fact.Yes {
				return fact.Missing[bool](cmp.Or(c.Why, string(c.ID)+" may not exist"), c.Place), topo.Policy{}
			}
		}
	}
	algorithm := design.String(rule.Get("sse_algorithm"), "AES256")
	text, known := algorithm.Get()
	switch {
	case !known:
		return fact.Missing[bool](algorithm.Why, at), topo.Policy{}
	case !strings.HasPrefix(text, "aws:kms"):
		return fact.Known(false, at), topo.Policy{}
	}
	v := rule.Get("kms_master_key_id")
	if !read.Written(v) {
		return fact.Known(true, at), topo.Policy{Why: "it is encrypted with the key of AWS for S3, whose policy is not known", Place: at}
	}
	key, ok := r.find(v, "aws_kms_key")
	if alias, is := r.find(v, "aws_kms_alias"); !ok && is {
		key, ok = r.find(alias.Get("target_key_id"), "aws_kms_key")
	}
	if !ok {
		return fact.Known(true, at), topo.Policy{Why: design.Why(v), Place: at}
	}
	policy := document.Of(r.Design, key.Get("policy"), key.Place)
	for _, p := range r.Reader.Of("aws_kms_key_policy") {
		if of, ok := r.find(p.Get("key_id"), "aws_kms_key"); ok && of.ID == key.ID {
			policy = document.Of(r.Design, p.Get("policy"), p.Place)
			if p.Exists != fact.Yes {
				policy = topo.Policy{Why: cmp.Or(p.Why, string(p.ID)+" may not exist"), Place: p.Place}
			}
		}
	}
	return fact.Known(true, at), policy
}

// logManagers are managed policies of AWS that allow everything on logs.
var logManagers = map[string]bool{"CloudWatchLogsFullAccess": true, "CloudWatchFullAccess": true, "CloudWatchFullAccessV2": true,
	"AdministratorAccess": true, "PowerUserAccess": true}

// allLogs is what those policies allow.
const allLogs = `{"Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`

// allows are the policies of a role, and why it may have more.
func (r *Reader) allows(role resource.Resource) (out []topo.Policy, more string) {
	add := func(v resource.Value, state read.State, at ref.Place) {
		if state.Exists != fact.Yes {
			more = cmp.Or(more, state.Why)
			return
		}
		out = append(out, document.Of(r.Design, v, at))
	}
	attach := func(v resource.Value, state read.State, at ref.Place) {
		if p, ok := r.find(v, "aws_iam_policy"); ok {
			add(p.Get("policy"), state.And(read.Of(p)), p.Place)
			return
		}
		text := design.Display(v)
		name := text[strings.LastIndexByte(text, '/')+1:]
		if state.Exists == fact.Yes && strings.Contains(text, ":iam::aws:policy/") && logManagers[name] {
			out = append(out, topo.Policy{Kind: topo.PolicyDocument, Text: allLogs, Place: at})
			return
		}
		more = cmp.Or(more, state.Why, "what "+cmp.Or(name, "a policy")+" allows the design does not tell")
	}
	blocks, why := read.Blocks(role.Get("inline_policy"))
	more = cmp.Or(r.GivenAway(role.ID), why)
	for _, b := range blocks {
		add(b.Get("policy"), b.State, role.Place)
	}
	for _, v := range role.Get("managed_policy_arns").Items() {
		attach(v, read.OfValue(v), role.Place)
	}
	for _, p := range r.Reader.Of("aws_iam_role_policy") {
		if is, ok := r.find(p.Get("role"), "aws_iam_role"); ok && is.ID == role.ID {
			add(p.Get("policy"), read.Of(p), p.Place)
		} else if !ok && p.Get("role").Kind == resource.Unknown {
			more = cmp.Or(more, "it is not known which role "+string(p.ID)+" is about")
		}
	}
	for _, p := range r.Reader.Of("aws_iam_role_policy_attachment") {
		if is, ok := r.find(p.Get("role"), "aws_iam_role"); ok && is.ID == role.ID {
			attach(p.Get("policy_arn"), read.Of(p), p.Place)
		} else if !ok && p.Get("role").Kind == resource.Unknown {
			more = cmp.Or(more, "it is not known which role "+string(p.ID)+" is about")
		}
	}
	for _, p := range r.Reader.Of("aws_iam_policy_attachment") {
		for _, v := range p.Get("roles").Items() {
			if is, ok := r.find(v, "aws_iam_role"); ok && is.ID == role.ID {
				attach(p.Get("policy_arn"), read.Of(p), p.Place)
			}
		}
	}
	return out, more
}
