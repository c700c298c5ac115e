package graph

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/graph"
	"github.com/muralla-net/muralla/internal/reach"
)

// The maps of other people's designs keep what is promised of all.
func TestCorpusMaps(t *testing.T) {
	dir := os.Getenv("MURALLA_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	index, err := os.ReadFile(filepath.Join(dir, "iac", "index.tsv"))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the corpus is not at %s; set MURALLA_CORPUS", dir)
		}
		fmt.Printf("not run: %s needs the corpus of other people's designs (set MURALLA_CORPUS)\n", t.Name())
		return
	}
	maps, boxes := 0, 0
	for _, line := range strings.Split(string(index), "\n")[1:] {
		name, _, _ := strings.Cut(line, "\t")
		name, _, _ = strings.Cut(name, " ")
		e, _, err := estate.Open([]string{filepath.Join(dir, "iac", filepath.FromSlash(name))}, estate.Options{})
		if name == "" || err != nil {
			continue // a row of the index may be of several paths
		}
		g := graph.Of(reach.New(e.Snapshot), graph.Options{})
		if len(g.Boxes) > graph.MaxBoxes {
			t.Errorf("the map of %s has %d boxes", name, len(g.Boxes))
		}
		if err := layOut(g).fault(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var svg bytes.Buffer
		if err := SVG(&svg, g, Options{}); err != nil {
			t.Fatal(err)
		}
		if err := checkSVG(svg.Bytes()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		maps, boxes = maps+1, boxes+len(g.Boxes)
	}
	if maps < 150 || boxes < 500 {
		t.Errorf("%d maps with %d boxes are too few", maps, boxes)
	}
}
