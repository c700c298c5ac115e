package find

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// MaxHead is how much of a file [Recognise] needs at most, in bytes. A template
// may have 1 MB (AWS CloudFormation User Guide, "Understand CloudFormation
// quotas"), so this is all of most.
const MaxHead = 1 << 20

// Recognise reports whether a file is a template, from its beginning: it says
// its format version, or has resources whose types are of CloudFormation.
func Recognise(head []byte) bool {
	head = bytes.TrimPrefix(head[:min(len(head), MaxHead)], []byte("\xef\xbb\xbf"))
	// What holds none of the words is no template; nothing of it is parsed.
	if bytes.IndexByte(head, 0) >= 0 || !bytes.Contains(head, []byte("Resources")) && !bytes.Contains(head, []byte("AWSTemplateFormatVersion")) {
		return false
	}
	if text := bytes.TrimLeft(head, " \t\r\n"); len(text) > 0 && text[0] == '{' {
		if is, whole := recogniseJSON(text); is || whole {
			return is
		}
	}
	return recogniseYAML(head)
}

// recogniseJSON looks at the keys of the outermost object. The second result
// says that the text was JSON as far as it was looked at.
func recogniseJSON(text []byte) (is, whole bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	depth, key, inKey := 0, "", false
	var path []string
	object := []bool{}
	for {
		t, err := d.Token()
		if err != nil {
			// A head that ends in the middle of a long template is still JSON.
			return false, len(text) >= MaxHead-3 || depth == 0
		}
		switch v := t.(type) {
		case json.Delim:
			switch v {
			case '{', '[':
				object = append(object, v == '{')
				path = append(path, key)
				depth++
				inKey = v == '{'
				continue
			default:
				object, path = object[:len(object)-1], path[:len(path)-1]
				depth--
				if depth == 0 {
					return false, true
				}
			}
		case string:
			if inKey {
				key, inKey = v, false
				if depth == 1 && v == "AWSTemplateFormatVersion" {
					return true, true
				}
				continue
			}
			if depth == 3 && path[1] == "Resources" && key == "Type" && awsType.MatchString(v) {
				return true, true
			}
		}
		inKey = object[len(object)-1]
		if !inKey {
			key = ""
		}
	}
}

var (
	awsType  = regexp.MustCompile(`^[A-Za-z0-9]+::[A-Za-z0-9:@_.-]+$`)
	topLevel = regexp.MustCompile(`^["']?([A-Za-z]+)["']?\s*:(?:\s|$)`)
	hasType  = regexp.MustCompile(`(?:^|[\s{,"'])Type["']?\s*:\s*["']?[A-Za-z0-9]+::[A-Za-z0-9]`)
)

// recogniseYAML looks at lines, since a template that is no YAML as it stands,
// because a mistake or a language of templates is in it, shall be named too.
func recogniseYAML(head []byte) bool {
	resources, entries := false, false
	for line := range strings.Lines(string(head)) {
		line = strings.TrimRight(line, "\r\n")
		if m := topLevel.FindStringSubmatch(line); m != nil {
			switch m[1] {
			case "AWSTemplateFormatVersion":
				return true
			case "apiVersion", "openapi", "swagger":
				return false // of Kubernetes, or of an interface
			}
			resources, entries = m[1] == "Resources", false
			if resources && hasType.MatchString(line) {
				return true
			}
			continue
		}
		if resources && strings.HasPrefix(strings.TrimSpace(line), "- ") && !entries {
			resources = false // a list: this is an AppSpec file of CodeDeploy
		}
		if text := strings.TrimSpace(line); text != "" && text[0] != '#' {
			entries = true
		}
		if resources && hasType.MatchString(line) {
			return true
		}
		// JSON that is not quite JSON.
		if t := strings.TrimSpace(line); strings.HasPrefix(t, `"AWSTemplateFormatVersion"`) {
			return true
		}
	}
	return false
}
