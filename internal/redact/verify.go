package redact

import (
	"encoding/base64"
	"net/netip"
	"regexp"
	"strings"
)

var (
	runs    = regexp.MustCompile(`[\pL\pM\pN_]+`)
	dotted  = regexp.MustCompile(`[0-9]+(\.[0-9]+){3,}`)
	escaped = regexp.MustCompile(`\\+([nrtbf]|u00[0-9a-fA-F]{2})`)
)

// hides reports whether a text has nothing in it that must be hidden: no word
// that is neither vocabulary nor pseudonym, and no public address that is not
// made here.
func (h *hider) hides(s string) bool {
	if h.coded[s] {
		plain, err := base64.StdEncoding.DecodeString(s)
		return err == nil && h.hides(string(plain))
	}
	for _, m := range dotted.FindAllString(s, -1) {
		parts := strings.Split(m, ".")
		if a, err := netip.ParseAddr(strings.Join(parts[len(parts)-4:], ".")); err == nil && !h.mapped[a] && h.hideAddr(a) != a {
			return false
		}
	}
	if s == hidden || h.types[s] {
		return true
	}
	for _, w := range runs.FindAllString(escaped.ReplaceAllString(s, " "), -1) {
		if h.types[w] || h.fine(w) {
			continue
		}
		for p := range strings.SplitSeq(w, "_") {
			if p != "" && !h.fine(p) {
				return false
			}
		}
	}
	return true
}

// short are the words of Regions and of sizes that are no vocabulary.
var short = regexp.MustCompile(`^((db|cache|us|eu|ap|sa|ca|me|af|il|cn|mx|gov|flex|iso[a-z]?)|(north|south)?(east|west)?|central|[0-9][a-f]|[a-z]{1,4}[0-9]{1,2}[a-z]{0,4}|nano|micro|small|medium|[0-9]*x?large|metal|[0-9]+xl)$`)

func (h *hider) fine(w string) bool {
	return h.keeps(w) || h.made[w] || short.MatchString(w) || h.hex(w)
}

// hex reports whether a word may be a group of an address.
func (h *hider) hex(w string) bool {
	return len(w) <= 4 && strings.Trim(w, "0123456789abcdefABCDEF") == ""
}
