// Package junit writes what was checked, or asked, as test results in the XML
// form of JUnit, which CI systems show beside the tests of a program.
//
// # Model
// A [Suite] is a list of cases, each with a status. [WriteReport] makes a suite
// of a report of check: one case for each recommendation on each resource, in
// which a violation is a failure. [Write] takes suites from elsewhere, such as a
// list of questions.
//
// # Guarantees
//   - The zero Status is Skip: what nobody decided is no success.
//   - The output is well-formed XML 1.0 whatever the texts hold: characters that
//     XML cannot have are written as escapes.
//   - There is no time and no host in it: the same suites give the same bytes.
//   - Two cases of a report have names of their own, which stay the same from run
//     to run, so that a CI system can compare runs.
//
// # Not modelled
// The elements "properties" and "system-out", and durations.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/ref"
)

// Status is the result of a case. The zero Status is Skip.
type Status uint8

// The statuses.
const (
	Skip  Status = iota // nothing was decided, or it does not count
	Pass                // as it should be
	Fail                // not as it should be
	Error               // could not be tested
)

// Case is one test.
type Case struct {
	Name    string // unique in its class
	Class   string // what CI systems group by
	Place   ref.Place
	Status  Status
	Type    string // of a failure or error, in one word; may be empty
	Message string // one line; of a pass it is not written
	Body    string // lines; of a pass it is not written
}

// Suite is a list of cases under one name.
type Suite struct {
	Name  string
	Cases []Case
}

// The elements, in the form that Jenkins and GitLab read. "file" and "line" are
// known to some of them and passed over by the others.

type xmlSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Counts  []xml.Attr `xml:",any,attr"`
	Suites  []xmlSuite
}

type xmlSuite struct {
	XMLName xml.Name   `xml:"testsuite"`
	Name    string     `xml:"name,attr"`
	Counts  []xml.Attr `xml:",any,attr"`
	Cases   []xmlCase
}

type xmlCase struct {
	XMLName xml.Name `xml:"testcase"`
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	File    string   `xml:"file,attr,omitempty"`
	Line    int      `xml:"line,attr,omitempty"`
	Skipped *xmlText `xml:"skipped"`
	Failure *xmlText `xml:"failure"`
	Error   *xmlText `xml:"error"`
}

type xmlText struct {
	Message string `xml:"message,attr,omitempty"`
	Type    string `xml:"type,attr,omitempty"`
	Body    string `xml:",innerxml"` // escaped already
}

// Write writes suites. The error is that of the writer.
func Write(w io.Writer, suites ...Suite) error {
	var doc xmlSuites
	var all []Case
	for _, s := range suites {
		out := xmlSuite{Name: gfm.Clean(s.Name), Counts: counts(s.Cases)}
		for _, c := range s.Cases {
			out.Cases = append(out.Cases, caseOf(c))
		}
		doc.Suites = append(doc.Suites, out)
		all = append(all, s.Cases...)
	}
	doc.Counts = counts(all)
	data, err := xml.MarshalIndent(doc, "", "  ")
	if err == nil {
		_, err = io.WriteString(w, xml.Header+string(data)+"\n")
	}
	if err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	return nil
}

func counts(cases []Case) []xml.Attr {
	var n [Error + 1]int
	for _, c := range cases {
		if c.Status <= Error {
			n[c.Status]++
		}
	}
	var out []xml.Attr
	for _, a := range []struct {
		name string
		n    int
	}{{"tests", len(cases)}, {"failures", n[Fail]}, {"errors", n[Error]}, {"skipped", n[Skip]}} {
		out = append(out, xml.Attr{Name: xml.Name{Local: a.name}, Value: fmt.Sprint(a.n)})
	}
	return out
}

func caseOf(c Case) xmlCase {
	out := xmlCase{Name: gfm.Clean(c.Name), Class: gfm.Clean(c.Class), File: gfm.Clean(c.Place.File), Line: c.Place.Line}
	text := &xmlText{Message: gfm.Clean(c.Message), Type: gfm.Clean(c.Type), Body: content(c.Body)}
	switch c.Status {
	case Pass:
	case Fail:
		out.Failure = text
	case Error:
		out.Error = text
	default:
		text.Type = "" // not in the form of "skipped"
		out.Skipped = text
	}
	return out
}

// content is text as what is between two tags, where ends of lines are themselves
// and nothing else is that is not printable.
func content(s string) string {
	list := strings.Split(s, "\n")
	for i, l := range list {
		var b strings.Builder
		// A Builder returns no error.
		_ = xml.EscapeText(&b, []byte(gfm.Clean(l)))
		list[i] = b.String()
	}
	return strings.Join(list, "\n")
}
