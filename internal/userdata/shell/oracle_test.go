package shell_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/userdata/hole"
	"github.com/muralla-net/muralla/internal/userdata/shell"
)

// writer draws scripts from a grammar that can do no harm: builtins of the
// shell, cat, tee, cp and sed on three files in the working directory.
type writer struct {
	t    *rapid.T
	bash bool
	used map[string]int
}

func (w *writer) pick(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(w.t, label)
}

func (w *writer) mark(what string) { w.used[what]++ }

// word draws one argument in one of the ways to quote.
func (w *writer) word() string {
	base := w.pick("text", "A=1", "B", "C=x y", "D='q'", `E="q"`, "F=$", "G*", "#h", "I=\\", "", "J=a=b", "~", "-n")
	switch w.pick("quote", "single", "double", "bare", "variable", "braced", "default", "output", "arithmetic-free", "mixed") {
	case "single":
		w.mark("single quotes")
		return "'" + strings.ReplaceAll(base, "'", `'\''`) + "'"
	case "double":
		w.mark("double quotes")
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`).Replace(base) + ` $V"`
	case "variable":
		w.mark("variable")
		return w.pick("name", "$V", "x$W", `"$W"`, `"$V"y`, `"${V}${W}"`)
	case "braced":
		return w.pick("braced", "${V}", "a${W}b", `"${W}"`)
	case "default":
		w.mark("default")
		return w.pick("op", "${V:-d}", `"${EMPTY:-d e}"`, "${EMPTY-d}", `"${V:+set}"`, "${EMPTY:+set}x")
	case "output":
		w.mark("command substitution")
		return w.pick("sub", `"$(echo a; echo b)"`, "$(echo a  b)", "`echo q`", `"$(cat f1)"`, `"$(printf 'x\n\n')"`)
	case "mixed":
		return `a"b c"'d e'\ f`
	default:
		return w.pick("plain", "A=1", "word", "x=y", "K=V")
	}
}

func (w *writer) words() string {
	n := rapid.IntRange(1, 3).Draw(w.t, "words")
	var out []string
	for range n {
		out = append(out, w.word())
	}
	return strings.Join(out, " ")
}

func (w *writer) file() string { return w.pick("file", "f1", "f2", "./f3", `"f1"`) }

func (w *writer) target() string {
	op := w.pick("operator", ">", ">>", ">>", " >> ")
	w.mark(strings.TrimSpace(op))
	return op + w.file()
}

// say draws a command that prints.
func (w *writer) say(depth int) string {
	switch w.pick("say", "echo", "echo", "echo -n", "echo -e", "printf", "heredoc", "quoted", "strip", "cat", "group", "subshell", "pipe", "sed") {
	case "echo":
		return "echo x " + w.words()
	case "echo -n":
		w.mark("echo -n")
		if !w.bash {
			return "printf %s " + w.word()
		}
		return "echo -n x" + w.word()
	case "echo -e":
		if !w.bash {
			return "echo e"
		}
		w.mark("echo -e")
		return `echo -e "A=1\nB=2\tc\\d\x41" ` + w.words()
	case "printf":
		w.mark("printf")
		return w.pick("format", `printf '%s\n' `, `printf 'A=%s %s\n' `, `printf "K=%s;%%\n" `, `printf '%b|' `, `printf 'no arguments\n' `) + w.words()
	case "heredoc":
		w.mark("here-document")
		return "cat <<EOF" + w.pick("extra", "", "-") + "X\nA=1\nB=$V \\$V \\\\ \\q 'x' \"y\" $(echo z)\n\nEOFX\n true"
	case "quoted":
		w.mark("quoted here-document")
		return "cat <<'EOF'\nA=$V\n\\$B `x`\nEOF\n true"
	case "strip":
		w.mark("<<-")
		return "cat <<-EOF\n\t\tA=$V\n\tB\n\tEOF\n true"
	case "cat":
		w.mark("cat")
		return "cat " + w.file() + w.pick("second", "", " f2")
	case "group":
		if depth > 2 {
			return "echo g"
		}
		w.mark("group")
		return "{ " + w.say(depth+1) + "\n" + w.say(depth+1) + "\n}"
	case "subshell":
		if depth > 2 {
			return "echo g"
		}
		w.mark("subshell")
		return "( V=inner\n" + w.say(depth+1) + "\n)"
	case "pipe":
		if depth > 2 {
			return "echo g"
		}
		w.mark("pipe")
		return "echo " + w.words() + " | " + w.pick("filter", "cat", "tee f2", "tee -a f1", "cat - f2", "sed 's/a/b/g'", "sed 's|A=|Z=|'", "sed -e '/B/d'")
	default:
		w.mark("sed")
		return "sed " + w.pick("program", "'s/=/:/'", "'s/^A.*$/N/'", "'$ d'", "'1 i top'", "'/A/ a after'", "'/x/ c changed'", "-E 's/(A|B)+/R/g'") + " f1"
	}
}

