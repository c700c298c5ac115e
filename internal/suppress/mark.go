package suppress

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// form is how a suppression is written as a comment.
const form = "muralla:ignore RECOMMENDATION until=YYYY-MM-DD -- reason"

// Marks reads what is written beside resources: comments of the form
//
//	muralla:ignore SLUG[,SLUG...] [until=YYYY-MM-DD] -- reason
//
// and metadata of templates, a map with a list "ignore" of maps with the keys
// recommendation, until and reason. What cannot be read is a mark with a fault.
func Marks(remarks []resource.Remark) []finding.Mark {
	var out []finding.Mark
	for _, r := range remarks {
		if r.Value.IsNull() {
			out = append(out, fromComment(r)...)
		} else {
			out = append(out, fromMetadata(r)...)
		}
	}
	return out
}

func fromComment(r resource.Remark) []finding.Mark {
	var out []finding.Mark
	for i, line := range strings.Split(r.Text, "\n") {
		at := ref.Place{File: r.Place.File, Line: r.Place.Line}
		if at.Line > 0 {
			at.Line += i
		}
		word, rest, ok := directive(line)
		if !ok {
			continue
		}
		mark := finding.Mark{Scope: r.Scope, Below: r.Below, Place: at}
		if word != "ignore" {
			mark.Fault = fmt.Sprintf("There is nothing that is written as muralla:%s.", word)
			if diag.Closest(word, []string{"ignore"}) != "" {
				mark.Fault += " Did you mean muralla:ignore?"
			}
			out = append(out, mark)
			continue
		}
		out = append(out, ignoring(mark, rest)...)
	}
	return out
}

// directive finds what begins with the mark as a word of its own: "see
// muralla: the page" is prose.
func directive(line string) (word, rest string, ok bool) {
	for at := 0; ; {
		i := strings.Index(line[at:], resource.RemarkMark)
		if i < 0 {
			return "", "", false
		}
		begin := at + i
		at = begin + len(resource.RemarkMark)
		word, _, _ = strings.Cut(strings.TrimRight(line[at:], "\r"), " ")
		word, _, _ = strings.Cut(word, "\t")
		if word != "" && (begin == 0 || strings.IndexByte(" \t*", line[begin-1]) >= 0) {
			return word, line[at+len(word):], true
		}
	}
}

// ignoring reads what follows muralla:ignore, one mark for each recommendation.
func ignoring(mark finding.Mark, text string) []finding.Mark {
	head, reason, _ := strings.Cut(text, "--")
	mark.Reason = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(reason), "*/"))
	var slugs []string
	for _, word := range strings.FieldsFunc(head, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == '\r' }) {
		switch key, value, pair := strings.Cut(word, "="); {
		case pair && key == "until":
			mark.Until = value
			if _, err := intent.ParseDate(value); err != nil {
				mark.Fault = fmt.Sprintf("The date %q cannot be read: write it as until=2027-01-31.", value)
			}
		case pair || !isSlug(word):
			mark.Fault = fmt.Sprintf("%q is no recommendation and no date. Write it as: %s", word, form)
		default:
			slugs = append(slugs, word)
		}
	}
	if len(slugs) == 0 && mark.Fault == "" {
		mark.Fault = "It names no recommendation. Write it as: " + form
	}
	if mark.Fault != "" {
		mark.Recommendation = strings.Join(slugs, ",")
		return []finding.Mark{mark}
	}
	var out []finding.Mark
	for _, s := range slugs {
		mark.Recommendation = s
		out = append(out, mark)
	}
	return out
}

// isSlug reports whether a word has the form of a slug, whether or not there is
// such a recommendation.
func isSlug(word string) bool {
	return !strings.ContainsFunc(word, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// fromMetadata reads the metadata of a template.
func fromMetadata(r resource.Remark) []finding.Mark {
	whole := finding.Mark{Scope: r.Scope, Below: r.Below, Place: r.Place}
	list := r.Value.Get("ignore")
	if r.Value.Kind != resource.Map || list.IsNull() {
		whole.Fault = "Metadata under the key muralla is a map with a list ignore, and this is none."
		return []finding.Mark{whole}
	}
	var out []finding.Mark
	for _, key := range slices.Sorted(maps.Keys(r.Value.Map)) {
		if key != "ignore" {
			m := whole
			m.Place = r.Value.Map[key].Place
			m.Fault = fmt.Sprintf("There is no key %q below muralla; only ignore is read.", key)
			out = append(out, m)
		}
	}
	for _, item := range list.Items() {
		m := whole
		if !item.Place.IsZero() {
			m.Place = item.Place
		}
		read(&m, item)
		out = append(out, m)
	}
	return out
}

// read reads one element of ignore.
func read(m *finding.Mark, item resource.Value) {
	if item.Kind != resource.Map || item.Maybe {
		m.Fault = "An element of ignore is a map with recommendation, until and reason, and this is none that is known."
		return
	}
	for _, key := range slices.Sorted(maps.Keys(item.Map)) {
		if key != "recommendation" && key != "reason" && key != "until" {
			m.Fault = fmt.Sprintf("There is no key %q in an element of ignore, only recommendation, until and reason.", key)
			continue
		}
		if v := item.Map[key]; v.Kind != resource.String || v.Maybe {
			m.Fault = "The value of " + key + " is no text that is known."
		}
	}
	m.Recommendation, m.Reason, m.Until = item.Get("recommendation").Text, strings.TrimSpace(item.Get("reason").Text), item.Get("until").Text
	switch _, err := intent.ParseDate(m.Until); {
	case m.Fault != "":
	case m.Recommendation == "":
		m.Fault = "It names no recommendation."
	case m.Until != "" && err != nil:
		m.Fault = fmt.Sprintf("The date %q cannot be read: write it as 2027-01-31.", m.Until)
	}
}
