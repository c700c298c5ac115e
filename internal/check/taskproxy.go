package check

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/topo"
)

// leakingTasks are the containers on a host that set a proxy and send it what
// they ask for credentials. Unsure says which may do so.
func (r *run) leakingTasks(h *topo.Host) (leaks, unsure []finding.Evidence) {
	perhaps := r.perhapsOn(h)
	for i := range r.Workloads {
		w := &r.Workloads[i]
		j := slices.IndexFunc(w.Hosts.List, func(l topo.Link) bool { return l.ID == h.ID })
		if j < 0 && !slices.Contains(perhaps, w) {
			continue
		}
		d := r.TaskDefinition(w.Definition)
		if d == nil || d.ContainersMore != "" {
			why, at := "its task definition is not in the design", w.Place
			if d != nil {
				why, at = d.ContainersMore, d.Place
			}
			unsure = append(unsure, because("proxies of the containers of "+w.Name+": "+why, at))
		}
		if d == nil {
			continue
		}
		for _, c := range d.Containers {
			switch leak, why := sendsCredentials(c); {
			case leak == fact.Yes && w.Launch.IsKnown() && w.Exists == fact.Yes && j >= 0 && w.Hosts.List[j].Exists == fact.Yes:
				leaks = append(leaks, because(fmt.Sprintf("container %s of %s sends requests to %s through its proxy", c.Name, w.Name, credentialsAddr), c.Place))
			case leak == fact.Yes:
				unsure = append(unsure, because(fmt.Sprintf("whether %s, which sends requests to %s through a proxy, runs on %s", w.Name, credentialsAddr, h.Name), w.Place))
			case leak == fact.Unknown:
				unsure = append(unsure, because("proxies of container "+c.Name+" of "+w.Name+": "+why, c.Place))
			}
		}
	}
	return distinct(leaks), distinct(unsure)
}

// sendsCredentials is whether a container sends what it asks for credentials to a proxy.
// Those requests are plain HTTP, so HTTP_PROXY alone is about them.
func sendsCredentials(c topo.Container) (fact.Tri, string) {
	value := func(name string) (s string, known bool, why string) {
		for _, n := range []string{name, strings.ToLower(name)} {
			if v, set := c.Environment[n]; set {
				s, known = v.Get()
				return s, known, orUnknown(v.Why)
			}
		}
		if len(c.EnvFiles) > 0 {
			return "", false, "its environment file is not in the design"
		}
		return "", c.EnvironmentMore == "", c.EnvironmentMore
	}
	proxy, proxyKnown, why := value("HTTP_PROXY")
	if proxyKnown && proxy == "" {
		return fact.No, ""
	}
	direct, directKnown, whyDirect := value("NO_PROXY")
	switch {
	case directKnown && exempts(direct, netip.MustParseAddr(credentialsAddr)):
		return fact.No, ""
	case proxyKnown && directKnown:
		return fact.Yes, ""
	case !proxyKnown:
		return fact.Unknown, why
	}
	return fact.Unknown, whyDirect
}
