package estate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/muralla-net/muralla/internal/allpairs"
	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/scale"
)

// writeAnswers writes what AWS would answer about a large network.
func writeAnswers(tb testing.TB, dir string, p scale.Plan) {
	tb.Helper()
	for call, text := range p.Answers() {
		if err := os.WriteFile(filepath.Join(dir, call+".json"), text, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
}

// What is made of the answers about a large network connects as the network
// itself does.
func TestAnswersOfLargeNetworks(t *testing.T) {
	p := scale.Plan{VPCs: 4, Groups: 40, Interfaces: 200}
	dir := t.TempDir()
	writeAnswers(t, dir, p)
	e, ds, err := Open([]string{dir}, Options{})
	if err != nil {
		t.Fatal(err, ds)
	}
	want := p.Snapshot()
	if got := len(e.Snapshot.Endpoints); got < len(want.Endpoints) {
		t.Fatalf("%d endpoints, want %d", got, len(want.Endpoints))
	}
	made, read := allpairs.Of(reach.New(want), allpairs.Options{}), allpairs.Of(reach.New(e.Snapshot), allpairs.Options{})
	connected := 0
	for i := range want.Endpoints {
		for j := range want.Endpoints {
			a, b := want.Endpoints[i].ID, want.Endpoints[j].ID
			x, y := made.Pair(a, b), read.Pair(a, b)
			if !x.Equal(y) {
				t.Fatalf("%s to %s: the network says %v, the answers say %v", a, b, x, y)
			}
			if !x.Sure.IsEmpty() {
				connected++
			}
		}
	}
	if connected < 1000 {
		t.Errorf("only %d pairs are connected", connected)
	}
}

// BenchmarkAnswers is the whole process on answers of AWS about large networks.
func BenchmarkAnswers(b *testing.B) {
	program := filepath.Join(b.TempDir(), "muralla")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "../../cmd/muralla").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, n := range []int{1_000, 4_000, 16_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			writeAnswers(b, dir, scale.Plan{VPCs: max(1, n/2_000), Groups: n / 10, Interfaces: n})
			runCommand(b, program, 0, "check", "--fail-on=never", dir)
		})
	}
}

// BenchmarkReadAnswers is reading, assembling and judging them in one process.
func BenchmarkReadAnswers(b *testing.B) {
	dir := b.TempDir()
	writeAnswers(b, dir, scale.Plan{VPCs: 5, Groups: 1_000, Interfaces: 10_000})
	b.ReportAllocs()
	for b.Loop() {
		e, _, err := Open([]string{dir}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		check.Run(e.Snapshot, intent.Intent{}, check.Options{})
	}
}
