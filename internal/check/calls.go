package check

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/need"
	"github.com/muralla-net/muralla/internal/policy"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// call is one request to a service of AWS that a workload makes necessary.
type call struct {
	action string
	about  []string // names of the one resource, each of which is right
	like   []string // stand-ins: a policy that lets all of them pass lets the resource pass
	or     []string // what AWS may take for the resource instead: its pages do not agree

	account string // of the resource; empty if it is not known
	role    string // ARN of who signs it; empty if it is not known
	roleWhy string // why it is not
	// signed tells that AWS signs the request, with an account of its own.
	signed bool

	w        *topo.Workload
	what     string // what reveals it
	place    ref.Place
	unsure   string // why it may not be made; empty if it surely is
	severity finding.Severity
}

// caller works out the calls of one workload for one need, through one VPC
// endpoint. Its values are those of the policies of the run.
type caller struct {
	*run
	w      *topo.Workload
	d      *topo.TaskDefinition // nil if it is not known
	n      need.Need
	world  world
	unsure string
	list   []call
}

// world is where an endpoint is: names of these that policies and definitions
// ask AWS for are taken to be these.
type world struct {
	partition, region, account, organization string // empty if not known
}

var (
	holeName  = regexp.MustCompile(`\$\{[^{}]*\}`)
	fixedName = regexp.MustCompile(`\.(id|arn|name)\}$`)
)

// worldOf is where an endpoint is. The account is that of the roles that the
// definitions name, as roles of tasks are of the account of the tasks (AWS "Amazon
// ECS task execution IAM role").
func (r *run) worldOf(e *topo.VPCEndpoint) world {
	out := world{region: regionOf(e), organization: r.intent.Organization}
	if v := r.VPC(e.VPC); v != nil && v.Region != "" {
		out.region = v.Region
	}
	var accounts, partitions []string
	for i := range r.TaskDefinitions {
		d := &r.TaskDefinitions[i]
		for _, role := range []string{d.ExecutionRole.Or(""), d.TaskRole.Or("")} {
			if p := strings.SplitN(role, ":", 6); len(p) == 6 && p[0] == "arn" && p[2] == "iam" {
				accounts, partitions = append(accounts, p[4]), append(partitions, p[1])
			}
		}
	}
	one := func(list []string) string {
		if list = sorted(list); len(list) == 1 && !strings.Contains(list[0], "$") {
			return list[0]
		}
		return ""
	}
	out.account = one(accounts)
	out.partition = cmp.Or(partitionOf(out.region), one(partitions))
	return out
}

// partitionOf is the partition of a Region (AWS "Amazon Resource Names").
func partitionOf(region string) string {
	for prefix, partition := range map[string]string{"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b", "us-isof-": "aws-iso-f", "eu-isoe-": "aws-iso-e", "eusc-": "aws-eusc"} {
		if strings.HasPrefix(region, prefix) {
			return partition
		}
	}
	if region == "" {
		return ""
	}
	return "aws"
}

// settle puts what the world knows in place of the name of a hole.
func (w world) settle(name string) string {
	switch {
	case regionName.MatchString(name):
		return cmp.Or(w.region, "${AWS::Region}")
	case partitionName.MatchString(name):
		return cmp.Or(w.partition, "${AWS::Partition}")
	case accountName.MatchString(name):
		return cmp.Or(w.account, ownAccount.Text)
	}
	return name
}

// value is a text of the design as the policies of the run hold it.
func (r *run) value(w world, text string) string {
	text = holeName.ReplaceAllStringFunc(text, w.settle)
	var holes []policy.Hole
	for _, name := range holeName.FindAllString(text, -1) {
		h := policy.Hole{Text: name, Sure: name != "${…}", Why: "the design does not tell"}
		switch {
		case accountName.MatchString(name):
			h = ownAccount
		case regionName.MatchString(name):
			h.Shape, h.Why = policy.ShapeFixed, "the Region is not known from the design"
		case partitionName.MatchString(name):
			h.Shape, h.Why = policy.ShapeFixed, "the partition is not known from the design"
		case fixedName.MatchString(name):
			h.Shape = policy.ShapeFixed
		}
		holes = append(holes, h)
	}
	return r.policies.Value(text, holes)
}

