package userdata

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"

	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// part is one piece of user data that cloud-init runs by itself.
type part struct {
	kind   partKind
	name   string // file name, by which scripts are ordered
	text   string
	line   int
	step   bool
	merge  string // how a cloud-config is merged with those before it
	reason string // why a part is foreign
	maybe  string // why the part may not be as it is written here
}

type partKind uint8

const (
	script partKind = iota
	config
	boothook
	foreign
)

// unpack removes one layer of gzip or base64. Ok is false if there is none.
func unpack(s string) (plain string, ok bool, problem string) {
	if strings.HasPrefix(s, "\x1f\x8b") {
		plain, problem = gunzip(s)
		return plain, problem == "", problem
	}
	packed := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, s)
	if len(packed) < 8 || strings.ContainsAny(strings.TrimSpace(s), " \t") {
		return s, false, ""
	}
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		raw, err = base64.RawStdEncoding.DecodeString(packed)
	}
	if err != nil {
		return s, false, ""
	}
	// A word of letters is base64 by accident too: take it only if it makes sense.
	plain = string(raw)
	if strings.HasPrefix(plain, "\x1f\x8b") || recognise(plain) != Unrecognised {
		return plain, true, ""
	}
	if _, again, _ := unpackOnce(plain); again {
		return plain, true, ""
	}
	return s, false, ""
}

// unpackOnce asks whether text is base64 of something that makes sense.
func unpackOnce(s string) (string, bool, string) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil {
		return s, false, ""
	}
	return string(raw), strings.HasPrefix(string(raw), "\x1f\x8b") || recognise(string(raw)) > None, ""
}

func gunzip(s string) (plain, problem string) {
	z, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		return "", "it is not gzip"
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(z, maxOutput+1)); err != nil {
		return "", "the gzip data is damaged"
	}
	if b.Len() > maxOutput {
		return "", "it is longer than 4 MiB when unpacked"
	}
	return b.String(), ""
}

// collect takes user data apart. Kind is the media type that MIME states, or "".
func (r *reader) collect(text, kind, name string, line int, step bool, depth int) {
	if depth > maxLayers || !r.tally(len(text)) {
		r.warn("user data nested too deeply", "The user data has more layers or parts than were followed. Its settings are unknown. Write it with fewer MIME parts.")
		r.parts = append(r.parts, part{kind: foreign, line: line, reason: "the user data has more parts than were followed"})
		return
	}
	if name == "" {
		name = fmt.Sprintf("part-%03d", r.count)
	}
	add := func(k partKind, reason string) {
		r.parts = append(r.parts, part{kind: k, name: name, text: text, line: line, step: step, reason: reason})
	}
	if strings.HasPrefix(text, "\x1f\x8b") {
		plain, problem := gunzip(text)
		if problem != "" {
			add(foreign, "a part of the user data cannot be unpacked: "+problem)
			return
		}
		text, step = hole.Clean(plain), false
		if !strings.HasPrefix(kind, "text/") {
			kind = ""
		}
	}
	trimmed := strings.TrimLeft(text, " \t\r\n")
	line += countIf(step, text[:len(text)-len(trimmed)])
	if strings.HasPrefix(strings.ToLower(trimmed), "## template: jinja") || kind == "text/jinja2" {
		r.jinja(trimmed, name, line, step, depth)
		return
	}
	text = trimmed
	lower := strings.ToLower(text[:min(len(text), 64)])
	switch kind {
	case "", "text/plain", "text/x-not-multipart":
		switch d := recognise(text); {
		case d == None:
		case hole.Only(text) || d == Unrecognised && hole.Has(text[:min(len(text), 4)]):
			add(foreign, "a part of the user data is not known ("+r.holes.Why(text)+")")
		case d == Shell:
			add(script, "")
		case d == CloudConfig && strings.HasPrefix(lower, "#cloud-config-archive"):
			r.archive(text, line, depth)
		case d == CloudConfig && strings.HasPrefix(lower, "#cloud-config-jsonp"):
			add(foreign, "a JSON patch of the cloud configuration is not followed")
		case d == CloudConfig:
			add(config, "")
		case d == Boothook:
			add(boothook, "")
		case d == Include:
			add(foreign, "an include file or part handler loads text that is not part of the user data")
		case d == MIME:
			r.multipart(text, line, step, depth)
		}
	case "text/x-shellscript", "text/x-shellscript-per-boot", "text/x-shellscript-per-instance", "text/x-shellscript-per-once":
		add(script, "")
	case "text/cloud-config":
		add(config, "")
	case "text/cloud-boothook":
		add(boothook, "")
	case "text/cloud-config-archive":
		r.archive(text, line, depth)
	case "text/upstart-job":
	default:
		if strings.HasPrefix(kind, "multipart/") {
			r.multipart(text, line, step, depth)
			return
		}
		add(foreign, fmt.Sprintf("a part of the media type %q is not followed", kind[:min(len(kind), 40)]))
	}
}

func countIf(step bool, s string) int {
	if !step {
		return 0
	}
	return strings.Count(s, "\n")
}

