package assign_test

import (
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/userdata/assign"
)

func TestLine(t *testing.T) {
	for _, tc := range []struct{ name, script, want, says string }{
		{"here-document", "#!/bin/sh\ncat <<EOF > /etc/ecs/ecs.config\n  ECS_CLUSTER=c\nEOF\n", "#!/bin/sh\ncat <<EOF > /etc/ecs/ecs.config\n  A=true\n  ECS_CLUSTER=c\nEOF\n", ""},
		{"tee", "sudo tee -a /etc/ecs/ecs.config <<'EOF'\nX=1\nEOF\n", "sudo tee -a /etc/ecs/ecs.config <<'EOF'\nA=true\nX=1\nEOF\n", ""},
		{"another file", "cat <<EOF > /etc/other\nX=1\nEOF\n", "", "does not write"},
		{"echo", "  echo 'ECS_CLUSTER=c' >> /etc/ecs/ecs.config\r\n", "  echo 'ECS_CLUSTER=c' >> /etc/ecs/ecs.config\r\n  echo 'A=true' >> /etc/ecs/ecs.config\r\n", ""},
		{"echo that overwrites", "echo ECS_CLUSTER=c > /etc/ecs/ecs.config\n", "", "does not write"},
		{"echo among others", "test -f x && echo ECS_CLUSTER=c >> /etc/ecs/ecs.config\n", "", "does not write"},
		{"value", "echo A=false >> /etc/ecs/ecs.config\n", "echo A=true >> /etc/ecs/ecs.config\n", ""},
		{"value as it is wanted", "echo A=true >> /etc/ecs/ecs.config\n", "echo A=true >> /etc/ecs/ecs.config\n", ""},
		{"longer name", "echo XA=false >> /etc/ecs/ecs.config\n", "echo XA=false >> /etc/ecs/ecs.config\necho A=true >> /etc/ecs/ecs.config\n", ""},
		{"twice", "echo A=false >> f\necho A=false >> g\n", "", "more than once"},
		{"nothing", "", "", "does not write"},
	} {
		edit, err := assign.Line([]byte(tc.script), "A=true")
		if tc.says != "" {
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s: %v, want %q", tc.name, err, tc.says)
			}
			continue
		}
		got := tc.script
		if edit != nil {
			out, applyErr := patch.Apply([]byte(tc.script), []patch.Edit{*edit})
			if applyErr != nil {
				t.Fatal(applyErr)
			}
			got = string(out)
		}
		if err != nil || got != tc.want {
			t.Errorf("%s: %q, %v; want %q", tc.name, got, err, tc.want)
		}
	}
}
