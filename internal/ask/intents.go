package ask

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/question"
)

// Outcome is what became of one intent. The zero Holds is undecided.
type Outcome struct {
	question.Intent
	Reply Reply           // zero if the question could not be asked
	Err   *question.Error // why it could not
	Holds fact.Tri        // whether what is expected is so
}

// Check asks every intent of a file. One that cannot be asked is an error of its
// own.
func (a *Asker) Check(list []question.Intent) []Outcome {
	out := make([]Outcome, 0, len(list))
	for _, i := range list {
		o := Outcome{Intent: i, Err: i.Err}
		if o.Err == nil {
			o.Reply, o.Err = a.ask(i.Question)
		}
		if o.Err == nil {
			o.Holds = o.Reply.Holds(i.Expect)
		}
		out = append(out, o)
	}
	return out
}

// Count is how many outcomes are what.
type Count struct{ Held, Failed, Undecided, Errors int }

// CountOf counts outcomes.
func CountOf(list []Outcome) Count {
	var c Count
	for _, o := range list {
		switch {
		case o.Err != nil:
			c.Errors++
		case o.Holds == fact.Yes:
			c.Held++
		case o.Holds == fact.No:
			c.Failed++
		default:
			c.Undecided++
		}
	}
	return c
}
