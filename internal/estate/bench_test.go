package estate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/intent"
)

// writeProject writes a Terraform project of some services behind one public
// load balancer, each with a database, and returns how many lines it has.
func writeProject(tb testing.TB, dir string, services int) int {
	tb.Helper()
	lines := 0
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
		lines += strings.Count(text, "\n")
	}
	for _, name := range []string{"network.tf", "balancer.tf"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "examples", "orders-fixed", name))
		if err != nil {
			tb.Fatal(err)
		}
		write(name, string(text))
	}
	for _, name := range []string{"service.tf", "data.tf"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "examples", "orders-fixed", name))
		if err != nil {
			tb.Fatal(err)
		}
		write(name, string(text))
		part := string(text)
		if i := strings.Index(part, `resource "aws_ecs_cluster"`); i >= 0 {
			j := strings.Index(part, `resource "aws_ecs_task_definition"`)
			part = part[j:]
		}
		for i := range services {
			write(fmt.Sprintf("s%03d_%s", i, name), strings.NewReplacer(
				`"orders`, fmt.Sprintf(`"orders_%d`, i), ".orders.", fmt.Sprintf(".orders_%d.", i),
				".db.", fmt.Sprintf(".db_%d.", i), `"db"`, fmt.Sprintf(`"db_%d"`, i),
				"aws_lb_target_group.orders_"+fmt.Sprint(i), "aws_lb_target_group.orders",
			).Replace(part))
		}
	}
	return lines
}

// writeTemplate writes the same as a template of CloudFormation.
func writeTemplate(tb testing.TB, dir string, services int) (file string, lines int) {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "orders-cloudformation-fixed", "template.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	whole := string(text)
	part := whole[strings.Index(whole, "  OrdersTask:"):]
	for i := range services {
		n := fmt.Sprint(i)
		whole += strings.NewReplacer("OrdersTargets", "OrdersTargets", "Orders", "Orders"+n, "Database", "Database"+n,
			" orders", " orders-"+n).Replace(part)
	}
	file = filepath.Join(dir, "template.yaml")
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file, strings.Count(whole, "\n")
}

// BenchmarkTemplate is BenchmarkCommand on the template.
func BenchmarkTemplate(b *testing.B) {
	file, lines := writeTemplate(b, b.TempDir(), 17)
	program := filepath.Join(b.TempDir(), "muralla")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "../../cmd/muralla").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	runCommand(b, program, float64(lines), "check", "--fail-on=never", file)
}

// BenchmarkCheck is reading, assembling and judging in one process.
func BenchmarkCheck(b *testing.B) {
	dir := b.TempDir()
	lines := writeProject(b, dir, 17)
	b.ReportMetric(float64(lines), "lines")
	b.ReportAllocs()
	for b.Loop() {
		e, _, err := Open([]string{dir}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if r := check.Run(e.Snapshot, intent.Intent{}, check.Options{}); len(r.Findings) < 100 {
			b.Fatalf("only %d findings", len(r.Findings))
		}
	}
}

// BenchmarkCommand is the whole process on the same project: time by wall clock
// and the most memory that it held.
func BenchmarkCommand(b *testing.B) {
	dir := b.TempDir()
	lines := writeProject(b, dir, 17)
	program := filepath.Join(b.TempDir(), "muralla")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "../../cmd/muralla").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	runCommand(b, program, float64(lines), "check", "--fail-on=never", dir)
}

// BenchmarkCorpusModule is the whole process on a stack of the corpus that
// MURALLA_BENCH_STACK names, below its iac folder.
func BenchmarkCorpusModule(b *testing.B) {
	dir, stack := os.Getenv("MURALLA_CORPUS"), os.Getenv("MURALLA_BENCH_STACK")
	if dir == "" || stack == "" {
		b.Skip("set MURALLA_CORPUS and MURALLA_BENCH_STACK")
	}
	program := filepath.Join(b.TempDir(), "muralla")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "../../cmd/muralla").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	input := filepath.Join(dir, "iac", filepath.FromSlash(stack))
	runCommand(b, program, 0, "check", "--fail-on=never", "--root", rootOf(input, dir), input)
}

func runCommand(b *testing.B, program string, lines float64, args ...string) {
	var peak int64
	for b.Loop() {
		cmd := exec.Command(program, args...)
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak = max(peak, use.Maxrss)
		}
	}
	b.ReportMetric(float64(peak)/1024, "peak-MB")
	if lines > 0 {
		b.ReportMetric(lines, "lines")
	}
}