// effect draws a command that changes files or variables.
func (w *writer) effect(depth int) string {
	switch w.pick("effect", "redirect", "redirect", "redirect", "assign", "cp", "mv", "rm", "sed -i", "tee", "if", "case", "for", "function", "and", "append", "test", "sh -c") {
	case "assign":
		w.mark("assignment")
		return w.pick("var", "V=", "W=", "EMPTY=", "export V=") + w.pick("value", "v", "'a b'", `"$V$W"`, "", "$W", "$(echo out)")
	case "cp":
		w.mark("cp")
		return "cp f1 f2"
	case "mv":
		w.mark("mv")
		return "mv f2 f3; > f2"
	case "rm":
		return "rm -f f3; >> f3"
	case "sed -i":
		w.mark("sed -i")
		return "sed -i " + w.pick("program", "'s/=/:/'", "'s/A/AA/g'", "'$ a last=1'", "'/B/d'", "-e 's#x#y#' -e '/y/d'") + " " + w.file()
	case "tee":
		w.mark("tee")
		return "echo " + w.words() + " | tee " + w.pick("mode", "", "-a ") + "f1 f2 > /dev/null"
	case "if":
		if depth > 2 {
			return ":"
		}
		w.mark("if")
		return "if " + w.pick("test", `[ "$V" = v ]`, `[ -n "$W" ]`, `[ -z "$EMPTY" ]`, `test "$V" != "$W"`, "! false", `[ 3 -gt 2 ]`) + "; then\n" +
			w.effect(depth+1) + "\n" + w.pick("else", "", "elif [ x = x ]; then\n:\n", "else\n"+w.effect(depth+1)+"\n") + "fi"
	case "case":
		if depth > 2 {
			return ":"
		}
		w.mark("case")
		return `case "$V" in` + "\nv|w) " + w.effect(depth+1) + "\n;;\n'a b') echo ab >> f1 ;;\n*) " + w.effect(depth+1) + "\n;;\nesac"
	case "for":
		if depth > 2 {
			return ":"
		}
		w.mark("for")
		return "for i in 1 two $W; do\n" + w.effect(depth+1) + "\necho \"i=$i\" >> f2\ndone"
	case "function":
		w.mark("function")
		return "fn() { echo \"$1-$#-$2\" >> f3; " + w.pick("end", "", "return 0;", "V=fn;") + " }\nfn one " + w.word()
	case "and":
		w.mark("and-or")
		return w.pick("head", "true", "false", `[ "$V" = v ]`) + w.pick("op", " && ", " || ") + "echo andor >> f1"
	case "append":
		return "> f1 echo first; echo second >>f1 2>&1"
	case "test":
		if !w.bash {
			return ":"
		}
		w.mark("[[ ]]")
		return `[[ $V == v ]] && echo "$V" >> f3`
	case "sh -c":
		w.mark("sh -c")
		return `sh -c 'echo "inner $0" >> f1' `
	default:
		say := w.say(depth)
		if head, tail, ok := strings.Cut(say, "\n"); ok && strings.HasPrefix(say, "cat <<") {
			return head + " " + w.target() + "\n" + tail
		}
		return say + w.target()
	}
}

// TestFollowsARealShell runs random scripts in a real shell and compares the
// files. Every construct of the grammar must have been drawn.
func TestFollowsARealShell(t *testing.T) {
	sh, err := exec.LookPath("bash")
	isBash := err == nil
	if !isBash {
		sh = "/bin/sh"
	}
	used := map[string]int{}
	runs, contents, long, vague := 0, 0, 0, 0
	root := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		w := &writer{t: rt, bash: isBash, used: used}
		lines := []string{"V=v", "W='w  x'", "EMPTY=", "> f1; > f2; > f3"}
		for range rapid.IntRange(2, 12).Draw(rt, "commands") {
			lines = append(lines, w.effect(0))
		}
		script := strings.Join(lines, "\n") + "\n"
		runs++
		dir := filepath.Join(root, fmt.Sprint(runs))
		if err := os.Mkdir(dir, 0o755); err != nil {
			rt.Fatal(err)
		}
		cmd := exec.Command(sh, "-c", "cd \"$0\" && eval \"$1\"", dir, script)
		cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=/root", "LC_ALL=C"}
		out, _ := cmd.CombinedOutput()

		var holes hole.Table
		s := shell.NewState(&holes, []string{dir + "/f1", dir + "/f2", dir + "/f3"})
		s.Run(shell.Chunk{Text: "cd " + dir + "\n" + script, Line: 1, Step: true})
		for _, name := range []string{"f1", "f2", "f3"} {
			want, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				rt.Fatalf("the shell left no %s: %s\n%s", name, out, script)
			}
			pieces, _ := s.File(filepath.Join(dir, name))
			var got strings.Builder
			sure := true
			for _, p := range pieces {
				got.WriteString(p.Text)
				sure = sure && p.Maybe == ""
			}
			if !sure || hole.Has(got.String()) {
				vague++
				continue
			}
			contents++
			if len(want) > 20 {
				long++
			}
			if got.String() != string(want) {
				rt.Fatalf("%s of\n%s\nis %q here and %q in the shell (%s)", name, script, got.String(), want, out)
			}
		}
		os.RemoveAll(dir)
	})
	if contents < 2*vague || long*16 < contents {
		t.Errorf("of the files compared %d were certain, %d long and %d not certain: the draw is too trivial", contents, long, vague)
	}
	for _, what := range []string{"single quotes", "double quotes", "variable", "default", "command substitution", ">", ">>", "printf",
		"here-document", "quoted here-document", "<<-", "cat", "group", "subshell", "pipe", "sed", "sed -i", "assignment", "cp", "mv", "tee", "if", "case",
		"for", "function", "and-or", "sh -c"} {
		if used[what] == 0 {
			t.Errorf("no draw used %s", what)
		}
	}
}
