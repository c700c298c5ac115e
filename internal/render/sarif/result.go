package sarif

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/ref"
)

// composer makes the results of one run.
type composer struct {
	in      finding.Repository
	first   ref.Place      // a place for results that have none
	rule    map[string]int // slug → index
	results []result
}

// anywhere finds the first place that anything in the report has, or else had.
func (c *composer) anywhere(findings []finding.Finding, gone []judged.Known) {
	for _, f := range findings {
		for _, p := range append(placesOf(f.Evidence), append(placesOf(f.Gaps), f.Place)...) {
			if c.physical(p) != nil && (c.first.IsZero() || p.Compare(c.first) < 0) {
				c.first = p
			}
		}
	}
	for _, k := range gone {
		if c.first.IsZero() && c.physical(k.Place) != nil {
			c.first = k.Place
		}
	}
}

func placesOf(facts []finding.Evidence) []ref.Place {
	var out []ref.Place
	for _, e := range facts {
		out = append(out, e.Place)
	}
	return out
}

// rules describes the rules that are given and those that results have beside
// them. GitHub shows one severity for a rule, so it is the worst of its
// violations here.
func (c *composer) rules(given []Rule, findings []finding.Finding, gone []judged.Known) []descriptor {
	worst := map[string]finding.Severity{}
	violated := map[string]bool{}
	all := slices.Clone(given)
	for i, r := range all {
		c.rule[r.ID] = i
	}
	add := func(slug string) {
		if _, ok := c.rule[slug]; !ok {
			c.rule[slug] = len(all)
			all = append(all, Rule{ID: slug, Title: slug})
		}
	}
	for _, f := range findings {
		add(f.Recommendation)
		if f.Verdict == finding.Violates && f.Suppressed == nil {
			violated[f.Recommendation] = true
			worst[f.Recommendation] = max(worst[f.Recommendation], f.Severity)
		}
	}
	for _, k := range gone {
		add(k.Recommendation)
	}
	out := []descriptor{}
	for _, r := range all {
		title := message{Text: capital(r.Title) + "."}
		d := descriptor{ID: r.ID, ShortDescription: title, FullDescription: title, HelpURI: r.URI,
			Help:                 message{Text: cmp.Or(r.Help, title.Text), Markdown: r.Help},
			DefaultConfiguration: configuration{"warning"},
			Properties:           ruleProperties{Tags: []string{"security", "network", "ecs"}, Precision: "very-high"}}
		if violated[r.ID] {
			d.DefaultConfiguration.Level = levelOf(worst[r.ID])
			d.Properties.SecuritySeverity = scoreOf(worst[r.ID])
		}
		out = append(out, d)
	}
	return out
}

func levelOf(s finding.Severity) string {
	switch s {
	case finding.Critical, finding.High:
		return "error"
	case finding.Medium:
		return "warning"
	}
	return "note"
}

// scoreOf is a number that GitHub reads as the severity (critical is over 9.0,
// high from 7.0, medium from 4.0, low from 0.1); a note has none.
func scoreOf(s finding.Severity) string {
	return [...]string{"", "2.0", "5.5", "8.0", "9.5"}[min(s, finding.Critical)]
}

func (c *composer) result(f finding.Finding) result {
	main, flow := location{}, f.Place
	for _, p := range append(append([]ref.Place{f.Place}, placesOf(f.Evidence)...), append(placesOf(f.Gaps), c.first)...) {
		if main.PhysicalLocation = c.physical(p); main.PhysicalLocation != nil {
			flow = p
			break
		}
	}
	if f.Resource != "" {
		main.LogicalLocations = []logicalLocation{{FullyQualifiedName: string(f.Resource), Kind: "resource"}}
	}
	r := result{
		RuleID: f.Recommendation, RuleIndex: c.rule[f.Recommendation], Kind: "fail", Level: levelOf(f.Severity),
		Locations:           []location{main},
		PartialFingerprints: map[string]string{"muralla/v1": f.Fingerprint()},
		Suppressions:        []suppression{},
		Properties: resultProperties{Verdict: f.Verdict.String(), Severity: f.Severity.String(), SeverityWhy: f.SeverityWhy,
			Fix: f.Fix, Ask: f.Ask},
	}
	if main.PhysicalLocation == nil && f.Resource == "" {
		r.Locations = []location{}
	}
	if f.Verdict != finding.Violates {
		// The standard wants no level of what is no failure.
		r.Kind, r.Level = map[finding.Verdict]string{finding.Follows: "pass", finding.NotApplicable: "notApplicable"}[f.Verdict], "none"
		r.Kind = cmp.Or(r.Kind, "open")
	}
	for _, g := range f.Gaps {
		r.Properties.Missing = append(r.Properties.Missing, fact{g.Text, g.Place.File, g.Place.Line})
	}
	m := writing{f: f}
	for _, e := range f.Evidence {
		m.because = append(m.because, c.related(&r, e))
	}
	for _, g := range f.Gaps {
		m.missing = append(m.missing, c.related(&r, g))
	}
	r.Message = message{Text: m.text(), Markdown: m.markdown()}
	r.CodeFlows, r.Fixes = c.flow(f, flow), c.fixes(f)
	if s := f.Suppressed; s != nil {
		out := suppression{Kind: "external", Status: "accepted", Justification: s.Reason, Properties: suppressionProperties{s.Source.String()}}
		if s.Source == finding.Inline {
			out.Kind = "inSource"
		}
		if s.Until != "" {
			out.Justification = strings.TrimSpace(s.Reason + " (until " + s.Until + ")")
		}
		if at := c.physical(s.Place); at != nil {
			out.Location = &location{PhysicalLocation: at}
		}
		r.Suppressions = append(r.Suppressions, out)
	}
	return r
}

