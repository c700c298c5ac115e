package userdata_test

import (
	"reflect"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/userdata"
)

// FuzzParse: any input gives the same answer twice, and an unknown answer gives
// a reason. The marks ‹ and › of the seeds make unknown pieces.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		sh("echo ECS_X=a >>"+conf, "cat <<-EOF | tee -a"+conf, "\tECS_Y=‹v›", "\tEOF"),
		sh(`if [ "$A" = b ]; then f() { g; }; f; else for i in 1 2; do echo $i; done; fi`, "case x in a|b) ;; *) exit 0 ;; esac"),
		sh("x=${A:-$(echo `date` $((1+2)))} y=(1 2)", "[[ a == b && c ]] || ((i++))", "sed -i -e 's/a/b/' -e '$ a x'"+conf),
		sh("iptables -I DOCKER-USER ! -i eth0 -d 169.254.169.254 -j DROP", "nft add rule ip filter FORWARD ip daddr { 1.1.1.1, 2.2.2.2 } drop"),
		"#cloud-config\nwrite_files:\n- &a {path: /etc/ecs/ecs.config, content: x, encoding: gz+b64}\n- *a\nruncmd: [[a, b], c]\n",
		"## template: jinja\n#cloud-config\n{% if a %}\nruncmd: ['{{ b }}']\n{% endif %}\n",
		"#cloud-config-archive\n- {type: text/plain, content: '#!/bin/sh'}\n- x\n",
		mime("text/x-shellscript", sh("true"), "text/cloud-boothook", "#cloud-boothook\n", "multipart/mixed; boundary=X", "--X\n\n--X--"),
		bottlerocket,
		"<powershell>\n[Environment]::SetEnvironmentVariable('A', $b, 'Machine')\nInitialize-ECSAgent -Cluster ‹c›\n</powershell>",
		b64(gz(sh("echo"))),
		"‹all›",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := ref.Place{File: "x"}
		a, da := userdata.Parse(segments(text), at)
		b, db := userdata.Parse(segments(text), at)
		if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(da, db) {
			t.Errorf("two readings differ: %v %v and %v %v", a, da, b, db)
		}
		for _, read := range []func() (fact.Tri, string, int){a.BlockIMDSAwsvpc, a.BlockIMDSBridge} {
			if v, why, line := read(); v == fact.Unknown && why == "" || line < 0 {
				t.Errorf("an unknown answer without a reason, or line %d", line)
			}
		}
		for _, d := range da {
			if d.Summary == "" || d.Detail == "" || d.Place != at {
				t.Errorf("an incomplete diagnostic: %+v", d)
			}
		}
	})
}
