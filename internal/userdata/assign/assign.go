// Package assign finds where a shell script with which a host starts has to
// write one more setting of the ECS agent.
//
// # Model
// A script writes settings into /etc/ecs/ecs.config, with echo or with cat and
// a here-document. A line of the same form is added behind the first of these,
// or the value of the setting is corrected where it is written.
//
// # Guarantees
// The rest of the script stays as it is. A script that does not visibly write
// settings in such a form is refused.
//
// # Not modelled
// What the script does besides: whoever proposes the edit runs package userdata
// on the result.
package assign

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/muralla-net/muralla/internal/patch"
)

var (
	// cat <<'EOF' >> /etc/ecs/ecs.config, cat > /etc/ecs/ecs.config <<EOF, tee
	document = regexp.MustCompile(`^\s*(sudo\s+)?(cat|tee)\b[^|;&]*<<-?\s*['"\\]?([A-Za-z_]+)['"]?[^|;&]*$`)
	echo     = regexp.MustCompile(`^(\s*)(sudo\s+)?echo\s+(-e\s+|-n\s+)?(['"]?)[A-Z_]+=[^;&|]*>>\s*(['"]?)/etc/ecs/ecs\.config(['"]?)\s*;?\s*$`)
)

const file = "/etc/ecs/ecs.config"

// Line is the edit of a script after which it writes a setting of the form
// NAME=VALUE; nil if it does already. The error is a clause.
func Line(script []byte, setting string) (*patch.Edit, error) {
	name, value, _ := strings.Cut(setting, "=")
	old, err := regexp.Compile(`(^|[\s'"])` + regexp.QuoteMeta(name) + `=([A-Za-z0-9._-]*)`)
	if err != nil {
		return nil, errors.New("the setting has no name")
	}
	if found := old.FindAllSubmatchIndex(script, -1); len(found) > 0 {
		if len(found) > 1 {
			return nil, errors.New("the script writes " + name + " more than once")
		}
		m := found[0]
		if string(script[m[4]:m[5]]) == value {
			return nil, nil
		}
		return &patch.Edit{Start: m[4], End: m[5], New: value}, nil
	}
	at := 0
	for line := range bytes.Lines(script) {
		text := strings.TrimRight(string(line), "\r\n")
		ending := string(line[len(text):])
		if ending == "" {
			ending = "\n"
		}
		next := at + len(line)
		indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		switch {
		case document.MatchString(text) && strings.Contains(text, file):
			if within, ok := firstLine(script[next:]); ok {
				indent = within
			}
			return &patch.Edit{Start: next, End: next, New: indent + setting + ending}, nil
		case echo.MatchString(text):
			m := echo.FindStringSubmatch(text)
			quote := m[4]
			return &patch.Edit{Start: next, End: next, New: indent + m[2] + "echo " + quote + setting + quote + " >> " + file + ending}, nil
		}
		at = next
	}
	return nil, errors.New("the script does not write " + file + " in a form that could be completed")
}

// firstLine is the indentation of the first line of a here-document.
func firstLine(rest []byte) (string, bool) {
	line, _, ok := bytes.Cut(rest, []byte("\n"))
	text := strings.TrimRight(string(line), "\r")
	return text[:len(text)-len(strings.TrimLeft(text, " \t"))], ok && strings.TrimSpace(text) != ""
}
