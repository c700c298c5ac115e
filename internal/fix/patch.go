package fix

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
)

// File is a file that a patch changes.
type File struct {
	Path     string // absolute and without links
	Old, New []byte
	mode     os.FileMode
}

// Dropped is a finding whose changes are not made.
type Dropped struct {
	Finding finding.Finding
	Why     string // as a clause
}

// Patch is what becomes of the files of a design.
type Patch struct {
	Files   []File // sorted by path
	Mended  []finding.Finding
	Dropped []Dropped
}

// Judge judges the design with other texts in place of what files hold, by their
// absolute paths.
type Judge func(texts map[string][]byte) (finding.Report, error)

// maxRuns bounds how often the design is judged again.
const maxRuns = 64

// attempt is the making of a patch.
type attempt struct {
	p      *Plan
	judge  Judge
	before map[string]finding.Finding // by fingerprint
	said   map[string]int             // diagnostics
	runs   int
	out    Patch
}

// Patch makes the changes of a located report that hold. Before is the report on
// the design as it is, as judge gives it.
func (p *Plan) Patch(located, before finding.Report, judge Judge) (Patch, error) {
	a := &attempt{p: p, judge: judge, before: map[string]finding.Finding{}, said: map[string]int{}}
	for _, f := range before.Findings {
		a.before[f.Fingerprint()] = f
	}
	for _, d := range before.Diagnostics {
		a.said[saying(d)]++
	}
	var list []finding.Finding
	for _, f := range located.Findings {
		if !proposes(f) {
			continue
		}
		if i := slices.IndexFunc(f.Changes, func(c finding.Change) bool { return c.Refused != "" }); i >= 0 {
			a.out.Dropped = append(a.out.Dropped, Dropped{f, f.Changes[i].Refused})
			continue
		}
		list = append(list, f)
	}
	mended, err := a.accept(nil, list)
	if err != nil {
		return Patch{}, err
	}
	texts, err := a.texts(mended)
	if err != nil {
		return Patch{}, err
	}
	for in, text := range texts {
		if !bytes.Equal(in.text, text) {
			a.out.Files = append(a.out.Files, File{in.path, in.text, text, in.mode})
		}
	}
	slices.SortFunc(a.out.Files, func(x, y File) int { return strings.Compare(x.Path, y.Path) })
	slices.SortStableFunc(a.out.Dropped, func(x, y Dropped) int { return x.Finding.Compare(y.Finding) })
	a.out.Mended = mended
	return a.out, nil
}

// accept is base and those of a list that hold together with it. Lists that do
// not are halved.
func (a *attempt) accept(base, list []finding.Finding) ([]finding.Finding, error) {
	if len(list) == 0 {
		return base, nil
	}
	all := append(slices.Clone(base), list...)
	why, err := a.wrong(all)
	if err != nil || why == "" {
		return all, err
	}
	if len(list) == 1 {
		if why == conflicts {
			why = a.rival(base, list[0])
		}
		a.out.Dropped = append(a.out.Dropped, Dropped{list[0], why})
		return base, nil
	}
	half, err := a.accept(base, list[:len(list)/2])
	if err != nil {
		return nil, err
	}
	return a.accept(half, list[len(list)/2:])
}

const conflicts = "the fix of another finding edits the same place; run it again after that one"

// rival says which of the findings that are accepted edits the same place as one
// that is not.
func (a *attempt) rival(base []finding.Finding, f finding.Finding) string {
	if _, err := a.texts([]finding.Finding{f}); errors.Is(err, patch.ErrConflict) {
		return "two of its own edits change the same place in different ways"
	}
	for _, b := range base {
		if _, err := a.texts([]finding.Finding{b, f}); errors.Is(err, patch.ErrConflict) {
			return fmt.Sprintf("the fix of %s of %s edits the same place in another way; run it again after that one", b.Recommendation, b.Resource)
		}
	}
	return conflicts
}

// texts are the files with the changes of findings made.
func (a *attempt) texts(list []finding.Finding) (map[*file][]byte, error) {
	edits := map[*file][]patch.Edit{}
	added := map[*file]map[int]map[string]string{} // by offset and change: lines that are added
	all := proposals{}
	for _, f := range list {
		all.add(f)
	}
	for _, f := range list {
		for _, c := range f.Changes {
			es, in, err := a.p.edits(c, all)
			if err != nil {
				return nil, err
			}
			for _, e := range es {
				if e.Start < e.End || !addsLine(e.New) {
					edits[in] = append(edits[in], e)
					continue
				}
				if added[in] == nil {
					added[in] = map[int]map[string]string{}
				}
				if added[in][e.Start] == nil {
					added[in][e.Start] = map[string]string{}
				}
				// What different changes add at one place stands there one by one.
				what := fmt.Sprintf("%+v", c.Path)
				if c.Operation == finding.Append || c.Operation == finding.Add {
					what = key(c)
				}
				if was, ok := added[in][e.Start][what]; ok && was != e.New {
					return nil, fmt.Errorf("edit %s: %w", in.path, patch.ErrConflict)
				}
				added[in][e.Start][what] = e.New
			}
		}
	}
	for in, at := range added {
		for start, texts := range at {
			text := ""
			for _, what := range slices.Sorted(maps.Keys(texts)) {
				text += texts[what]
			}
			edits[in] = append(edits[in], patch.Edit{Start: start, End: start, New: text})
		}
	}
	out := map[*file][]byte{}
	for in, es := range edits {
		text, err := patch.Apply(in.text, es)
		if err != nil {
			return nil, fmt.Errorf("edit %s: %w", in.path, err)
		}
		out[in] = in.tidy(in.text, text)
	}
	return out, nil
}

