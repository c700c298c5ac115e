package userdata

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/userdata/hole"
	"github.com/muralla-net/muralla/internal/userdata/shell"
)

// Bounds. EC2 takes 16 KB of raw user data ("Run commands when you launch an
// EC2 instance"); sources may hold more before they compress it.
const (
	maxInput  = 1 << 20
	maxOutput = 4 << 20 // after decompression
	maxLayers = 8       // base64, gzip, MIME in each other
	maxParts  = 200
)

// The files whose content says what the package asks.
const (
	agentFile    = "/etc/ecs/ecs.config"
	instanceFile = "/var/lib/ecs/ecs.config"
	jsonFile     = "/etc/ecs/ecs.config.json"
	initDir      = "/etc/systemd/system/ecs.service.d/"
	initUpstart  = "/etc/init/ecs.override"
	dockerDir    = "/etc/systemd/system/docker.service.d/"
	dockerSys    = "/etc/sysconfig/docker"
	dockerJSON   = "/etc/docker/daemon.json"
)

func watched() []string {
	return []string{agentFile, instanceFile, jsonFile, initDir, initUpstart, dockerDir, dockerSys, dockerJSON,
		shell.RulesFile("iptables"), shell.RulesFile("ip6tables"), shell.RulesFile("nftables"), "/etc/nftables.conf"}
}

// reader carries what one call of Parse knows.
type reader struct {
	holes hole.Table
	place ref.Place
	diags diag.List
	parts []part
	count int // leaf parts met
	size  int // bytes after unwrapping
	early int // how many of the commands run before Docker does
}

// Parse reads user data. Place is where the design states it. Diagnostics say
// what could not be read; the settings are unknown where that matters.
func Parse(segments []Segment, place ref.Place) (Settings, diag.List) {
	r := &reader{place: place}
	size := 0
	for _, s := range segments {
		size += max(len(s.Text), 1)
	}
	if size > maxInput {
		r.warn("user data too large", "The user data is longer than 1 MiB, while EC2 accepts 16 KB. It was not read, so its settings are unknown. Give the user data itself, not an archive.")
		return r.lost(Unrecognised, "the user data is longer than 1 MiB"), r.diags
	}
	known := true
	var text strings.Builder
	for _, s := range segments {
		if s.Unknown != "" {
			known = false
			text.WriteString(r.holes.New(s.Unknown))
		} else if s.Text != "" {
			text.WriteString(s.Text)
		}
	}
	input := text.String()
	line, step := 1, true
	if known {
		// Base64 and gzip are ways of transport; only literal text can have them.
		for range maxLayers {
			plain, ok, err := unpack(input)
			if err != "" {
				r.warn("user data not readable", "The compressed user data cannot be unpacked: "+err+". Its settings are unknown. Check how the user data is encoded.")
				return r.lost(Unrecognised, "the user data cannot be unpacked: "+err), r.diags
			}
			if !ok {
				break
			}
			input = plain
		}
		input = hole.Clean(input)
	} else {
		var clean strings.Builder
		for _, s := range segments {
			if s.Unknown != "" {
				clean.WriteString(r.holes.New(s.Unknown))
			} else {
				clean.WriteString(hole.Clean(s.Text))
			}
		}
		input = clean.String()
	}
	return r.read(strings.TrimPrefix(input, "\ufeff"), line, step), r.diags.Sorted()
}

func (r *reader) warn(summary, detail string) {
	r.diags.Add(diag.Warning, r.place, summary, detail)
}

// lost is the settings of user data of which nothing is known.
func (r *reader) lost(d Dialect, why string) Settings {
	unknown := Vars{rest: Setting{Why: why}}
	block := Block{Why: why}
	return Settings{Dialect: d, Agent: unknown, Proxy: Proxy{unknown, unknown, unknown}, Bridge: block, Bridge6: block,
		Opaque: []Opaque{{Why: why}}}
}

func (r *reader) read(text string, line int, step bool) Settings {
	d := recognise(text)
	switch {
	case strings.TrimSpace(text) == "":
		return Nothing()
	case d == Bottlerocket:
		return r.bottlerocket(text, line)
	case d == PowerShell:
		return r.powershell(text, line)
	case d == Unrecognised:
		if why := r.holes.Why(text); why != "" {
			return r.lost(d, "the beginning of the user data is not known ("+why+")")
		}
		r.warn("user data not recognised", "The user data begins like none of the forms that instances read (#!, #cloud-config, MIME, Bottlerocket settings, <powershell>), so cloud-init would ignore it. Its settings are unknown. Begin a script with #!/bin/bash.")
		return r.lost(d, "the user data has none of the forms that instances read")
	}
	s := shell.NewState(&r.holes, watched())
	r.collect(text, "", "", line, step, 0)
	r.run(s)
	return r.settings(d, s)
}

// settings reads the files of the machine after all scripts ran.
func (r *reader) settings(d Dialect, s *shell.State) Settings {
	out := Settings{Dialect: d}
	out.Agent = r.agent(s)
	out.Proxy = r.proxies(s, out.Agent)
	out.Bridge, out.Bridge6 = r.filter(s)
	for _, doubt := range s.Doubts() {
		out.Opaque = append(out.Opaque, Opaque(doubt))
	}
	return out
}

// recognise names the dialect by its first letters, as cloud-init does after
// skipping white space (cloud-init, "User-data formats").
func recognise(text string) Dialect {
	t := strings.TrimLeft(text, " \t\r\n")
	lower := strings.ToLower(t[:min(len(t), 4096)])
	has := func(p string) bool { return strings.HasPrefix(lower, p) }
	switch {
	case strings.TrimSpace(text) == "":
		return None
	case has("## template: jinja"):
		_, rest, _ := strings.Cut(t, "\n")
		if d := recognise(rest); d != MIME && !strings.HasPrefix(strings.ToLower(rest), "## template") {
			return d
		}
		return Unrecognised
	case has("#!"):
		return Shell
	case has("#cloud-config"):
		return CloudConfig
	case has("#cloud-boothook"):
		return Boothook
	case has("#include"), has("#part-handler"):
		return Include
	case has("<powershell>"), has("<script>"), has("<persist>"), has("<runasl"):
		return PowerShell
	case strings.Contains(lower, "mime-version:"), has("content-type: multipart"):
		return MIME
	}
	for l := range strings.Lines(lower) {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		if strings.HasPrefix(l, "[settings") || strings.HasPrefix(l, "settings.") || strings.HasPrefix(l, "[ settings") {
			return Bottlerocket
		}
		break
	}
	return Unrecognised
}

// tally reports whether one more part of that size is within the bounds.
func (r *reader) tally(size int) bool {
	r.count++
	r.size += size
	return r.count <= maxParts && r.size <= maxOutput
}

func at(line int) string { return fmt.Sprintf("line %d", line) }
