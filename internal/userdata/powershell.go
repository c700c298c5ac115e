package userdata

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// powershell reads EC2Launch user data: SetEnvironmentVariable with the scope
// Machine, setx with /M, and Initialize-ECSAgent with the switches that stand for variables
// (AWS page "Bootstrapping Amazon ECS Windows container instances").
func (r *reader) powershell(text string, line int) Settings {
	d := r.draft()
	p := &psReader{r: r, d: d, vars: map[string]string{}}
	lower := strings.ToLower(text)
	if i := strings.Index(lower, "<script>"); i >= 0 {
		p.lose("a batch script is not followed", line+strings.Count(text[:i], "\n"))
	}
	if i := strings.Index(lower, "<powershell>"); i >= 0 {
		end := len(text)
		if j := strings.Index(lower, "</powershell>"); j > i {
			end = j
		}
		start := i + len("<powershell>")
		p.block(text[start:end], line+strings.Count(text[:start], "\n"))
	}
	out := Settings{Dialect: PowerShell, Agent: d.vars, Opaque: p.opaque}
	proxy := d.proxies()
	out.Proxy = Proxy{Agent: proxy, Init: proxy, Docker: proxy}
	out.Bridge = Block{Why: "rules that Windows applies to containers are not followed"}
	out.Bridge6 = out.Bridge
	return out
}

type psReader struct {
	r      *reader
	d      *draft
	vars   map[string]string
	opaque []Opaque
	depth  int // open braces
}

func (p *psReader) lose(why string, line int) {
	p.d.wild(why, line)
	p.opaque = append(p.opaque, Opaque{Why: why, Line: line})
}

// block reads statements line by line; a backquote at the end continues a line.
func (p *psReader) block(text string, line int) {
	pending, start := "", line
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		if pending == "" {
			start = line
		}
		line++
		if rest, ok := strings.CutSuffix(l, "`"); ok {
			pending += rest + " "
			continue
		}
		p.statement(pending+l, start)
		pending = ""
	}
	if pending != "" {
		p.statement(pending, start)
	}
}

func (p *psReader) statement(text string, line int) {
	maybe := ""
	if p.depth > 0 || strings.HasPrefix(strings.ToLower(text), "if") {
		maybe = fmt.Sprintf("only as the tests around line %d decide", line)
	}
	words := psWords(text)
	for _, w := range words {
		if w.plain {
			p.depth = max(0, p.depth+strings.Count(w.text, "{")-strings.Count(w.text, "}"))
		}
	}
	if len(words) == 0 {
		return
	}
	lower := strings.ToLower(text)
	first := strings.ToLower(words[0].text)
	switch {
	case hole.Only(words[0].text):
		p.lose("line "+fmt.Sprint(line)+" runs text that is not known ("+p.r.holes.Why(words[0].text)+")", line)
	case first == "invoke-expression" || first == "iex" || first == "." || first == "&" ||
		strings.HasSuffix(first, ".ps1") || strings.Contains(lower, "| iex") || strings.Contains(lower, "|iex"):
		p.lose(fmt.Sprintf("line %d runs a program that is not part of the user data", line), line)
	case strings.HasPrefix(first[strings.LastIndexAny(first, `\/`)+1:], "cfn-init"):
		p.lose(fmt.Sprintf("line %d runs cfn-init, which applies the AWS::CloudFormation::Init metadata of the template", line), line)
	case strings.Contains(lower, "setenvironmentvariable("):
		p.variable(text[strings.Index(lower, "setenvironmentvariable(")+len("setenvironmentvariable("):], line, maybe)
	case first == "setx" || first == "setx.exe":
		p.setx(words[1:], line, maybe)
	case strings.Contains(lower, "initialize-ecsagent"):
		p.initialize(words, line, maybe)
	case strings.HasPrefix(first, "$") && len(words) > 2 && words[1].text == "=":
		v := p.r.holes.New("a value that PowerShell computes")
		if len(words) == 3 {
			v = p.value(words[2])
		}
		if maybe != "" {
			v = p.r.holes.New("a variable of PowerShell is set " + maybe)
		}
		p.vars[strings.TrimPrefix(first, "$")] = v
	}
}

