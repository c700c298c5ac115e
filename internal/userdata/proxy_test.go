package userdata_test

import (
	"fmt"
	"testing"
)

// TestProxyCarriers: every place in which a proxy is set for agent, ecs-init or
// Docker (AWS "Using an HTTP proxy for Amazon ECS Linux container instances"),
// written in the ways in which user data writes files.
func TestProxyCarriers(t *testing.T) {
	file := func(name, content string) string { return sh("cat <<'EOF' > "+name, content, "EOF") }
	const drop = "[Service]\nEnvironment=\"HTTP_PROXY=p:1/\"\nEnvironment=\"NO_PROXY=n\""
	for _, tc := range []struct{ name, in, agent, init, docker string }{
		{"the settings of the agent are those of ecs-init too", file("/etc/ecs/ecs.config", "HTTP_PROXY=p:1\nNO_PROXY=n"), "p:1 n", "p:1 n", "- -"},
		{"the drop-in of ecs-init", file("/etc/systemd/system/ecs.service.d/http-proxy.conf", drop), "- -", "p:1/ n", "- -"},
		{"under another name", file("/etc/systemd/system/ecs.service.d/10-x.conf", drop), "- -", "p:1/ n", "- -"},
		{"the override of upstart", file("/etc/init/ecs.override", "env HTTP_PROXY=p:1\nenv NO_PROXY=n"), "- -", "p:1 n", "- -"},
		{"the drop-in of Docker", file("/etc/systemd/system/docker.service.d/http-proxy.conf", drop), "- -", "- -", "p:1/ n"},
		{"the sysconfig of Docker", file("/etc/sysconfig/docker", "export HTTP_PROXY=p:1\nexport NO_PROXY=n"), "- -", "- -", "p:1 n"},
		{"daemon.json", file("/etc/docker/daemon.json", `{"proxies": {"http-proxy": "p:1", "no-proxy": "n"}}`), "- -", "- -", "p:1 n"},
		{"one line of Environment", file("/etc/systemd/system/docker.service.d/p.conf", `[Service]`+"\n"+`Environment="HTTP_PROXY=p:1" "NO_PROXY=n"`), "- -", "- -", "p:1 n"},
		{"lower case", file("/etc/systemd/system/docker.service.d/p.conf", "[Service]\nEnvironment=http_proxy=p:1 no_proxy=n"), "- -", "- -", "p:1 n"},
		{"the client of Docker is not the daemon", file("/root/.docker/config.json", `{"proxies": {"default": {"httpProxy": "p:1"}}}`), "- -", "- -", "- -"},
		{"a shell's own variable is nobody's", sh("export HTTP_PROXY=p:1"), "- -", "- -", "- -"},
		{"printf and tee", sh("mkdir -p /etc/systemd/system/docker.service.d", `printf '[Service]\nEnvironment="HTTP_PROXY=p:1"\nEnvironment="NO_PROXY=n"\n' | tee /etc/systemd/system/docker.service.d/http-proxy.conf`), "- -", "- -", "p:1 n"},
		{"write_files in base64", "#cloud-config\nwrite_files:\n- path: /etc/systemd/system/docker.service.d/p.conf\n  encoding: b64\n  content: " + b64(drop) + "\n", "- -", "- -", "p:1/ n"},
		{"write_files in gzip and base64", "#cloud-config\nwrite_files:\n- path: /etc/systemd/system/docker.service.d/p.conf\n  encoding: gz+b64\n  content: " + b64(gz(drop)) + "\n", "- -", "- -", "p:1/ n"},
		{"bootcmd", "#cloud-config\nbootcmd:\n- echo HTTP_PROXY=p:1 >> /etc/ecs/ecs.config\n", "p:1 -", "p:1 -", "- -"},
		{"a boothook", "#cloud-boothook\n#!/bin/sh\necho HTTP_PROXY=p:1 >> /etc/ecs/ecs.config\n", "p:1 -", "p:1 -", "- -"},
		{"Bottlerocket", "[settings.network]\nhttps-proxy = \"p:1\"\nno-proxy = [\"a\", \"b\"]\n", "p:1 a,b", "p:1 a,b", "p:1 a,b"},
		{"Windows", "<powershell>\n[Environment]::SetEnvironmentVariable(\"HTTP_PROXY\", \"p:1\", \"Machine\")\n[Environment]::SetEnvironmentVariable(\"NO_PROXY\", \"n\", \"Machine\")\n</powershell>", "p:1 n", "p:1 n", "p:1 n"},
		{"Windows, with the full name", "<powershell>\n[System.Environment]::SetEnvironmentVariable('HTTP_PROXY', 'p:1', [System.EnvironmentVariableTarget]::Machine)\n</powershell>", "p:1 -", "p:1 -", "p:1 -"},
		{"Windows, setx", "<powershell>\nsetx HTTP_PROXY p:1 /M\nsetx /M NO_PROXY \"n\"\n</powershell>", "p:1 n", "p:1 n", "p:1 n"},
		{"Windows, setx for a user", "<powershell>\nsetx HTTP_PROXY p:1\n</powershell>", "- -", "- -", "- -"},
		{"Windows, for the process only", "<powershell>\n$env:HTTP_PROXY = \"p:1\"\n</powershell>", "- -", "- -", "- -"},
		{"a copy from S3", sh("aws s3 cp s3://b/p.conf /etc/systemd/system/docker.service.d/p.conf"), "- -", "- -", "? ?"},
		{"a copy into the directory", sh("aws s3 cp --recursive s3://b/ /etc/systemd/system/docker.service.d/"), "- -", "- -", "? ?"},
		{"cfn-init", sh("/opt/aws/bin/cfn-init -s x -r y"), "? ?", "? ?", "? ?"},
	} {
		p := parse(tc.in).Proxy
		show := func(get func(string) string) string { return get("HTTP_PROXY") + " " + get("NO_PROXY") }
		for _, part := range []struct {
			name, want string
			get        func(string) string
		}{
			{"agent", tc.agent, func(n string) string { s := p.Agent.Get(n); return value(s.Known, s.Set, s.Value) }},
			{"ecs-init", tc.init, func(n string) string { s := p.Init.Get(n); return value(s.Known, s.Set, s.Value) }},
			{"Docker", tc.docker, func(n string) string { s := p.Docker.Get(n); return value(s.Known, s.Set, s.Value) }},
		} {
			if got := show(part.get); got != part.want {
				t.Errorf("%s: %s has %q, want %q, in\n%s", tc.name, part.name, got, part.want, tc.in)
			}
		}
	}
}

func value(known, set bool, v string) string {
	switch {
	case !known:
		return "?"
	case !set:
		return "-"
	}
	return fmt.Sprint(v)
}
