package container

import (
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func str(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }

// text makes a value of literals and, at each "@name.attr@", a reference.
func text(s string) resource.Value {
	v := resource.Value{Kind: resource.Text}
	for i, part := range strings.Split(s, "@") {
		if i%2 == 0 {
			v.List = append(v.List, str(part))
			continue
		}
		id, attr, _ := strings.Cut(part, ">")
		v.List = append(v.List, resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: ref.ID(id), Attr: attr}})
	}
	return v
}

func TestRead(t *testing.T) {
	list, more, diags := Read(text(`[
		{"name": "app", "image": "@aws_ecr_repository.app>repository_url@:1", "Privileged": true,
		 "portMappings": [{"containerPort": "8080", "hostPort": 80}, {"containerPort": @var.port>@, "protocol": "UDP"}, {"containerPortRange": "9000-9010"}],
		 "linuxParameters": {"capabilities": {"add": ["CAP_NET_ADMIN"]}},
		 "environment": [{"name": "A", "value": "\u00e9\n"}, {"name": "B", "value": "@var.b>@"}],
		 "secrets": [{"name": "S", "valueFrom": "@aws_ssm_parameter.s>arn@"}],
		 "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/app"}, "secretOptions": [{"name": "x", "valueFrom": "arn:x"}]},
		 "repositoryCredentials": {"credentialsParameter": "arn:y"}, "firelensConfiguration": {"options": {"config-file-type": "s3"}},
		 "environmentFiles": [{"value": "arn:aws:s3:::b/f.env", "type": "s3"}]},
		@var.sidecar>@
	]`), func(id ref.ID) (resource.Resource, bool) {
		typ, _, _ := strings.Cut(string(id), ".")
		return resource.Resource{ID: id, Type: typ}, true
	})
	if len(diags) != 0 || len(list) != 1 || !strings.Contains(more, "var.sidecar") {
		t.Fatalf("got %d containers, more %q, %v", len(list), more, diags)
	}
	c := list[0]
	if c.Name != "app" || c.Image.IsKnown() || !strings.Contains(c.Image.Why, "aws_ecr_repository.app.repository_url") || !c.Privileged.Or(false) || !c.NetAdmin.Or(false) {
		t.Errorf("container is %+v", c)
	}
	p := c.Ports
	if len(p) != 3 || p[0].Container.Or(0) != 8080 || p[0].Host.Or(0) != 80 || p[0].Protocol != "tcp" {
		t.Fatalf("ports are %+v", p)
	}
	if p[1].Container.IsKnown() || p[1].Protocol != "udp" || p[1].Host.Or(1) != 0 || p[2].Container.Or(0) != 9000 || p[2].ContainerTo.Or(0) != 9010 {
		t.Errorf("ports are %+v", p)
	}
	if c.Environment["A"].Or("") != "é\n" || c.Environment["B"].IsKnown() || c.LogOptions["awslogs-group"] != "/app" || c.LogDriver.Or("") != "awslogs" {
		t.Errorf("environment %v, logs %v", c.Environment, c.LogOptions)
	}
	if s := c.Secrets; len(s) != 3 || s[0].From != "${aws_ssm_parameter.s.arn}" || s[0].Service.Or("") != "ssm" || s[0].What != "secret S" ||
		s[1].Service.IsKnown() || s[1].What != "log option x" || s[2].Service.Or("") != "secretsmanager" || len(c.EnvFiles) != 1 {
		t.Errorf("secrets %+v, files %v", c.Secrets, c.EnvFiles)
	}
	if c.Repository != "aws_ecr_repository.app" || c.ImageText != "${aws_ecr_repository.app.repository_url}:1" || c.RouterConfig.Or("") != "s3" {
		t.Errorf("image from %q as %q, router %v", c.Repository, c.ImageText, c.RouterConfig)
	}
}

func TestDefaults(t *testing.T) {
	list, more, _ := Read(str(`[{"name":"a","portMappings":[{"containerPort":80}]}]`), nil)
	c := list[0]
	if more != "" || c.Privileged.Or(true) || c.NetAdmin.Or(true) || c.LogDriver.Or("x") != "" || c.Ports[0].Host.Or(1) != 0 || c.PortsMore != "" || c.EnvironmentMore != "" {
		t.Errorf("defaults are %+v, more %q", c, more)
	}
}

func TestUnreadable(t *testing.T) {
	for in, want := range map[string]string{
		``:                         "ends too early",
		`[{"name": "a"`:            "comma or '}' is expected",
		`[{"name": "a" "b": 1}]`:   "comma or '}' is expected",
		`[{name: "a"}]`:            "name in quotes",
		"[\n{\"name\": \"a\\q\"}]": "backslash has no meaning on line 2",
		`[{"a": tru}]`:             "value is expected",
		`[] []`:                    "behind the end",
		strings.Repeat("[", 1000):  "nested too deeply",
	} {
		list, more, diags := Read(str(in), nil)
		if len(list) != 0 || !strings.Contains(more, want) || len(diags) != 1 {
			t.Errorf("Read(%q) = %v, %q, %v; want %q", in, list, more, diags, want)
		}
	}
	if list, more, diags := Read(str(`[{"name":"a",},]`), nil); len(list) != 1 || more != "" || len(diags) != 1 {
		t.Errorf("trailing commas: %v, %q, %v", list, more, diags)
	}
	if _, more, _ := Read(resource.Value{Kind: resource.Unknown, Why: "var.x has no value"}, nil); more != "var.x has no value" {
		t.Errorf("unknown definitions: %q", more)
	}
	if _, more, _ := Read(resource.Value{}, nil); more == "" {
		t.Error("absent definitions are complete")
	}
	if list, more, _ := Read(text(`[{"name":"a",@var.rest>@}]`), nil); len(list) != 0 || !strings.Contains(more, "var.rest") {
		t.Errorf("an object with unknown members: %v, %q", list, more)
	}
}

// Templates add elements and members under conditions that nobody knows.
func TestUnknownPieces(t *testing.T) {
	for in, want := range map[string]string{
		`[{"name":"a"} @var.more>@]`:                       "a more",
		`[{"name":"a"} @var.more>@ {"name":"b"}]`:          "a b more",
		`[@var.more>@ {"name":"b"}, {"name":"c"}]`:         "b c more",
		`[{"name":"a"}, {"name":"b" @var.more>@}]`:         "a more",
		`[{"name":"a"}, {@var.more>@ "name":"b"}]`:         "a more",
		`[{"name":"a"}, {"name":"b", @var.more>@, "c":1}]`: "a more",
	} {
		list, more, diags := Read(text(in), nil)
		got := ""
		for _, c := range list {
			got += c.Name + " "
		}
		if strings.Contains(more, "var.more") {
			got += "more"
		}
		if got != want || len(diags) != 0 {
			t.Errorf("Read(%s) has %s, %v; want %s", in, got, diags, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{`[{"name":"a"}]`, `{"a":[1,2,{"b":null}]}`, `["\ud83d\ude00\u12"]`, `[@x@,{"@y@":"@z@1"}]`, "\U000F0000", `[{"portMappings":[{"containerPortRange":"a-b"}]}]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, more, diags := Read(text(s), nil)
		if len(diags) > 0 && diags[0].Level > 1 && (more == "" || len(list) > 0) {
			t.Fatalf("%q is not readable, but gives %v and %q", s, list, more)
		}
	})
}