// variable reads the arguments of SetEnvironmentVariable.
func (p *psReader) variable(args string, line int, maybe string) {
	var got []psWord
	for _, w := range psWords(strings.NewReplacer(",", " , ", ")", " ) ").Replace(args)) {
		if w.plain && w.text == ")" {
			break
		}
		if w.plain && w.text == "," {
			continue
		}
		got = append(got, w)
	}
	if len(got) != 3 {
		if len(got) != 2 {
			p.lose(fmt.Sprintf("the variable that line %d sets cannot be read", line), line)
		}
		return // two arguments: only for the process
	}
	name, value, scope := p.value(got[0]), p.value(got[1]), p.value(got[2])
	if hole.Has(name) || hole.Has(scope) {
		p.lose("line "+fmt.Sprint(line)+" sets a variable that is not known ("+p.r.holes.Why(name+scope)+")", line)
		return
	}
	if strings.EqualFold(strings.TrimPrefix(scope, "[System.EnvironmentVariableTarget]::"), "machine") {
		p.d.put(name, value, line, maybe)
	}
}

// setx reads setx NAME VALUE /M, which sets a variable of the machine; without
// /M it is one of the user (Microsoft, "setx").
func (p *psReader) setx(words []psWord, line int, maybe string) {
	var got []string
	machine := false
	for _, w := range words {
		if strings.EqualFold(w.text, "/m") || strings.EqualFold(w.text, "-m") {
			machine = true
		} else {
			got = append(got, p.value(w))
		}
	}
	switch {
	case !machine:
	case len(got) != 2 || hole.Has(got[0]) || strings.HasPrefix(got[0], "/"):
		p.lose(fmt.Sprintf("the variable that line %d sets cannot be read", line), line)
	default:
		p.d.put(got[0], got[1], line, maybe)
	}
}

// initialize reads the switches of Initialize-ECSAgent.
func (p *psReader) initialize(words []psWord, line int, maybe string) {
	switches := map[string]string{
		"-enabletaskiamrole": "ECS_ENABLE_TASK_IAM_ROLE", "-enabletaskeni": "ECS_ENABLE_TASK_ENI", "-awsvpcblockimds": "ECS_AWSVPC_BLOCK_IMDS",
	}
	valued := map[string]string{
		"-cluster": "ECS_CLUSTER", "-awsvpcadditionallocalroutes": "ECS_AWSVPC_ADDITIONAL_LOCAL_ROUTES", "-loggingdrivers": "ECS_AVAILABLE_LOGGING_DRIVERS",
	}
	for i, w := range words {
		key := strings.ToLower(w.text)
		if strings.HasPrefix(key, "@") && w.plain || hole.Only(w.text) && (i == 0 || valued[strings.ToLower(words[i-1].text)] == "") {
			p.lose(fmt.Sprintf("the arguments of Initialize-ECSAgent on line %d are not known", line), line)
		}
		if name := switches[strings.TrimSuffix(key, ":$true")]; name != "" {
			p.d.put(name, "true", line, maybe)
		} else if name := switches[strings.TrimSuffix(key, ":$false")]; name != "" {
			p.d.put(name, "false", line, maybe)
		}
		if name := valued[key]; name != "" && i+1 < len(words) {
			p.d.put(name, p.value(words[i+1]), line, maybe)
		}
	}
}

// value evaluates a word: $TRUE, $name, and text.
func (p *psReader) value(w psWord) string {
	text := w.text
	if w.literal || !strings.Contains(text, "$") {
		return text
	}
	switch lower := strings.ToLower(text); {
	case w.plain && lower == "$true":
		return "True"
	case w.plain && lower == "$false":
		return "False"
	case p.vars[strings.TrimPrefix(lower, "$")] != "":
		return p.vars[strings.TrimPrefix(lower, "$")]
	}
	return p.r.holes.New("a value that PowerShell computes")
}

// psWord is a word of a statement. Plain words have no quotes; literal ones
// stand in single quotes.
type psWord struct {
	text           string
	plain, literal bool
}

func psWords(text string) []psWord {
	var out []psWord
	var b strings.Builder
	w := psWord{plain: true}
	open := false
	var quote rune
	for _, c := range text {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, open, w.plain = c, true, false
			w.literal = c == '\''
		case quote == 0 && c == '#' && !open:
			return out
		case quote == 0 && strings.ContainsRune(" \t;", c):
			if open {
				w.text = b.String()
				out = append(out, w)
			}
			b.Reset()
			w, open = psWord{plain: true}, false
		default:
			b.WriteRune(c)
			open = true
		}
	}
	if open {
		w.text = b.String()
		out = append(out, w)
	}
	return out
}
