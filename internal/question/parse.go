package question

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/netset"
)

// Parse reads a question. The error is an [*Error].
func Parse(text string) (Question, error) {
	q, err := parse(text)
	if err != nil {
		return Question{}, err
	}
	return q, nil
}

func parse(text string) (Question, *Error) {
	words, err := split(text)
	if err != nil {
		return Question{}, err
	}
	if len(words) == 0 {
		return Question{}, &Error{Problem: "the question is empty", Hint: example}
	}
	p := &parser{words: words, end: len(strings.TrimRight(text, " \t\r\n"))}
	arrows := 0
	for _, w := range words {
		if w.text == arrow || w.text == arrowBoth {
			if arrows++; arrows > 1 {
				return Question{}, w.err("there are two arrows in the question", "ask about one connection at a time; --pivot asks about chains")
			}
		}
	}
	q := Question{}
	switch {
	case arrows == 1:
		err = p.arrowed(&q)
	default:
		err = p.open(&q)
	}
	if err != nil {
		return q, err
	}
	if err := p.rest(&q); err != nil {
		return q, err
	}
	return q, check(q)
}

// parser reads words one after the other.
type parser struct {
	words []word
	next  int
	end   int // of the text
}

// peek is the next word, or one without text at the end.
func (p *parser) peek() word {
	if p.next < len(p.words) {
		return p.words[p.next]
	}
	return word{at: p.end}
}

func (p *parser) take() word {
	w := p.peek()
	p.next++
	return w
}

// skip takes the next words if they are these.
func (p *parser) skip(keywords ...string) bool {
	for i, k := range keywords {
		if p.next+i >= len(p.words) || !p.words[p.next+i].is(k) {
			return false
		}
	}
	p.next += len(keywords)
	return true
}

// arrowed reads A -> B and A <-> B up to the ports.
func (p *parser) arrowed(q *Question) (err *Error) {
	if w := p.peek(); w.text == arrow || w.text == arrowBoth {
		return w.err("nothing is before the "+w.text, example)
	}
	if q.From, err = p.side(); err != nil {
		return err
	}
	w := p.take()
	switch w.text {
	case arrow:
	case arrowBoth:
		q.Form = Mutual
	case "":
		return w.err("nothing is after the comma", "write a name there: svc/a, svc/b")
	default:
		return w.err("ports and words belong after the destination, not "+w.text+" before the arrow", "several things are separated by commas, or named with a *: svc/*")
	}
	if p.peek().text == "" || strings.HasPrefix(p.peek().text, "--") {
		return w.err("nothing is after the "+w.text, example)
	}
	q.To, err = p.side()
	return err
}

const openForms = "who reaches X, what can X reach, what leaves X"

// open reads the forms without an arrow up to the ports.
func (p *parser) open(q *Question) (err *Error) {
	first := p.take()
	switch {
	case first.is("who"):
		q.Form = Reaches
		if !p.skip("reaches") && !p.skip("can", "reach") && !p.skip("can", "reaches") && !p.skip("reach") {
			return p.expected("reaches", "who reaches X")
		}
		q.To, err = p.side()
	case first.is("what") && (p.skip("can") || p.skip("does")):
		q.Form = Reached
		if q.From, err = p.side(); err == nil && !p.skip("reach") {
			return p.expected("reach", "what can X reach")
		}
	case first.is("what") && p.skip("leaves"):
		q.Form = Leaves
		q.From, err = p.side()
		p.skip("through", "what")
	case first.is("what"):
		w := p.peek()
		if best := diag.Closest(strings.ToLower(w.text), []string{"can", "leaves"}); best != "" {
			return w.err("there is no question that begins with what "+w.text, "did you mean what "+best+"?")
		}
		return w.err("there is no question that begins with what "+w.text, "ask what can X reach, or what leaves X")
	default:
		if k := diag.Closest(strings.ToLower(first.text), []string{"what", "who"}); k != "" && len(first.text) <= 5 {
			return first.err("no question begins with "+first.text, "did you mean "+k+"? There are: A -> B, A <-> B, "+openForms)
		}
		return &Error{Problem: `there is no "->" in the question`, Hint: "quote it, since a shell takes the > for itself: muralla ask 'internet -> svc/orders tcp/8080'. Other forms: " + openForms}
	}
	return err
}

// expected is the error of a keyword that is missing or misspelt.
func (p *parser) expected(keyword, form string) *Error {
	w := p.peek()
	if w.text == "" {
		return w.err(keyword+" is missing at the end", "write: "+form)
	}
	if diag.Closest(strings.ToLower(w.text), []string{keyword}) != "" {
		return w.err("there is no word "+w.text+" there", "did you mean "+keyword+"?")
	}
	return w.err(keyword+" is missing before "+w.text, "write: "+form)
}

// side reads NAMES [ "except" NAMES ].
func (p *parser) side() (s Side, err *Error) {
	if s.Names, err = p.names(); err != nil {
		return s, err
	}
	if p.skip(wordExcept) {
		s.Except, err = p.names()
	}
	return s, err
}

