package cfn

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestRemarks(t *testing.T) {
	files := fstest.MapFS{
		"root.yaml": {Data: []byte(`# muralla:ignore a -- above everything
Resources:
  # muralla:ignore b -- above
  # and more words
  Above:
    Type: T
    Metadata:
      muralla:
        ignore:
          - recommendation: imds
            reason: of metadata
  Within: # muralla:ignore c -- behind the key
    Type: T
    Properties:
      # muralla:ignore d -- above a property
      Port: 22 # muralla:ignore e -- at a property
      Script: |
        # muralla:ignore no -- in a text
      Text: "# muralla:ignore no -- in a text"

  # muralla:ignore f -- apart

  Net: # muralla:ignore g -- all of it
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: ./in.yaml}
Outputs:
  X:
    # muralla:ignore h -- of an output
    Value: 1
`)},
		"in.yaml": {Data: []byte("Resources:\n  A:\n    Type: T\n    # muralla:ignore i -- nested\n    DependsOn: []\n")},
	}
	set, diags := Read(files, []string{"root.yaml", "in.yaml"}, Options{})
	if len(diags) > 0 {
		t.Error(diags)
	}
	var got []string
	for _, r := range set.Remarks {
		got = append(got, strings.TrimRight(fmt.Sprintf("%v %s %v %s %s", r.Place, r.Scope, r.Below, strings.TrimSpace(r.Text), r.Value.Get("ignore", "reason").Text), " "))
	}
	want := []string{
		"in.yaml:4 Net/A false muralla:ignore i -- nested",
		"root.yaml:1  false muralla:ignore a -- above everything",
		"root.yaml:3 Above false muralla:ignore b -- above",
		"root.yaml:9 Above false  of metadata",
		"root.yaml:12 Within false muralla:ignore c -- behind the key",
		"root.yaml:15 Within false muralla:ignore d -- above a property",
		"root.yaml:16 Within false muralla:ignore e -- at a property",
		"root.yaml:21  false muralla:ignore f -- apart",
		"root.yaml:23 Net true muralla:ignore g -- all of it",
		"root.yaml:28  false muralla:ignore h -- of an output",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
