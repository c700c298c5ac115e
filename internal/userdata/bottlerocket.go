package userdata

import (
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/userdata/toml"
)

// bottlerocket reads settings in TOML and names them as the agent's variables
// (Bottlerocket, "settings.ecs" and "settings.network").
func (r *reader) bottlerocket(text string, line int) Settings {
	doc, err := toml.Parse(text, line)
	agent, proxy := r.draft(), r.draft()
	out := Settings{Dialect: Bottlerocket}
	if err != nil {
		why := "the TOML cannot be read: " + err.Error()
		r.warn("Bottlerocket settings not readable", "The user data is not valid TOML ("+err.Error()+"), so Bottlerocket would refuse it. Settings that it does not state before that line are unknown. Check the quotes and what is inserted into it.")
		agent.wild(why, 0)
		proxy.wild(why, 0)
		out.Opaque = append(out.Opaque, Opaque{Why: why})
	}
	const ecs, network = "settings.ecs.", "settings.network."
	for key, name := range map[string]string{
		"cluster": "ECS_CLUSTER", "backend-host": "ECS_BACKEND_HOST", "awsvpc-block-imds": "ECS_AWSVPC_BLOCK_IMDS",
		"loglevel": "ECS_LOGLEVEL", "enable-spot-instance-draining": "ECS_ENABLE_SPOT_INSTANCE_DRAINING",
		"enable-container-metadata": "ECS_ENABLE_CONTAINER_METADATA", "image-pull-behavior": "ECS_IMAGE_PULL_BEHAVIOR",
	} {
		if v, ok := doc[ecs+key]; ok {
			agent.put(name, v.Text, v.Line, "")
		}
	}
	// The agent's variable is the opposite of Bottlerocket's setting.
	if v, ok := doc[ecs+"allow-privileged-containers"]; ok {
		text := v.Text
		if b, err := strconv.ParseBool(v.Text); err == nil {
			text = strconv.FormatBool(!b)
		}
		agent.put("ECS_DISABLE_PRIVILEGED", text, v.Line, "")
	} else if err == nil {
		agent.put("ECS_DISABLE_PRIVILEGED", "true", 0, "")
	}
	if v, ok := doc[network+"https-proxy"]; ok {
		proxy.put("HTTPS_PROXY", v.Text, v.Line, "")
		proxy.put("HTTP_PROXY", v.Text, v.Line, "")
	}
	if v, ok := doc[network+"no-proxy"]; ok {
		v.Text = strings.Join(elements(doc, network+"no-proxy"), ",")
		proxy.put("NO_PROXY", v.Text, v.Line, "")
	}
	out.Agent = agent.vars
	out.Proxy = Proxy{Agent: proxy.proxies(), Init: proxy.proxies(), Docker: proxy.proxies()}
	none := Block{Blocked: fact.No, Why: "Bottlerocket user data cannot add a rule to the packet filter"}
	if n := containers(doc); n > 0 || err != nil {
		none = Block{Why: "a bootstrap or host container may add a rule to the packet filter", Line: n}
		if n == 0 {
			none.Why = "the TOML cannot be read to its end"
		}
	}
	out.Bridge, out.Bridge6 = none, none
	return out
}

// elements lists the elements of an array in order.
func elements(doc map[string]toml.Value, key string) []string {
	var out []string
	for i := 0; ; i++ {
		v, ok := doc[key+"."+strconv.Itoa(i)]
		if !ok {
			return out
		}
		out = append(out, v.Text)
	}
}

// containers is the first line that configures a bootstrap container or the
// source of a host container, 0 if there is none.
func containers(doc map[string]toml.Value) int {
	first := 0
	for key, v := range doc {
		if strings.HasPrefix(key, "settings.bootstrap-containers.") || strings.HasPrefix(key, "settings.host-containers.") && strings.HasSuffix(key, ".source") {
			if first == 0 || v.Line < first {
				first = v.Line
			}
		}
	}
	return first
}
