package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/userdata/hole"
)

// external runs a program that is not followed. What is known of programs is
// kept in three lists: those whose effect the caller judges, those that run
// foreign code, and those that read only. Any other program is taken to leave
// the watched files alone unless it is told their names.
func (s *State) external(name string, args []string, in stream, line int) (stream, fact.Tri) {
	out := s.unsaid("the output of "+s.shown(name), line)
	switch name {
	case "iptables", "ip6tables", "iptables-legacy", "ip6tables-legacy", "iptables-nft", "ip6tables-nft",
		"iptables-restore", "ip6tables-restore", "nft", "firewall-cmd", "systemctl", "service", "chkconfig", "initctl", "start":
		if slices.Contains(args, "-C") || slices.Contains(args, "--check") {
			return out, fact.No // a rule that scripts ask for is not there at the first start
		}
		s.judge(name, args, in, line)
		return out, fact.Yes
	case "ansible", "ansible-playbook", "ansible-pull", "chef-client", "chef-solo", "chef-apply", "puppet", "salt-call",
		"salt-minion", "pyinfra", "cinc-client":
		s.Foreign(fmt.Sprintf("line %d runs %s, which may write any setting", line, name), line)
		return out, fact.Unknown
	case "cfn-init":
		s.Foreign(fmt.Sprintf("line %d runs cfn-init, which applies the AWS::CloudFormation::Init metadata of the template", line), line)
		return out, fact.Yes
	case "python", "python2", "python3", "perl", "ruby", "node", "php", "lua":
		if !harmlessCode(name, args) {
			s.Foreign(fmt.Sprintf("line %d runs a %s program, which is not followed", line, name), line)
		}
		return out, fact.Unknown
	case "docker", "podman", "nerdctl", "ctr":
		if slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "amazon-ecs-agent") }) && slices.Contains(args, "run") {
			s.mention("/etc/ecs/ecs.config", fmt.Sprintf("line %d starts the ECS agent with its own settings", line), line)
		}
	case "xargs", "find", "parallel", "ssh", "chroot", "nsenter", "script", "expect":
		if slices.ContainsFunc(args, func(a string) bool { return a == "sh" || a == "bash" || a == "-delete" || a == "rm" || a == "sed" }) {
			s.Foreign(fmt.Sprintf("line %d runs commands through %s, which are not followed", line, name), line)
		}
	case "grep", "egrep", "fgrep":
		return out, s.grep(args)
	case "ls", "chmod", "chown", "chgrp", "stat", "head", "tail", "wc", "less", "more", "file",
		"logger", "mkdir", "restorecon", "chcon", "chattr", "md5sum", "sha256sum", "diff", "cmp", "base64", "awk", "gawk", "cut", "sort", "jq":
		if name == "mkdir" || strings.HasPrefix(name, "ch") || name == "logger" {
			return stream{known: true}, fact.Yes
		}
		if !writes(name, args) {
			return out, fact.Unknown
		}
	}
	switch name {
	case "sleep", "modprobe", "useradd", "usermod", "groupadd", "umount", "mkfs", "kill", "killall":
		out = stream{known: true}
	case "hostname", "mount": // without an operand they print
		if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
			out = stream{known: true}
		}
	}
	for _, a := range args {
		for _, w := range s.shared.watch {
			if strings.Contains(a, strings.TrimSuffix(w, "/")) && !strings.Contains(a, w+":") {
				s.mention(w, fmt.Sprintf("line %d runs %s on the file, which is not followed", line, s.shown(name)), line)
			}
		}
	}
	ok := fact.Yes
	switch name {
	case "which", "type", "pgrep", "pidof", "ping", "nc", "id", "getent", "rpm", "dpkg", "diff", "cmp", "mountpoint", "expr", "let":
		ok = fact.Unknown
	}
	return out, ok
}