// settled is a policy with what the world knows in place of its holes.
func (w world) settled(p topo.Policy) topo.Policy {
	var own []policy.Hole
	for _, h := range p.Holes {
		to := h.Text
		switch {
		case !h.Sure:
		case h.Shape == policy.ShapeOwnOrganization && w.organization != "":
			to = w.organization
		case h.Shape == policy.ShapeOwnAccount:
			to = cmp.Or(w.account, h.Text)
		default:
			to = w.settle(h.Text)
		}
		if p.Text = strings.ReplaceAll(p.Text, h.Text, to); strings.HasPrefix(to, "${") {
			h.Text = to
			own = append(own, h)
		}
	}
	p.Holes = own
	return p
}

// arn is an ARN of the world: kind is what follows the account.
func (c *caller) arn(service, region, account, kind string) string {
	return c.value(c.world, "arn:${AWS::Partition}:"+service+":"+region+":"+account+":") + kind
}

func (c *caller) own(service, kind string) string {
	return c.arn(service, "${AWS::Region}", ownAccount.Text, kind)
}

// open is a value that nobody knows.
func (c *caller) open() string { return c.value(c.world, "${…}") }

func (c *caller) add(k call, actions ...string) {
	for _, k.action = range actions {
		k.w, k.unsure = c.w, c.unsure
		if k.severity == 0 {
			k.severity = finding.High
		}
		c.list = append(c.list, k)
	}
}

// agentCalls are the calls of the agent on container instances, by service (AWS
// "Amazon ECS container instance IAM role").
var agentCalls = map[string][]string{
	"ecs":           {"ecs:RegisterContainerInstance", "ecs:SubmitContainerStateChange", "ecs:SubmitTaskStateChange"},
	"ecs-agent":     {"ecs:Poll"},
	"ecs-telemetry": {"ecs:StartTelemetrySession"},
}

