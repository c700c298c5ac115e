// Package report reads a report that an earlier check wrote as JSON, as far as a
// later one can be compared with it.
//
// # Model
// The form is docs/schema/check-v1.schema.json. Of each result the names, the
// verdict, its weight and its fingerprint are kept.
//
// # Guarantees
// A file that is not of the form, or of a later version, or longer than the bound
// is refused as a whole: what is missing in it would count as new. Keys that are
// not known are passed over, since a version may add some.
//
// # Not modelled
// The evidence of results: the design that they are about may be gone.
package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// MaxBytes is the longest report that is read.
const MaxBytes = 128 << 20

const schema = "muralla.check/v1"

type document struct {
	Schema  string   `json:"schema"`
	Results []result `json:"results"`
}

type result struct {
	Recommendation string          `json:"recommendation"`
	Resource       string          `json:"resource"`
	Verdict        string          `json:"verdict"`
	Severity       string          `json:"severity"`
	Title          string          `json:"title"`
	Place          ref.Place       `json:"place"`
	Fingerprint    string          `json:"fingerprint"`
	Suppressed     json.RawMessage `json:"suppressed"`
}

var marker = regexp.MustCompile(`^\s*\{\s*"schema"\s*:\s*"muralla\.check/v[0-9]+"`)

// Recognise reports whether a file whose first bytes are given is a report.
func Recognise(head []byte) bool { return marker.Match(head) }

var print = regexp.MustCompile(`^[0-9a-f]{16}$`)

// Read reads a report. The error says what is wrong with it, as a clause.
func Read(data []byte) ([]judged.Known, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("it has more than %d MiB", MaxBytes>>20)
	}
	var d document
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("it is no report of check in JSON: %w", err)
	}
	if d.Schema != schema {
		return nil, fmt.Errorf("its form is %q, and only %s is read", d.Schema, schema)
	}
	if d.Results == nil {
		return nil, errors.New("it has no results")
	}
	out := make([]judged.Known, 0, len(d.Results))
	for i, r := range d.Results {
		k := judged.Known{Recommendation: r.Recommendation, Resource: ref.ID(r.Resource), Fingerprint: r.Fingerprint, Title: r.Title, Place: r.Place}
		known := false
		for v := finding.Undecided; v <= finding.Violates; v++ {
			if v.String() == r.Verdict {
				k.Verdict, known = v, true
			}
		}
		severity, err := finding.ParseSeverity(r.Severity)
		if !known || err != nil || !print.MatchString(r.Fingerprint) || r.Recommendation == "" {
			return nil, fmt.Errorf("result %d is none of check", i+1)
		}
		k.Severity = severity
		k.Suppressed = len(r.Suppressed) > 0 && string(r.Suppressed) != "null"
		out = append(out, k)
	}
	return out, nil
}
