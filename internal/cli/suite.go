package cli

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/render/junit"
	"github.com/muralla-net/muralla/internal/render/text"
)

// suiteOf is what was asked as tests: each intent of a file, or the one question.
func suiteOf(what asked, got answered) (junit.Suite, error) {
	if what.file == "" {
		o := ask.Outcome{Reply: got.reply, Holds: got.reply.Holds(what.expect),
			Intent: question.Intent{Text: what.question.String(), Question: what.question, Expect: what.expect}}
		c, err := caseOf("", "muralla ask", o)
		return junit.Suite{Name: "muralla ask", Cases: []junit.Case{c}}, err
	}
	suite := junit.Suite{Name: what.file}
	taken := map[string]int{}
	for _, o := range got.outcomes {
		c, err := caseOf(what.file, what.file, o)
		if err != nil {
			return suite, err
		}
		if taken[c.Name]++; taken[c.Name] > 1 {
			c.Name = fmt.Sprintf("%s (line %d)", c.Name, o.Line)
		}
		suite.Cases = append(suite.Cases, c)
	}
	return suite, nil
}

func caseOf(file, class string, o ask.Outcome) (junit.Case, error) {
	c := junit.Case{Name: o.Text, Class: class}
	if o.Expect != question.ExpectNothing {
		c.Name = o.Expect.String() + ": " + o.Text
	}
	if o.Name != "" {
		c.Name = o.Name + " — " + c.Name
	}
	if file != "" {
		c.Place = ref.Place{File: file, Line: o.Line}
	}
	switch {
	case o.Err != nil:
		c.Status, c.Type, c.Message = junit.Error, "question", o.Err.Problem
		c.Body = strings.Join(append(pointer(o.Text, o.Err), "hint: "+o.Err.Hint), "\n")
		return c, nil
	case o.Holds == fact.Yes:
		c.Status = junit.Pass
		return c, nil
	case o.Holds == fact.No:
		c.Status, c.Type, c.Message = junit.Fail, "expectation", "the answer is "+o.Reply.Any.String()
	default:
		c.Message = "undecided: facts that decide are missing"
	}
	var body bytes.Buffer
	err := text.WriteAnswer(&body, o.Reply, o.Expect, text.Options{})
	c.Body = body.String()
	return c, err
}
