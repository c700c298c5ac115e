package hcl_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/edit/hcl"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/ref"
)

func steps(path string) (out []finding.Step) {
	for _, name := range strings.Split(path, "/") {
		s := finding.Step{Name: name}
		if name, of, ok := strings.Cut(name, "["); ok {
			s.Name = name
			s.Key, s.Is, _ = strings.Cut(strings.TrimSuffix(of, "]"), "=")
		}
		out = append(out, s)
	}
	return out
}

func text(s string) finding.Value { return finding.Value{Text: s} }
func word(s string) finding.Value { return finding.Value{Text: s, Word: true} }
func at(id ref.ID) finding.Value  { return finding.Value{Ref: id, Attr: "id"} }
func fields(list ...any) (v finding.Value) {
	for i := 0; i < len(list); i += 2 {
		v.Fields = append(v.Fields, finding.Field{Name: list[i].(string), Value: list[i+1].(finding.Value)})
	}
	return v
}

func change(op finding.Operation, path string, v finding.Value) finding.Change {
	return finding.Change{Resource: "t.n", Operation: op, Path: steps(path), Value: v}
}

var imds = fields("http_tokens", text("required"), "http_put_response_hop_limit", word("1"))

// Each case is the body of resource "t" "n" before and after the change, or the
// reason why it is refused.
func TestEdits(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		c          finding.Change
		want, says string
	}{
		{"literal", "\n  a = \"x\" # why\n  b = 1\n", change(finding.Set, "a", text("y")), "\n  a = \"y\" # why\n  b = 1\n", ""},
		{"the same literal", "\n  a = \"x\"\n", change(finding.Set, "a", text("x")), "\n  a = \"x\"\n", ""},
		{"number", "\n  a = 2\n", change(finding.Set, "a", word("1")), "\n  a = 1\n", ""},
		{"string with templates", "\n  a = \"x\"\n", change(finding.Set, "a", text("${b} %{c} \"")), "\n  a = \"$${b} %%{c} \\\"\"\n", ""},
		{"variable", "\n  a = var.x\n", change(finding.Set, "a", text("y")), "", "its a is var.x, which is no literal"},
		{"condition", "\n  a = var.x ? \"y\" : \"z\"\n", change(finding.Set, "a", text("y")), "", "no literal"},
		{"template", "\n  a = \"x-${var.x}\"\n", change(finding.Set, "a", text("y")), "", "no literal"},
		{"new attribute, lined up", "\n  port     = 443\n  protocol = \"HTTPS\" # TLS\n\n  tags = {}\n", change(finding.Set, "ssl_policy", text("P")),
			"\n  port       = 443\n  protocol   = \"HTTPS\" # TLS\n  ssl_policy = \"P\"\n\n  tags = {}\n", ""},
		{"new attribute in a body that is not formatted", "\n  port = 443\n      protocol = \"HTTPS\"\n", change(finding.Set, "ssl_policy", text("P")),
			"\n  port = 443\n      protocol = \"HTTPS\"\n      ssl_policy = \"P\"\n", ""},
		{"new attribute of an empty body", "\n", change(finding.Set, "a", word("true")), "\n  a = true\n", ""},
		{"new attribute of a body in one line", "", change(finding.Set, "a", word("true")), "\n  a = true\n", ""},
		{"second attribute of a body in one line", " b = 1 ", change(finding.Set, "a", word("true")), "\n  b = 1\n  a = true\n", ""},
		{"behind no heredoc", "\n  a = 1\n  x = <<EOF\nhello\nEOF\n", change(finding.Set, "b", word("2")), "\n  a = 1\n  b = 2\n  x = <<EOF\nhello\nEOF\n", ""},
		{"nested block", "\n  metadata_options {\n    http_endpoint = \"enabled\"\n    http_tokens   = \"optional\"\n  }\n", change(finding.Set, "metadata_options", imds),
			"\n  metadata_options {\n    http_endpoint               = \"enabled\"\n    http_tokens                 = \"required\"\n    http_put_response_hop_limit = 1\n  }\n", ""},
		{"nested block in one line", "\n  metadata_options { http_tokens = \"optional\" }\n", change(finding.Set, "metadata_options/http_tokens", text("required")),
			"\n  metadata_options { http_tokens = \"required\" }\n", ""},
		{"new nested block", "\n  a = 1\n\n  lifecycle {\n    create_before_destroy = true\n  }\n", change(finding.Set, "metadata_options", imds),
			"\n  a = 1\n\n  metadata_options {\n    http_tokens                 = \"required\"\n    http_put_response_hop_limit = 1\n  }\n\n  lifecycle {\n    create_before_destroy = true\n  }\n", ""},
		{"new nested block at the end", "\n  a = 1\n  # the end\n", change(finding.Set, "m/n/a", word("1")),
			"\n  a = 1\n  # the end\n\n  m {\n    n {\n      a = 1\n    }\n  }\n", ""},
		{"dynamic block", "\n  dynamic \"m\" {\n    for_each = []\n    content {}\n  }\n", change(finding.Set, "m/a", word("1")), "", "a dynamic block makes its m"},
		{"block as attribute", "\n  m = { a = 1 }\n", change(finding.Set, "m/a", word("1")), "", "its m is written as an attribute"},
		{"attribute as block", "\n  m {\n  }\n", change(finding.Set, "m", word("1")), "", "its m is written as a block"},
		{"one of several blocks", "\n  v {\n    name = \"a\"\n    e { t = \"x\" }\n  }\n  v {\n    name = \"b\"\n    e { t = \"x\" }\n  }\n", change(finding.Set, "v[name=b]/e/t", text("y")),
			"\n  v {\n    name = \"a\"\n    e { t = \"x\" }\n  }\n  v {\n    name = \"b\"\n    e { t = \"y\" }\n  }\n", ""},
		{"several blocks", "\n  v {\n  }\n  v {\n  }\n", change(finding.Set, "v/a", word("1")), "", "several blocks v"},
		{"replace", "\n  default_action {\n    type             = \"forward\"\n    target_group_arn = x.y.arn\n  } # end\n", change(finding.Replace, "default_action",
			fields("type", text("redirect"), "redirect", fields("port", text("443"), "protocol", text("HTTPS")))),
			"\n  default_action {\n    type = \"redirect\"\n\n    redirect {\n      port     = \"443\"\n      protocol = \"HTTPS\"\n    }\n  } # end\n", ""},
		{"exchange", "\n  ingress {\n    from_port   = 80\n    protocol    = \"tcp\"\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }\n", change(finding.Exchange, "ingress/cidr_blocks", fields("security_groups", finding.Value{List: []finding.Value{at("aws_security_group.lb")}})),
			"\n  ingress {\n    from_port       = 80\n    protocol        = \"tcp\"\n    security_groups = [aws_security_group.lb.id]\n  }\n", ""},
		{"exchange of a variable", "\n  cidr_blocks = var.x\n", change(finding.Exchange, "cidr_blocks", fields("g", at("a.b"))), "", "no literal"},
		{"reference to another module", "\n  cidr_blocks = []\n", change(finding.Exchange, "cidr_blocks", fields("g", at("module.m.a.b"))), "", "in another module"},
		{"reference to a variable", "\n  cidr_blocks = []\n", change(finding.Exchange, "cidr_blocks", fields("g", at("var.b"))), "", "no resource"},
		{"copy", "\n  service_name = \"x\"\n", change(finding.Copy, "policy", finding.Value{Ref: "aws_vpc_endpoint.api"}), "\n  service_name = \"x\"\n  policy       = aws_vpc_endpoint.api.policy\n", ""},
		{"remove an attribute", "\n  a = 1\n\n  b = 2\n\n  c = 3\n", change(finding.Remove, "b", finding.Value{}), "\n  a = 1\n\n  c = 3\n", ""},
		{"remove a block", "\n  b {\n    x = 1\n  }\n  c = 3\n", change(finding.Remove, "b", finding.Value{}), "\n  c = 3\n", ""},
		{"remove what shares its line", "\n  b { x = 1 } // c\n", change(finding.Remove, "b", finding.Value{}), "", "shares its line"},
		{"assign in a here-document", "\n  user_data = base64encode(<<-EOT\n    #!/bin/bash\n    cat <<'EOF' >> /etc/ecs/ecs.config\n    ECS_CLUSTER=${x.y}\n    EOF\n  EOT\n  )\n", change(finding.Assign, "user_data", text("A=true")),
			"\n  user_data = base64encode(<<-EOT\n    #!/bin/bash\n    cat <<'EOF' >> /etc/ecs/ecs.config\n    A=true\n    ECS_CLUSTER=${x.y}\n    EOF\n  EOT\n  )\n", ""},
		{"assign with echo", "\n  user_data = <<EOT\n#!/bin/bash\necho \"ECS_CLUSTER=c\" >> /etc/ecs/ecs.config\nEOT\n", change(finding.Assign, "user_data", text("A=true")),
			"\n  user_data = <<EOT\n#!/bin/bash\necho \"ECS_CLUSTER=c\" >> /etc/ecs/ecs.config\necho \"A=true\" >> /etc/ecs/ecs.config\nEOT\n", ""},
		{"assign another value", "\n  user_data = <<EOT\necho A=false >> /etc/ecs/ecs.config\nEOT\n", change(finding.Assign, "user_data", text("A=true")),
			"\n  user_data = <<EOT\necho A=true >> /etc/ecs/ecs.config\nEOT\n", ""},
		{"assign in a file elsewhere", "\n  user_data = templatefile(\"x.sh\", {})\n", change(finding.Assign, "user_data", text("A=true")), "", "not a script that stands there"},
		{"assign in a script without settings", "\n  user_data = <<EOT\nyum update\nEOT\n", change(finding.Assign, "user_data", text("A=true")), "", "does not write /etc/ecs/ecs.config"},
	} {
		for _, nl := range []string{"\n", "\r\n"} {
			wrap := func(body string) []byte {
				s := "# one\nresource \"t\" \"n\" {" + body + "}\n\nresource \"t\" \"other\" {\n  a = 5\n}\n"
				return []byte("\xEF\xBB\xBF" + strings.ReplaceAll(s, "\n", nl))
			}
			src := wrap(tc.body)
			f, err := hcl.Parse("main.tf", src)
			if err != nil {
				t.Fatalf("%s: %v", tc.name, err)
			}
			edits, err := f.Edits(hcl.Target{Type: "t", Name: "n"}, tc.c)
			if tc.says != "" {
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("%s: %v, want %q", tc.name, err, tc.says)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", tc.name, err)
				continue
			}
			got, err := patch.Apply(src, edits)
			if err != nil {
				t.Fatalf("%s: %v", tc.name, err)
			}
			got = hcl.Tidy(src, got)
			if diff := cmp.Diff(string(wrap(tc.want)), string(got)); diff != "" {
				t.Errorf("%s with %q: want -, got +:\n%s", tc.name, nl, diff)
			}
			again, err := hcl.Parse("main.tf", got)
			if err != nil {
				t.Fatalf("%s: the result does not parse: %v", tc.name, err)
			}
			if tc.c.Operation == finding.Set || tc.c.Operation == finding.Assign {
				if more, err := again.Edits(hcl.Target{Type: "t", Name: "n"}, tc.c); err != nil || len(more) != 0 {
					t.Errorf("%s: a second time it gives %v, %v", tc.name, more, err)
				}
			}
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	for name, tc := range map[string][2]string{
		"broken":    {"resource \"t\" {", "not valid Terraform"},
		"two":       {"resource \"t\" \"n\" {\n}\nresource \"t\" \"n\" {\n}\n", "two blocks"},
		"elsewhere": {"resource \"t\" \"x\" {\n}\n", "no block"},
		"large":     {strings.Repeat("#\n", 3<<20), "more than"},
	} {
		f, err := hcl.Parse("main.tf", []byte(tc[0]))
		if err == nil {
			_, err = f.Edits(hcl.Target{Type: "t", Name: "n"}, change(finding.Set, "a", text("b")))
		}
		if err == nil || !strings.Contains(err.Error(), tc[1]) {
			t.Errorf("%s: %v, want %q", name, err, tc[1])
		}
	}
}

// Whatever a file holds, an edit leaves a file that parses and differs from the
// old one only where the edit says so.
func FuzzEdits(f *testing.F) {
	for _, s := range []string{
		"", "resource \"t\" \"n\" {}", "resource \"t\" \"n\" { a = 1 }", "resource \"t\" \"n\" {\n\ta = <<-E\n\tx ${y}\n\tE\n\tb = [\n1]\n}",
		"resource \"t\" \"n\" {\n  m { # c\n }\n}", "resource t n {\r\n a=1 // x\r\n}\r\n", "resource \"t\" \"n\" {\n m {\n n {}\n}\n/* x */ a = \"1\" /* y */\n}",
		"\xEF\xBB\xBFresource \"t\" \"n\" {\n\"a\" = 1\n}", "resource \"t\" \"n\" {\n user_data = <<E\ncat <<X >> /etc/ecs/ecs.config\nX\nE\n}",
	} {
		f.Add([]byte(s), uint8(0))
	}
	changes := []finding.Change{
		change(finding.Set, "a", text("q\"${")), change(finding.Set, "m/n/a", word("1")), change(finding.Set, "m", imds), change(finding.Remove, "a", finding.Value{}),
		change(finding.Remove, "m", finding.Value{}), change(finding.Replace, "m", fields("x", text("y"), "z", fields("w", word("2")))),
		change(finding.Exchange, "a", fields("g", at("aws_security_group.x"))), change(finding.Assign, "user_data", text("A=true")), change(finding.Copy, "b", finding.Value{Ref: "c.d"}),
	}
	f.Fuzz(func(t *testing.T, src []byte, which uint8) {
		file, err := hcl.Parse("main.tf", src)
		if err != nil {
			return
		}
		c := changes[int(which)%len(changes)]
		edits, err := file.Edits(hcl.Target{Type: "t", Name: "n"}, c)
		if err != nil {
			return
		}
		got, err := patch.Apply(src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := hcl.Parse("main.tf", got); err != nil {
			t.Fatalf("%q becomes %q: %v", src, got, err)
		}
		if _, err := hcl.Parse("main.tf", hcl.Tidy(src, got)); err != nil {
			t.Fatalf("%q becomes %q: %v", src, hcl.Tidy(src, got), err)
		}
	})
}
