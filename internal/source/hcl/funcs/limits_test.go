package funcs

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

func invoke(t *testing.T, name string, args ...cty.Value) (cty.Value, error) {
	t.Helper()
	return Table(Context{Files: testFiles})[name].Call(args)
}

func TestTooLarge(t *testing.T) {
	big := cty.StringVal(strings.Repeat("x", 1<<20))
	many := make([]cty.Value, 2000)
	for i := range many {
		many[i] = cty.StringVal(fmt.Sprint("item", i))
	}
	list := cty.ListVal(many)
	deep := cty.StringVal("x")
	for range 5000 {
		deep = cty.TupleVal([]cty.Value{deep})
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(make([]byte, 20<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	str := cty.StringVal
	for _, row := range []struct {
		name string
		args []cty.Value
	}{
		{"length", []cty.Value{deep}},
		{"join", []cty.Value{big, list}},
		{"format", []cty.Value{str("%999999999d"), cty.NumberIntVal(1)}},
		{"format", []cty.Value{str("%.999999999f"), cty.NumberIntVal(1)}},
		{"format", []cty.Value{str(strings.Repeat("%[1]s", 100)), big}},
		{"formatlist", []cty.Value{str("%s %s"), big, list}},
		{"setproduct", []cty.Value{list, list, list}},
		{"replace", []cty.Value{big, str("x"), str(strings.Repeat("y", 100))}},
		{"replace", []cty.Value{big, str("/x*/"), str(strings.Repeat("$0", 100))}},
		{"regexall", []cty.Value{str("(x{1,30}){30}"), big}},
		{"indent", []cty.Value{cty.NumberIntVal(1 << 20), str(strings.Repeat("\n", 100))}},
		{"split", []cty.Value{str("x"), big}},
		{"jsondecode", []cty.Value{str(strings.Repeat("[", 600) + strings.Repeat("]", 600))}},
		{"jsondecode", []cty.Value{str("[" + strings.Repeat("1,", 1<<20) + "1]")}},
		{"csvdecode", []cty.Value{str(strings.Repeat("a\n", 1<<20))}},
		{"yamldecode", []cty.Value{str("a: &a [1, 1]\nb: &b [" + strings.Repeat("*a,", 999) + "*a]\nc: [" + strings.Repeat("*b,", 999) + "*b]")}},
		{"base64gunzip", []cty.Value{str(base64.StdEncoding.EncodeToString(zipped.Bytes()))}},
		{"tostring", []cty.Value{cty.MustParseNumberVal("1e99999999")}},
		{"parseint", []cty.Value{str(strings.Repeat("9", 1<<20)), cty.NumberIntVal(10)}},
	} {
		start := time.Now()
		v, err := invoke(t, row.name, row.args...)
		why, _ := symbol.Why(v)
		if err != nil || v.IsKnown() || !strings.HasPrefix(why, "result too large") {
			t.Errorf("%s: got %.100s, %v, want unknown: result too large", row.name, why, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %s", row.name, took)
		}
	}
}

func TestBudgetIsShared(t *testing.T) {
	b := &Budget{}
	big := cty.StringVal(strings.Repeat("x", 6<<20))
	calls := 0
	for ; calls < 1000; calls++ {
		// A table for each module of a design.
		v, err := Table(Context{Files: testFiles, Budget: b})["upper"].Call([]cty.Value{big})
		if err != nil {
			t.Fatal(err)
		}
		if !v.IsKnown() {
			break
		}
	}
	if want := maxSpent / (6 << 20); calls < want-1 || calls > want {
		t.Errorf("%d calls were answered, want about %d", calls, want)
	}
}

func TestWeight(t *testing.T) {
	if n, ok := Weight(cty.ListVal([]cty.Value{cty.StringVal("abc")}), 1000); !ok || n != 2*perValue+3 {
		t.Errorf("got %d, %v", n, ok)
	}
	if _, ok := Weight(cty.StringVal(strings.Repeat("x", 1000)), 1000); ok {
		t.Error("a value that is heavier than the limit has a weight")
	}
	// A value that names itself twice, 40 times over, is small in memory only.
	shared := cty.StringVal("x")
	for range 40 {
		shared = cty.TupleVal([]cty.Value{shared, shared})
	}
	if _, ok := Weight(shared, MaxWeight); ok {
		t.Error("shared parts are not counted each time")
	}
}
