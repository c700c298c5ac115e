// Package need works out which services of AWS a workload has to reach so that
// its tasks start, log and can be operated.
//
// # Model
// A [Need] is one service, or a registry on the internet, with what in the
// definition reveals it and the interfaces that open the connection: that of the
// task on Fargate, and that of the container instance for image pulls, logs of
// the awslogs driver and secrets on EC2, whatever the network mode (AWS "Amazon
// ECS interface VPC endpoints", "Amazon ECR interface VPC endpoints").
//
// # Guarantees
//   - A need is certain only if the definition surely has it. What is not known
//     (an image, a log driver, a launch type) is a need that is not certain, with
//     the reason.
//   - Needs are in one order and each stands once, with all that reveals it.
//
// # Not modelled
// What the application itself calls: environment and task role only hint at it.
// Sidecars that are known to call a service are notes. DNS, file systems and
// Service Connect need no endpoint of their own; session logs of ECS Exec with the default
// logging go where the container logs. A Region that is not written in words is
// taken to be that of the VPC.
package need

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Need is one service that a workload has to reach.
type Need struct {
	// Service is what follows the Region in the name of the VPC endpoint:
	// "ecr.api". It is empty for a registry on the internet and if it is not
	// known which service is meant.
	Service string
	// Candidates are the services that may be meant if Service is empty: any if
	// there are none. Closed says that it surely is one of them.
	Candidates []string
	Closed     bool
	// Registry is a registry that has no VPC endpoint: "Docker Hub".
	Registry string
	// Region is that of the service if it is written in words; else empty.
	Region string
	// Layers is set for Amazon S3 if it is needed for the layers of images: the
	// interface endpoint of S3 does not serve these by their ordinary name.
	Layers bool

	Certain fact.Tri // Yes, or Unknown: perhaps needed, or not known which service
	Why     string   // why it is not certain

	Reasons []Reason // what reveals it, in order; at least one
	Host    bool     // whether the container instances connect, not the task's interface
}

// Reason is what in a definition reveals a need.
type Reason struct {
	What  string // "image of container app"
	Place ref.Place
}

// Caller is an interface that opens the connections of a need.
type Caller struct {
	Endpoint ref.ID
	Exists   fact.Tri // Yes, or Unknown if it may be no caller
	Why      string
}

// May reports whether a need may be for a service.
func (n Need) May(service string) bool {
	switch {
	case n.Service != "":
		return n.Service == service
	case n.Registry != "":
		return false
	}
	return len(n.Candidates) == 0 || slices.Contains(n.Candidates, service)
}

// All is what a workload needs.
type All struct {
	List  []Need
	Notes []string // what may be called beside, as sentences
}

// What a service is called in the name of its VPC endpoint.
const (
	RegistryAPI    = "ecr.api"
	RegistryImages = "ecr.dkr"
	ObjectStore    = "s3"
	Logs           = "logs"
	Secrets        = "secretsmanager"
	Parameters     = "ssm"
	Keys           = "kms"
	Sessions       = "ssmmessages"
)

// keepers are the services that keep secrets.
var keepers = []string{Secrets, Parameters}

// agentServices are what the agent on a container instance calls.
var agentServices = []string{"ecs", "ecs-agent", "ecs-telemetry"}

// Of works out what a workload needs. Tasks outside AWS need nothing that a VPC
// could give.
func Of(s *topo.Snapshot, w *topo.Workload) All {
	launch, known := w.Launch.Get()
	if launch == topo.LaunchExternal {
		return All{}
	}
	c := &collector{w: w, host: launch == topo.LaunchEC2 || launch == topo.LaunchManaged}
	if !known {
		c.doubt = "launch type of " + w.Name + ": " + cmp.Or(w.Launch.Why, "the design does not tell")
	}
	d := s.TaskDefinition(w.Definition)
	c.old = fact.No
	if launch == topo.LaunchFargate || !known {
		c.old = oldPlatform(w, d)
	}
	if launch != topo.LaunchFargate {
		c.agent(launch)
	}
	switch {
	case d == nil:
		c.unknown("task definition of "+w.Name, "the design does not show it", w.Place)
	default:
		for i := range d.Containers {
			c.container(&d.Containers[i])
		}
		if d.ContainersMore != "" {
			c.unknown("containers of "+d.Name, d.ContainersMore, d.Place)
		}
	}
	c.exec(s.Cluster(w.Cluster))
	slices.SortStableFunc(c.list, func(a, b Need) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Registry, b.Registry), cmp.Compare(a.Region, b.Region), before(b.Host, a.Host), before(b.Certain == fact.Yes, a.Certain == fact.Yes))
	})
	slices.Sort(c.notes)
	return All{List: c.list, Notes: slices.Compact(c.notes)}
}

func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Callers are the interfaces that open the connections of a need, and why there
// may be others. If the launch type is not known these are the task's and those
// of the hosts.
func (n Need) Callers(w *topo.Workload) (list []Caller, more string) {
	task := w.Endpoint != "" && (!n.Host || !w.Launch.IsKnown())
	if task {
		list = append(list, Caller{Endpoint: w.Endpoint, Exists: fact.Yes})
		if w.Launch.IsKnown() {
			return list, ""
		}
	}
	for _, h := range w.Hosts.List {
		list = append(list, Caller{Endpoint: h.ID, Exists: h.Exists, Why: h.Why})
	}
	more = w.Hosts.More
	if len(list) == 0 && more == "" {
		more = cmp.Or(w.Mode.Why, "the design does not tell where "+w.Name+" runs")
	}
	return list, more
}

// collector gathers the needs of one workload.
type collector struct {
	w     *topo.Workload
	host  bool     // what starts a task is on a container instance
	old   fact.Tri // Fargate platform before 1.4.0
	doubt string   // why nothing is certain
	list  []Need
	notes []string
}

