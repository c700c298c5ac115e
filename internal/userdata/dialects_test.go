package userdata_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/userdata"
)

const bottlerocket = `# a host
[settings.ecs]
cluster = "web"
awsvpc-block-imds = true
[settings.network]
https-proxy = "10.0.0.1:3128"
no-proxy = ["169.254.169.254", "localhost"]
`

func TestBottlerocket(t *testing.T) {
	s := parse(bottlerocket)
	if s.Dialect != userdata.Bottlerocket {
		t.Fatalf("dialect is %v", s.Dialect)
	}
	if got, _, line := s.BlockIMDSAwsvpc(); got != fact.Yes || line != 4 {
		t.Errorf("awsvpc-block-imds = true on line 4: got %v on line %d", got, line)
	}
	if got := is(s.Cluster()); got != "web@3" {
		t.Errorf("cluster is %s", got)
	}
	if got := is(s.Proxy.Docker.Get("NO_PROXY")); got != "169.254.169.254,localhost@7" {
		t.Errorf("no-proxy is %s", got)
	}
	if got := is(s.Proxy.Agent.Get("HTTPS_PROXY")); got != "10.0.0.1:3128@6" {
		t.Errorf("https-proxy is %s", got)
	}
	if got, _, _ := s.Bool("ECS_DISABLE_PRIVILEGED", false); got != fact.Yes {
		t.Errorf("Bottlerocket refuses privileged containers unless told otherwise: got %v", got)
	}
	if got, _, _ := s.BlockIMDSBridge(); got != fact.No {
		t.Errorf("no rule can be added: got %v", got)
	}
	rows := []struct {
		name, in string
		want     fact.Tri
	}{
		{"false is false", "[settings.ecs]\nawsvpc-block-imds = false\n", fact.No},
		{"a dotted key is the same", "settings.ecs.awsvpc-block-imds = true\n", fact.Yes},
		{"an inline table is the same", "[settings]\necs = { awsvpc-block-imds = true }\n", fact.Yes},
		{"absent depends on the release", "[settings.ecs]\ncluster = \"a\"\n", fact.Unknown},
		{"an unknown value is unknown", "[settings.ecs]\nawsvpc-block-imds = ‹var.block›\n", fact.Unknown},
		{"an unknown cluster does not matter", "[settings.ecs]\ncluster = \"‹var.c›\"\nawsvpc-block-imds = true\n", fact.Yes},
		{"an unknown line may set anything", "[settings.ecs]\ncluster = \"a\"\n‹var.extra›\n", fact.Unknown},
		{"broken TOML is unknown", "[settings.ecs]\ncluster = \"a\n", fact.Unknown},
	}
	for _, r := range rows {
		if got, why, _ := parse(r.in).BlockIMDSAwsvpc(); got != r.want {
			t.Errorf("%s: got %v (%s), want %v", r.name, got, why, r.want)
		}
	}
}

func TestPowerShell(t *testing.T) {
	rows := []struct {
		name, in string
		want     fact.Tri
		cluster  string
	}{
		{"a machine variable and a cluster",
			"[Environment]::SetEnvironmentVariable(\"ECS_AWSVPC_BLOCK_IMDS\", $TRUE, \"Machine\")\nInitialize-ECSAgent -Cluster 'web' -EnableTaskIAMRole", fact.Yes, "web@3"},
		{"the switch", "Initialize-ECSAgent -Cluster web -AwsvpcBlockIMDS", fact.Yes, "web@2"},
		{"continued lines", "Initialize-ECSAgent -Cluster web `\n  -AwsvpcBlockIMDS", fact.Yes, "web@2"},
		{"a variable", "$c = \"web\"\nInitialize-ECSAgent -Cluster $c", fact.No, "web@3"},
		{"an unknown cluster", "Initialize-ECSAgent -Cluster ‹aws_ecs_cluster.a.name› -AwsvpcBlockIMDS", fact.Yes, "?"},
		{"a variable of the process only", "[Environment]::SetEnvironmentVariable(\"ECS_AWSVPC_BLOCK_IMDS\", \"true\")", fact.No, "unset"},
		{"inside a test", "if ($x) {\nInitialize-ECSAgent -AwsvpcBlockIMDS\n}", fact.Unknown, "unset"},
		{"a foreign program", "iex ((New-Object Net.WebClient).DownloadString('https://example.com/i.ps1'))", fact.Unknown, "?"},
		{"cfn-init", "cfn-init.exe -v -s stack -r Hosts", fact.Unknown, "?"},
		{"cfn-init by its path", "'C:\\Program Files\\Amazon\\cfn-bootstrap\\cfn-init.exe' -v", fact.Unknown, "?"},
		{"a comment", "# Initialize-ECSAgent -AwsvpcBlockIMDS", fact.No, "unset"},
	}
	for _, r := range rows {
		s := parse("<powershell>\n" + r.in + "\n</powershell>\n<persist>true</persist>\n")
		if got, why, _ := s.BlockIMDSAwsvpc(); got != r.want {
			t.Errorf("%s: block is %v (%s), want %v", r.name, got, why, r.want)
		}
		if got := strings.Replace(is(s.Cluster()), "'", "", 2); got != r.cluster {
			t.Errorf("%s: cluster is %s, want %s", r.name, got, r.cluster)
		}
		if got, _, _ := s.BlockIMDSBridge(); got != fact.Unknown {
			t.Errorf("%s: rules on Windows are not followed, got %v", r.name, got)
		}
	}
}

