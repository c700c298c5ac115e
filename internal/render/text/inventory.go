package text

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/inventory"
	"github.com/muralla-net/muralla/internal/ref"
)

// maxTypes is how many types are written without [Options.All].
const maxTypes = 10

// WriteInventory writes what is in a design. Kinds of which there are none are
// left out, unless it is a kind without which there is nothing to judge. The
// error is that of the writer.
func WriteInventory(w io.Writer, v inventory.Inventory, o Options) error {
	p := &printer{width: o.width(), color: o.Color}
	inputs := byKind(v.Inputs)
	for i, in := range inputs {
		text := fmt.Sprintf("%s: %s in %s, %s", clean(in.Kind), plural(in.Resources, "resource"), plural(in.Files, "file"), plural(in.Lines, "line"))
		if in.sets > 1 {
			text += fmt.Sprintf(" (%s)", plural(in.sets, "root"))
		}
		p.row(map[bool]string{true: "read"}[i == 0], text, ref.Place{})
	}
	if len(inputs) == 0 {
		p.row("read", "nothing", ref.Place{})
	}
	var things []string
	for _, c := range v.Things {
		if c.N > 0 || c.What == "VPC" || c.What == "service" {
			things = append(things, strings.ReplaceAll(plural(c.N, c.What), " ", glue))
		}
	}
	p.row("has", strings.Join(things, ", "), ref.Place{})
	p.row("where", named(v.Regions, "Regions are not known")+"; "+named(v.Accounts, "accounts are not known"), ref.Place{})
	var types []string
	for i, c := range v.Types {
		if i == maxTypes && !o.All {
			types = append(types, strings.ReplaceAll(fmt.Sprintf("%s more (--all)", number(len(v.Types)-i)), " ", glue))
			break
		}
		types = append(types, clean(c.What)+glue+number(c.N))
	}
	if len(types) > 0 {
		p.row("types", strings.Join(types, ", "), ref.Place{})
	}
	for i, m := range v.Missing {
		text := clean(m.What)
		if m.N > 1 {
			text += fmt.Sprintf(" (%s times)", number(m.N))
		}
		if m.Why != "" {
			text += ": " + clean(m.Why)
		}
		p.row(map[bool]string{true: "missing"}[i == 0], text, cleanPlace(m.First))
	}
	if len(v.Missing) == 0 {
		p.row("missing", "nothing that is known of", ref.Place{})
	}
	p.row("besides", fmt.Sprintf("%s not modelled, %s beside resources, %s and %s about the input", plural(v.NotModelled, "resource"), plural(v.Remarks, "remark"),
		plural(v.Errors, "error"), plural(v.Warnings, "warning")), ref.Place{})
	return p.flush(w)
}

// kindRead is all that was read of one kind.
type kindRead struct {
	inventory.Input
	sets int
}

// byKind adds up what was read of each kind, in the order in which they came.
func byKind(list []inventory.Input) []kindRead {
	var out []kindRead
	for _, in := range list {
		i := slices.IndexFunc(out, func(k kindRead) bool { return k.Kind == in.Kind })
		if i < 0 {
			out = append(out, kindRead{in, 1})
			continue
		}
		k := &out[i]
		k.Files, k.Lines, k.Resources, k.sets = k.Files+in.Files, k.Lines+in.Lines, k.Resources+in.Resources, k.sets+1
	}
	return out
}

func named(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	var out []string
	for _, s := range list {
		out = append(out, clean(s))
	}
	return strings.Join(out, ", ")
}
