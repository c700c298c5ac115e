// Package sarif writes a report of check in the Static Analysis Results
// Interchange Format, SARIF 2.1.0 (an OASIS Standard), which code scanning of
// GitHub and many other viewers read.
//
// # Model
// One run. Its rules are all recommendations; its results are the violations and
// what is undecided, and with [Options.All] everything else. A violation has the
// kind "fail" and a level, anything undecided is "open". Facts with a place are
// related locations, and the path of a counter-example is a code flow. What is
// said of the input are notifications of the invocation. If the report was
// compared with earlier verdicts, each result has its state, and violations that
// are gone are results of the state "absent".
//
// # Guarantees
//   - The output is valid against the schema of the standard, and the same report
//     gives the same bytes, whatever the order of its findings.
//   - Every result has a file if anything in the report has one: code scanning
//     rejects a whole upload for one result without.
//   - At most 25,000 results and 1,000 related locations of a result are written,
//     the limits of code scanning; the worst come first, and how many are left out
//     is said.
//   - No text of the input is a link or HTML.
//
// # Not modelled
// The category of the analysis (automationDetails), which would take the place of
// the one that an upload names, and what earlier verdicts that asked for nothing
// any more were: of those that are gone only violations are results.
// Braces are doubled only where they would be a placeholder, as in "{0}": no
// message has arguments, and viewers then show a message as it is.
package sarif

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/finding"
)

// Limits of code scanning (GitHub "SARIF support for code scanning"). That of 10
// MB of the compressed file is far above 25,000 results of ours.
const (
	maxResults = 25_000
	maxRelated = 1_000
)

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// rootName stands for the top of the repository.
const rootName = "SRCROOT"

// Rule is what is shown about a recommendation.
type Rule struct {
	ID    string // slug
	Title string // one line without full stop
	Help  string // Markdown; may be empty
	URI   string // of its page; may be empty
}

// Options is how a report is written. The zero Options knows no rules: those of
// the findings are then named by their slugs alone.
type Options struct {
	Version    string // of the program: "v1.2.3", or what it calls itself otherwise
	Rules      []Rule // in the order of the documentation
	Repository finding.Repository
	All        bool // results for what follows or is not applicable, too
	// Against is the report compared with earlier verdicts; nil if there are none.
	Against *judged.Comparison
}

// Write writes the report. The error is that of the writer.
func Write(w io.Writer, r finding.Report, o Options) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(logOf(r, o)); err != nil {
		return fmt.Errorf("write SARIF: %w", err)
	}
	return nil
}

// The objects of the standard, by its names and in its order.

type sarifLog struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type run struct {
	Tool               tool                     `json:"tool"`
	Invocations        []invocation             `json:"invocations"`
	OriginalURIBaseIDs map[string]baseLocation  `json:"originalUriBaseIds"`
	Results            []result                 `json:"results"`
	ColumnKind         string                   `json:"columnKind"`
	Properties         map[string]runProperties `json:"properties"`
}

type baseLocation struct {
	Description message `json:"description"`
}

type tool struct {
	Driver component `json:"driver"`
}

type component struct {
	Name            string       `json:"name"`
	Version         string       `json:"version,omitempty"`
	SemanticVersion string       `json:"semanticVersion,omitempty"`
	InformationURI  string       `json:"informationUri"`
	Rules           []descriptor `json:"rules"`
}

type descriptor struct {
	ID                   string         `json:"id"`
	ShortDescription     message        `json:"shortDescription"`
	FullDescription      message        `json:"fullDescription"`
	DefaultConfiguration configuration  `json:"defaultConfiguration"`
	HelpURI              string         `json:"helpUri,omitempty"`
	Help                 message        `json:"help"`
	Properties           ruleProperties `json:"properties"`
}

type configuration struct {
	Level string `json:"level"`
}

type ruleProperties struct {
	Tags             []string `json:"tags"`
	Precision        string   `json:"precision"`
	SecuritySeverity string   `json:"security-severity,omitempty"`
}

// message is also the multiformatMessageString of the standard.
type message struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type invocation struct {
	ExecutionSuccessful bool           `json:"executionSuccessful"`
	Notifications       []notification `json:"toolExecutionNotifications"`
}

type notification struct {
	Locations []location `json:"locations,omitempty"`
	Message   message    `json:"message"`
	Level     string     `json:"level"`
}

type result struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	Kind                string            `json:"kind"`
	Level               string            `json:"level"`
	Message             message           `json:"message"`
	Locations           []location        `json:"locations"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	BaselineState       string            `json:"baselineState,omitempty"`
	CodeFlows           []codeFlow        `json:"codeFlows,omitempty"`
	RelatedLocations    []location        `json:"relatedLocations,omitempty"`
	Fixes               []fix             `json:"fixes,omitempty"`
	// Suppressions are never left out: either all results of a run have them or none.
	Suppressions []suppression    `json:"suppressions"`
	Properties   resultProperties `json:"properties"`
}

type location struct {
	ID               int               `json:"id,omitempty"`
	PhysicalLocation *physicalLocation `json:"physicalLocation,omitempty"`
	LogicalLocations []logicalLocation `json:"logicalLocations,omitempty"`
	Message          *message          `json:"message,omitempty"`
}

type physicalLocation struct {
	ArtifactLocation artifactLocation `json:"artifactLocation"`
	Region           *region          `json:"region,omitempty"`
}

type artifactLocation struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId"`
}