// addsLine is whether an addition is a line, or an entry, of its own.
func addsLine(text string) bool {
	return strings.HasPrefix(text, "\n") || strings.HasPrefix(text, "\r\n") || strings.HasPrefix(text, ",")
}

// wrong says why the changes of some findings cannot be made; it is empty if
// they hold.
func (a *attempt) wrong(list []finding.Finding) (string, error) {
	files, err := a.texts(list)
	if errors.Is(err, patch.ErrConflict) {
		return conflicts, nil
	} else if err != nil {
		return err.Error(), nil
	}
	if a.runs++; a.runs > maxRuns {
		return fmt.Sprintf("the design was judged %d times already; run it again after the others", maxRuns), nil
	}
	texts := map[string][]byte{}
	for in, text := range files {
		texts[in.path] = text
	}
	after, err := a.judge(texts)
	if err != nil {
		return "", fmt.Errorf("judge the edited design: %w", err)
	}
	return a.compare(after, list), nil
}

// compare says what is wrong with an edited design.
func (a *attempt) compare(after finding.Report, mended []finding.Finding) string {
	gone := map[string]bool{}
	for _, f := range mended {
		gone[f.Fingerprint()] = true
	}
	left := map[string]bool{}
	for _, f := range after.Findings {
		left[f.Fingerprint()] = true
	}
	subject := func(f finding.Finding) string { return f.Recommendation + "\x00" + string(f.Resource) }
	other := map[string]finding.Finding{} // violations that are gone, by their subject
	for _, f := range mended {
		other[subject(f)] = finding.Finding{} // nothing may come in their place
	}
	for _, id := range slices.Sorted(maps.Keys(a.before)) {
		f := a.before[id]
		if _, ok := other[subject(f)]; !ok && !left[id] && f.Verdict == finding.Violates {
			other[subject(f)] = f
		}
	}
	for _, f := range after.Findings {
		if f.Verdict != finding.Violates && f.Verdict != finding.Undecided {
			continue
		}
		was, ok := a.before[f.Fingerprint()]
		if o := other[subject(f)]; !ok && o.Verdict == finding.Violates && f.Severity <= o.Severity {
			continue // what was wrong before is so in other words
		}
		switch {
		case gone[f.Fingerprint()]:
			return "with the edit the finding is still there: " + f.Title
		case !ok || was.Verdict != finding.Violates && was.Verdict != finding.Undecided:
			return "the edit brings another finding: " + f.Recommendation + ", " + f.Title
		case was.Verdict == finding.Undecided && f.Verdict == finding.Violates, f.Verdict == was.Verdict && f.Severity > was.Severity:
			return "the edit makes another finding worse: " + f.Recommendation + ", " + f.Title
		}
	}
	said := map[string]int{}
	for _, d := range after.Diagnostics {
		if said[saying(d)]++; said[saying(d)] > a.said[saying(d)] {
			return "the edit makes the design less readable: " + d.Summary
		}
	}
	return ""
}

// saying is a diagnostic without its line.
func saying(d diag.Diagnostic) string { return d.Place.File + "\x00" + d.Summary + "\x00" + d.Detail }

// Write writes the files of a patch. If one of them no longer holds what was
// read, nothing is written.
func (p Patch) Write() error {
	for _, f := range p.Files {
		now, err := os.ReadFile(f.Path)
		if err != nil {
			return fmt.Errorf("read before writing: %w", err)
		}
		if !bytes.Equal(now, f.Old) {
			return fmt.Errorf("%s has changed since it was read", f.Path)
		}
	}
	for _, f := range p.Files {
		if err := replace(f); err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
	}
	return nil
}

// replace writes beside a file and then takes its place.
func replace(f File) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(f.Path), ".muralla-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(f.New); err == nil {
		err = tmp.Chmod(f.mode)
	}
	if closing := tmp.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), f.Path)
}

// Unified is the patch as a unified diff of files named relative to a directory.
func (p Patch) Unified(dir string) (string, error) {
	var out strings.Builder
	for _, f := range p.Files {
		name, err := filepath.Rel(dir, f.Path)
		if err != nil {
			return "", fmt.Errorf("name a file: %w", err)
		}
		out.WriteString(patch.Unified(filepath.ToSlash(name), f.Old, f.New))
	}
	return out.String(), nil
}
