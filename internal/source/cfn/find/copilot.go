package find

import (
	"bytes"
	"path"
	"regexp"
	"strings"
)

// Manifest is a file from which AWS Copilot makes a template.
type Manifest struct {
	Path string
	Name string // of the service, job or environment
	Type string // "Load Balanced Web Service", "Environment", ...
}

// kinds are the types of manifests (AWS Copilot CLI documentation, "Manifest").
var kinds = map[string]string{
	"Load Balanced Web Service":  "svc",
	"Backend Service":            "svc",
	"Worker Service":             "svc",
	"Request-Driven Web Service": "svc",
	"Static Site":                "svc",
	"Scheduled Job":              "job",
	"Environment":                "env",
}

// Command is what makes the template, for a shell.
func (m Manifest) Command() string {
	c := "copilot " + kinds[m.Type] + " package --name " + m.Name
	if kinds[m.Type] != "env" {
		c += " --env ENVIRONMENT"
	}
	return c + " --output-dir DIR"
}

var manifestLine = regexp.MustCompile(`^(name|type):\s*["']?([^"'#]*?)["']?\s*(?:#.*)?$`)

// plainName is what names of services may be, and what a shell takes as it is.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)

// manifest reads the name and type of a manifest.
func manifest(name string, head []byte) (Manifest, bool) {
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	if base != "manifest" || !bytes.Contains(head, []byte("type:")) {
		return Manifest{}, false
	}
	m := Manifest{Path: name}
	for line := range strings.Lines(string(head)) {
		if part := manifestLine.FindStringSubmatch(strings.TrimRight(line, "\r\n")); part != nil {
			if part[1] == "name" && m.Name == "" {
				m.Name = part[2]
			} else if part[1] == "type" && m.Type == "" {
				m.Type = part[2]
			}
		}
	}
	return m, kinds[m.Type] != "" && plainName.MatchString(m.Name)
}

// IsAssembly reports whether a file is the manifest of what the CDK wrote.
func IsAssembly(head []byte) bool {
	return bytes.Contains(head, []byte(`"aws:cloudformation:stack"`)) && bytes.Contains(head, []byte(`"artifacts"`))
}
