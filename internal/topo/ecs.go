package topo

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/userdata"
)

// Cluster is an ECS cluster.
type Cluster struct {
	Thing
	ClusterName       fact.Fact[string]
	CapacityProviders Links             // FARGATE and FARGATE_SPOT are links with those IDs
	DefaultProviders  Links             // default capacity provider strategy
	ExecLogging       fact.Fact[string] // ECS Exec: "DEFAULT", "NONE", "OVERRIDE"
	ExecKey           fact.Fact[bool]   // ECS Exec uses a KMS key
	ExecLogGroup      fact.Fact[bool]   // ECS Exec logs to CloudWatch Logs
}

// CapacityProvider is a capacity provider of the design.
type CapacityProvider struct {
	Thing
	Launch fact.Fact[Launch] // LaunchEC2 or LaunchManaged
	Host   ref.ID            // Auto Scaling group or the instances of the provider; empty if unknown
}

// Launch is where a task runs.
type Launch uint8

// The launch types. The zero value is unknown.
const (
	LaunchUnknown Launch = iota
	LaunchFargate
	LaunchEC2
	LaunchManaged  // Managed Instances
	LaunchExternal // ECS Anywhere
)

// String is the launch type as AWS writes it.
func (l Launch) String() string {
	return [...]string{"unknown", "FARGATE", "EC2", "MANAGED_INSTANCES", "EXTERNAL"}[min(l, LaunchExternal)]
}

// NetworkMode is the network mode of a task. The zero value is unknown.
type NetworkMode uint8

// The modes.
const (
	ModeUnknown NetworkMode = iota
	ModeAWSVPC
	ModeBridge
	ModeHost
	ModeNone
	ModeNAT // Windows default
)

// String is the mode as AWS writes it.
func (m NetworkMode) String() string {
	return [...]string{"unknown", "awsvpc", "bridge", "host", "none", "nat"}[min(m, ModeNAT)]
}

// TaskDefinition is a task definition.
type TaskDefinition struct {
	Thing
	Family         fact.Fact[string]
	Mode           fact.Fact[NetworkMode] // as written; Default if the source writes none
	ModeWritten    bool
	Compatibility  []string // requiresCompatibilities
	Containers     []Container
	ContainersMore string            // why there may be further containers or settings
	TaskRole       fact.Fact[string] // ARN or address; "" if there is none
	ExecutionRole  fact.Fact[string]
	Windows        fact.Fact[bool]
	PIDModeHost    fact.Fact[bool]
	Volumes        []Volume
	Mesh           bool // App Mesh proxy configuration, or perhaps one
}

// Volume is a volume that is reached over the network.
type Volume struct {
	Name       string
	Kind       string // "efs", "fsx", "s3files"
	FileSystem ref.ID // empty if unknown
	Encrypted  fact.Fact[bool]
	Place      ref.Place
}

// Container is a container definition.
type Container struct {
	Name       string
	Image      fact.Fact[string]
	ImageText  string // the image with ${…} for what is not known of it; may be empty
	Repository ref.ID // the Amazon ECR repository of the design that the image comes from; empty if it is known by text only
	Ports      []PortMapping
	PortsMore  string
	Privileged fact.Fact[bool]
	NetAdmin   fact.Fact[bool] // adds NET_ADMIN or SYS_ADMIN
	// Environment holds values of variables that are known; a secret-looking
	// value must never be printed.
	Environment     map[string]fact.Fact[string]
	EnvironmentMore string
	LogDriver       fact.Fact[string] // "" if there is none
	LogOptions      map[string]string // with ${…} for what is not known of a value; empty if nothing is
	LogOptionsMore  string
	Secrets         []Secret
	SecretsMore     string
	EnvFiles        []string // ARNs of objects of Amazon S3
	EnvFilesMore    string
	// RouterConfig is where a log router (FireLens) has its own configuration
	// from: "s3", "file", or "" if it has none.
	RouterConfig fact.Fact[string]
	Calls        []Call // variables that name an address, in order of their names
	Place        ref.Place
}

// Secret is a value that is fetched when a container starts: a secret, an
// option of the log driver, or the credentials of a registry.
type Secret struct {
	From    string            // as written, with ${…} for what is not known; may be empty
	Service fact.Fact[string] // who keeps it: "secretsmanager" or "ssm"
	What    string            // "secret DB_PASSWORD", "registry credentials"
	Place   ref.Place
}

