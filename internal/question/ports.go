package question

import (
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/netset"
)

// wellKnown are the names of services that mean one port (IANA "Service Name and
// Transport Protocol Port Number Registry"; for those of databases the port that
// AWS gives them by default).
var wellKnown = map[string]netset.Ports{
	"ssh": netset.TCP(22, 22), "telnet": netset.TCP(23, 23), "smtp": netset.TCP(25, 25),
	"dns":  netset.TCP(53, 53).Union(netset.UDP(53, 53)),
	"http": netset.TCP(80, 80), "https": netset.TCP(443, 443), "ntp": netset.UDP(123, 123),
	"ldap": netset.TCP(389, 389), "ldaps": netset.TCP(636, 636), "smb": netset.TCP(445, 445),
	"mssql": netset.TCP(1433, 1433), "oracle": netset.TCP(1521, 1521), "nfs": netset.TCP(2049, 2049),
	"mysql": netset.TCP(3306, 3306), "rdp": netset.TCP(3389, 3389),
	"postgres": netset.TCP(5432, 5432), "postgresql": netset.TCP(5432, 5432),
	"redis": netset.TCP(6379, 6379), "memcached": netset.TCP(11211, 11211), "mongodb": netset.TCP(27017, 27017),
	"ping": netset.ICMP(8, -1).Union(netset.ICMPv6(128, -1)),
}

// protocolNames are those that a misspelt word may be meant for, in the order in
// which they are preferred.
var protocolNames = []string{
	"tcp", "udp", "icmp", "icmpv6", "https", "http", "ssh", "rdp", "dns", "ntp", "postgres", "postgresql", "mysql", "redis", "nfs",
	"ldap", "ldaps", "smb", "mssql", "oracle", "mongodb", "memcached", "smtp", "telnet", "ping",
}

const hintPorts = "ports are written tcp/8080, udp/53, tcp/1-100, icmp, https, with commas between them"

// portsOf reads the ports of a question from the words that are left.
func portsOf(words []word) (netset.Ports, *Error) {
	first, last := words[0], words[len(words)-1]
	whole := func(problem, hint string) *Error {
		return &Error{Problem: problem, Hint: hint, At: first.at, Length: last.at + len(last.text) - first.at}
	}
	except := len(words) > 1 && first.is("all") && words[1].is("except")
	list := words
	if except {
		list = words[2:]
	}
	var out netset.Ports
	for len(list) > 0 || except {
		term, n := []word{}, 0
		for n < len(list) && list[n].text != comma {
			term, n = append(term, list[n]), n+1
		}
		if len(term) == 0 {
			w := last
			if n < len(list) {
				w = list[n]
			}
			return out, w.err("a port is missing there", hintPorts)
		}
		p, err := termOf(term)
		if err != nil {
			return out, err
		}
		out = out.Union(p)
		if n == len(list) {
			break
		}
		if list = list[n+1:]; len(list) == 0 {
			return out, last.err("a port is missing there", hintPorts)
		}
	}
	if except {
		out = out.Complement()
	}
	if out.IsEmpty() {
		return out, whole("no packet is asked about", hintPorts)
	}
	return out, nil
}

// termOf reads one term of ports.
func termOf(words []word) (netset.Ports, *Error) {
	var texts []string
	for _, w := range words {
		texts = append(texts, strings.ToLower(w.text))
	}
	text := strings.Join(texts, " ")
	last := words[len(words)-1]
	fail := func(problem, hint string) (netset.Ports, *Error) {
		return netset.Ports{}, &Error{Problem: problem, Hint: hint, At: words[0].at, Length: last.at + len(last.text) - words[0].at}
	}
	if p, ok := wellKnown[text]; ok {
		return p, nil
	}
	if strings.Trim(text, "0123456789-") == "" {
		return fail("it is not said which protocol the port "+text+" is of", "did you mean tcp/"+text+"?")
	}
	p, err := netset.ParsePorts(text)
	if err == nil {
		return p, nil
	}
	if len(words) > 1 {
		if _, first := termOf(words[:1]); first == nil {
			w := words[1]
			return netset.Ports{}, w.err("there is a word too many: "+w.text, "several ports have commas between them: tcp/80, tcp/443")
		}
	}
	name, port, _ := strings.Cut(text, "/")
	if _, ok := wellKnown[name]; ok && port != "" {
		return fail("there are no ports "+text, "did you mean "+name+", or tcp/"+port+"?")
	}
	if best := diag.Closest(name, protocolNames); best != "" && best != name {
		return fail("there are no ports "+text, "did you mean "+best+strings.TrimPrefix(text, name)+"?")
	}
	return fail("there are no ports "+text, hintPorts)
}
