package sarif

import (
	"slices"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// fix is a proposal to edit files (SARIF 2.1.0, section 3.55).
type fix struct {
	Description     message          `json:"description"`
	ArtifactChanges []artifactChange `json:"artifactChanges"`
}

type artifactChange struct {
	ArtifactLocation artifactLocation `json:"artifactLocation"`
	Replacements     []replacement    `json:"replacements"`
}

type replacement struct {
	DeletedRegion   deletedRegion    `json:"deletedRegion"`
	InsertedContent *insertedContent `json:"insertedContent,omitempty"`
}

// deletedRegion has its end behind the last column, as in the standard.
type deletedRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

type insertedContent struct {
	Text string `json:"text"`
}

// fixes is the fix of a finding of which all edits are known.
func (c *composer) fixes(f finding.Finding) []fix {
	if !f.Patched() {
		return nil
	}
	out := fix{Description: message{Text: plainText(f.Fix)}}
	at := map[string]int{}
	for _, ch := range f.Changes {
		for _, r := range ch.Replacements {
			where := c.physical(ref.Place{File: r.File})
			if where == nil {
				return nil
			}
			i, ok := at[r.File]
			if !ok {
				i = len(out.ArtifactChanges)
				at[r.File], out.ArtifactChanges = i, append(out.ArtifactChanges, artifactChange{ArtifactLocation: where.ArtifactLocation})
			}
			one := replacement{DeletedRegion: deletedRegion{r.StartLine, r.StartColumn, r.EndLine, r.EndColumn}}
			if r.Text != "" {
				one.InsertedContent = &insertedContent{r.Text}
			}
			list := &out.ArtifactChanges[i].Replacements
			if !slices.ContainsFunc(*list, func(o replacement) bool { return o.DeletedRegion == one.DeletedRegion }) {
				*list = append(*list, one)
			}
		}
	}
	return []fix{out}
}