// linked is a fact and the number of its related location, or 0.
type linked struct {
	finding.Evidence
	id int
}

// related adds the place of a fact to a result.
func (c *composer) related(r *result, e finding.Evidence) linked {
	at := c.physical(e.Place)
	switch {
	case at == nil:
		return linked{e, 0}
	case len(r.RelatedLocations) == maxRelated:
		r.Properties.LeftOut++
		return linked{e, 0}
	}
	id := len(r.RelatedLocations) + 1
	r.RelatedLocations = append(r.RelatedLocations, location{ID: id, PhysicalLocation: at, Message: &message{Text: plainText(e.Text)}})
	return linked{e, id}
}

// flow is the path of a finding, and below it the facts that open it, each at its
// place. A hop has no place of its own, so it has that of the result.
func (c *composer) flow(f finding.Finding, at ref.Place) []codeFlow {
	if len(f.Path) == 0 {
		return nil
	}
	var steps []threadFlowLocation
	step := func(text string, at *physicalLocation, level int) {
		if len(steps) < maxRelated {
			steps = append(steps, threadFlowLocation{location{PhysicalLocation: at, Message: &message{Text: plainText(text)}}, level})
		}
	}
	for _, hop := range f.Path {
		step(hop, c.physical(at), 0)
	}
	for _, e := range f.Evidence {
		if at := c.physical(e.Place); at != nil {
			step(e.Text, at, 1)
		}
	}
	return []codeFlow{{[]threadFlow{{steps}}}}
}

// physical is a place as a location, or nil if it is in no file of the
// repository.
func (c *composer) physical(p ref.Place) *physicalLocation {
	file := c.in.File(p)
	if file == "" {
		return nil
	}
	out := &physicalLocation{ArtifactLocation: artifactLocation{escaped(file), rootName}}
	if p.Line > 0 {
		out.Region = &region{p.Line}
	}
	return out
}

// escaped is a path as a relative reference (RFC 3986, section 4.2), in which
// only unreserved characters and slashes are written as such.
func escaped(file string) string {
	var b strings.Builder
	for i := range len(file) {
		c := file[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// writing is the message of a result.
type writing struct {
	f                finding.Finding
	because, missing []linked
}

// text is the message as plain text, in which a place is a link to its related
// location: code scanning shows nothing else of a result.
func (m writing) text() string {
	out := []string{plainText(joined(m.f.Title, m.f.Message))}
	add := func(label, text string) {
		if text != "" {
			out = append(out, label+": "+text)
		}
	}
	var path strings.Builder
	for i, hop := range m.f.Path {
		switch {
		case i == 0:
		case m.f.Continues(i):
			path.WriteString(", then ")
		default:
			path.WriteString("; also ")
		}
		path.WriteString(hop)
	}
	add("Path", plainText(path.String()))
	facts := func(label string, list []linked) {
		for _, e := range list {
			text := plainText(e.Text)
			switch {
			case e.id > 0:
				text += fmt.Sprintf(" ([%s](%d))", linkText.Replace(plainText(e.Place.String())), e.id)
			case !e.Place.IsZero():
				text += " (" + plainText(e.Place.String()) + ")"
			}
			add(label, text)
		}
	}
	facts("Because", m.because)
	facts("Missing", m.missing)
	add("Fix", plainText(m.f.Fix))
	add("Show", plainText(m.f.Ask))
	return strings.Join(out, "\n")
}

// markdown is the message as Markdown.
func (m writing) markdown() string {
	out := []string{"**" + capital(m.f.Verdict.String()) + ":** " + gfm.Text(joined(m.f.Title, m.f.Message)), ""}
	if m.f.SeverityWhy != "" && m.f.Verdict == finding.Violates {
		out = append(out, "- severity "+m.f.Severity.String()+": "+gfm.Text(m.f.SeverityWhy))
	}
	for i, hop := range m.f.Path {
		out = append(out, "- "+[]string{"path", "then"}[min(i, 1)]+" "+gfm.Code(hop))
	}
	facts := func(label string, list []linked) {
		for _, e := range list {
			line := "- " + label + " " + gfm.Text(e.Text)
			switch {
			case e.id > 0:
				line += fmt.Sprintf(" ([%s](%d))", gfm.Code(e.Place.String()), e.id)
			case !e.Place.IsZero():
				line += " (" + gfm.Code(e.Place.String()) + ")"
			}
			out = append(out, line)
		}
	}
	facts("because", m.because)
	facts("missing:", m.missing)
	if m.f.Fix != "" {
		out = append(out, "- fix: "+gfm.Text(m.f.Fix))
	}
	if m.f.Ask != "" {
		out = append(out, "- show: "+gfm.Code(m.f.Ask))
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

// joined makes two sentences of a title and what follows it.
func joined(title, message string) string {
	switch {
	case message == "":
		return title + "."
	case title == "":
		return message
	}
	return strings.TrimSuffix(title, ".") + ". " + message
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// linkText escapes what the text of a link cannot hold as it is.
var linkText = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`)

var placeholder = regexp.MustCompile(`\{(\d+)\}`)

// plainText is text of others for a plain text message: in one line, without
// links and placeholders.
func plainText(s string) string {
	return placeholder.ReplaceAllString(strings.ReplaceAll(gfm.Clean(s), "](", "] ("), "{{$1}}")
}

// semver is a version as semver.org has it (section 2, 9 and 10).
var semver = regexp.MustCompile(`^v?((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$`)

// versions are the version as it is and, if it has that form, the semantic one.
func versions(v string) (version, semantic string) {
	if m := semver.FindStringSubmatch(v); m != nil {
		return v, m[1]
	}
	return v, ""
}