// TestBridgeBlock: what the packet filter does to 169.254.169.254 for containers
// behind docker0.
func TestBridgeBlock(t *testing.T) {
	const drop = "iptables --insert FORWARD 1 --in-interface docker+ --destination 169.254.169.254/32 --jump DROP"
	file := func(rules ...string) string {
		return "cat > /etc/sysconfig/iptables <<'EOF'\n*filter\n:DOCKER-USER - [0:0]\n" + strings.Join(rules, "\n") + "\nCOMMIT\nEOF\n"
	}
	const rule = "-A DOCKER-USER -d 169.254.169.254/32 -j DROP"
	rows := []struct {
		name, in string
		want     fact.Tri
	}{
		{"no rule", "yum update -y", fact.No},
		{"the long form in FORWARD", "sudo " + drop, fact.Yes},
		{"DOCKER-USER", "iptables -I DOCKER-USER -d 169.254.169.254 -j DROP", fact.Yes},
		{"REJECT", "iptables -I DOCKER-USER -i docker0 -d 169.254.169.254 -j REJECT --reject-with icmp-port-unreachable", fact.Yes},
		{"a wider prefix", "iptables -I DOCKER-USER -d 169.254.0.0/16 -j DROP", fact.Yes},
		{"only HTTP", "iptables -I DOCKER-USER -p tcp -d 169.254.169.254 --dport 80 -j DROP", fact.Yes},
		{"only UDP", "iptables -I DOCKER-USER -p udp -d 169.254.169.254 -j DROP", fact.No},
		{"another port", "iptables -I DOCKER-USER -p tcp -d 169.254.169.254 --dport 81 -j DROP", fact.No},
		{"another address", "iptables -I DOCKER-USER -d 169.254.170.2 -j DROP", fact.No},
		{"OUTPUT does not see forwarded packets", "iptables -I OUTPUT -d 169.254.169.254 -j DROP", fact.No},
		{"another interface", "iptables -I DOCKER-USER -i eth1 -d 169.254.169.254 -j DROP", fact.No},
		{"all but another interface", "iptables -I DOCKER-USER ! -i eth0 -d 169.254.169.254 -j DROP", fact.Yes},
		{"all but this address", "iptables -I DOCKER-USER ! -d 169.254.169.254 -j DROP", fact.No},
		{"answers only", "iptables -I DOCKER-USER -m conntrack --ctstate ESTABLISHED -j DROP", fact.No},
		{"a comment and a wait", "iptables -w -I DOCKER-USER -d 169.254.169.254 -m comment --comment 'no imds' -j DROP", fact.Yes},
		{"a condition that is not followed", "iptables -I DOCKER-USER -d 169.254.169.254 -m owner --uid-owner 7 -j DROP", fact.Unknown},
		{"an accept before it", "iptables -A DOCKER-USER -j RETURN\niptables -A DOCKER-USER -d 169.254.169.254 -j DROP", fact.No},
		{"an accept after it", "iptables -I DOCKER-USER -d 169.254.169.254 -j DROP\niptables -A DOCKER-USER -j RETURN", fact.Yes},
		{"an accept inserted before it", "iptables -A DOCKER-USER -d 169.254.169.254 -j DROP\niptables -I DOCKER-USER -j RETURN", fact.No},
		// Docker puts a RETURN at the end of DOCKER-USER and its accepts before FORWARD.
		{"behind Docker's return", "iptables -A DOCKER-USER -d 169.254.169.254 -j DROP", fact.Unknown},
		{"behind Docker's return, by nft", "nft add rule ip filter DOCKER-USER ip daddr 169.254.169.254 drop", fact.Unknown},
		{"behind Docker's return, restored", "iptables-restore -n <<'EOF'\n*filter\n" + rule + "\nCOMMIT\nEOF", fact.Unknown},
		{"behind Docker's return, by a file of nft", "nft -f - <<'EOF'\nadd rule ip filter DOCKER-USER ip daddr 169.254.169.254 drop\nEOF", fact.Unknown},
		{"behind Docker's accept", "iptables -A FORWARD -i docker0 -d 169.254.169.254 -j DROP", fact.Unknown},
		{"in a chain that was emptied", "iptables -F DOCKER-USER\niptables -A DOCKER-USER -d 169.254.169.254 -j DROP", fact.Yes},
		{"in a chain that was emptied perhaps", "[ -f /x ] && iptables -F DOCKER-USER\niptables -A DOCKER-USER -d 169.254.169.254 -j DROP", fact.Unknown},
		{"in a chain of its own making", "iptables -N DOCKER-USER\niptables -A DOCKER-USER -d 169.254.169.254 -j DROP", fact.Yes},
		{"deleted again", "iptables -I DOCKER-USER -d 169.254.169.254 -j DROP\niptables -D DOCKER-USER -d 169.254.169.254 -j DROP", fact.No},
		{"flushed again", drop + "\niptables -F", fact.No},
		{"only if a test holds", "if [ -f /x ]; then " + drop + "; fi", fact.Unknown},
		{"unless it is there already", "iptables -C DOCKER-USER -d 169.254.169.254 -j DROP || iptables -I DOCKER-USER -d 169.254.169.254 -j DROP", fact.Yes},
		{"an unknown address", "iptables -I DOCKER-USER -d ‹var.ip› -j DROP", fact.Unknown},
		{"a raw table", "iptables -t raw -I PREROUTING -d 169.254.169.254 -j DROP", fact.Unknown},
		{"foreign code", "curl -s https://example.com/x | bash", fact.Unknown},
		{"a rule after foreign code, first in its chain", "curl -s https://example.com/x | bash\n" + drop, fact.Yes},
		{"a rule file that is loaded", file(rule) + "systemctl enable iptables && systemctl start iptables", fact.Yes},
		{"enabled now", file(rule) + "systemctl enable --now iptables.service", fact.Yes},
		{"service restart", file(rule) + "service iptables restart", fact.Yes},
		{"restored", file(rule) + "iptables-restore < /etc/sysconfig/iptables", fact.Yes},
		{"from standard input", "iptables-restore <<'EOF'\n*filter\n" + rule + "\nCOMMIT\nEOF", fact.Yes},
		{"a rule file that nothing loads", file(rule), fact.Unknown},
		{"a rule file of other rules", file("-A INPUT -p tcp --dport 22 -j DROP"), fact.No},
		{"loading a file forgets other rules", drop + "\n" + file("-A INPUT -j ACCEPT") + "systemctl start iptables", fact.No},
		{"nft", "nft insert rule ip filter DOCKER-USER ip daddr 169.254.169.254 counter drop", fact.Yes},
		{"nft for another address", "nft add rule ip filter DOCKER-USER ip daddr 10.0.0.1 drop", fact.No},
		{"an nft file", "nft -f - <<'EOF'\ntable inet guard {\n chain fwd {\n  type filter hook forward priority 0; policy accept;\n  iifname \"docker0\" ip daddr 169.254.169.254 drop\n }\n}\nEOF", fact.Yes},
		{"an nft file for output", "nft -f - <<'EOF'\ntable inet guard {\n chain out {\n  type filter hook output priority 0;\n  ip daddr 10.0.0.1 drop\n }\n}\nEOF", fact.No},
		{"firewalld", "firewall-cmd --direct --add-rule ipv4 filter DOCKER-USER 0 -d 169.254.169.254 -j DROP", fact.Yes},
	}
	for _, r := range rows {
		got, why, line := parse("#!/bin/bash\n" + r.in + "\n").BlockIMDSBridge()
		if got != r.want || why == "" {
			t.Errorf("%s: got %v (%s, line %d), want %v, in\n%s", r.name, got, why, line, r.want, r.in)
		}
		if got == fact.Yes && line < 2 {
			t.Errorf("%s: the rule has no line", r.name)
		}
	}
	// Boothooks and bootcmd run before Docker, which then puts its rules first.
	for in, want := range map[string]fact.Tri{
		"#cloud-boothook\n" + drop + "\n":                                            fact.Unknown,
		"#cloud-boothook\n" + file(rule) + "systemctl start iptables\n":              fact.Yes,
		"#cloud-boothook\niptables -N DOCKER-USER\niptables " + rule + "\n":          fact.Yes,
		"#cloud-config\nbootcmd:\n- " + drop + "\n":                                  fact.Unknown,
		"#cloud-config\nbootcmd:\n- iptables -F\nruncmd:\n- iptables " + rule + "\n": fact.Unknown,
		"#cloud-config\nruncmd:\n- " + drop + "\n":                                   fact.Yes,
	} {
		if got, why, _ := parse(in).BlockIMDSBridge(); got != want {
			t.Errorf("got %v (%s), want %v, in\n%s", got, why, want, in)
		}
	}
	six := parse(sh("ip6tables -I DOCKER-USER -d fd00:ec2::254/128 -j DROP"))
	if six.Bridge6.Blocked != fact.Yes || six.Bridge.Blocked != fact.No {
		t.Errorf("an ip6tables rule concerns IPv6 only: got %v and %v", six.Bridge6, six.Bridge)
	}
	if s := parse(sh(drop)); s.Bridge6.Blocked != fact.No {
		t.Errorf("an iptables rule does not concern IPv6: got %v", s.Bridge6)
	}
}

