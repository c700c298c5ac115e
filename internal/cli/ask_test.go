package cli

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// Whoever copies the question under a finding gets an answer.
func TestQuestionsUnderFindingsWork(t *testing.T) {
	for _, dir := range []string{"../../examples/orders", "../../examples/orders-fixed"} {
		status, out, stderr := quiet([]string{"check", "--fail-on=never", "--date=2027-01-31", "-o", "json", dir}, engines)
		if status != int(exitClean) {
			t.Fatalf("check %s: exit status %d: %s", dir, status, stderr)
		}
		var report struct {
			Results []struct{ Recommendation, Resource, Ask string }
		}
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatal(err)
		}
		asked := 0
		for _, r := range report.Results {
			if r.Ask == "" {
				continue
			}
			asked++
			args := shellWords(r.Ask)
			if len(args) != 4 || args[0] != "muralla" {
				t.Errorf("%s of %s: the command is %s", r.Recommendation, r.Resource, r.Ask)
				continue
			}
			for _, format := range []string{"text", "json"} {
				status, out, stderr := quiet(append(args[1:], "-o", format), engines)
				if s := status; s != 0 && s != 1 && s != 3 {
					t.Errorf("%s: exit status %d: %s", r.Ask, status, stderr)
				}
				if out == "" {
					t.Errorf("%s -o %s says nothing", r.Ask, format)
				}
				if again, repeated, _ := quiet(append(args[1:], "-o", format), engines); again != status || repeated != out {
					t.Errorf("%s -o %s: the second answer is another one", r.Ask, format)
				}
			}
		}
		if strings.HasSuffix(dir, "orders") && asked < 5 {
			t.Errorf("%s: only %d findings have a question", dir, asked)
		}
	}
}

// shellWords is the words of a command without quotes within words.
func shellWords(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// The words that name the inputs are what a shell reads as the same inputs.
func TestInputWords(t *testing.T) {
	r := request{Paths: []string{"a", "b c", "it's", "$x"}, Root: "/r s", Workspace: "w", VarFiles: []string{"v.tfvars"}, Vars: map[string]string{"password": "hush"},
		Parameters: map[string]string{"Password": "hush"}, ParameterFiles: []string{"p q.json"}, Region: "eu-west-1", Account: "111122223333"}
	want := `--root='/r s' --workspace=w --region=eu-west-1 --account=111122223333 --var-file=v.tfvars --parameter-file='p q.json' a 'b c' 'it'\''s' '$x'`
	if got := r.words(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	out, err := exec.Command("sh", "-c", "printf '%s\n' "+r.words()).Output()
	if want := "--root=/r s\n--workspace=w\n--region=eu-west-1\n--account=111122223333\n--var-file=v.tfvars\n--parameter-file=p q.json\na\nb c\nit's\n$x\n"; err != nil || string(out) != want {
		t.Errorf("a shell reads %q, want %q (%v)", out, want, err)
	}
}
