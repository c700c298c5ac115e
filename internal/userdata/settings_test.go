package userdata_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/userdata"
)

// parse reads a text in which ‹why› marks a piece that is not known.
func parse(text string) userdata.Settings {
	s, _ := userdata.Parse(segments(text), ref.Place{File: "main.tf", Line: 7})
	return s
}

func segments(text string) []userdata.Segment {
	var out []userdata.Segment
	for text != "" {
		known, rest, ok := strings.Cut(text, "‹")
		out = append(out, userdata.Segment{Text: known})
		if !ok {
			break
		}
		why, tail, _ := strings.Cut(rest, "›")
		out = append(out, userdata.Segment{Unknown: why})
		text = tail
	}
	return out
}

func sh(lines ...string) string { return "#!/bin/bash\n" + strings.Join(lines, "\n") + "\n" }

func gz(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// is prints a setting for comparison: value, "unset", or "?".
func is(s userdata.Setting) string {
	switch {
	case !s.Known:
		return "?"
	case !s.Set:
		return "unset"
	default:
		return fmt.Sprintf("%s@%d", s.Value, s.Line)
	}
}

const conf = " /etc/ecs/ecs.config"

// TestAgentSettings: X is the variable ECS_X; the answer is its value and line.
func TestAgentSettings(t *testing.T) {
	type row struct{ name, in, want string }
	rows := []row{
		// What is not written is not set.
		{"a script that does other things sets nothing", sh("yum update -y", "echo hello > /tmp/x"), "unset"},
		{"empty user data sets nothing", "  \n", "unset"},

		// echo and redirections.
		{"echo appends", sh("echo ECS_X=a >>" + conf), "a@2"},
		{"sudo does not matter", sh("sudo echo ECS_X=a >>" + conf), "a@2"},
		{"the redirection may stand first", sh(">>" + conf + " echo ECS_X=a"), "a@2"},
		{"a host name is unknown", sh("echo ECS_X=$(hostname) >>" + conf), "?"},
		{"a host name that is set prints nothing", sh("echo ECS_X=a$(hostname web) >>" + conf), "a@2"},
		{"the list of mounts is unknown", sh("echo ECS_X=$(mount) >>" + conf), "?"},
		{"sort may write in place", sh("echo ECS_X=b >>"+conf, "echo ECS_X=a >>"+conf, "sort -o"+conf+conf), "?"},
		{"sort may only read", sh("echo ECS_X=a >>"+conf, "sort"+conf), "a@2"},
		{"awk may write", sh(`awk 'BEGIN { print "ECS_X=a" > "/etc/ecs/ecs.config" }'`), "?"},
		{"awk may only read", sh("echo ECS_X=a >>"+conf, "awk '/ECS/'"+conf), "a@2"},
		{"any interpreter may edit in place", sh("echo ECS_X=a >>"+conf, `ruby -i -pe 'gsub(/a/, "b")'`+conf), "?"},
		{"a trap at the end", sh("trap 'echo ECS_X=a >> /etc/ecs/ecs.config' EXIT"), "?"},
		{"a trap comes after what follows it", sh("done_() { echo ECS_X=b >> /etc/ecs/ecs.config; }", "trap done_ EXIT", "echo ECS_X=a >>"+conf), "?"},
		{"a trap after an exit", sh("trap 'echo ECS_X=b >> /etc/ecs/ecs.config' EXIT", "echo ECS_X=a >>"+conf, "exit 0"), "?"},
		{"a trap of other things", sh("trap 'rm -f /tmp/x' EXIT ERR", "trap - ERR", "echo ECS_X=a >>"+conf), "a@4"},
		{"a link to the file", sh("ln -s /etc/ecs/ecs.config /tmp/c", "echo ECS_X=a >> /tmp/c"), "?"},
		{"a link to its directory", sh("ln -s /etc/ecs /tmp/c", "echo ECS_X=b >>"+conf, "echo ECS_X=a >> /tmp/c/ecs.config"), "?"},
		{"a link to another file", sh("ln -sf /usr/share/zoneinfo/UTC /etc/localtime", "echo ECS_X=a >>"+conf), "a@3"},
		{"later lines win", sh("echo ECS_X=a >>"+conf, "echo ECS_X=b >>"+conf), "b@3"},
		{"> forgets what was written before", sh("echo ECS_X=a >>"+conf, "echo ECS_Y=b >"+conf), "unset"},
		{"two variables on one line of echo are one value", sh("echo ECS_X=a ECS_Y=b >>" + conf), "a ECS_Y=b@2"},
		{"echo -e breaks lines", sh(`echo -e "ECS_Y=1\nECS_X=a" >` + conf), "a@2"},
		{"echo without -e does not", sh(`echo "ECS_Y=1\nECS_X=a" >` + conf), "unset"},
		{"a quoted text may have many lines", sh(`echo "ECS_Y=1`, `ECS_X=a" >>`+conf), "a@2"},
		{"lines may be continued", sh(`echo \`, `  ECS_X=a \`, `  >>`+conf), "a@2"},
		{"printf", sh(`printf 'ECS_Y=%s\nECS_X=%s\n' b a >>` + conf), "a@2"},
		{"printf repeats its format", sh(`printf '%s\n' ECS_Y=b ECS_X=a >>` + conf), "a@2"},
		{"a comment sets nothing", sh("# echo ECS_X=a >>" + conf), "unset"},
		{"a group writes together", sh("{", "echo ECS_Y=b", "echo ECS_X=a", "} >>"+conf), "a@4"},
		{"a subshell too", sh("( echo ECS_X=a ) >>" + conf), "a@2"},
		{"cd changes what a name means", sh("cd /etc/ecs", "echo ECS_X=a >> ecs.config"), "a@3"},
		{"half a line may be completed later", sh("echo -n ECS_X= >>"+conf, "echo a >>"+conf), "a@2"},

		// cat, tee and here-documents.
		{"a here-document", sh("cat <<'EOF' >>"+conf, "ECS_Y=b", "ECS_X=a", "EOF"), "a@4"},
		{"the redirection may stand before it", sh("cat >"+conf+" <<EOF", "ECS_X=a", "EOF"), "a@3"},
		{"<<- strips tabs", sh("cat <<-EOF >"+conf, "\t\tECS_X=a", "\tEOF"), "a@3"},
		{"tee writes", sh("cat <<EOF | sudo tee"+conf, "ECS_X=a", "EOF"), "a@3"},
		{"tee -a appends", sh("echo ECS_X=a | tee -a" + conf + " > /dev/null"), "a@2"},
		{"tee without -a forgets", sh("echo ECS_X=a >>"+conf, "echo ECS_Y=b | tee"+conf), "unset"},
		{"tee reads a here-document itself", sh("tee"+conf+" <<EOF", "ECS_X=a", "EOF"), "a@3"},
		{"a here-string", sh("cat <<< ECS_X=a >>" + conf), "a@2"},

		// Variables.
		{"a variable assigned above", sh("V=a", `echo "ECS_X=${V}" >>`+conf), "a@3"},
		{"in a here-document", sh("V=a", "cat <<EOF >>"+conf, "ECS_X=$V", "EOF"), "a@4"},
		{"not in a quoted here-document", sh("V=a", "cat <<'EOF' >>"+conf, "ECS_X=$V", "EOF"), "$V@4"},
		{"not in single quotes", sh("V=a", "echo 'ECS_X=$V' >>"+conf), "$V@3"},
		{"a variable from elsewhere is unknown", sh("echo ECS_X=$REGION >>" + conf), "?"},
		{"the output of echo is known", sh("V=$(echo a)", "echo ECS_X=$V >>"+conf), "a@3"},
		{"the output of curl is unknown", sh("echo ECS_X=$(curl -s http://169.254.169.254/x) >>" + conf), "?"},
		{"but other settings are still known", sh("echo ECS_Y=$(curl -s http://169.254.169.254/x) >>"+conf, "echo ECS_X=a >>"+conf), "a@3"},
		{"a default applies to a variable that is not set", sh("echo ECS_X=${V:-a} >>" + conf), "a@2"},
		{"export counts in the shell", sh("export V=a", "echo ECS_X=$V >>"+conf), "a@3"},

		// How ecs-init reads the file.
		{"quotes are kept", sh(`echo 'ECS_X="a"' >>` + conf), `"a"@2`},
		{"export in the file makes another key", sh("echo export ECS_X=a >>" + conf), "unset"},
		{"so does a blank before =", sh("echo 'ECS_X =a' >>" + conf), "unset"},
		{"a line is cut at its first =", sh("echo ECS_X=a=b >>" + conf), "a=b@2"},
		{"a line is trimmed", sh("echo '  ECS_X=a  ' >>" + conf), "a@2"},
		{"carriage returns are trimmed", strings.ReplaceAll(sh("cat <<EOF >>"+conf, "ECS_X=a", "EOF"), "\n", "\r\n"), "a@3"},
		{"variables in the file are not expanded", sh(`echo 'ECS_X=$HOME' >>` + conf), "$HOME@2"},
		{"the instance's file counts", sh("echo ECS_X=a > /var/lib/ecs/ecs.config"), "a@2"},
		{"but the user's file is stronger", sh("echo ECS_X=a >>"+conf, "echo ECS_X=b > /var/lib/ecs/ecs.config"), "a@2"},
		{"the JSON file may set what is not set", sh("echo '{}' > /etc/ecs/ecs.config.json"), "?"},

		// Control flow.
		{"a test about the machine makes it possible", sh("if [ -f /x ]; then", "echo ECS_X=a >>"+conf, "fi"), "?"},
		{"what comes after is certain", sh("if [ -f /x ]; then echo ECS_X=a >>"+conf+"; fi", "echo ECS_X=b >>"+conf), "b@3"},
		{"both ways the same is certain enough", sh("echo ECS_X=a >>"+conf, "[ -f /x ] && echo ECS_X=a >>"+conf), "a@2"},
		{"a test of known texts is decided", sh(`if [ "a" = "a" ]; then echo ECS_X=a >>` + conf + "; fi"), "a@2"},
		{"either way", sh(`if [ "a" = "b" ]; then echo ECS_X=a >>` + conf + "; else echo ECS_X=c >>" + conf + "; fi"), "c@2"},
		{"[[ ]] too", sh(`[[ "a" == "a" ]] && echo ECS_X=a >>` + conf), "a@2"},
		{"a case is decided", sh("V=p", "case $V in", "q) echo ECS_X=b >>"+conf+" ;;", "p) echo ECS_X=a >>"+conf+" ;;", "esac"), "a@5"},
		{"commands are taken to succeed", sh("mkdir -p /etc/ecs && echo ECS_X=a >>" + conf), "a@2"},
		{"so what follows || does not run", sh("yum install -y x || echo ECS_X=a >>" + conf), "unset"},
		{"but a search may fail", sh("command -v jq || echo ECS_X=a >>" + conf), "?"},
		{"grep in the file itself is decided", sh("grep -q ECS_X" + conf + " || echo ECS_X=a >>" + conf), "a@2"},
		{"a for loop over words is unrolled", sh("for kv in ECS_Y=b ECS_X=a; do echo $kv >>" + conf + "; done"), "a@2"},
		{"a while loop is possible", sh("while read l; do echo ECS_X=a >>" + conf + "; done < /x"), "?"},
		{"a function that is called runs", sh("f() {", "echo ECS_X=$1 >>"+conf, "}", "f a"), "a@3"},
		{"one that is not does not", sh("f() { echo ECS_X=a >>" + conf + "; }"), "unset"},
		{"exit ends the script", sh("exit 0", "echo ECS_X=a >>"+conf), "unset"},
		{"a possible exit makes the rest possible", sh("[ -f /x ] && exit 0", "echo ECS_X=a >>"+conf), "?"},
		{"a failing exit is taken not to happen", sh("if [ ! -f /x ]; then exit 1; fi", "echo ECS_X=a >>"+conf), "a@3"},
		{"a possible > makes all before possible", sh("echo ECS_X=a >>"+conf, "[ -f /x ] && echo ECS_Y=b >"+conf), "?"},

		// Other programs.
		{"sh -c", sh("sudo sh -c 'echo ECS_X=a >>" + conf + "'"), "a@2"},
		{"a script that the script writes and runs", sh("cat > /tmp/s.sh <<'EOF'", "#!/bin/sh", "echo ECS_X=a >>"+conf, "EOF", "bash /tmp/s.sh"), "a@4"},
		{"cp of a file written above", sh("echo ECS_X=a > /tmp/c", "cp /tmp/c"+conf), "a@2"},
		{"sed -i replaces", sh("echo ECS_X=b >>"+conf, "sed -i 's/^ECS_X=.*/ECS_X=a/'"+conf), "a@3"},
		{"sed -i appends a line", sh("echo ECS_Y=b >>"+conf, "sed -i '$ a ECS_X=a'"+conf), "a@3"},
		{"sed -i deletes", sh("echo ECS_X=b >>"+conf, "sed -i '/ECS_X/d'"+conf), "unset"},
		{"other sed programs make it unknown", sh("echo ECS_X=b >>"+conf, "sed -i 'y/b/c/'"+conf), "?"},
		{"a copy from S3 is unknown", sh("aws s3 cp s3://bucket/ecs.config" + conf), "?"},
		{"into the directory too", sh("aws s3 cp s3://bucket/ecs.config /etc/ecs/"), "?"},
		{"a line after it is certain", sh("aws s3 cp s3://bucket/ecs.config"+conf, "echo ECS_X=a >>"+conf), "a@3"},
		{"a copy from S3 elsewhere does no harm", sh("aws s3 cp s3://bucket/app.tgz /opt/"), "unset"},
		{"a download onto the file", sh("curl -so" + conf + " https://example.com/c"), "?"},
		{"foreign code may set anything", sh("curl -s https://example.com/i.sh | bash"), "?"},
		{"but not undo what comes later", sh("curl -s https://example.com/i.sh | bash", "echo ECS_X=a >>"+conf), "a@3"},
		{"it may undo what came before", sh("echo ECS_X=a >>"+conf, "ansible-pull -U https://example.com"), "?"},
		{"a sourced file may set anything", sh(". /opt/env.sh"), "?"},
		{"files of the system do not", sh(". /etc/os-release"), "unset"},
		{"cfn-init may", sh("/opt/aws/bin/cfn-init -v --stack s"), "?"},
		{"the control program of the CloudWatch agent does not", sh("/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -c ssm:agent -s"), "unset"},
		{"unless it is given the file", sh("/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -c file:/etc/ecs/ecs.config"), "?"},
		{"other programs there may", sh("/opt/vendor/bin/amazon-cloudwatch-agent-ctl -s"), "?"},
		{"cfn-signal does not", sh("/opt/aws/bin/cfn-signal -e $? --stack s"), "unset"},
		{"an editor that is not followed", sh("augtool set /files/etc/ecs/ecs.config/ECS_X a"), "?"},
		{"output redirected through tee", sh("exec > >(tee /var/log/user-data.log | logger -t user-data) 2>&1", "echo ECS_X=a >>"+conf), "a@3"},
		{"a program in another language", "#!/usr/bin/python3\nopen('/etc/ecs/ecs.config','w')\n", "?"},
		{"syntax that is not understood", sh("echo ECS_X=a >>"+conf, "if then )"), "?"},

		// Unknown pieces.
		{"an unknown value is unknown", sh("echo ECS_X=‹aws_ecs_cluster.main.name› >>" + conf), "?"},
		{"and leaves others alone", sh("echo ECS_Y=‹aws_ecs_cluster.main.name› >>"+conf, "echo ECS_X=a >>"+conf), "a@3"},
		{"an unknown line in the file may set anything", sh("cat <<EOF >>"+conf, "ECS_X=a", "‹var.extra›", "EOF"), "?"},
		{"unless a later line does", sh("cat <<EOF >>"+conf, "‹var.extra›", "ECS_X=a", "EOF"), "a@4"},
		{"an unknown line of the script may do anything", sh("echo ECS_X=a >>"+conf, "‹var.extra›"), "?"},
		{"an unknown file name may be the file", sh("echo ECS_X=b >> ‹var.file›"), "?"},
		{"unless it cannot be", sh("echo ECS_X=b >> /var/log/‹var.file›.log"), "unset"},
		{"an unknown test", sh(`if [ "‹var.a›" = "true" ]; then echo ECS_X=a >>` + conf + "; fi"), "?"},
		{"unknown user data", "‹data.x.rendered›", "?"},

		// Encodings.
		{"base64", b64(sh("echo ECS_X=a >>" + conf)), "a@2"},
		{"gzip in base64", b64(gz(sh("echo ECS_X=a >>" + conf))), "a@2"},
		{"base64 twice", b64(b64(sh("echo ECS_X=a >>" + conf))), "a@2"},
		{"gzip alone", gz(sh("echo ECS_X=a >>" + conf)), "a@2"},
		{"damaged gzip", gz(sh("echo"))[:14], "?"},
		{"text of no known form", "ECS_X=a\n", "?"},

		// cloud-config.
		{"write_files", "#cloud-config\nwrite_files:\n  - path: /etc/ecs/ecs.config\n    content: |\n      ECS_Y=b\n      ECS_X=a\n", "a@6"},
		{"with an encoding", "#cloud-config\nwrite_files:\n  - path: /etc/ecs/ecs.config\n    encoding: gz+b64\n    content: " + b64(gz("ECS_X=a\n")) + "\n", "a@5"},
		{"append", "#cloud-config\nwrite_files:\n- {path: /etc/ecs/ecs.config, content: \"ECS_X=a\\n\"}\n- {path: /etc/ecs/ecs.config, content: \"ECS_Y=b\\n\", append: true}\n", "a@3"},
		{"no append", "#cloud-config\nwrite_files:\n- {path: /etc/ecs/ecs.config, content: \"ECS_X=a\\n\"}\n- {path: /etc/ecs/ecs.config, content: \"ECS_Y=b\\n\"}\n", "unset"},
		{"runcmd of strings", "#cloud-config\nruncmd:\n  - echo ECS_X=a >> /etc/ecs/ecs.config\n", "a@3"},
		{"runcmd of lists quotes each word", "#cloud-config\nruncmd:\n  - [sh, -c, 'echo ECS_X=a >> /etc/ecs/ecs.config']\n", "a@3"},
		{"a redirection in a list is a word", "#cloud-config\nruncmd:\n  - [echo, ECS_X=a, '>>', /etc/ecs/ecs.config]\n", "unset"},
		{"bootcmd runs before write_files", "#cloud-config\nbootcmd:\n- echo ECS_X=b >> /etc/ecs/ecs.config\nwrite_files:\n- {path: /etc/ecs/ecs.config, content: \"ECS_X=a\"}\n", "a@5"},
		{"runcmd runs after write_files", "#cloud-config\nruncmd:\n- echo ECS_X=a >> /etc/ecs/ecs.config\nwrite_files:\n- {path: /etc/ecs/ecs.config, content: \"ECS_X=b\\n\"}\n", "a@3"},
		{"an unknown content", "#cloud-config\nwrite_files:\n- path: /etc/ecs/ecs.config\n  content: ‹var.c›\n", "?"},
		{"an unknown key", "#cloud-config\n‹var.extra›: 1\n", "?"},
		{"YAML that cannot be read", "#cloud-config\nruncmd: [\n", "?"},
		{"an archive", "#cloud-config-archive\n- type: text/x-shellscript\n  content: |\n    #!/bin/sh\n    echo ECS_X=a >> /etc/ecs/ecs.config\n", "a@5"},
		{"a template's values", "## template: jinja\n#cloud-config\nruncmd:\n- echo ECS_X=a >> /etc/ecs/ecs.config\n- echo {{ v1.region }}\n", "a@4"},
		{"a template's tests", "## template: jinja\n#cloud-config\nruncmd:\n{% if x %}\n- echo ECS_X=a >> /etc/ecs/ecs.config\n{% endif %}\n", "?"},

		// The others.
		{"a boothook runs before scripts", mime("text/x-shellscript", sh("echo ECS_X=a >>"+conf), "text/cloud-boothook", "#cloud-boothook\necho ECS_X=b >>"+conf+"\n"), "a@8"},
		{"a boothook alone", "#cloud-boothook\ncloud-init-per once x echo ECS_X=a >>" + conf + "\n", "a@2"},
		{"scripts run in the order of parts", mime("text/x-shellscript", sh("echo ECS_X=b >>"+conf), "text/x-shellscript", sh("echo ECS_X=a >>"+conf)), "a@14"},
		{"a part in base64", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n" + b64(sh("echo ECS_X=a >>"+conf)) + "\n--B--\n", "a@8"},
		{"MIME within MIME", mime("multipart/mixed; boundary=C", "--C\nContent-Type: text/x-shellscript\n\n"+sh("echo ECS_X=a >>"+conf)+"\n--C--\n"), "a@11"},
		{"two cloud-configs may be merged", mime("text/cloud-config", "#cloud-config\nruncmd: [echo ECS_X=a >> /etc/ecs/ecs.config]\n", "text/cloud-config", "#cloud-config\nruncmd: [date]\n"), "?"},
		{"an include file", "#include\nhttps://example.com/x\n", "?"},
		{"a script may contain no base64 by accident", "abcdefgh", "?"},
	}
	for _, r := range rows {
		if got := is(parse(r.in).Agent.Get("ECS_X")); got != r.want {
			t.Errorf("%s: ECS_X is %s, want %s, in\n%s", r.name, got, r.want, r.in)
		}
	}
}

// mime builds multipart user data from pairs of media type and text. The text
// of the first part begins on line 7.
func mime(pairs ...string) string {
	out := "Content-Type: multipart/mixed; boundary=\"==B==\"\nMIME-Version: 1.0\n\n"
	for i := 0; i < len(pairs); i += 2 {
		out += "--==B==\nContent-Type: " + pairs[i] + "\n\n" + pairs[i+1] + "\n"
	}
	return out + "--==B==--\n"
}

// TestBooleans: the agent takes what strconv.ParseBool takes, and its default else.
func TestBooleans(t *testing.T) {
	for value, want := range map[string]fact.Tri{
		"true": fact.Yes, "TRUE": fact.Yes, "True": fact.Yes, "1": fact.Yes, "t": fact.Yes, " true ": fact.Yes,
		"false": fact.No, "0": fact.No, "yes": fact.No, "on": fact.No, `"true"`: fact.No, "": fact.No, "'true'": fact.No,
	} {
		s := parse(sh("cat <<'EOF' >"+conf, "ECS_AWSVPC_BLOCK_IMDS="+value, "EOF"))
		got, why, line := s.BlockIMDSAwsvpc()
		if got != want || line != 3 || why == "" {
			t.Errorf("ECS_AWSVPC_BLOCK_IMDS=%s: got %v on line %d (%s), want %v on line 3", value, got, line, why, want)
		}
		if got, _, _ := s.Bool("ECS_AWSVPC_BLOCK_IMDS", true); strings.ContainsAny(value, `yon"'`) && got != fact.Yes {
			t.Errorf("a text that is no boolean (%s) must give the default", value)
		}
	}
	if got, _, _ := userdata.Nothing().BlockIMDSAwsvpc(); got != fact.No {
		t.Errorf("without user data the agent does not block: got %v", got)
	}
	if got, why, _ := (userdata.Settings{}).BlockIMDSAwsvpc(); got != fact.Unknown || why == "" {
		t.Errorf("zero settings must be unknown with a reason: got %v, %q", got, why)
	}
	if got, why, _ := (userdata.Settings{}).BlockIMDSBridge(); got != fact.Unknown || why == "" {
		t.Errorf("zero settings must be unknown with a reason: got %v, %q", got, why)
	}
}
