package compute

import (
	"encoding/base64"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// maxConfigs bounds the configurations that one call of cfn-init applies.
const maxConfigs = 50

// initialised is user data in which each call of cfn-init is what cfn-init does:
// it writes the files and runs the commands of the metadata of a resource (AWS
// "AWS::CloudFormation::Init"). A call that is not understood stays, and the
// reader of user data takes everything for unknown that it may have changed.
func initialised(s *form.Scope, r resource.Resource, v resource.Value) resource.Value {
	if v.Kind != resource.String && v.Kind != resource.Text || !calls(v) {
		return v
	}
	var out []resource.Value
	for _, line := range lines(v) {
		args, rest := call(line)
		if args == nil {
			out = append(out, line...)
			continue
		}
		script, ok := applied(s, r, args)
		if !ok {
			out = append(out, line...)
			continue
		}
		out = append(append(out, script...), form.Text(rest+"\n", v.Place))
	}
	joined := form.Join(out)
	joined.Place, joined.Maybe, joined.Why, joined.Sensitive = v.Place, v.Maybe, v.Why, v.Sensitive || joined.Sensitive
	return joined
}

func parts(v resource.Value) []resource.Value {
	if v.Kind == resource.Text {
		return v.List
	}
	return []resource.Value{v}
}

func calls(v resource.Value) bool {
	return slices.ContainsFunc(parts(v), func(p resource.Value) bool {
		return p.Kind == resource.String && strings.Contains(p.Text, "cfn-init")
	})
}

// lines cuts a text into lines, each with its newline and those that a backslash
// continues it on.
func lines(v resource.Value) [][]resource.Value {
	var out [][]resource.Value
	var line []resource.Value
	for _, p := range parts(v) {
		if p.Kind != resource.String {
			line = append(line, p)
			continue
		}
		for text := p.Text; text != ""; {
			end := strings.IndexByte(text, '\n') + 1
			if end == 0 {
				end = len(text)
			}
			piece := p
			piece.Text = text[:end]
			text = text[end:]
			line = append(line, piece)
			if strings.HasSuffix(piece.Text, "\n") && !strings.HasSuffix(strings.TrimRight(piece.Text, "\r\n"), `\`) {
				out, line = append(out, line), nil
			}
		}
	}
	if len(line) > 0 {
		out = append(out, line)
	}
	return out
}

// unsaid stands for a piece of a line that is not known.
const unsaid = "\x00"

// call are the arguments of a line that calls cfn-init and nothing before it,
// with the command behind it; nil if the line is another one.
func call(line []resource.Value) (args []string, rest string) {
	var b strings.Builder
	for _, p := range line {
		if p.Kind == resource.String {
			b.WriteString(p.Text)
		} else {
			b.WriteString(unsaid)
		}
	}
	text := strings.ReplaceAll(strings.ReplaceAll(b.String(), "\\\r\n", " "), "\\\n", " ")
	if i := strings.Index(text, "&&"); i >= 0 {
		text, rest = text[:i], text[i+2:]
	} else if i := strings.IndexByte(text, ';'); i >= 0 {
		text, rest = text[:i], text[i+1:]
	}
	text, _, _ = strings.Cut(text, "|") // what happens if it fails, or to what it prints
	words := strings.Fields(text)
	if len(words) > 0 && words[0] == "sudo" {
		words = words[1:]
	}
	if len(words) == 0 || path.Base(words[0]) != "cfn-init" || strings.Contains(rest, unsaid) || strings.Contains(rest, "cfn-init") {
		return nil, ""
	}
	return words, strings.TrimSpace(rest)
}

// option is the value of an option in any of its spellings.
func option(args []string, short, long string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, long+"="); ok {
			return strings.Trim(v, `"'`)
		}
		if (a == short || a == long) && i+1 < len(args) {
			return strings.Trim(args[i+1], `"'`)
		}
	}
	return ""
}

// applied is what a call of cfn-init does as shell commands, if all of it is
// understood.
func applied(s *form.Scope, r resource.Resource, args []string) (script []resource.Value, ok bool) {
	name := option(args, "-r", "--resource")
	stack, ok := strings.CutSuffix(string(r.ID), r.Name)
	if name == "" || !ok || strings.Contains(name, unsaid) {
		return nil, false
	}
	target, ok := s.Find(ref.ID(stack + name))
	data := target.Body.Map[form.Metadata].Map["AWS::CloudFormation::Init"]
	if !ok || data.Kind != resource.Map || data.Maybe {
		return nil, false
	}
	configs, ok := order(data, option(args, "-c", "--configsets"))
	for _, config := range configs {
		lines, understood := steps(data.Map[config])
		size := 0
		for _, l := range lines {
			size += len(l.Text)
		}
		if !understood || !s.Spend(size) {
			return nil, false
		}
		script = append(script, lines...)
	}
	return script, ok
}

// order are the configurations that a call applies: those of the sets that it
// names, else of the set "default", else the one called "config".
func order(data resource.Value, named string) (configs []string, ok bool) {
	sets := data.Map["configSets"]
	var add func(v resource.Value, depth int) bool
	add = func(v resource.Value, depth int) bool {
		for _, e := range v.Items() {
			switch set := e.Get("ConfigSet"); {
			case e.Maybe || depth > 8 || len(configs) > maxConfigs:
				return false
			case e.Kind == resource.String:
				configs = append(configs, e.Text)
			case set.Kind == resource.String && sets.Map[set.Text].Kind != resource.Null:
				if !add(sets.Map[set.Text], depth+1) {
					return false
				}
			default:
				return false
			}
		}
		return true
	}
	if named == "" && sets.Map["default"].Kind == resource.Null {
		return []string{"config"}, data.Map["config"].Kind != resource.Null
	}
	if named == "" {
		named = "default"
	}
	for _, set := range strings.Split(named, ",") {
		if sets.Map[set].Kind == resource.Null || !add(sets.Map[set], 0) {
			return nil, false
		}
	}
	return configs, true
}

// steps are the files and commands of one configuration, in the order in which
// cfn-init takes them. Packages, groups, users and services write no settings.
func steps(config resource.Value) (script []resource.Value, ok bool) {
	if config.Kind != resource.Map || config.Maybe {
		return nil, false
	}
	say := func(v ...resource.Value) { script = append(script, v...) }
	text := func(s string) { say(form.Text(s, config.Place)) }
	files, commands := config.Map["files"], config.Map["commands"]
	if !config.Map["sources"].IsNull() || !known(files) || !known(commands) {
		return nil, false // archives may hold any file
	}
	for _, name := range slices.Sorted(maps.Keys(files.Map)) {
		content, understood := fileContent(files.Map[name])
		if !understood {
			text("curl -o " + shellWord(name) + " https://not-in-the-template.invalid\n")
			continue
		}
		text("printf '%s' ")
		say(quote(content)...)
		text(" > " + shellWord(name) + "\n")
	}
	for _, name := range slices.Sorted(maps.Keys(commands.Map)) {
		c := commands.Map[name]
		run, understood := command(c.Get("command"))
		if c.Kind != resource.Map || c.Maybe || !understood {
			return nil, false
		}
		condition, conditional := command(c.Get("test"))
		if !c.Get("test").IsNull() && !conditional {
			return nil, false
		}
		text("(\n")
		if dir := c.Get("cwd"); !dir.IsNull() {
			text("cd ")
			say(quote(dir)...)
			text("\n")
		}
		env := c.Get("env")
		for _, key := range slices.Sorted(maps.Keys(env.Map)) {
			text("export " + key + "=")
			say(quote(env.Map[key])...)
			text("\n")
		}
		if conditional {
			text("if ")
			say(condition...)
			text("\nthen\n")
		}
		say(run...)
		if conditional {
			text("\nfi")
		}
		text("\n)\n")
	}
	return script, true
}

// known reports whether a section is absent or an object.
func known(v resource.Value) bool {
	return v.IsNull() || v.Kind == resource.Map && !v.Maybe
}

// fileContent is the content of a file that is written in the metadata.
func fileContent(f resource.Value) (resource.Value, bool) {
	content := form.JSON(f.Get("content"))
	switch {
	case f.Kind != resource.Map || f.Maybe || !f.Get("context").IsNull() || content.IsNull() || content.Maybe:
		return content, false
	case strings.HasPrefix(form.Word(f.Get("mode")), "120"): // a symbolic link
		return content, false
	}
	switch encoding := f.Get("encoding"); {
	case encoding.IsNull() || form.Word(encoding) == "plain":
		return content, true
	case form.Word(encoding) == "base64" && content.Kind == resource.String:
		raw, err := base64.StdEncoding.DecodeString(content.Text)
		content.Text = string(raw)
		return content, err == nil
	}
	return content, false
}

// command is a command as shell text: a text, or a list of words.
func command(v resource.Value) ([]resource.Value, bool) {
	switch {
	case v.Maybe:
		return nil, false
	case v.Kind == resource.String || v.Kind == resource.Text:
		return parts(v), true
	case v.Kind != resource.List:
		return nil, false
	}
	var out []resource.Value
	for i, e := range v.List {
		if e.Maybe {
			return nil, false
		}
		if i > 0 {
			out = append(out, form.Text(" ", v.Place))
		}
		out = append(out, quote(e)...)
	}
	return out, len(out) > 0
}

// quote is a value as one word of a shell.
func quote(v resource.Value) []resource.Value {
	out := []resource.Value{form.Text("'", v.Place)}
	for _, p := range parts(v) {
		switch p.Kind {
		case resource.String:
			p.Text = strings.ReplaceAll(p.Text, "'", `'\''`)
		case resource.List, resource.Map:
			p = form.Unknown("a piece of it is no text", p.Place)
		}
		out = append(out, p)
	}
	return append(out, form.Text("'", v.Place))
}

func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