// serviceCalls are what tasks ask of a service if nothing more is known.
var serviceCalls = map[string][]string{
	need.RegistryImages: {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
	need.ObjectStore:    {"s3:GetObject"},
	need.Logs:           {"logs:CreateLogStream", "logs:PutLogEvents"},
	need.Secrets:        {"secretsmanager:GetSecretValue"},
	need.Parameters:     {"ssm:GetParameters"},
	need.Keys:           {"kms:Decrypt"},
	"kinesis-firehose":  {"firehose:PutRecordBatch"},
	"kinesis-streams":   {"kinesis:PutRecords"},
}

// callsOf are the requests of a user of an endpoint.
func (r *run) callsOf(u user, service string, at world) []call {
	c := &caller{run: r, w: u.w, d: r.TaskDefinition(u.w.Definition), n: u.n, world: at}
	if !u.sure {
		c.unsure = orUnknown(cmp.Or(u.n.Why, u.why))
	}
	reason := u.n.Reasons[0]
	whole := call{what: reason.What, place: reason.Place}
	switch service {
	case need.RegistryAPI:
		whole.about = []string{"*"}
		c.add(c.byAgent(whole), "ecr:GetAuthorizationToken")
		return c.list
	case need.Sessions:
		whole.about, whole.severity = []string{"*"}, finding.Medium
		c.add(c.byTask(whole), "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel")
		return c.list
	case "ecs", "ecs-agent", "ecs-telemetry":
		c.agent(service, whole)
		return c.list
	}
	if u.n.Certain == fact.Yes && c.d != nil {
		for i := range c.d.Containers {
			c.container(service, &c.d.Containers[i])
		}
	}
	for _, reason := range u.n.Reasons {
		if service == need.ObjectStore && u.n.Layers && strings.HasPrefix(reason.What, "image ") {
			c.layers(call{what: "layers of the " + reason.What, place: reason.Place})
		}
	}
	for _, reason := range u.n.Reasons {
		if !slices.ContainsFunc(c.list, func(k call) bool {
			return k.what == reason.What || k.signed && strings.HasPrefix(reason.What, "image ")
		}) {
			c.whole(service, reason)
		}
	}
	return c.list
}

// whole adds calls of which nothing but the service is known.
func (c *caller) whole(service string, reason need.Reason) {
	k := call{what: reason.What, place: reason.Place, about: []string{c.open()}}
	actions := serviceCalls[service]
	if strings.Contains(reason.What, "ECS Exec") {
		k.severity = finding.Medium
	}
	if service == need.ObjectStore && strings.Contains(reason.What, "logs of ") {
		actions = []string{"s3:PutObject"}
	}
	c.add(k, actions...)
}

// byAgent gives a call the role of what starts tasks: the execution role, or on
// container instances that of the instance if there is none.
func (c *caller) byAgent(k call) call {
	if c.d != nil {
		k.role, k.roleWhy = c.role(c.d.ExecutionRole)
	}
	if k.role == "" {
		k.roleWhy = cmp.Or(k.roleWhy, "the role of its container instances is not known")
	}
	return k
}

// byTask gives a call the role of the task.
func (c *caller) byTask(k call) call {
	if c.d != nil {
		k.role, k.roleWhy = c.role(c.d.TaskRole)
	}
	return k
}

func (c *caller) role(f fact.Fact[string]) (arn, why string) {
	switch name, known := f.Get(); {
	case !known:
		return "", orUnknown(f.Why)
	case name == "":
		return "", ""
	case strings.HasPrefix(name, "arn:"), strings.Contains(name, "${"):
		return c.value(c.world, name), ""
	default:
		return c.value(c.world, "${"+name+".arn}"), ""
	}
}

// agent adds the calls of the agent. Whether AWS asks the policies of ecs-agent
// and ecs-telemetry it does not say.
func (c *caller) agent(service string, k call) {
	k.roleWhy, k.account = "the role of the container instances is not known", c.value(c.world, ownAccount.Text)
	if service != "ecs" {
		c.unsure = cmp.Or(c.unsure, "AWS does not document whether "+service+" takes a policy")
	} else {
		all := k
		all.about = []string{"*"}
		c.add(all, "ecs:DiscoverPollEndpoint")
	}
	name := c.open()
	if cluster := c.Cluster(c.w.Cluster); cluster != nil {
		if text, ok := cluster.ClusterName.Get(); ok && text != "" {
			name = c.value(c.world, text)
		}
		if service == "ecs" && !cluster.Elsewhere {
			k.about = append(k.about, c.value(c.world, "${"+string(cluster.ID)+".arn}"))
		}
	}
	if service == "ecs" {
		k.about = append(k.about, c.own("ecs", "cluster/"+name))
	} else {
		k.about = []string{c.own("ecs", "container-instance/"+name+"/"+c.open())}
	}
	c.add(k, agentCalls[service]...)
}

// layers adds the download of the layers of an image, whose URL an account of
// Amazon ECR signs (AWS "Amazon ECR interface VPC endpoints", "Minimum Amazon S3
// bucket permissions for Amazon ECR").
func (c *caller) layers(k call) {
	k.signed = true
	k.about = []string{c.value(c.world, "arn:${AWS::Partition}:s3:::prod-${AWS::Region}-starport-layer-bucket/") + c.open()}
	c.add(k, "s3:GetObject")
}

// container adds what a container asks a service for.
func (c *caller) container(service string, k *topo.Container) {
	one := call{place: k.Place}
	switch service {
	case need.RegistryImages:
		one.what = "image of container " + k.Name
		if one.about, one.account = c.repository(k); one.about != nil {
			c.add(c.byAgent(one), serviceCalls[service]...)
		}
	case need.ObjectStore:
		for _, f := range k.EnvFiles {
			one.what, one.about = "environment file of container "+k.Name, []string{c.value(c.world, f)}
			c.add(c.byAgent(one), "s3:GetObject")
		}
		if fact.Is(k.RouterConfig, "s3") == fact.Yes {
			one.what, one.about = "configuration of log router "+k.Name, []string{c.open()}
			c.add(c.byAgent(one), "s3:GetObject")
		}
	case need.Logs:
		c.logs(k)
	case need.Secrets, need.Parameters:
		for _, s := range k.Secrets {
			if fact.Is(s.Service, service) == fact.Yes {
				c.secret(service, s, k)
			}
		}
	}
}

// repository are the names of the repository of an image of Amazon ECR, and its
// account.
func (c *caller) repository(k *topo.Container) (names []string, account string) {
	if id := string(k.Repository); id != "" {
		account, holder := c.value(c.world, ownAccount.Text), ownAccount.Text
		if strings.Contains(id, repositoryElsewhere) {
			account, holder = "", "${…}"
		}
		return []string{c.value(c.world, "${"+id+".arn}"), c.arn("ecr", "${AWS::Region}", holder, "repository/"+c.value(c.world, "${"+id+".name}"))}, account
	}
	host, path, ok := strings.Cut(c.value(c.world, k.ImageText), "/")
	for _, form := range []string{".dkr.ecr.", ".dkr.ecr-fips.", ".dkr-ecr.", ".dkr-ecr-fips."} {
		account, rest, found := strings.Cut(host, form)
		if !found || !ok {
			continue
		}
		region, _, _ := strings.Cut(rest, ".")
		if c.world.region != "" && region != c.world.region && c.policies.Show(region) == region {
			return nil, "" // another endpoint is for that Region
		}
		path, _, _ = strings.Cut(path, "@")
		path, _, _ = strings.Cut(path, ":")
		return []string{c.value(c.world, "arn:${AWS::Partition}:ecr:") + region + ":" + account + ":repository/" + path}, account
	}
	return nil, ""
}

// logs adds what the awslogs driver asks for. Whether making a
// stream or group is asked of the group or of its streams the pages of AWS do not
// agree on (AWS "Actions, resources, and condition keys for
// Amazon CloudWatch Logs").
func (c *caller) logs(k *topo.Container) {
	if fact.Is(k.LogDriver, "awslogs") != fact.Yes {
		return
	}
	if region := k.LogOptions["awslogs-region"]; region != "" && c.world.region != "" && region != c.world.region && !strings.Contains(region, "$") {
		return
	}
	one := call{what: "logs of container " + k.Name, place: k.Place, account: c.value(c.world, ownAccount.Text)}
	written := cmp.Or(k.LogOptions["awslogs-group"], "${…}")
	stream := c.open()
	if prefix := k.LogOptions["awslogs-stream-prefix"]; prefix != "" {
		stream = c.value(c.world, prefix+"/"+k.Name) + "/" + stream
	}
	groups := []string{c.own("logs", "log-group:"+c.value(c.world, written))}
	if id, ok := strings.CutSuffix(written, ".name}"); ok && strings.HasPrefix(id, "${") && strings.Count(id, "${") == 1 {
		groups = append(groups, c.value(c.world, id+".arn}"))
	}
	one.about = suffixed(groups, ":log-stream:"+stream)
	c.add(c.byAgent(one), "logs:PutLogEvents")
	one.or = groups
	c.add(c.byAgent(one), "logs:CreateLogStream")
	if k.LogOptions["awslogs-create-group"] == "true" {
		one.about, one.or = groups, suffixed(groups, ":log-stream:")
		c.add(c.byAgent(one), "logs:CreateLogGroup")
	}
}

// secret adds the call for one secret or parameter. The ARN of a secret ends in a
// hyphen and six characters (AWS "What's in a Secrets Manager secret?").
func (c *caller) secret(service string, s topo.Secret, k *topo.Container) {
	one := call{what: s.What + " of container " + k.Name, place: s.Place}
	v := c.value(c.world, s.From)
	parts := strings.SplitN(v, ":", 8)
	switch {
	case len(parts) >= 6 && parts[0] == "arn":
		if c.world.region != "" && parts[3] != c.world.region && c.policies.Show(parts[3]) == parts[3] {
			return
		}
		one.account = parts[4]
		if service == need.Parameters || len(parts) < 7 {
			one.about = []string{v}
			break
		}
		v = strings.Join(parts[:7], ":")
		one.about = []string{v}
		if c.policies.Show(v) == v {
			one.about, one.like = secretNames(v, c.open())
		}
	case service == need.Parameters && !strings.HasPrefix(s.From, "${"):
		one.about, one.account = []string{c.own("ssm", "parameter/"+strings.TrimPrefix(v, "/"))}, c.value(c.world, ownAccount.Text)
	default:
		v, _, _ = strings.Cut(v, ":")
		one.about = []string{v, c.arn(service, "${AWS::Region}", "${…}", c.open())}
		if service == need.Parameters && !strings.HasSuffix(s.From, ".arn}") {
			one.about = []string{c.own("ssm", "parameter"+c.open())}
		}
	}
	c.add(c.byAgent(one), serviceCalls[service]...)
}

// secretNames are the names of a secret of which the whole ARN is written, or that
// without what AWS adds to the name; like are stand-ins. Where the end of a name
// may be either, both stand in.
func secretNames(arn, open string) (about, like []string) {
	const end = "-Zz9Zz9"
	tail := arn[max(0, len(arn)-len(end)):]
	upper, other := 0, 0
	for _, c := range strings.TrimPrefix(tail, "-") {
		switch {
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			other++
		}
	}
	switch {
	case !strings.HasPrefix(tail, "-") || upper+other < len(end)-1:
		return []string{arn + "-" + open}, []string{arn + end}
	case upper > 0 && other > 0:
		return []string{arn}, nil
	}
	return []string{arn + open}, []string{arn, arn + end}
}
