// Package archive keeps what was read, before anything is made of it, in one
// file: so that a design or an account can be analysed again later, elsewhere,
// and with another version of the program.
//
// # Model
// An archive is one JSON document: format and version, the sets of resources as
// their readers gave them, and what the readers had to say. Each resource is on
// a line of its own. Its form is docs/schema/snapshot-v1.md.
//
// # Guarantees
// Equal content gives equal bytes. What [Read] gives is what [Write] was given.
// Reading is strict and bounded: a file with keys that are not known, or with
// more than the bounds, is refused as a whole, since a part of an archive would
// pass for the whole.
//
// # Not modelled
// What the user declares in muralla.yaml: it is no part of the design. Values
// are kept whether they are sensitive or not, with the mark that they are.
package archive

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Format is the name and version of the form.
const Format = "muralla.snapshot/v1"

// Bounds of an archive.
const (
	MaxBytes  = 256 << 20
	maxValues = 2_000_000
	maxDepth  = 512
)

// ErrNewer is the error for an archive of a later version of the form.
var ErrNewer = errors.New("it was written by a newer version of muralla")

type document struct {
	Format      string       `json:"format"`
	Sets        []set        `json:"sets"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

type set struct {
	Kind      string    `json:"kind"`
	Files     int       `json:"files"`
	Lines     int       `json:"lines"`
	Resources []thing   `json:"resources"`
	Missing   []missing `json:"missing"`
	Remarks   []remark  `json:"remarks,omitempty"`
}

type diagnostic struct {
	Level   string `json:"level"`
	Summary string `json:"summary"`
	Detail  string `json:"detail"`
	place
}

// Write writes the sets and what was said of the input.
func Write(w io.Writer, sets []resource.Set, diags diag.List) error {
	out := bufio.NewWriter(w)
	line := func(prefix string, v any, last bool) error {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			return fmt.Errorf("write archive: %w", err)
		}
		text := bytes.TrimRight(b.Bytes(), "\n")
		end := ",\n"
		if last {
			end = "\n"
		}
		_, err := out.WriteString(prefix + string(text) + end)
		return err
	}
	fmt.Fprintf(out, "{\n\"format\": %q,\n\"sets\": [\n", Format)
	for i, s := range sets {
		kind, err := json.Marshal(s.Kind)
		if err != nil {
			return fmt.Errorf("write archive: %w", err)
		}
		fmt.Fprintf(out, "{\"kind\": %s, \"files\": %d, \"lines\": %d, \"resources\": [\n", kind, s.Files, s.Lines)
		for j, r := range s.Resources {
			if err := line("", thingOf(r), j == len(s.Resources)-1); err != nil {
				return err
			}
		}
		fmt.Fprint(out, "], \"missing\": [\n")
		for j, m := range s.Missing {
			if err := line("", missingOf(m), j == len(s.Missing)-1); err != nil {
				return err
			}
		}
		if len(s.Remarks) > 0 {
			fmt.Fprint(out, "], \"remarks\": [\n")
		}
		for j, m := range s.Remarks {
			if err := line("", remarkOf(m), j == len(s.Remarks)-1); err != nil {
				return err
			}
		}
		fmt.Fprint(out, "]}")
		if i < len(sets)-1 {
			fmt.Fprint(out, ",")
		}
		fmt.Fprint(out, "\n")
	}
	fmt.Fprint(out, "],\n\"diagnostics\": [\n")
	for i, d := range diags {
		if err := line("", diagnostic{d.Level.String(), d.Summary, d.Detail, placeOf(d.Place)}, i == len(diags)-1); err != nil {
			return err
		}
	}
	fmt.Fprint(out, "]\n}\n")
	return out.Flush()
}

// Recognise reports whether a file whose first bytes are given is an archive,
// of this or of a later version.
func Recognise(head []byte) bool {
	d := json.NewDecoder(bytes.NewReader(head))
	for _, want := range []any{json.Delim('{'), "format"} {
		if t, err := d.Token(); err != nil || t != want {
			return false
		}
	}
	t, err := d.Token()
	name, ok := t.(string)
	return err == nil && ok && len(name) > len("muralla.snapshot/") && name[:len("muralla.snapshot/")] == "muralla.snapshot/"
}

// Read reads an archive. The error says what is wrong with it, as a clause.
func Read(r io.Reader) ([]resource.Set, diag.List, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	switch {
	case err != nil:
		return nil, nil, err
	case len(data) > MaxBytes:
		return nil, nil, fmt.Errorf("it has more than %d MiB", MaxBytes>>20)
	}
	if err := bounded(data); err != nil {
		return nil, nil, err
	}
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, nil, fmt.Errorf("it is not the JSON of an archive: %w", err)
	}
	switch {
	case head.Format == Format:
	case Recognise(data):
		return nil, nil, ErrNewer
	default:
		return nil, nil, errors.New("it is no archive of muralla")
	}
	var doc document
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return nil, nil, fmt.Errorf("it is not the JSON of an archive: %w", err)
	}
	var sets []resource.Set
	for _, s := range doc.Sets {
		if s.Files < 0 || s.Lines < 0 {
			return nil, nil, errors.New("it counts less than no files or lines")
		}
		out := resource.Set{Kind: s.Kind, Files: s.Files, Lines: s.Lines}
		for _, t := range s.Resources {
			res, err := t.resource()
			if err != nil {
				return nil, nil, fmt.Errorf("resource %q: %w", t.ID, err)
			}
			out.Resources = append(out.Resources, res)
		}
		for _, m := range s.Missing {
			part, err := m.missing()
			if err != nil {
				return nil, nil, fmt.Errorf("missing part %q: %w", m.ID, err)
			}
			out.Missing = append(out.Missing, part)
		}
		for _, m := range s.Remarks {
			remark, err := m.remark()
			if err != nil {
				return nil, nil, fmt.Errorf("remark on %q: %w", m.Scope, err)
			}
			out.Remarks = append(out.Remarks, remark)
		}
		sets = append(sets, out)
	}
	var diags diag.List
	for _, e := range doc.Diagnostics {
		level, ok := word(e.Level, []diag.Level{diag.Note, diag.Warning, diag.Error})
		if !ok {
			return nil, nil, fmt.Errorf("there is no level %q of diagnostics", e.Level)
		}
		diags.Add(level, e.ref(), e.Summary, e.Detail)
	}
	return sets, diags, nil
}

// word finds the value that has a name.
func word[T fmt.Stringer](name string, all []T) (T, bool) {
	i := slices.IndexFunc(all, func(v T) bool { return v.String() == name })
	if i < 0 {
		var none T
		return none, false
	}
	return all[i], true
}

// bounded checks the number of values and their depth before any of them is
// made: every value is an object, and null, which is none, is never written.
func bounded(data []byte) error {
	values, depth, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("its values are nested more than %d deep", maxDepth)
			}
			if c == '{' {
				values++
			}
		case c == '}' || c == ']':
			depth--
		case c == 'n':
			return errors.New("it holds null, which no archive does")
		}
		if values > maxValues {
			return fmt.Errorf("it holds more than %d values", maxValues)
		}
	}
	return nil
}

type place struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

func placeOf(p ref.Place) place { return place{p.File, p.Line} }

func (p place) ref() ref.Place { return ref.Place{File: p.File, Line: p.Line} }
