package hcl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRemarks(t *testing.T) {
	const text = `# muralla:ignore a -- alone, before nothing

# muralla:ignore b -- above
# and more words
resource "t" "above" {}
locals {
  x = 1 # muralla:ignore c -- in locals
}
resource "t" "within" {
  # muralla:ignore d -- first line
  count = 2
  rule {
    port = 22 // muralla:ignore e -- at the rule
    text = "# muralla:ignore no -- in a text"
    here = <<-EOT
      # muralla:ignore no -- in a text
    EOT
  }
  /*
   * muralla:ignore f -- two
   * lines
   */
} # muralla:ignore g -- behind
data "t" "x" { # muralla:ignore h -- data
}
/* muralla:ignore i -- above */ module "twice" {
  source   = "./m"
  for_each = toset(["a", "b"])
}
-- m/main.tf --
# a comment of no interest
resource "t" "inner" {
  a = 1 # muralla:ignore j -- in a module
}
# muralla:ignore k -- at the end
-- over_override.tf --
resource "t" "above" {
  b = 1 # muralla:ignore l -- in an override
}
-- more.tf.json --
{"resource": {"t": {"json": {"//": "muralla:ignore m -- of JSON", "n": 1, "in": [{"//": ["x", "muralla:ignore n -- deep"]}]}}},
 "module": {"called": {"//": "muralla:ignore o -- of a call", "source": "./n"}}}
-- n/x.tf --
`
	set, _ := Read(design(text), Options{Prefix: "prod"})
	var got []string
	for _, r := range set.Remarks {
		got = append(got, fmt.Sprintf("%v %s %v %s", r.Place, r.Scope, r.Below, strings.Join(strings.Fields(r.Text), " ")))
	}
	want := []string{
		"m/main.tf:3 prod/module.twice[\"a\"].t.inner false muralla:ignore j -- in a module",
		"m/main.tf:3 prod/module.twice[\"b\"].t.inner false muralla:ignore j -- in a module",
		"m/main.tf:5  false muralla:ignore k -- at the end",
		"main.tf:1  false muralla:ignore a -- alone, before nothing",
		"main.tf:3 prod/t.above false muralla:ignore b -- above",
		"main.tf:7  false muralla:ignore c -- in locals",
		"main.tf:10 prod/t.within false muralla:ignore d -- first line",
		"main.tf:13 prod/t.within false muralla:ignore e -- at the rule",
		"main.tf:19 prod/t.within false * muralla:ignore f -- two * lines",
		"main.tf:23 prod/t.within false muralla:ignore g -- behind",
		"main.tf:24 prod/data.t.x false muralla:ignore h -- data",
		"main.tf:26 prod/module.twice true muralla:ignore i -- above",
		"more.tf.json:1 prod/t.json false muralla:ignore m -- of JSON",
		"more.tf.json:1 prod/t.json false muralla:ignore n -- deep",
		"more.tf.json:2 prod/module.called true muralla:ignore o -- of a call",
		"over_override.tf:2 prod/t.above false muralla:ignore l -- in an override",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