type region struct {
	StartLine int `json:"startLine"`
}

type logicalLocation struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type codeFlow struct {
	ThreadFlows []threadFlow `json:"threadFlows"`
}

type threadFlow struct {
	Locations []threadFlowLocation `json:"locations"`
}

type threadFlowLocation struct {
	Location     location `json:"location"`
	NestingLevel int      `json:"nestingLevel"`
}

type suppression struct {
	Kind          string    `json:"kind"`
	Status        string    `json:"status"`
	Justification string    `json:"justification,omitempty"`
	Location      *location `json:"location,omitempty"`

	Properties suppressionProperties `json:"properties"`
}

type suppressionProperties struct {
	Source string `json:"source"` // exception, inline or baseline
}

type resultProperties struct {
	Verdict     string `json:"verdict"`
	Severity    string `json:"severity"`
	SeverityWhy string `json:"severityWhy,omitempty"`
	Fix         string `json:"fix,omitempty"`
	Ask         string `json:"ask,omitempty"`
	Missing     []fact `json:"missing,omitempty"`
	LeftOut     int    `json:"relatedLocationsLeftOut,omitempty"`
}

type fact struct {
	Text string `json:"text"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

type runProperties struct {
	Resources      int           `json:"resources"`
	Services       int           `json:"services"`
	Pairs          int           `json:"pairs"`
	Violates       int           `json:"violates"`
	Undecided      int           `json:"undecided"`
	Follows        int           `json:"follows"`
	NotApplicable  int           `json:"notApplicable"`
	Suppressed     int           `json:"suppressed"`
	Expired        int           `json:"expired"`
	ResultsLeftOut int           `json:"resultsLeftOut"`
	Against        *states       `json:"against,omitempty"`
	NotModelled    []notModelled `json:"notModelled"`
}

type notModelled struct {
	Type  string `json:"type"`
	Count int    `json:"count"`
	Why   string `json:"why"`
}

func logOf(r finding.Report, o Options) sarifLog {
	r.Findings = slices.Clone(r.Findings)
	r.Sort()
	shown := slices.DeleteFunc(slices.Clone(r.Findings), func(f finding.Finding) bool {
		return !o.All && f.Verdict != finding.Violates && f.Verdict != finding.Undecided
	})
	earlier := compared(o.Against)
	gone := earlier.gone(shown)
	leftOut := max(0, len(shown)+len(gone)-maxResults)
	shown = shown[:min(len(shown), maxResults)]
	gone = gone[:min(len(gone), maxResults-len(shown))]

	c := &composer{in: o.Repository, rule: map[string]int{}, results: []result{}}
	c.anywhere(shown, gone)
	rules := c.rules(o.Rules, r.Findings, gone)
	for _, f := range shown {
		c.results = append(c.results, c.result(f))
		c.results[len(c.results)-1].BaselineState = earlier.state[f.Fingerprint()]
	}
	for _, k := range gone {
		c.results = append(c.results, c.absent(k))
	}
	version, semantic := versions(o.Version)
	return sarifLog{Schema: schema, Version: "2.1.0", Runs: []run{{
		Tool: tool{component{Name: "Muralla", Version: version, SemanticVersion: semantic,
			InformationURI: "https://github.com/muralla-net/muralla", Rules: rules}},
		Invocations:        []invocation{c.invocation(r, leftOut)},
		OriginalURIBaseIDs: map[string]baseLocation{rootName: {message{Text: "The top of the repository."}}},
		Results:            c.results,
		ColumnKind:         "unicodeCodePoints",
		Properties:         map[string]runProperties{"muralla": propertiesOf(r, leftOut, o.Against)},
	}}}
}

func propertiesOf(r finding.Report, leftOut int, against *judged.Comparison) runProperties {
	s := r.Summary()
	p := runProperties{Resources: r.Counts.Resources, Services: r.Counts.Services, Pairs: r.Counts.Pairs,
		Violates: s.Violates, Undecided: s.Undecided, Follows: s.Follows, NotApplicable: s.NotApplicable,
		Suppressed: s.Suppressed, Expired: s.Expired, ResultsLeftOut: leftOut, NotModelled: []notModelled{}}
	if against != nil {
		n := against.Counts()
		p.Against = &states{n.New, n.Worse, n.Better, n.Unchanged, n.Resolved}
	}
	for _, n := range r.NotModelled {
		p.NotModelled = append(p.NotModelled, notModelled{Type: n.Type, Count: n.Count, Why: n.Why})
	}
	return p
}

// invocation says how the run went. It is no success if nothing was read.
func (c *composer) invocation(r finding.Report, leftOut int) invocation {
	in := invocation{ExecutionSuccessful: true, Notifications: []notification{}}
	for _, d := range r.Diagnostics.Sorted() {
		if d.Level == diag.Error && r.Counts.Resources == 0 {
			in.ExecutionSuccessful = false
		}
		n := notification{Message: message{Text: plainText(joined(d.Summary, d.Detail))}, Level: d.Level.String()}
		if at := c.physical(d.Place); at != nil {
			n.Locations = []location{{PhysicalLocation: at}}
		}
		in.Notifications = append(in.Notifications, n)
	}
	if leftOut > 0 {
		in.Notifications = append(in.Notifications, notification{Level: diag.Warning.String(),
			Message: message{Text: fmt.Sprintf("results left out. %d results are not written, since code scanning takes %d at most.", leftOut, maxResults)}})
	}
	return in
}
