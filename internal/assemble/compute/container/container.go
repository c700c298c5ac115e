// Package container reads the container definitions of a task definition.
//
// # Model
// Container definitions are JSON in a string, of which pieces may be references
// or unknown. They are read into a tree of values first, then each container
// into a [topo.Container].
//
// # Guarantees
// Names of members are found in any case, as the provider's decoder finds them,
// and numbers may be texts. What cannot be read makes the list of containers
// incomplete and gives a diagnostic; nothing panics and nothing is guessed.
//
// # Not modelled
// Members that say nothing about the network, secrets or logs.
package container

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Find finds a resource of the design that a container definition refers to.
type Find func(ref.ID) (resource.Resource, bool)

// Read reads container definitions. More says why there may be further ones:
// the list has those only that are surely there.
func Read(v resource.Value, find Find) (list []topo.Container, more string, diags diag.List) {
	switch v.Kind {
	case resource.String, resource.Text:
		tree, trailing, err := Decode(v)
		if err != nil {
			diags.Add(diag.Error, v.Place, "container definitions not readable",
				"The container definitions are not JSON: "+err.Error()+". The containers of this task definition are unknown. Correct the text, or write it with jsonencode.")
			return nil, "its container definitions are not JSON: " + err.Error(), diags
		}
		if trailing {
			diags.Add(diag.Warning, v.Place, "container definitions not readable by AWS",
				"The container definitions have a comma before a closing bracket, which JSON does not allow. They were read as if it were not there. Remove the comma, or write them with jsonencode.")
		}
		v = tree
	case resource.Null:
		return nil, "no container definitions are written", nil
	}
	if v.Kind == resource.Map {
		v = resource.Value{Kind: resource.List, List: []resource.Value{v}, Maybe: v.Maybe, Why: v.Why}
	}
	for _, e := range v.Items() {
		if e.Kind != resource.Map || e.Maybe {
			// One that may not be there proves nothing: it is among those that
			// there may be.
			if more == "" {
				more = design.Why(e)
			}
			continue
		}
		list = append(list, read(e, find))
	}
	return list, more, diags
}

// member finds a member of an object in any case.
func member(v resource.Value, path ...string) resource.Value {
	for _, name := range path {
		if v.Kind == resource.Map {
			if _, ok := v.Map[name]; !ok {
				for key := range v.Map {
					// Several keys of one name differ in case only: the order of the
					// map must not decide, so the greatest stands.
					if strings.EqualFold(key, name) && (!has(v, name) || key > name) {
						name = key
					}
				}
			}
		}
		v = v.Get(name)
	}
	return v
}

func has(v resource.Value, name string) bool { _, ok := v.Map[name]; return ok }

// NameOf is the name of a container, by which load balancers find it, with what
// is not known in ${…}. One that is sensitive is not told.
func NameOf(v resource.Value) string {
	if v.Sensitive {
		return design.Hidden
	}
	if name, ok := design.String(v, "").Get(); ok {
		return name
	}
	return design.Display(v)
}

func read(v resource.Value, find Find) topo.Container {
	c := topo.Container{Place: v.Place}
	c.Name = NameOf(member(v, "name"))
	image(&c, member(v, "image"), find)
	for _, m := range member(v, "portMappings").Items() {
		if m.Kind != resource.Map {
			c.PortsMore = design.Why(m)
			continue
		}
		if m.Maybe && c.PortsMore == "" {
			c.PortsMore = design.Why(m)
			continue
		}
		c.Ports = append(c.Ports, mapping(m))
	}
	c.Privileged = design.Bool(member(v, "privileged"), false)
	c.NetAdmin = netAdmin(member(v, "linuxParameters", "capabilities", "add"))
	environment(&c, member(v, "environment"))
	logs := member(v, "logConfiguration")
	c.LogDriver = design.String(member(logs, "logDriver"), "")
	c.LogOptions, c.LogOptionsMore = texts(member(logs, "options"))
	secrets(&c, member(v, "secrets"), "secret", find)
	secrets(&c, member(logs, "secretOptions"), "log option", find)
	if v := member(v, "repositoryCredentials", "credentialsParameter"); !v.IsNull() {
		c.Secrets = append(c.Secrets, topo.Secret{From: design.Display(v), Service: fact.Known("secretsmanager", v.Place), What: "registry credentials", Place: c.Place})
	}
	for _, f := range member(v, "environmentFiles").Items() {
		if s := design.Display(member(f, "value")); s != "" && !f.Maybe {
			c.EnvFiles = append(c.EnvFiles, s)
		} else if c.EnvFilesMore == "" {
			c.EnvFilesMore = design.Why(f)
		}
	}
	c.RouterConfig = design.String(member(v, "firelensConfiguration", "options", "config-file-type"), "")
	return c
}

// image reads where the image of a container comes from.
func image(c *topo.Container, v resource.Value, find Find) {
	c.Image, c.ImageText = design.String(v, ""), design.Display(v)
	first := v
	if v.Kind == resource.Text && len(v.List) > 0 {
		first = v.List[0]
	}
	if v.Maybe || first.Kind != resource.Ref || first.Ref.Attr != "repository_url" || find == nil {
		return
	}
	if res, ok := find(first.Ref.ID); ok && res.Type == "aws_ecr_repository" {
		c.Repository = res.ID
	}
}