// writes reports whether a program that mostly reads may write a file that its
// arguments name: awk with -i inplace or a redirection, sort with -o.
func writes(name string, args []string) bool {
	switch name {
	case "awk", "gawk":
		return slices.ContainsFunc(args, func(a string) bool { return a == "inplace" || strings.Contains(a, ">") })
	case "sort":
		return slices.ContainsFunc(args, func(a string) bool {
			return strings.HasPrefix(a, "--output") || len(a) > 1 && a[0] == '-' && a[1] != '-' && strings.Contains(a, "o")
		})
	}
	return false
}

// mention makes a watched file unknown from here on.
func (s *State) mention(w, why string, line int) {
	if strings.HasSuffix(w, "/") {
		w += "unknown.conf"
	}
	s.Doubt(why, line)
	s.cloud(w, why, line)
}

// RulesFile is the file that a packet filter's unit loads when it starts.
func RulesFile(unit string) string {
	if unit == "nftables" {
		return "/etc/sysconfig/nftables.conf"
	}
	return "/etc/sysconfig/" + unit
}

// judge hands a command to the caller, with the text it reads.
func (s *State) judge(name string, args []string, in stream, line int) {
	c := Call{Args: append([]string{name}, args...), Line: line}
	switch {
	case strings.HasSuffix(name, "-restore"):
		if files := operands(args, "-w -W -T -M"); len(files) > 0 {
			in = s.read(files[0], line)
		}
		c.Input = in.pieces
	case name == "nft":
		if i := slices.Index(args, "-f"); i >= 0 && i+1 < len(args) {
			if args[i+1] != "-" && args[i+1] != "/dev/stdin" {
				in = s.read(args[i+1], line)
			}
			c.Input = in.pieces
		}
	case name == "systemctl" || name == "service":
		// Starting a packet filter loads its file.
		for _, unit := range []string{"iptables", "ip6tables", "nftables"} {
			if slices.Contains(args, unit) || slices.Contains(args, unit+".service") {
				c.Input, _ = s.load(RulesFile(unit))
				s.calls = append(slices.Clip(s.calls), c)
			}
		}
		return
	}
	s.calls = append(slices.Clip(s.calls), c)
}

// grep decides grep PATTERN FILE if the file is fully known.
func (s *State) grep(args []string) fact.Tri {
	ops := operands(args, "")
	if len(ops) != 2 || slices.ContainsFunc(args, func(a string) bool {
		return strings.HasPrefix(a, "-") && strings.Trim(a, "-qsEFx") != ""
	}) {
		return fact.Unknown
	}
	ps, known := s.load(s.abs(ops[1]))
	re, ok := pattern(ops[0], false)
	lines, exact := split(ps)
	if !ok || !exact || !known && !s.watched(s.abs(ops[1])) || slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-") && strings.Contains(a, "x") }) {
		return fact.Unknown
	}
	found := fact.No
	for _, l := range lines {
		switch {
		case l.Maybe != "" || hole.Has(l.Text):
			found = found.Or(fact.Unknown)
		case re.MatchString(strings.TrimSuffix(l.Text, "\n")):
			found = fact.Yes
		}
	}
	return found
}

// standardModules are modules that python -m runs and that write no settings.
var standardModules = []string{"json.tool", "pip", "venv", "ensurepip", "http.server", "SimpleHTTPServer", "compileall", "site"}

// harmlessCode reports whether an interpreter only filters text: its program is
// on the command line and names nothing that could write or run something.
func harmlessCode(name string, args []string) bool {
	for i, a := range args {
		code := a == "-c" || a == "-e" || a == "-ne" || a == "-pe" || a == "-r"
		if !code || i+1 >= len(args) {
			if a == "-V" || a == "--version" || a == "-m" && i+1 < len(args) && slices.Contains(standardModules, args[i+1]) {
				return true
			}
			if strings.HasPrefix(a, "-") && !strings.Contains(a, "i") { // -i edits files in place
				continue
			}
			return false
		}
		if hole.Has(args[i+1]) {
			return false
		}
		for _, bad := range []string{"open", "system", "subprocess", "exec", "eval", "write", "import os", "`", "ecs", "Popen"} {
			if strings.Contains(args[i+1], bad) {
				return false
			}
		}
		return true
	}
	return false
}