func (p *parser) names() (list []Name, err *Error) {
	for {
		w := p.take()
		n, err := nameOf(w)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
		if p.peek().text != comma {
			return list, nil
		}
		p.next++
	}
}

func nameOf(w word) (Name, *Error) {
	n := Name{Text: w.text, At: w.at}
	switch {
	case w.text == "", w.text == arrow, w.text == arrowBoth, w.text == comma:
		return n, w.err("a name is missing there", "a side is names with commas between them, and except with more: svc/* except svc/admin, svc/ops")
	case w.is(wordExcept):
		return n, w.err("a name is missing before except", "for example: * except svc/admin")
	case w.is("internet"):
		n.Internet, n.Text = true, "internet"
		return n, nil
	case strings.HasPrefix(w.text, "-"):
		if best := diag.Closest(w.text, []string{flagDirect, flagPivot}); best != "" && best != w.text {
			return n, w.err("there is no flag "+w.text, "did you mean "+best+"? It belongs at the end of the question")
		}
		return n, w.err("there is no name "+w.text, "flags belong at the end of the question, or outside of the quotes")
	case len(w.text) > len("aws/") && strings.EqualFold(w.text[:len("aws/")], "aws/"):
		n.Service = strings.ToLower(w.text[len("aws/"):])
		n.Text = "aws/" + n.Service
		return n, nil
	case !looksLikeAddress(w.text):
		n.Pattern = w.text
		return n, nil
	}
	if a, err := netip.ParseAddr(w.text); err == nil && a.Zone() == "" {
		n.Addrs = netset.Addr(a)
		return n, nil
	}
	if p, err := netip.ParsePrefix(w.text); err == nil {
		n.Addrs = netset.Prefix(p.Masked())
		return n, nil
	}
	return n, w.err(w.text+" is no address and no CIDR", "for example 10.0.0.0/16, 203.0.113.7 or 2001:db8::/32")
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

// rest reads what follows the sides: ports and flags.
func (p *parser) rest(q *Question) *Error {
	words := p.words[min(p.next, len(p.words)):]
	for len(words) > 0 && strings.HasPrefix(words[len(words)-1].text, "--") {
		switch w := words[len(words)-1]; w.text {
		case flagDirect:
			q.Direct = true
		case flagPivot:
			q.Pivot = true
		default:
			hint := "the flags of a question are --direct and --pivot; others are written outside of the quotes"
			if best := diag.Closest(w.text, []string{flagDirect, flagPivot}); best != "" {
				hint = "did you mean " + best + "?"
			}
			return w.err("there is no flag "+w.text, hint)
		}
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return nil
	}
	q.HasPorts = true
	var err *Error
	q.Ports, err = portsOf(words)
	return err
}

// check refuses what is grammatical and means nothing.
func check(q Question) *Error {
	const hint = "name something of the design on one side: svc/orders, alb/shop, a resource address"
	for _, n := range slices.Concat(q.From.Names, q.From.Except) {
		if n.Service != "" {
			return n.Error("an AWS service is a destination only", "ask for example: svc/orders -> "+n.Text)
		}
	}
	switch q.Form {
	case Connects, Mutual:
		for _, n := range q.To.Names {
			if q.Form == Mutual && n.Service != "" {
				return n.Error("an AWS service is a destination only", "ask with -> in place of <->")
			}
		}
		if q.From.IsOutside() && q.To.IsOutside() && (isInternet(q.From) || isInternet(q.To)) {
			return &Error{Problem: "both sides are outside the design", Hint: hint}
		}
	case Leaves:
		if isInternet(q.From) {
			return q.From.Names[0].Error("the internet is outside the design already", "ask what leaves a VPC or a thing: what leaves vpc/main")
		}
		if q.Direct || q.Pivot {
			return &Error{Problem: "what leaves has no flags", Hint: "ask without --direct and --pivot"}
		}
	case Reaches:
		if isInternet(q.To) {
			return q.To.Names[0].Error("who reaches the internet is asked with an arrow", "ask: * -> internet")
		}
	}
	return nil
}

// isInternet is whether a side is the internet and nothing of a design.
func isInternet(s Side) bool {
	return s.IsOutside() && slices.ContainsFunc(s.Names, func(n Name) bool { return n.Internet || n.Service != "" })
}

// ParseSide reads one side of a question by itself. The error is an [*Error].
func ParseSide(text string) (Side, error) {
	words, err := split(text)
	if err != nil {
		return Side{}, err
	}
	p := &parser{words: words, end: len(strings.TrimRight(text, " \t\r\n"))}
	s, err := p.side()
	if err != nil {
		return Side{}, err
	}
	if w := p.peek(); w.text != "" {
		return Side{}, w.err("a word too many: "+w.text, "names have commas between them, and except before what is left out")
	}
	return s, nil
}
