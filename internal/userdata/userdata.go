package userdata

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
)

// Segment is a piece of user data: literal text, or something that the source
// of the design does not know.
type Segment struct {
	Text string
	// Unknown, if not empty, says why this piece is not known, as a clause or a
	// reference ("aws_ecs_cluster.main.name"); Text is ignored then.
	Unknown string
}

// Dialect is the language of user data, named by its outermost form.
type Dialect uint8

// The dialects. The zero Dialect is Unrecognised: it may set anything.
const (
	Unrecognised Dialect = iota
	None                 // no user data, or nothing but white space
	Shell                // begins with #!
	MIME                 // multipart
	CloudConfig          // #cloud-config and #cloud-config-archive
	Boothook             // #cloud-boothook
	Include              // #include, #include-once
	Bottlerocket         // TOML
	PowerShell           // <powershell> or <script>
)

// String is the dialect's name as users know it.
func (d Dialect) String() string {
	names := [...]string{"unrecognised", "none", "shell script", "MIME multipart", "cloud-config", "cloud-boothook", "include file", "Bottlerocket TOML", "PowerShell"}
	if int(d) < len(names) {
		return names[d]
	}
	return names[Unrecognised]
}

// Setting is one variable of a settings file. The zero Setting is unknown.
type Setting struct {
	Value string // meaningful if Known and Set; quotes are kept where the reader of the file keeps them
	Known bool   // whether user data decides the value, or decides that there is none
	Set   bool   // whether the variable is set, if Known
	Why   string // if not Known: why, as a clause
	Line  int    // line of the user data, 0 if there is none to name
}

// String says whether the setting is known and where it is, never its value:
// settings hold secrets.
func (s Setting) String() string {
	switch {
	case !s.Known:
		return "unknown: " + s.Why
	case !s.Set:
		return "not set"
	default:
		return fmt.Sprintf("set on line %d", s.Line)
	}
}

// GoString is String: a value must not leak through %#v either.
func (s Setting) GoString() string { return s.String() }

// Vars are the variables of one settings file or program. The zero Vars knows
// nothing.
type Vars struct {
	set  map[string]Setting
	rest Setting // what holds for all other names
}

// Get is the setting of a name.
func (v Vars) Get(name string) Setting {
	if s, ok := v.set[name]; ok {
		return s
	}
	if !v.rest.Known && v.rest.Why == "" {
		return Setting{Why: "nothing is known about the user data"}
	}
	return v.rest
}

// String lists the names of the variables, never their values.
func (v Vars) String() string {
	text := strings.Join(v.Names(), " ")
	if !v.rest.Known {
		text += " and what is not known"
	}
	return "[" + text + "]"
}

// GoString is String.
func (v Vars) GoString() string { return v.String() }

// Names lists the variables that are set or may be set, sorted.
func (v Vars) Names() []string { return slices.Sorted(maps.Keys(v.set)) }

// With is the variables with one that is known to have a value, whatever user
// data says.
func (v Vars) With(name, value string) Vars {
	set := maps.Clone(v.set)
	if set == nil {
		set = map[string]Setting{}
	}
	set[name] = Setting{Value: value, Known: true, Set: true}
	return Vars{set: set, rest: v.rest}
}

// Complete reports whether a name that is not in Names is surely not set.
func (v Vars) Complete() bool { return v.rest.Known }

// Proxy holds the proxy variables (HTTP_PROXY, HTTPS_PROXY, NO_PROXY, upper
// case) of the three programs on a container instance that have their own file
// (AWS page "Using an HTTP proxy for Amazon ECS Linux container instances").
type Proxy struct {
	Agent  Vars // the agent's container: /etc/ecs/ecs.config
	Init   Vars // ecs-init: the unit's drop-in or the upstart override, then ecs.config
	Docker Vars // dockerd: the unit's drop-in, /etc/sysconfig/docker, daemon.json
}

// Block is what the packet filter does to one address of the instance metadata
// service, seen from containers behind the Docker bridge. The zero Block is unknown.
type Block struct {
	Blocked fact.Tri
	Chain   string // DOCKER-USER or FORWARD, if Blocked is Yes
	Why     string // what blocks it, what does not, or why it is unknown
	Line    int
}

// Opaque is a reason why the user data may do more than is reported.
type Opaque struct {
	Why  string
	Line int
}

// Settings is what user data does to the ECS agent, to proxies and to the
// instance metadata service. The zero Settings knows nothing.
type Settings struct {
	Dialect Dialect
	Agent   Vars // the agent's settings as ecs-init sees them, without the built-in defaults
	Proxy   Proxy
	Bridge  Block    // 169.254.169.254 from bridge containers
	Bridge6 Block    // fd00:ec2::254 from bridge containers
	Opaque  []Opaque // in order of the scripts
}

// Nothing is the settings of an instance without user data.
func Nothing() Settings {
	absent := Vars{rest: Setting{Known: true}}
	open := Block{Blocked: fact.No, Why: "there is no user data that adds a rule to the packet filter"}
	return Settings{Dialect: None, Agent: absent, Proxy: Proxy{Agent: absent, Init: absent, Docker: absent}, Bridge: open, Bridge6: open}
}

// Bool is a boolean setting of the agent by the agent's own rules: what Go's
// strconv.ParseBool accepts after trimming; any other text, such as yes or a
// value in quotes, is the default def (ECS agent, config/parse.go).
func (s Settings) Bool(name string, def bool) (v fact.Tri, why string, line int) {
	set := s.Agent.Get(name)
	if !set.Known {
		return fact.Unknown, set.Why, set.Line
	}
	if !set.Set {
		return fact.Of(def), "the user data does not set " + name, 0
	}
	text := strings.TrimSpace(set.Value)
	if text == "" {
		return fact.Of(def), name + " is empty in the user data", set.Line
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		why := name + " has a value that the agent does not take for a boolean, so its default holds"
		if strings.ContainsAny(text, `"'`) {
			why = name + " has quotes in its value, which the agent keeps, so its default holds"
		}
		return fact.Of(def), why, set.Line
	}
	return fact.Of(b), fmt.Sprintf("%s is %v in the user data", name, b), set.Line
}

// BlockIMDSAwsvpc reports whether the agent cuts tasks in awsvpc mode off from
// the instance metadata service (ECS_AWSVPC_BLOCK_IMDS, default false). What
// Bottlerocket does without the setting is not documented for all releases, so
// it is unknown there.
func (s Settings) BlockIMDSAwsvpc() (v fact.Tri, why string, line int) {
	const name = "ECS_AWSVPC_BLOCK_IMDS"
	if set := s.Agent.Get(name); s.Dialect == Bottlerocket && set.Known && !set.Set {
		return fact.Unknown, "the default of settings.ecs.awsvpc-block-imds depends on the Bottlerocket release", 0
	}
	return s.Bool(name, false)
}

// BlockIMDSBridge reports whether a rule of the packet filter cuts containers
// behind the Docker bridge off from 169.254.169.254.
func (s Settings) BlockIMDSBridge() (v fact.Tri, why string, line int) {
	why = s.Bridge.Why
	if why == "" {
		why = "nothing is known about the user data"
	}
	return s.Bridge.Blocked, why, s.Bridge.Line
}

// Cluster is the name of the cluster that the instance joins; not set means the
// cluster "default".
func (s Settings) Cluster() Setting { return s.Agent.Get("ECS_CLUSTER") }
