package intent

import (
	"net/netip"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
)

// The readers of this file report what they cannot read and then return the
// zero value.

var (
	// AWS Organizations API Reference, "Organization": the pattern of Id.
	organizationForm = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	accountForm      = regexp.MustCompile(`^[0-9]{12}$`)
)

func (r *reader) version(n *yaml.Node) {
	if text := r.text(n, "version"); text != "" && text != "1" {
		r.problem(n, "unknown version", "The file has version %q, and this program reads version 1. Its keys may mean something else there.", text)
	}
}

func (r *reader) form(n *yaml.Node, what string, form *regexp.Regexp, want string) string {
	text := r.text(n, what)
	if text != "" && !form.MatchString(text) {
		r.problem(n, "wrong form", "%q is not %s.", text, want)
		return ""
	}
	return text
}

// word reads one of some words and returns its index. Words are unique and the
// empty word, if it is among them, stands for "not written".
func (r *reader) word(n *yaml.Node, what string, words []string) int {
	text := r.text(n, what)
	for i, w := range words {
		if w == text {
			return i
		}
	}
	r.problem(n, "unknown word", "There is no %s %q%s", what, text, guess(text, words[1:]))
	return 0
}

var severityWords = []string{"",
	finding.Note.String(), finding.Low.String(), finding.Medium.String(), finding.High.String(), finding.Critical.String()}

func (r *reader) severity(n *yaml.Node) finding.Severity {
	if i := r.word(n, "severity", severityWords); i > 0 {
		return finding.Severity(i - 1)
	}
	return finding.Note
}

func (r *reader) glob(n *yaml.Node, what string) Glob { return NewGlob(r.text(n, what)) }

// globs reads a list of patterns, or one pattern alone.
func (r *reader) globs(n *yaml.Node, what string) []Glob {
	if resolved, ok := r.resolve(n); ok && resolved.Kind == yaml.ScalarNode {
		return []Glob{r.glob(n, what)}
	}
	var out []Glob
	r.items(n, what, func(n *yaml.Node) { out = append(out, r.glob(n, "an entry of "+what)) })
	return out
}

// side reads "internet", an address, a CIDR or a pattern. A text with a slash is
// a CIDR if it begins with an address; patterns over addresses of nested stacks
// have slashes, too.
func (r *reader) side(n *yaml.Node, what string) Side {
	text := r.text(n, what)
	if text == "internet" {
		return Side{Internet: true}
	}
	head, _, _ := strings.Cut(text, "/")
	if _, err := netip.ParseAddr(head); err == nil {
		return Side{CIDR: r.cidr(n, text)}
	}
	return Side{Glob: NewGlob(text)}
}

func (r *reader) cidr(n *yaml.Node, text string) netip.Prefix {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen())
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		r.problem(n, "wrong form", "%q is neither an IP address nor a CIDR such as 10.0.0.0/16.", text)
		return netip.Prefix{}
	}
	if p != p.Masked() {
		r.problem(n, "host bits", "%q has bits set that its length leaves out. Write %s, or the address with the length that is meant.", text, p.Masked())
		return netip.Prefix{}
	}
	return p
}

// ports reads a list such as [tcp/8080, udp/53], or one text with commas.
func (r *reader) ports(n *yaml.Node) netset.Ports {
	var out netset.Ports
	add := func(n *yaml.Node) {
		text := r.text(n, "ports")
		if text == "" {
			return
		}
		ports, err := netset.ParsePorts(text)
		switch {
		case err != nil:
			r.problem(n, "wrong form", "The ports cannot be read: %v. Write a protocol and a port, such as tcp/8080 or udp/53-54.", err)
		case ports.IsEmpty():
			r.problem(n, "empty value", "%q names no port, so this flow would allow nothing.", text)
		}
		out = out.Union(ports)
	}
	resolved, ok := r.resolve(n)
	switch {
	case ok && resolved.Kind == yaml.ScalarNode:
		add(n)
	case ok && resolved.Kind == yaml.SequenceNode && len(resolved.Content) == 0:
		r.problem(n, "empty value", "The list of ports is empty. Remove the key if every port is meant.")
	default:
		r.items(n, "ports", add)
	}
	return out
}

func (r *reader) date(n *yaml.Node, what string) Date {
	text := r.text(n, what)
	if text == "" {
		return Date{}
	}
	d, err := ParseDate(text)
	if err != nil {
		r.problem(n, "wrong form", "The date of %q cannot be read: %v.", what, err)
	}
	return d
}
