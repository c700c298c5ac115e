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
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Read reads container definitions. More says why there may be further ones.
func Read(v resource.Value) (list []topo.Container, more string, diags diag.List) {
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
			if more == "" {
				more = design.Why(e)
			}
			if e.Kind != resource.Map {
				continue
			}
		}
		list = append(list, read(e))
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

func read(v resource.Value) topo.Container {
	c := topo.Container{Place: v.Place}
	c.Name, _ = design.String(member(v, "name"), "").Get()
	if c.Name == "" {
		c.Name = design.Display(member(v, "name"))
	}
	c.Image = design.String(member(v, "image"), "")
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
	c.LogOptions = texts(member(logs, "options"))
	for _, list := range []resource.Value{member(v, "secrets"), member(logs, "secretOptions")} {
		for _, s := range list.Items() {
			c.Secrets = appendText(c.Secrets, member(s, "valueFrom"))
		}
	}
	c.Secrets = appendText(c.Secrets, member(v, "repositoryCredentials", "credentialsParameter"))
	for _, f := range member(v, "environmentFiles").Items() {
		c.EnvFiles = appendText(c.EnvFiles, member(f, "value"))
	}
	return c
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

func texts(v resource.Value) map[string]string {
	if v.Kind != resource.Map || len(v.Map) == 0 {
		return nil
	}
	out := map[string]string{}
	for k, e := range v.Map {
		out[k] = design.Display(e)
	}
	return out
}

func appendText(list []string, v resource.Value) []string {
	if s := design.Display(v); s != "" {
		return append(list, s)
	}
	return list
}
