package userdata

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/userdata/hole"
	"github.com/muralla-net/muralla/internal/userdata/shell"
)

// draft is Vars while a file is read line by line.
type draft struct {
	holes *hole.Table
	vars  Vars
}

func (r *reader) draft() *draft {
	return &draft{holes: &r.holes, vars: Vars{set: map[string]Setting{}, rest: Setting{Known: true}}}
}

// wild says that from here on any variable may have any value.
func (d *draft) wild(why string, line int) {
	unknown := Setting{Why: why, Line: line}
	for k := range d.vars.set {
		d.vars.set[k] = unknown
	}
	d.vars.rest = unknown
}

// put sets a variable, or perhaps sets it.
func (d *draft) put(name, value string, line int, maybe string) {
	s := Setting{Value: value, Known: true, Set: true, Line: line}
	if why := d.holes.Why(value); why != "" {
		s = Setting{Why: why, Line: line}
	}
	if maybe != "" {
		if old := d.vars.Get(name); old.Known && old.Set && s.Known && old.Value == value {
			return
		}
		s = Setting{Why: fmt.Sprintf("%s is set on line %d %s", name, line, maybe), Line: line}
	}
	d.vars.set[name] = s
}

// drop unsets a variable.
func (d *draft) drop(name string) { d.vars.set[name] = Setting{Known: true} }

// lines hands the lines of a file to f; lines of which too little is known make
// everything unknown instead.
func (d *draft) lines(ps []shell.Piece, f func(text string, line int, maybe string)) {
	lines, exact := shell.Lines(ps)
	if !exact {
		d.wild("the lines of the file depend on a test in the script", ps[0].Line)
		return
	}
	for _, l := range lines {
		text := strings.TrimSpace(l.Text)
		key, _, ok := strings.Cut(text, "=")
		if hole.Has(text) && (!ok || hole.Has(key)) {
			if !strings.HasPrefix(text, "#") {
				d.wild(d.holes.Why(text), l.Line)
			}
			continue
		}
		f(text, l.Line, l.Maybe)
	}
}

func isVariable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for _, c := range name {
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// agent reads the settings files as ecs-init does: each line is trimmed and cut
// at its first =; quotes stay, comments and export make other keys, later lines
// win, and the user's file is stronger than the instance's (ecs-init,
// config/config.go). The JSON file is weaker than both and is not read.
func (r *reader) agent(s *shell.State) Vars {
	d := r.draft()
	if ps, ok := s.File(jsonFile); ok && len(ps) > 0 {
		d.wild("the user data writes "+jsonFile+", which sets what no variable sets", ps[0].Line)
	}
	for _, name := range []string{instanceFile, agentFile} {
		ps, _ := s.File(name)
		d.lines(ps, func(text string, line int, maybe string) {
			if key, value, ok := strings.Cut(text, "="); ok && isVariable(key) {
				d.put(key, value, line, maybe)
			}
		})
	}
	if p := d.vars.Get("ECS_AGENT_CONFIG_FILE_PATH"); p.Set || !p.Known {
		why := "the agent reads another settings file (ECS_AGENT_CONFIG_FILE_PATH)"
		if d.vars.rest.Known {
			d.vars.rest = Setting{Why: why, Line: p.Line}
		}
	}
	return d.vars
}

func proxyNames() []string { return []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} }

// proxies keeps the proxy variables of a draft, in upper case; a lower-case name
// counts where there is no upper-case one.
func (d *draft) proxies() Vars {
	out := Vars{set: map[string]Setting{}, rest: Setting{Known: true}}
	for _, n := range proxyNames() {
		v := d.vars.Get(n)
		if v.Known && !v.Set {
			v = d.vars.Get(strings.ToLower(n))
		}
		if !v.Known || v.Set {
			out.set[n] = v
		}
	}
	return out
}