func TestProxies(t *testing.T) {
	s := parse(sh(
		"cat > /etc/ecs/ecs.config <<EOF", "HTTP_PROXY=10.0.0.1:3128", "no_proxy=169.254.169.254", "EOF",
		"mkdir -p /etc/systemd/system/docker.service.d",
		"cat > /etc/systemd/system/docker.service.d/http-proxy.conf <<EOF", "[Service]",
		`Environment="HTTP_PROXY=http://10.0.0.2:3128" "HTTPS_PROXY=http://10.0.0.3:3128"`, "EOF",
		`printf '[Service]\nEnvironment="NO_PROXY=a,b"\n' > /etc/systemd/system/ecs.service.d/http-proxy.conf`,
	))
	for _, r := range []struct {
		who  string
		vars userdata.Vars
		want string
	}{
		{"the agent reads ecs.config, lower case too", s.Proxy.Agent, "10.0.0.1:3128@3 unset 169.254.169.254@4"},
		{"docker reads its drop-in", s.Proxy.Docker, "http://10.0.0.2:3128@9 http://10.0.0.3:3128@9 unset"},
		{"ecs-init reads its drop-in and ecs.config", s.Proxy.Init, "10.0.0.1:3128@3 unset a,b@11"},
	} {
		got := fmt.Sprintf("%s %s %s", is(r.vars.Get("HTTP_PROXY")), is(r.vars.Get("HTTPS_PROXY")), is(r.vars.Get("NO_PROXY")))
		if got != r.want {
			t.Errorf("%s: got %s, want %s", r.who, got, r.want)
		}
	}
	s = parse(sh(`echo 'export HTTP_PROXY="10.0.0.4:1"' >> /etc/sysconfig/docker`,
		"cat > /etc/docker/daemon.json <<EOF", "{\"proxies\":", " {\"https-proxy\": \"10.0.0.5:1\"}}", "EOF"))
	if got := is(s.Proxy.Docker.Get("HTTP_PROXY")); got != "10.0.0.4:1@2" {
		t.Errorf("the sysconfig file: got %s", got)
	}
	if got := is(s.Proxy.Docker.Get("HTTPS_PROXY")); got != "10.0.0.5:1@5" {
		t.Errorf("daemon.json: got %s", got)
	}
	s = parse(sh("curl -s https://example.com/x | bash"))
	if got := is(s.Proxy.Docker.Get("HTTP_PROXY")); got != "?" {
		t.Errorf("foreign code may set a proxy: got %s", got)
	}
}