// secrets reads a list of secrets, each with a name and where its value is.
func secrets(c *topo.Container, list resource.Value, what string, find Find) {
	for _, s := range list.Items() {
		if s.Kind != resource.Map || s.Maybe {
			if c.SecretsMore == "" {
				c.SecretsMore = design.Why(s)
			}
			continue
		}
		from := member(s, "valueFrom")
		out := topo.Secret{From: design.Display(from), What: what, Place: c.Place, Service: keeper(from, find)}
		if name := design.Display(member(s, "name")); name != "" {
			out.What += " " + name
		}
		c.Secrets = append(c.Secrets, out)
	}
}

// keeper is the service that keeps a secret: AWS Secrets Manager or AWS Systems
// Manager Parameter Store, of which a name alone will do (AWS "Secret",
// valueFrom).
func keeper(v resource.Value, find Find) fact.Fact[string] {
	first := v
	if v.Kind == resource.Text && len(v.List) > 0 {
		first = v.List[0]
	}
	text := design.Display(v)
	known := func(s string) fact.Fact[string] { return fact.Known(s, v.Place) }
	switch {
	case v.Maybe:
		return fact.Missing[string](design.Why(v), v.Place)
	case strings.Contains(text, ":secretsmanager:"):
		return known("secretsmanager")
	case strings.Contains(text, ":ssm:"), strings.Contains(text, ":parameter/"):
		return known("ssm")
	case first.Kind == resource.String && !strings.HasPrefix(first.Text, "arn:"):
		return known("ssm")
	case first.Kind == resource.Ref && find != nil:
		res, _ := find(first.Ref.ID)
		switch {
		case strings.HasPrefix(res.Type, "aws_secretsmanager_"):
			return known("secretsmanager")
		case strings.HasPrefix(res.Type, "aws_ssm_parameter"):
			return known("ssm")
		case strings.Contains(first.Ref.Attr, "master_user_secret"):
			return known("secretsmanager")
		}
	}
	return fact.Missing[string](design.Why(v), v.Place)
}

// mapping reads a port mapping. ECS takes every protocol but udp for tcp (AWS
// "PortMapping").
func mapping(m resource.Value) topo.PortMapping {
	p := topo.PortMapping{Protocol: "tcp", Place: m.Place, Name: design.Display(member(m, "name"))}
	if s, ok := design.String(member(m, "protocol"), "tcp").Get(); ok && strings.EqualFold(s, "udp") {
		p.Protocol = "udp"
	}
	p.Container = design.Int(member(m, "containerPort"), 0)
	if member(m, "containerPort").IsNull() {
		p.Container = fact.Missing[int]("no container port is written", m.Place)
	}
	p.ContainerTo = p.Container
	p.Host = design.Int(member(m, "hostPort"), 0)
	if v := member(m, "containerPortRange"); !v.IsNull() {
		s, ok := design.String(v, "").Get()
		from, to, cut := strings.Cut(s, "-")
		a, err1 := strconv.Atoi(strings.TrimSpace(from))
		b, err2 := strconv.Atoi(strings.TrimSpace(to))
		if ok && cut && err1 == nil && err2 == nil {
			p.Container, p.ContainerTo = fact.Known(a, v.Place), fact.Known(b, v.Place)
		} else {
			p.Container = fact.Missing[int](design.Why(v), v.Place)
			p.ContainerTo = p.Container
		}
	}
	return p
}

func netAdmin(v resource.Value) fact.Fact[bool] {
	out := fact.Default(false)
	for _, e := range v.Items() {
		s, ok := design.String(e, "").Get()
		switch {
		case !ok:
			out = fact.Missing[bool](design.Why(e), e.Place)
		case slices.Contains([]string{"NET_ADMIN", "SYS_ADMIN", "ALL"}, strings.TrimPrefix(strings.ToUpper(s), "CAP_")):
			return fact.Known(true, e.Place)
		}
	}
	return out
}

func environment(c *topo.Container, v resource.Value) {
	for _, e := range v.Items() {
		name, ok := design.String(member(e, "name"), "").Get()
		if !ok || name == "" || e.Maybe {
			if c.EnvironmentMore == "" {
				c.EnvironmentMore = design.Why(e)
			}
			continue
		}
		if c.Environment == nil {
			c.Environment = map[string]fact.Fact[string]{}
		}
		c.Environment[name] = design.String(member(e, "value"), "")
		if call, ok := callOf(name, member(e, "value")); ok {
			c.Calls = append(c.Calls, call)
		}
	}
	slices.SortStableFunc(c.Calls, func(a, b topo.Call) int { return strings.Compare(a.Variable, b.Variable) })
}

func texts(v resource.Value) (map[string]string, string) {
	switch {
	case v.IsNull():
		return nil, ""
	case v.Kind != resource.Map || v.Maybe:
		return nil, design.Why(v)
	}
	out := map[string]string{}
	for k, e := range v.Map {
		out[k] = design.Display(e)
	}
	return out, ""
}