// add adds a need for which there is a reason, or the reason to the need.
func (c *collector) add(n Need, what string, at ref.Place) {
	if n.Certain == fact.Yes && c.doubt != "" {
		n.Certain, n.Why = fact.Unknown, c.doubt
	}
	for i := range c.list {
		o := &c.list[i]
		if o.Service != n.Service || o.Registry != n.Registry || o.Region != n.Region || o.Host != n.Host || o.Certain != n.Certain || n.Service+n.Registry == "" {
			continue
		}
		o.Layers = o.Layers || n.Layers
		if r := (Reason{what, at}); !slices.Contains(o.Reasons, r) {
			o.Reasons = append(o.Reasons, r)
		}
		return
	}
	n.Reasons = []Reason{{what, at}}
	c.list = append(c.list, n)
}

// unknown adds a need of which it is not known which service it is for.
func (c *collector) unknown(what, why string, at ref.Place, candidates ...string) {
	c.add(Need{Why: cmp.Or(why, "the design does not tell"), Host: c.host, Candidates: candidates}, what, at)
}

// agent adds what the agent on a container instance calls. Of Managed Instances
// AWS does not say which endpoints they use.
func (c *collector) agent(launch topo.Launch) {
	n := Need{Certain: fact.Yes, Host: true}
	if launch == topo.LaunchManaged {
		n.Certain, n.Why = fact.Unknown, "AWS does not document which endpoints Managed Instances use"
	}
	for _, s := range agentServices {
		n.Service = s
		c.add(n, "agent on the container instances", c.w.Place)
	}
}

// oldPlatform is whether the platform of Fargate is one before 1.4.0, where AWS
// fetched credentials of registries and secrets over an interface of its own
// (AWS "Fargate platform versions"). Windows has no such version.
func oldPlatform(w *topo.Workload, d *topo.TaskDefinition) fact.Tri {
	v, known := w.Platform.Get()
	switch {
	case d != nil && fact.Is(d.Windows, true) == fact.Yes:
		return fact.No
	case !known && w.Platform.Why == "":
		return fact.No // nothing is written: the latest one
	case !known:
		return fact.Unknown
	}
	old := strings.HasPrefix(v, "1.3.") || strings.HasPrefix(v, "1.2.") || strings.HasPrefix(v, "1.1.") || strings.HasPrefix(v, "1.0.")
	if old && d != nil && !d.Windows.IsKnown() && strings.HasPrefix(v, "1.0.") {
		return fact.Unknown
	}
	return fact.Of(old)
}

// atStart is a need of what AWS itself fetches when a task starts.
func (c *collector) atStart(service, region string) (Need, bool) {
	n := Need{Service: service, Region: region, Certain: fact.Yes, Host: c.host}
	if c.old == fact.Unknown {
		n.Certain, n.Why = fact.Unknown, "platform version of "+c.w.Name+": "+c.w.Platform.Why
	}
	return n, c.old != fact.Yes
}

func (c *collector) container(k *topo.Container) {
	c.image(k)
	c.logs(k)
	for _, s := range k.Secrets {
		what := s.What + " of container " + k.Name
		service, known := s.Service.Get()
		n, needed := c.atStart(service, regionOf(s.From))
		switch {
		case !needed:
		case !known:
			c.add(Need{Why: cmp.Or(s.Service.Why, "the design does not tell"), Host: c.host, Candidates: keepers, Closed: true}, what, s.Place)
		default:
			c.add(n, what, s.Place)
		}
	}
	if k.SecretsMore != "" {
		c.unknown("secrets of container "+k.Name, k.SecretsMore, k.Place, keepers...)
	}
	files := Need{Service: ObjectStore, Certain: fact.Yes, Host: c.host}
	if len(k.EnvFiles) > 0 {
		c.add(files, "environment file of container "+k.Name, k.Place)
	}
	if k.EnvFilesMore != "" {
		files.Certain, files.Why = fact.Unknown, k.EnvFilesMore
		c.add(files, "environment files of container "+k.Name, k.Place)
	}
}

// regionOf is the Region of an ARN, if it is written in words.
func regionOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 5 && parts[0] == "arn" && !strings.Contains(parts[3], "$") {
		return parts[3]
	}
	return ""
}

// exec adds what ECS Exec needs: the agent of Systems Manager runs within the
// task (AWS "Monitor Amazon ECS containers with ECS Exec").
func (c *collector) exec(cluster *topo.Cluster) {
	on, known := c.w.Exec.Get()
	if known && !on {
		return
	}
	doubt := ""
	if !known {
		doubt = "whether ECS Exec is on: " + c.w.Exec.Why
	}
	at := cmp.Or(c.w.Exec.Place, c.w.Place)
	add := func(service string, is fact.Tri, what, why string) {
		n := Need{Service: service, Certain: is}
		if n.Why = cmp.Or(doubt, why); n.Why != "" {
			n.Certain = fact.Unknown
		}
		if is != fact.No {
			c.add(n, what, at)
		}
	}
	add(Sessions, fact.Yes, "ECS Exec", "")
	if cluster == nil {
		return
	}
	add(Keys, fact.Is(cluster.ExecKey, true), "key of ECS Exec", cluster.ExecKey.Why)
	if fact.Is(cluster.ExecLogging, "OVERRIDE") != fact.No {
		add(Logs, fact.Is(cluster.ExecLogGroup, true), "session logs of ECS Exec", cluster.ExecLogGroup.Why)
		add(ObjectStore, fact.Is(cluster.ExecLogGroup, false), "session logs of ECS Exec", cmp.Or(cluster.ExecLogGroup.Why, "they go to a bucket if one is written"))
	}
}
