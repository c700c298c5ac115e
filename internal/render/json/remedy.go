package json

import (
	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/remedy"
	"github.com/muralla-net/muralla/internal/remedy/snippet"
	"github.com/muralla-net/muralla/internal/topo"
)

// advice is what would change an answer.
type advice struct {
	Purpose   string     `json:"purpose"`
	Verdict   string     `json:"verdict"`
	Edits     []edit     `json:"edits"`
	Also      []exposure `json:"also"`
	AlsoMore  string     `json:"alsoMore"`
	Breaks    []exposure `json:"breaks"`
	Obstacles []obstacle `json:"obstacles"`
	Missing   []fact     `json:"missing"`
	Needs     string     `json:"needs"`
}

type edit struct {
	Action  string   `json:"action"`
	Thing   string   `json:"thing"`
	Text    string   `json:"text"`
	Snippet []string `json:"snippet"`
	Place   place    `json:"place"`
}

type exposure struct {
	From  []string   `json:"from"`
	To    []string   `json:"to"`
	Ports portBounds `json:"ports"`
}

type obstacle struct {
	Gate  string `json:"gate"`
	At    string `json:"at"`
	Why   string `json:"why"`
	Place place  `json:"place"`
}

// adviceOf is the advice on a pair, or nil if there is none.
func adviceOf(s *topo.Snapshot, a ask.Advice) *advice {
	if a.IsZero() {
		return nil
	}
	out := &advice{Purpose: "open", Verdict: "no", Edits: []edit{}, Also: []exposure{}, Breaks: []exposure{}, Obstacles: []obstacle{}, Missing: []fact{}, Needs: a.Needs}
	var edits []remedy.Edit
	var also, breaks []remedy.Exposure
	switch {
	case a.Open != nil:
		edits, also, out.AlsoMore, out.Missing = a.Open.Edits, a.Open.Also, a.Open.AlsoMore, factsOf(a.Open.Gaps)
		if len(edits) > 0 {
			out.Verdict = verdictOf(a.Open.Works)
		}
		for _, o := range a.Open.Obstacles {
			out.Obstacles = append(out.Obstacles, obstacle{o.Gate.String(), string(o.At), o.Why, placeOf(o.Place)})
		}
	case a.Shut != nil:
		out.Purpose = "shut"
		edits, also, breaks, out.AlsoMore, out.Missing = a.Shut.Edits, a.Shut.Also, a.Shut.Breaks, a.Shut.AlsoMore, factsOf(a.Shut.Gaps)
		if len(edits) > 0 {
			out.Verdict = verdictOf(a.Shut.Shuts)
		}
	}
	for _, e := range edits {
		action := "add"
		if e.Action == remedy.Remove {
			action = "remove"
		}
		out.Edits = append(out.Edits, edit{action, string(e.Thing), e.Text(s), append([]string{}, snippet.Of(s, e)...), placeOf(e.Place)})
	}
	for _, e := range also {
		out.Also = append(out.Also, exposureOf(e))
	}
	for _, e := range breaks {
		out.Breaks = append(out.Breaks, exposureOf(e))
	}
	return out
}

func exposureOf(e remedy.Exposure) exposure {
	names := func(list []reach.Party) []string {
		out := []string{}
		for _, p := range list {
			if p.Endpoint != "" {
				out = append(out, string(p.Endpoint))
				continue
			}
			out = append(out, p.Addrs.String())
		}
		return out
	}
	return exposure{names(e.From), names(e.To), boundsOf(e.Ports)}
}
