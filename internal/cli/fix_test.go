package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fixable = `variable "policy" { default = "ELBSecurityPolicy-2016-08" }
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "s" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_lb" "l" {
  internal           = true
  load_balancer_type = "application"
  subnets            = [aws_subnet.s.id]
}
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.l.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-2016-08" # old
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
    }
  }
}
resource "aws_lb_listener" "other" {
  load_balancer_arn = aws_lb.l.arn
  port              = 8443
  protocol          = "HTTPS"
  ssl_policy        = var.policy
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
    }
  }
}
`

// A patch is printed in place of the report, or written; both say what is left.
func TestFix(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "main.tf")
	if err := os.WriteFile(file, []byte(fixable), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(want status, args ...string) (string, string) {
		t.Helper()
		stdout, stderr, got := tool(t, append([]string{"check", "--fail-on=never"}, append(args, dir)...)...)
		if got != int(want) {
			t.Fatalf("%v: status %d: %s", args, got, stderr)
		}
		return stdout, stderr
	}
	has := func(what, text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not hold %q:\n%s", what, want, text)
			}
		}
	}
	const left = "aws_lb_listener.other: its ssl_policy is var.policy, which is no literal"
	report, _ := run(exitClean, "--all")
	has("the report", report, "(patch: --fix=print)", "  no patch aws_lb_listener.other: its ssl_policy is var.policy")
	diff, said := run(exitClean, "--fix=print")
	has("the patch", diff, "-  ssl_policy        = \"ELBSecurityPolicy-2016-08\" # old\n", "+  ssl_policy        = \"ELBSecurityPolicy-TLS13-1-2-2021-06\" # old\n")
	has("stderr", said, "fix: 1 finding mended, 1 file to change; apply with: git", "  mended  tls-policy aws_lb_listener.https\n", "  left    tls-policy aws_lb_listener.other: "+left)
	if strings.Contains(diff, "where") {
		t.Errorf("the report is in the patch:\n%s", diff)
	}
	report, said = run(exitClean, "--fix=write")
	has("stderr", said, "fix: 1 finding mended, 1 file changed\n")
	text, err := os.ReadFile(file)
	if want := strings.Replace(fixable, "ELBSecurityPolicy-2016-08\" # old", "ELBSecurityPolicy-TLS13-1-2-2021-06\" # old", 1); err != nil || string(text) != want {
		t.Errorf("%v; the file is now:\n%s", err, text)
	}
	if strings.Contains(report, "(patch: --fix=print)") {
		t.Errorf("what is mended is still reported:\n%s", report)
	}
	diff, said = run(exitClean, "--fix=print")
	has("stderr", said, "fix: no finding has a fix that is certain\n")
	if diff != "" {
		t.Errorf("a second time there is a patch:\n%s", diff)
	}
	_, said = run(exitFailed, "--fix=perhaps")
	has("stderr", said, `there is no way to fix called "perhaps"`)
}