// jinja follows a template as far as it has only {{ values }}.
func (r *reader) jinja(text, name string, line int, step bool, depth int) {
	if first, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(strings.ToLower(first), "## template: jinja") {
		text, line = rest, line+countIf(step, "\n")
	}
	var b strings.Builder
	tests := false
	for {
		i := strings.Index(text, "{{")
		j := strings.Index(text, "{%")
		if j >= 0 && (i < 0 || j < i) {
			tests = true
			i = j
		}
		if i < 0 {
			break
		}
		end := strings.Index(text[i+2:], map[bool]string{true: "%}", false: "}}"}[i == j])
		if end < 0 {
			break
		}
		b.WriteString(text[:i])
		if i != j {
			b.WriteString(r.holes.New("a value that cloud-init's template inserts"))
		}
		text = text[i+2+end+2:]
	}
	b.WriteString(text)
	before := len(r.parts)
	r.collect(b.String(), "", name, line, step, depth+1)
	if tests {
		for i := before; i < len(r.parts); i++ {
			r.parts[i].maybe = "only as the tests of cloud-init's template decide"
		}
	}
}

// header reads the header of a MIME entity and returns the rest.
func header(text string) (fields map[string]string, body string) {
	fields = map[string]string{}
	last := ""
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			return fields, rest
		}
		name, value, ok := strings.Cut(line, ":")
		switch {
		case line[0] == ' ' || line[0] == '\t':
			if last != "" && len(fields[last]) < 4096 {
				fields[last] += " " + strings.TrimSpace(line)
			}
		case ok && !strings.ContainsAny(name, " \t"):
			last = strings.ToLower(name)
			fields[last] = strings.TrimSpace(value)
		case strings.HasPrefix(line, "From "): // mbox
		default:
			return fields, text
		}
		text = rest
	}
	return fields, text
}

// multipart reads a MIME entity with its header (RFC 2045, RFC 2046).
func (r *reader) multipart(text string, line int, step bool, depth int) {
	fields, body := header(text)
	bodyLine := line + countIf(step, text[:len(text)-len(body)])
	fail := func(why string) {
		r.parts = append(r.parts, part{kind: foreign, line: line, reason: why})
	}
	kind, params, err := mime.ParseMediaType(fields["content-type"])
	if err != nil {
		if fields["content-type"] != "" && !strings.HasPrefix(fields["content-type"], "text/") {
			fail("the media type of a MIME part cannot be read")
			return
		}
		kind, _, _ = strings.Cut(fields["content-type"], ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	if !strings.HasPrefix(kind, "multipart/") {
		r.leaf(fields, kind, params, body, bodyLine, step, depth)
		return
	}
	boundary := params["boundary"]
	if boundary == "" || hole.Has(boundary) {
		fail("the boundary of the MIME parts is not known")
		return
	}
	var current []string
	open, start, at := false, 0, bodyLine
	flush := func() {
		if open && len(r.parts) <= maxParts {
			r.multipart(strings.Join(current, ""), start, step, depth+1)
		}
		current = nil
	}
	if depth > maxLayers {
		fail("the user data has more layers than were followed")
		return
	}
	for l := range strings.Lines(body) {
		t := strings.TrimRight(l, " \t\r\n")
		at += countIf(step, l)
		if t == "--"+boundary || t == "--"+boundary+"--" {
			flush()
			open, start = t == "--"+boundary, at
			continue
		}
		current = append(current, l)
	}
	flush()
}

// leaf reads the content of one part.
func (r *reader) leaf(fields map[string]string, kind string, params map[string]string, body string, line int, step bool, depth int) {
	fail := func(why string) {
		r.parts = append(r.parts, part{kind: foreign, line: line, reason: why})
	}
	switch enc := strings.ToLower(fields["content-transfer-encoding"]); enc {
	case "", "7bit", "8bit", "binary":
	case "base64":
		raw, err := base64.StdEncoding.DecodeString(strings.Map(func(c rune) rune {
			if strings.ContainsRune(" \t\r\n", c) {
				return -1
			}
			return c
		}, body))
		if err != nil {
			fail("a part in base64 cannot be read")
			return
		}
		body, step = string(raw), false
	case "quoted-printable":
		raw, err := io.ReadAll(io.LimitReader(quotedprintable.NewReader(strings.NewReader(body)), maxOutput))
		if err != nil {
			fail("a part in quoted-printable cannot be read")
			return
		}
		body = string(raw)
	default:
		fail("a part has a transfer encoding that is not known")
		return
	}
	switch strings.ToLower(params["charset"]) {
	case "", "us-ascii", "utf-8", "ascii", "utf8", "iso-8859-1", "latin1":
	default:
		fail("a part has a character set that is not followed")
		return
	}
	if !step && !strings.HasPrefix(body, "\x1f\x8b") {
		body = hole.Clean(body)
	}
	name := ""
	if _, p, err := mime.ParseMediaType(fields["content-disposition"]); err == nil {
		name = p["filename"]
	}
	if name == "" {
		name = params["name"]
	}
	before := len(r.parts)
	r.collect(body, kind, name, line, step, depth+1)
	merge := fields["merge-type"] + fields["x-merge-type"]
	for i := before; i < len(r.parts); i++ {
		r.parts[i].merge = merge
	}
}