// Call is what a variable says of an address that the container connects to. It
// holds nothing else of the value, which may have secrets in it.
type Call struct {
	Variable string
	Scheme   string   // of a URL, lower case: "http", "rediss"; empty if the value is no URL
	Host     string   // of a URL, or the DNS name with which the value begins, lower case; pieces that are not known are ${…}
	Port     string   // of a URL; empty if none is written
	Things   []ref.ID // things whose attributes the value is made of
	Open     string   // why a piece of the host is not known, or what it is called; empty if all of it is known
	// TLS is whether the client insists on TLS: by the scheme, or by an option
	// such as sslmode=require.
	TLS   fact.Tri
	Place ref.Place
}

// PortMapping is a port mapping.
type PortMapping struct {
	Container, ContainerTo fact.Fact[int] // To differs from Container for a range
	Host                   fact.Fact[int] // 0 is dynamic (bridge)
	Protocol               string         // "tcp" or "udp"
	Name                   string
	Place                  ref.Place
}

// WorkloadKind is how tasks are started.
type WorkloadKind uint8

// The kinds.
const (
	ServiceWorkload WorkloadKind = iota
	TaskSetWorkload
	ScheduledWorkload  // EventBridge rule, Scheduler, Pipes, Step Functions
	StandaloneWorkload // task definition that nothing of the design starts
)

// Workload is what runs tasks: a service, a task set, a scheduled task, or a
// task definition that is started from outside the design.
type Workload struct {
	Thing
	Kind       WorkloadKind
	Cluster    ref.ID // empty if unknown
	Definition ref.ID // empty if unknown

	Launch   fact.Fact[Launch]
	Platform fact.Fact[string]      // Fargate platform version
	Mode     fact.Fact[NetworkMode] // in effect
	Desired  fact.Fact[int]
	Exec     fact.Fact[bool] // ECS Exec

	// Endpoint is its awsvpc interface, empty in other modes. Hosts are the
	// container instances it may run on (EC2, Managed Instances).
	Endpoint ref.ID
	Hosts    Links

	Bindings       []Binding
	BindingsMore   string
	ServiceConnect ServiceConnect
	Registries     bool      // service discovery
	Discovery      []string  // DNS names that service discovery gives it, lower case; pieces that are not known are ${…}
	DiscoveryMore  string    // why it may have other names
	Lattice        ref.Place // of its VPC Lattice configuration; zero if there is none
	IgnoresChanges []string  // attributes whose drift the source tolerates
}

// Binding connects a workload to a target group or classic load balancer.
type Binding struct {
	TargetGroup ref.ID // empty if unknown or classic
	Classic     ref.ID // classic load balancer
	Why         string // why neither is known
	Container   string
	Port        fact.Fact[int] // container port
	Place       ref.Place
}

// ServiceConnect is the Service Connect configuration of a service.
type ServiceConnect struct {
	Enabled      fact.Fact[bool]
	Namespace    string
	Services     []ConnectService
	ServicesMore string // why there may be further ones
}

// ConnectService is one service that Service Connect offers.
type ConnectService struct {
	PortName    string
	IngressPort fact.Fact[int] // ingressPortOverride; 0 if there is none
	Names       []string       // by which clients call it, lower case
	TLS         fact.Fact[bool]
	Place       ref.Place
}

// Host is a kind of container instance or other EC2 instance: one instance, or
// the instances of an Auto Scaling group. Its [Endpoint] has the same ID.
type Host struct {
	Thing
	// Cluster that its agent joins; known only from user data or a capacity
	// provider. Empty if it joins none, see ClusterWhy if it is unknown.
	Cluster      ref.ID
	ClusterWhy   string
	Managed      bool // Managed Instances
	Bottlerocket fact.Tri

	UserData userdata.Settings
	// UserDataPlace is where the user data is written.
	UserDataPlace ref.Place

	Metadata        Metadata
	InstanceProfile fact.Fact[string] // "" if there is none
	Template        ref.ID            // launch template or configuration
	InstanceType    fact.Fact[string] // "m6i.large"

	// ECSImage is Yes if its machine image is an ECS-optimised one of AWS, on
	// which ecs-init starts the agent.
	ECSImage fact.Fact[bool]
}

// Template is a launch template or launch configuration that nothing of the
// design launches, but something elsewhere may. It has no endpoint; Exists is
// Unknown, as that of the instances is.
type Template struct {
	Host
	PublicIPv4 fact.Fact[bool] // as written; Default false if the subnet decides
}

// Metadata is the instance metadata options (AWS "Configure the Instance
// Metadata Service options"). What the design does not write depends on the
// account and the image, so it is unknown.
type Metadata struct {
	Endpoint fact.Fact[bool] // http_endpoint enabled
	Tokens   fact.Fact[bool] // http_tokens required (IMDSv2 only)
	HopLimit fact.Fact[int]
	IPv6     fact.Fact[bool]
	Place    ref.Place
}