// TestOpaque: the reasons name the line and the thing.
func TestOpaque(t *testing.T) {
	s := parse(sh("aws s3 cp s3://bucket/ecs.config"+conf, "source /opt/x.sh"))
	if len(s.Opaque) != 2 || !strings.Contains(s.Opaque[0].Why, "s3://bucket/ecs.config") || s.Opaque[0].Line != 2 ||
		!strings.Contains(s.Opaque[1].Why, "/opt/x.sh") || s.Opaque[1].Line != 3 {
		t.Errorf("got %+v", s.Opaque)
	}
}

// TestSecretsStayInside: no way of printing shows a value.
func TestSecretsStayInside(t *testing.T) {
	s, diags := userdata.Parse([]userdata.Segment{{Text: sh("echo ECS_ENGINE_AUTH_DATA=hunter2 >>" + conf)}}, ref.Place{})
	if got := s.Agent.Get("ECS_ENGINE_AUTH_DATA"); got.Value != "hunter2" {
		t.Fatalf("the value is %q", got.Value)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, s) + fmt.Sprint(diags); strings.Contains(text, "hunter2") {
			t.Errorf("%s prints the value: %s", format, text)
		}
	}
}

// TestHostileInput: what is too large or too deep is unknown, and takes no time.
func TestHostileInput(t *testing.T) {
	bomb := strings.Repeat("a", 6<<20)
	nested := sh("echo ECS_X=a >>" + conf)
	for i := range 30 {
		nested = fmt.Sprintf("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n%s\n--b%d--\n", i, i, nested, i)
	}
	doubling := "A=aaaaaaaaaaaaaaaa\n" + strings.Repeat("A=$A$A\n", 60)
	files := "echo a > /etc/ecs/ecs.config\n" + strings.Repeat("cat /etc/ecs/ecs.config /etc/ecs/ecs.config > /tmp/b; cp /tmp/b /etc/ecs/ecs.config\n", 60)
	alias := "#cloud-config\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nruncmd: [*c,*c,*c,*c,*c,*c,*c,*c]\n"
	joins := strings.Repeat("if [ -f /x ]; then sed -i 's/a/b/' /etc/ecs/ecs.config; echo ECS_Y=a >> /etc/ecs/ecs.config; fi\n", 400)
	for name, in := range map[string]string{
		"too long":                  sh(strings.Repeat("echo\n", 1<<18)),
		"a gzip bomb":               gz(bomb),
		"a gzip bomb in base64":     b64(gz(bomb)),
		"MIME in MIME in MIME":      nested,
		"deep subshells":            sh(strings.Repeat("(", 5000) + "x" + strings.Repeat(")", 5000)),
		"deep substitutions":        sh(strings.Repeat("$(", 5000)),
		"a loop in a loop":          sh(strings.Repeat("for i in 1 2 3 4 5 6 7 8 9; do\n", 20) + "echo a >>" + conf + "\n" + strings.Repeat("done\n", 20)),
		"a function of itself":      sh("f() { f; f; }", "f"),
		"a script of itself":        sh("echo 'bash /tmp/s; bash /tmp/s' > /tmp/s", "bash /tmp/s"),
		"files that double":         sh(files),
		"a list of aliases":         alias,
		"many ways through":         sh(joins),
		"while loops in each other": sh(strings.Repeat("while [ -f x ]; do\n", 40) + "echo ECS_X=b >>" + conf + "\n" + strings.Repeat("done\n", 40)),
	} {
		start := time.Now()
		if got := is(parse(in).Agent.Get("ECS_X")); got != "?" {
			t.Errorf("%s: ECS_X is %s, want unknown", name, got)
		}
		t.Logf("%s took %v", name, time.Since(start))
	}
	if got := is(parse(sh(doubling, "echo ECS_X=$A >>"+conf)).Agent.Get("ECS_X")); got != "?" {
		t.Errorf("a variable that doubles: ECS_X is %.20s, want unknown", got)
	}
}
