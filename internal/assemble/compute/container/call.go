package container

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// maxValue bounds the values of variables in which addresses are looked for.
const maxValue = 4096

// insists are options of connection strings and variables with which a client
// accepts nothing but TLS, and those with which it does without.
var insists = map[fact.Tri][]string{
	fact.Yes: {"sslmode=require", "sslmode=verify-ca", "sslmode=verify-full", "ssl-mode=required", "sslmode=required", "usessl=true", "ssl=true", "tls=true", "requiressl=1"},
	fact.No:  {"sslmode=disable", "ssl=false", "usessl=false", "tls=false", "ssl-mode=disabled", "sslmode=disabled"},
}

// modes are values of variables named like PGSSLMODE that insist on TLS.
var modes = []string{"require", "required", "verify-ca", "verify-full", "verify_ca", "verify_identity"}

// callOf reads what the value of a variable says of an address.
func callOf(name string, v resource.Value) (topo.Call, bool) {
	c := topo.Call{Variable: name, Place: v.Place}
	parts := []resource.Value{v}
	if v.Kind == resource.Text {
		parts = v.List
	}
	for _, p := range parts {
		if p.Kind == resource.Ref {
			// A variable is no thing: nobody knows what it names.
			if id := p.Ref.ID; p.Ref.Attr != "" && !slices.Contains(c.Things, id) {
				c.Things = append(c.Things, id)
			}
		}
	}
	text := design.Display(v)
	if v.Maybe || len(text) > maxValue {
		return c, false
	}
	lower := strings.ToLower(text)
	for _, want := range []fact.Tri{fact.Yes, fact.No} {
		if slices.ContainsFunc(insists[want], func(option string) bool { return strings.Contains(lower, option) }) {
			c.TLS = want
			break
		}
	}
	if key := strings.ReplaceAll(strings.ToUpper(name), "_", ""); strings.HasSuffix(key, "SSLMODE") && slices.Contains(modes, lower) {
		c.TLS = fact.Yes
	}
	if first := parts[0]; first.Kind == resource.Ref && first.Ref.Attr == "dns_name" {
		c.Host = strings.ToLower(design.Display(first)) // an address without a scheme
	}
	if i := strings.Index(text, "://"); i > 0 {
		c.Scheme, c.Host, c.Port = address(lower, i)
		if c.Scheme != "" {
			c.Open = open(parts, c.Host)
		}
		switch {
		case slices.Contains([]string{"https", "wss", "grpcs", "rediss", "valkeys", "amqps", "mqtts", "ldaps", "stomp+ssl", "mongodb+srv"}, c.Scheme):
			c.TLS = fact.Yes
		case slices.Contains([]string{"http", "ws", "redis", "valkey", "amqp", "mqtt", "ldap"}, c.Scheme) && c.TLS == fact.Unknown:
			c.TLS = fact.No
		}
	}
	return c, c.Scheme != "" || len(c.Things) > 0 || c.TLS != fact.Unknown
}

// address cuts a URL at its separators; those in ${…} do not count. User and
// password are left out.
func address(text string, at int) (scheme, host, port string) {
	start := at
	for start > 0 && (text[start-1] >= 'a' && text[start-1] <= 'z' || text[start-1] >= '0' && text[start-1] <= '9' || text[start-1] == '+') {
		start--
	}
	scheme, rest := text[start:at], text[at+3:]
	depth, colon, end := 0, -1, len(rest)
	from := 0
loop:
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '$' && i+1 < len(rest) && rest[i+1] == '{', c == '[':
			depth++
		case (c == '}' || c == ']') && depth > 0:
			depth--
		case depth > 0:
		case c == '@':
			from, colon = i+1, -1
		case c == ':':
			colon = i
		case strings.IndexByte("/?# ,;\"'", c) >= 0:
			end = i
			break loop
		}
	}
	if colon >= from && colon < end {
		return scheme, rest[from:colon], rest[colon+1 : end]
	}
	return scheme, rest[from:end], ""
}

// open says which piece of a host is not known.
func open(parts []resource.Value, host string) string {
	if !strings.Contains(host, "${") {
		return ""
	}
	for _, p := range parts {
		switch p.Kind {
		case resource.Ref:
			name := strings.TrimSuffix(strings.TrimPrefix(design.Display(p), "${"), "}")
			if strings.Contains(host, strings.ToLower(name)) {
				return name
			}
		case resource.Unknown:
			if strings.Contains(host, "${…}") {
				return design.Why(p)
			}
		}
	}
	return "a piece of it is not known"
}