// proxies reads the files of the AWS page "Using an HTTP proxy for Amazon ECS
// Linux container instances".
func (r *reader) proxies(s *shell.State, agent Vars) Proxy {
	own := &draft{holes: &r.holes, vars: agent}

	start := r.draft()
	r.dropIns(s, start, initDir)
	ps, _ := s.File(initUpstart)
	start.lines(ps, func(text string, line int, maybe string) {
		if rest, ok := strings.CutPrefix(text, "env "); ok {
			start.pair(strings.TrimSpace(rest), line, maybe)
		}
	})
	// The unit reads ecs.config too, after its own variables; systemd strips quotes.
	for _, n := range slices.Concat(proxyNames(), []string{"http_proxy", "https_proxy", "no_proxy"}) {
		if v := agent.Get(n); !v.Known || v.Set {
			v.Value = bare(v.Value)
			start.vars.set[n] = v
		}
	}

	docker := r.draft()
	r.dropIns(s, docker, dockerDir)
	ps, _ = s.File(dockerSys)
	docker.lines(ps, func(text string, line int, maybe string) {
		text = strings.TrimSpace(strings.TrimPrefix(text, "export "))
		docker.pair(text, line, maybe)
	})
	ps, _ = s.File(dockerJSON)
	r.daemon(docker, ps)
	return Proxy{Agent: own.proxies(), Init: start.proxies(), Docker: docker.proxies()}
}

// pair reads NAME=value with the quotes removed.
func (d *draft) pair(text string, line int, maybe string) {
	if k, v, ok := strings.Cut(text, "="); ok && isVariable(k) {
		d.put(k, bare(v), line, maybe)
	}
}

// bare removes one pair of quotes around a text.
func bare(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// dropIns reads the drop-ins of a systemd unit in the order of their names
// (systemd.unit(5), systemd.exec(5)).
func (r *reader) dropIns(s *shell.State, d *draft, dir string) {
	for _, name := range s.Files() {
		if !strings.HasPrefix(name, dir) || !strings.HasSuffix(name, ".conf") {
			continue
		}
		ps, _ := s.File(name)
		d.lines(ps, func(text string, line int, maybe string) {
			key, value, _ := strings.Cut(text, "=")
			switch strings.TrimSpace(key) {
			case "Environment":
				if strings.TrimSpace(value) == "" {
					for _, n := range slices.Sorted(maps.Keys(d.vars.set)) {
						d.drop(n)
					}
				}
				for _, w := range assignments(value) {
					d.pair(w, line, maybe)
				}
			case "EnvironmentFile":
				if f := strings.TrimPrefix(strings.TrimSpace(value), "-"); f != agentFile && f != "" {
					d.environmentFile(s, f, line)
				}
			}
		})
	}
	// Code that was not followed may have written other drop-ins.
	if ps, _ := s.File(dir + "?"); len(ps) > 0 {
		d.wild(r.holes.Why(ps[0].Text), ps[0].Line)
	}
}

func (d *draft) environmentFile(s *shell.State, name string, line int) {
	ps, ok := s.File(name)
	if !ok {
		d.wild("the unit reads variables from a file that is not part of the user data", line)
		return
	}
	d.lines(ps, func(text string, line int, maybe string) { d.pair(text, line, maybe) })
}

// assignments splits the value of Environment= at blanks outside quotes.
func assignments(text string) []string {
	var out []string
	var b strings.Builder
	var quote rune
	open := false
	for _, c := range text {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, open = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
			if open {
				out = append(out, b.String())
			}
			b.Reset()
			open = false
		default:
			b.WriteRune(c)
			open = true
		}
	}
	if open {
		out = append(out, b.String())
	}
	return out
}

// daemon reads "proxies" of dockerd's daemon.json, which is stronger than its
// environment (Docker, "Daemon proxy configuration").
func (r *reader) daemon(d *draft, ps []shell.Piece) {
	if len(ps) == 0 {
		return
	}
	lines, exact := shell.Lines(ps)
	var text strings.Builder
	sure := exact
	for _, l := range lines {
		sure = sure && l.Maybe == "" && !hole.Only(l.Text)
		text.WriteString(l.Text)
	}
	if sure && !strings.Contains(strings.ToLower(text.String()), "prox") {
		return
	}
	var doc struct {
		Proxies map[string]json.RawMessage `json:"proxies"`
	}
	if !sure || json.Unmarshal([]byte(text.String()), &doc) != nil {
		why := r.holes.Why(text.String())
		if why == "" {
			why = dockerJSON + " cannot be read"
		}
		d.wild(why, ps[0].Line)
		return
	}
	for key, name := range map[string]string{"http-proxy": "HTTP_PROXY", "https-proxy": "HTTPS_PROXY", "no-proxy": "NO_PROXY"} {
		var v string
		if raw, ok := doc.Proxies[key]; ok && json.Unmarshal(raw, &v) == nil {
			line := ps[0].Line
			for _, l := range lines {
				if strings.Contains(l.Text, `"`+key+`"`) {
					line = l.Line
				}
			}
			d.put(name, v, line, "")
		}
	}
}
