// Package ocsf writes a report of check as events of the Open Cybersecurity
// Schema Framework, for data lakes and SIEMs: Compliance Finding, class 2003,
// version 1.3.0 of the schema.
//
// # Model
// A JSON array with one event for each verdict but "not applicable", one on a
// line. The recommendation is the control, and the verdict the status of the
// compliance object: follows is Pass, undecided is Warning, which is what the
// schema calls a check without a result for want of information, and violates is
// Fail. What is accepted has the status Suppressed.
//
// # Guarantees
//   - Every attribute that the schema requires is there, and none is null.
//   - The time is an argument: the same report and time give the same bytes.
//   - Text is as it was in the input, but bytes that are no UTF-8 become U+FFFD.
//
// # Not modelled
// The life of a finding: every event says that it was created. Whoever keeps them
// joins the runs by the uid, which is the fingerprint.
package ocsf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// Version is the version of the schema.
const Version = "1.3.0"

// standard is what the recommendations are from.
const standard = "Network security best practices for Amazon ECS"

// Options is how a report is written.
type Options struct {
	Time    int64                    // of the run, in milliseconds since 1970 in UTC
	Version string                   // of the program; empty if not known
	Page    func(slug string) string // address of the page of a recommendation, or ""; may be nil
}

// The objects of the schema, by its names.

type event struct {
	ActivityID   int          `json:"activity_id"`
	ActivityName string       `json:"activity_name"`
	CategoryUID  int          `json:"category_uid"`
	CategoryName string       `json:"category_name"`
	ClassUID     int          `json:"class_uid"`
	ClassName    string       `json:"class_name"`
	TypeUID      int          `json:"type_uid"`
	TypeName     string       `json:"type_name"`
	Time         int64        `json:"time"`
	SeverityID   int          `json:"severity_id"`
	Severity     string       `json:"severity"`
	StatusID     int          `json:"status_id"`
	Status       string       `json:"status"`
	StatusDetail string       `json:"status_detail,omitempty"`
	Message      string       `json:"message"`
	Metadata     metadata     `json:"metadata"`
	FindingInfo  info         `json:"finding_info"`
	Compliance   compliance   `json:"compliance"`
	Resources    []resource   `json:"resources"`
	Remediation  *remediation `json:"remediation,omitempty"`
	Unmapped     unmapped     `json:"unmapped"`
}

type metadata struct {
	Version string  `json:"version"`
	Product product `json:"product"`
}

type product struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version,omitempty"`
}

type info struct {
	UID    string   `json:"uid"`
	Title  string   `json:"title"`
	Desc   string   `json:"desc,omitempty"`
	Types  []string `json:"types"`
	SrcURL string   `json:"src_url,omitempty"`
}

type compliance struct {
	Control      string   `json:"control"`
	Standards    []string `json:"standards"`
	StatusID     int      `json:"status_id"`
	Status       string   `json:"status"`
	StatusDetail string   `json:"status_detail,omitempty"`
}

type resource struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
}

type remediation struct {
	Desc string `json:"desc"`
}

type unmapped struct {
	Verdict string `json:"verdict"`
	Place   string `json:"place,omitempty"`
	Lines   []line `json:"lines"`
}

type line struct {
	Label string `json:"label"`
	Text  string `json:"text"`
	Place string `json:"place,omitempty"`
}

// Write writes the report. The error is that of the writer.
func Write(w io.Writer, r finding.Report, o Options) error {
	findings := slices.DeleteFunc(slices.Clone(r.Findings), func(f finding.Finding) bool { return f.Verdict == finding.NotApplicable })
	slices.SortStableFunc(findings, finding.Finding.Compare)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	out.WriteString("[")
	for i, f := range findings {
		out.WriteString([]string{",\n", "\n"}[max(0, 1-i)])
		if err := enc.Encode(eventOf(f, o)); err != nil {
			return fmt.Errorf("write OCSF: %w", err)
		}
		out.Truncate(out.Len() - 1) // the end of line that the encoder adds
	}
	out.WriteString("\n]\n")
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write OCSF: %w", err)
	}
	return nil
}

func eventOf(f finding.Finding, o Options) event {
	out := event{
		ActivityID: 1, ActivityName: "Create", CategoryUID: 2, CategoryName: "Findings",
		ClassUID: 2003, ClassName: "Compliance Finding", TypeUID: 200301, TypeName: "Compliance Finding: Create",
		Time: o.Time, StatusID: 1, Status: "New", Message: f.Title,
		Metadata:    metadata{Version, product{"Muralla", "Muralla", o.Version}},
		FindingInfo: info{UID: f.Fingerprint(), Title: f.Title, Desc: f.Message, Types: []string{"network"}},
		Compliance:  compliance{Control: f.Recommendation, Standards: []string{standard}},
		Resources:   []resource{},
		Unmapped:    unmapped{Verdict: f.Verdict.String(), Place: f.Place.String(), Lines: []line{}},
	}
	out.SeverityID, out.Severity = severity(f)
	out.Compliance.StatusID, out.Compliance.Status = status(f.Verdict)
	if f.Verdict != finding.Follows {
		out.Compliance.StatusDetail = f.SeverityWhy
	}
	if s := f.Suppressed; s != nil {
		out.StatusID, out.Status, out.StatusDetail = 3, "Suppressed", s.String()
	} else if f.Verdict == finding.Follows {
		out.StatusID, out.Status = 4, "Resolved"
	}
	if f.Resource != "" {
		out.Resources = append(out.Resources, resource{string(f.Resource), name(f.Resource), kind(f.Resource)})
	}
	if o.Page != nil {
		out.FindingInfo.SrcURL = o.Page(f.Recommendation)
	}
	if f.Fix != "" {
		out.Remediation = &remediation{f.Fix}
	}
	for _, row := range f.Rows() {
		if row.Label != "why" && row.Label != "fix" && row.Label != "id" { // they have attributes of their own
			out.Unmapped.Lines = append(out.Unmapped.Lines, line{row.Label, row.Text, row.Place.String()})
		}
	}
	return out
}

// severity is that of the schema. What follows is for information.
func severity(f finding.Finding) (int, string) {
	s := f.Severity
	if f.Verdict == finding.Follows {
		s = finding.Note
	}
	return int(min(s, finding.Critical)) + 1, [...]string{"Informational", "Low", "Medium", "High", "Critical"}[min(s, finding.Critical)]
}

func status(v finding.Verdict) (int, string) {
	switch v {
	case finding.Follows:
		return 1, "Pass"
	case finding.Violates:
		return 3, "Fail"
	}
	return 2, "Warning"
}

// name is an address without the modules that it is in.
func name(id ref.ID) string { return string(id.Short()) }

// kind is the type of a resource, if its address tells: "aws_lb" of "aws_lb.x".
func kind(id ref.ID) string {
	typ, _, ok := strings.Cut(strings.TrimPrefix(name(id), "data."), ".")
	if !ok || !strings.HasPrefix(typ, "aws_") {
		return ""
	}
	return typ
}
