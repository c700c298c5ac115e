package ask

import (
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/netset"
)

// Error is a question that cannot be asked, with what to do about it.
type Error struct {
	Problem string // as a clause: "there is no arrow in the question"
	Hint    string
}

// Error is the problem alone.
func (e *Error) Error() string { return e.Problem }

// Question is a question as it was written. The zero Question asks nothing.
type Question struct {
	From, To Side

	// Ports are those of the destination. HasPorts tells whether any were
	// written; without them Ports is empty and every port is meant on which the
	// destination listens.
	Ports    netset.Ports
	HasPorts bool

	// Direct leaves ways through load balancers out.
	Direct bool
}

// Side is one side of a question. Exactly one of Internet, Addrs and Pattern is
// set.
type Side struct {
	Internet bool
	Addrs    netset.Addrs
	Pattern  string // "svc/orders", a resource address, an ARN, "*"
	text     string
}

// String is the side as it was written.
func (s Side) String() string { return s.text }

// String is the question in the form that [Parse] reads back.
func (q Question) String() string {
	out := q.From.text + " " + arrow + " " + q.To.text
	if q.HasPorts {
		out += " " + q.Ports.String()
	}
	if q.Direct {
		out += " " + directFlag
	}
	return out
}

const (
	arrow      = "->"
	directFlag = "--direct"
	maxText    = 4096 // bytes of a question
	example    = "for example: muralla ask 'internet -> svc/orders tcp/8080'"
)

// Parse reads a question. The error is an [*Error].
func Parse(text string) (Question, error) {
	if len(text) > maxText {
		return Question{}, &Error{"the question is longer than 4,096 bytes", example}
	}
	if !utf8.ValidString(text) {
		return Question{}, &Error{"the question is not UTF-8", example}
	}
	words, closed := split(text)
	if !closed {
		return Question{}, &Error{`an index is not closed: [" without "]`, `for example: 'aws_lb.this["a"] -> svc/orders'`}
	}
	at := slices.Index(words, arrow)
	switch {
	case len(words) == 0:
		return Question{}, &Error{"the question is empty", example}
	case at < 0:
		return Question{}, &Error{`there is no "->" in the question`, "quote it, since a shell takes the > for itself: muralla ask 'internet -> svc/orders tcp/8080'"}
	case slices.Contains(words[at+1:], arrow):
		return Question{}, &Error{`there are two "->" in the question`, "ask about one connection at a time"}
	case at == 0:
		return Question{}, &Error{`nothing is before the "->"`, example}
	case at > 1:
		return Question{}, &Error{"one name belongs before the \"->\", not " + strings.Join(words[:at], " "), "ports follow the destination; several things are one name with a *: svc/*"}
	}
	from, to := words[0], words[at+1:]
	var q Question
	if n := len(to); n > 0 && to[n-1] == directFlag {
		q.Direct, to = true, to[:n-1]
	}
	if len(to) == 0 {
		return Question{}, &Error{`nothing is after the "->"`, example}
	}
	var err error
	if q.From, err = parseSide(from); err != nil {
		return Question{}, err
	}
	if q.To, err = parseSide(to[0]); err != nil {
		return Question{}, err
	}
	if q.From.Pattern == "" && q.To.Pattern == "" && (q.From.Internet || q.To.Internet) {
		return Question{}, &Error{"both sides are outside the design", "name something of the design on one side: svc/orders, alb/shop, a resource address"}
	}
	if len(to) > 1 {
		q.HasPorts = true
		q.Ports, err = parsePorts(strings.Join(to[1:], " "))
	}
	if err != nil {
		return Question{}, err
	}
	return q, nil
}

// split cuts a question into words and arrows. White space and arrows within
// the index of a resource address, ["a b"], belong to the word. It is not
// closed if an index has no end.
func split(text string) (words []string, closed bool) {
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for i := 0; i < len(text); {
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, arrow):
			end()
			words = append(words, arrow)
			i += len(arrow)
		case strings.ContainsRune(" \t\r\n", rune(text[i])):
			end()
			i++
		case strings.HasPrefix(rest, `["`):
			n := indexLength(rest)
			if n < 0 {
				return nil, false
			}
			word.WriteString(rest[:n])
			i += n
		default:
			word.WriteByte(text[i])
			i++
		}
	}
	end()
	return words, true
}

// indexLength is the length of the index at the beginning of a text, or -1 if
// it does not end. A backslash takes the meaning from the next byte.
func indexLength(s string) int {
	for i := len(`["`); i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], `"]`):
			return i + len(`"]`)
		}
	}
	return -1
}

func parseSide(word string) (Side, error) {
	s := Side{text: word}
	switch {
	case strings.EqualFold(word, "internet"):
		s.Internet, s.text = true, "internet"
		return s, nil
	case strings.HasPrefix(word, "-"):
		return Side{}, &Error{"there is no side " + word, "flags are written outside of the quotes, before or after the question"}
	case !looksLikeAddress(word):
		s.Pattern = word
		return s, nil
	}
	if a, err := netip.ParseAddr(word); err == nil && a.Zone() == "" {
		s.Addrs = netset.Addr(a)
		return s, nil
	}
	if p, err := netip.ParsePrefix(word); err == nil {
		s.Addrs = netset.Prefix(p.Masked())
		return s, nil
	}
	return Side{}, &Error{word + " is no address and no CIDR", "for example 10.0.0.0/16, 203.0.113.7 or 2001:db8::/32"}
}

// looksLikeAddress is whether a word can only be meant as an address: names
// have letters that hexadecimal digits are not, or no colons.
func looksLikeAddress(word string) bool {
	const digits = "0123456789./"
	if strings.Trim(word, digits) == "" {
		return true
	}
	return strings.Count(word, ":") >= 2 && strings.Trim(word, digits+"abcdefABCDEF:") == ""
}

func parsePorts(text string) (netset.Ports, error) {
	const hint = "ports are written tcp/8080, udp/53, tcp/1-100, icmp, with commas between them"
	list := strings.TrimPrefix(strings.ToLower(text), "all except ")
	for term := range strings.SplitSeq(list, ",") {
		term = strings.TrimSpace(term)
		switch {
		case term == "":
			return netset.Ports{}, &Error{"a port is missing in " + text, hint}
		case strings.Trim(term, "0123456789-") == "":
			return netset.Ports{}, &Error{"it is not said which protocol the port " + term + " is of", "did you mean tcp/" + term + "?"}
		}
	}
	p, err := netset.ParsePorts(text)
	if err != nil {
		name, _, _ := strings.Cut(list, "/")
		if best := diag.Closest(name, []string{"tcp", "udp", "icmp", "icmpv6"}); best != "" && best != name {
			return netset.Ports{}, &Error{"there are no ports " + text, "did you mean " + best + strings.TrimPrefix(list, name) + "?"}
		}
		return netset.Ports{}, &Error{"there are no ports " + text, hint}
	}
	if p.IsEmpty() {
		return netset.Ports{}, &Error{"no packet is asked about", hint}
	}
	return p, nil
}
