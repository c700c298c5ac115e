package need

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

const image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1"

// known fills in what the assembler always states of a container.
func known(c topo.Container) topo.Container {
	c.Name = "app"
	if c.ImageText != "" && !strings.Contains(c.ImageText, "$") {
		c.Image = fact.Known(c.ImageText, ref.Place{})
	}
	if !c.LogDriver.IsKnown() && c.LogDriver.Why == "" {
		c.LogDriver = fact.Default("")
	}
	if !c.RouterConfig.IsKnown() && c.RouterConfig.Why == "" {
		c.RouterConfig = fact.Default("")
	}
	return c
}

type design struct {
	launch   fact.Fact[topo.Launch]
	platform string
	windows  bool
	exec     fact.Fact[bool]
	cluster  topo.Cluster
	more     string
	list     []topo.Container
}

func (d design) needs() []string {
	s := &topo.Snapshot{}
	if !d.exec.IsKnown() && d.exec.Why == "" {
		d.exec = fact.Default(false)
	}
	if d.platform == "" {
		d.platform = "LATEST"
	}
	d.cluster.Thing = topo.Thing{ID: "c"}
	s.Clusters = []topo.Cluster{d.cluster}
	def := topo.TaskDefinition{Thing: topo.Thing{ID: "d", Name: "d"}, ContainersMore: d.more, Windows: fact.Known(d.windows, ref.Place{})}
	for _, c := range d.list {
		def.Containers = append(def.Containers, known(c))
	}
	s.TaskDefinitions = []topo.TaskDefinition{def}
	s.Freeze()
	w := &topo.Workload{Thing: topo.Thing{ID: "w", Name: "w"}, Definition: "d", Cluster: "c", Launch: d.launch, Platform: fact.Known(d.platform, ref.Place{}), Exec: d.exec}
	return texts(Of(s, w))
}

// texts are needs as lines: who connects, to what, where, and whether it is certain.
func texts(all All) []string {
	var out []string
	for _, n := range all.List {
		text := "task " + n.Service + n.Registry
		if n.Host {
			text = "host " + n.Service + n.Registry
		}
		if n.Region != "" {
			text += " " + n.Region
		}
		if n.Certain != fact.Yes {
			text = strings.TrimSpace(text) + " perhaps"
		}
		out = append(out, strings.TrimSpace(text))
	}
	slices.Sort(out)
	return append(out, all.Notes...)
}

func launch(l topo.Launch) fact.Fact[topo.Launch] { return fact.Known(l, ref.Place{}) }

func TestNeeds(t *testing.T) {
	fargate, ec2 := launch(topo.LaunchFargate), launch(topo.LaunchEC2)
	secret := func(from, service string) topo.Container {
		s := topo.Secret{From: from, What: "secret X"}
		if service != "" {
			s.Service = fact.Known(service, ref.Place{})
		} else {
			s.Service = fact.Missing[string]("var.x has no value", ref.Place{})
		}
		return topo.Container{ImageText: "nginx", Secrets: []topo.Secret{s}}
	}
	logs := func(driver string, options map[string]string) topo.Container {
		return topo.Container{ImageText: "nginx", LogDriver: fact.Known(driver, ref.Place{}), LogOptions: options}
	}
	on, yes := fact.Known(true, ref.Place{}), fact.Known(true, ref.Place{})
	agent := []string{"host ecs", "host ecs-agent", "host ecs-telemetry"}
	for _, tc := range []struct {
		name string
		in   design
		want []string
	}{
		{"Fargate pulls by the task", design{launch: fargate, list: []topo.Container{{ImageText: image}}},
			[]string{"task ecr.api eu-west-1", "task ecr.dkr eu-west-1", "task s3 eu-west-1"}},
		{"old platforms fetch credentials elsewhere", design{launch: fargate, platform: "1.3.0", list: []topo.Container{{ImageText: image}, secret("arn:aws:ssm:eu-west-1:1:parameter/x", "ssm")}},
			[]string{"task Docker Hub", "task ecr.dkr eu-west-1", "task s3 eu-west-1"}},
		{"Windows has a version 1.0.0 of its own", design{launch: fargate, platform: "1.0.0", windows: true, list: []topo.Container{{ImageText: image}}},
			[]string{"task ecr.api eu-west-1", "task ecr.dkr eu-west-1", "task s3 eu-west-1"}},
		{"EC2 pulls by the instance", design{launch: ec2, list: []topo.Container{{ImageText: image}}},
			append([]string{"host ecr.api eu-west-1", "host ecr.dkr eu-west-1"}, append(slices.Clone(agent), "host s3 eu-west-1")...)},
		{"Managed Instances", design{launch: launch(topo.LaunchManaged)}, []string{"host ecs perhaps", "host ecs-agent perhaps", "host ecs-telemetry perhaps"}},
		{"external tasks need nothing of a VPC", design{launch: launch(topo.LaunchExternal), list: []topo.Container{{ImageText: image}}}, nil},
		{"an unknown launch type leaves all open", design{launch: fact.Missing[topo.Launch]("var.launch has no value", ref.Place{}), list: []topo.Container{{ImageText: "nginx"}}},
			[]string{"host ecs perhaps", "host ecs-agent perhaps", "host ecs-telemetry perhaps", "task Docker Hub perhaps"}},
		{"awslogs", design{launch: fargate, list: []topo.Container{logs("awslogs", map[string]string{"awslogs-region": "us-east-1"})}}, []string{"task Docker Hub", "task logs us-east-1"}},
		{"awslogs on EC2", design{launch: ec2, list: []topo.Container{logs("awslogs", nil)}}, append([]string{"host Docker Hub"}, append(slices.Clone(agent), "host logs")...)},
		{"FireLens on EC2 sends from the task", design{launch: ec2, list: []topo.Container{logs("awsfirelens", map[string]string{"Name": "kinesis_firehose", "region": "eu-west-1"})}},
			append([]string{"host Docker Hub"}, append(slices.Clone(agent), "task kinesis-firehose eu-west-1")...)},
		{"FireLens to streams", design{launch: fargate, list: []topo.Container{logs("awsfirelens", map[string]string{"Name": "kinesis_streams"})}}, []string{"task Docker Hub", "task kinesis-streams"}},
		{"FireLens to logs", design{launch: fargate, list: []topo.Container{logs("awsfirelens", map[string]string{"Name": "cloudwatch_logs"})}}, []string{"task Docker Hub", "task logs"}},
		{"FireLens to something unknown", design{launch: fargate, list: []topo.Container{logs("awsfirelens", map[string]string{"Name": ""})}}, []string{"task Docker Hub", "task perhaps"}},
		{"FireLens to another", design{launch: fargate, list: []topo.Container{logs("awsfirelens", map[string]string{"Name": "datadog"})}},
			[]string{"task Docker Hub", "Logs of container app are sent by the output datadog of its log router."}},
		{"FireLens by a file", design{launch: fargate, list: []topo.Container{logs("awsfirelens", nil)}},
			[]string{"task Docker Hub", "Logs of container app go where the configuration file of its log router says."}},
		{"an unknown driver", design{launch: fargate, list: []topo.Container{{ImageText: "nginx", LogDriver: fact.Missing[string]("var.d has no value", ref.Place{})}}}, []string{"task Docker Hub", "task logs perhaps"}},
		{"a configuration in S3", design{launch: fargate, list: []topo.Container{{ImageText: "nginx", RouterConfig: fact.Known("s3", ref.Place{})}}}, []string{"task Docker Hub", "task s3"}},
		{"environment files", design{launch: fargate, list: []topo.Container{{ImageText: "nginx", EnvFiles: []string{"arn:aws:s3:::b/a.env"}}}}, []string{"task Docker Hub", "task s3"}},
		{"secrets", design{launch: fargate, list: []topo.Container{secret("arn:aws:secretsmanager:eu-west-1:1:secret:x", "secretsmanager")}}, []string{"task Docker Hub", "task secretsmanager eu-west-1"}},
		{"parameters on EC2", design{launch: ec2, list: []topo.Container{secret("name", "ssm")}}, append([]string{"host Docker Hub"}, append(slices.Clone(agent), "host ssm")...)},
		{"a secret that is not known", design{launch: fargate, list: []topo.Container{secret("", "")}}, []string{"task Docker Hub", "task perhaps"}},
		{"an image that is not known", design{launch: fargate, list: []topo.Container{{Image: fact.Missing[string]("var.image has no value", ref.Place{})}}}, []string{"task perhaps"}},
		{"containers that are not known", design{launch: fargate, more: "var.sidecars has no value"}, []string{"task perhaps"}},
		{"ECS Exec", design{launch: ec2, exec: on, cluster: topo.Cluster{ExecLogging: fact.Default("DEFAULT"), ExecKey: fact.Default(false)}}, append(slices.Clone(agent), "task ssmmessages")},
		{"ECS Exec with a key and a log group", design{launch: fargate, exec: on, cluster: topo.Cluster{ExecLogging: fact.Known("OVERRIDE", ref.Place{}), ExecKey: yes, ExecLogGroup: yes}},
			[]string{"task kms", "task logs", "task ssmmessages"}},
		{"ECS Exec into a bucket", design{launch: fargate, exec: on, cluster: topo.Cluster{ExecLogging: fact.Known("OVERRIDE", ref.Place{}), ExecKey: fact.Default(false), ExecLogGroup: fact.Default(false)}},
			[]string{"task s3 perhaps", "task ssmmessages"}},
		{"ECS Exec perhaps", design{launch: fargate, exec: fact.Missing[bool]("var.exec has no value", ref.Place{}), cluster: topo.Cluster{ExecLogging: fact.Default("DEFAULT"), ExecKey: fact.Default(false)}},
			[]string{"task ssmmessages perhaps"}},
		{"sidecars", design{launch: fargate, list: []topo.Container{{ImageText: "public.ecr.aws/xray/aws-xray-daemon:3.x"}}},
			[]string{"task public.ecr.aws", "Container app: the X-Ray daemon calls xray."}},
		{"a repository of the design", design{launch: fargate, list: []topo.Container{{ImageText: "${aws_ecr_repository.a.repository_url}:1", Repository: "aws_ecr_repository.a"}}},
			[]string{"task ecr.api", "task ecr.dkr", "task s3"}},
	} {
		if diff := cmp.Diff(tc.want, tc.in.needs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestImages(t *testing.T) {
	for in, want := range map[string]string{
		"nginx":                               "Docker Hub",
		"nginx:${…}":                          "Docker Hub",
		"library/nginx@sha256:0":              "Docker Hub",
		"grafana/grafana:${…}":                "Docker Hub",
		"docker.io/library/nginx":             "Docker Hub",
		"public.ecr.aws/docker/library/nginx": "public.ecr.aws",
		"ghcr.io/o/app:1":                     "ghcr.io",
		"us-docker.pkg.dev/p/app":             "us-docker.pkg.dev",
		image:                                 "ecr eu-west-1",
		"111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/app":        "ecr cn-north-1",
		"111122223333.dkr-ecr.eu-west-1.on.aws/app":                   "ecr eu-west-1",
		"${…}.dkr.ecr.${…}.amazonaws.com/app:${…}":                    "ecr",
		"${AWS::AccountId}.dkr.ecr.eu-west-1.${AWS::URLSuffix}/app":   "ecr eu-west-1",
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com/ecr-public/x/y": "ecr eu-west-1 cached",
		"${…}":                "?",
		"${…}:1":              "?",
		"REPOSITORY_URI:TAG":  "?",
		"Registry/app":        "?",
		"nginx${…}":           "?",
		"${…}/app:1":          "?",
		"registry.example/a":  "?",
		"localhost:5000/a":    "?",
		"":                    "?",
		"evilamazonaws.com/a": "?",
		"1.dkr.ecr.eu-west-1.amazonaws.com.example/a": "?",
	} {
		from, ok := sourceOf(in)
		got := from.registry
		if from.private {
			got = strings.TrimSpace("ecr " + from.region)
		}
		if from.cached {
			got += " cached"
		}
		if !ok {
			got = "?"
		}
		if got != want {
			t.Errorf("sourceOf(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzImages(f *testing.F) {
	f.Add(image)
	f.Add("a.dkr.ecr./b")
	f.Add("$/.dkr-ecr.")
	f.Fuzz(func(t *testing.T, s string) {
		from, ok := sourceOf(s)
		if ok && !from.private && from.registry == "" {
			t.Errorf("%q comes from nowhere", s)
		}
	})
}

// Who knows less of a container knows of no other certain need.
func TestLessIsLessCertain(t *testing.T) {
	opened := 0
	rapid.Check(t, func(rt *rapid.T) {
		c := topo.Container{ImageText: rapid.SampledFrom([]string{image, "nginx", "ghcr.io/a/b"}).Draw(rt, "image"),
			LogDriver: fact.Known(rapid.SampledFrom([]string{"awslogs", "json-file", "splunk"}).Draw(rt, "driver"), ref.Place{})}
		d := design{launch: launch(rapid.SampledFrom([]topo.Launch{topo.LaunchFargate, topo.LaunchEC2, topo.LaunchManaged}).Draw(rt, "launch")),
			exec: fact.Known(rapid.Bool().Draw(rt, "exec"), ref.Place{}), list: []topo.Container{c}}
		full := d.needs()
		switch what := rapid.IntRange(0, 3).Draw(rt, "less"); what {
		case 0:
			d.list[0].ImageText, d.list[0].Image = "${…}", fact.Missing[string]("var.x", ref.Place{})
		case 1:
			d.list[0].LogDriver = fact.Missing[string]("var.x", ref.Place{})
		case 2:
			d.launch = fact.Missing[topo.Launch]("var.x", ref.Place{})
		default:
			d.exec = fact.Missing[bool]("var.x", ref.Place{})
		}
		less := d.needs()
		if fmt.Sprint(less) != fmt.Sprint(full) {
			opened++
		}
		for _, n := range less {
			if strings.HasPrefix(n, "task ") || strings.HasPrefix(n, "host ") {
				if !strings.HasSuffix(n, "perhaps") && !slices.Contains(full, n) {
					rt.Errorf("%q is certain, but the whole design needs %q", n, full)
				}
			}
		}
	})
	if opened < 50 {
		t.Errorf("only %d draws opened anything", opened)
	}
}

func TestCallers(t *testing.T) {
	w := &topo.Workload{Thing: topo.Thing{ID: "w", Name: "w"}, Endpoint: "w", Launch: launch(topo.LaunchEC2),
		Hosts: topo.Links{List: []topo.Link{{ID: "h", Exists: fact.Yes}}}}
	got := func(n Need) (ids []ref.ID) {
		list, more := n.Callers(w)
		for _, c := range list {
			ids = append(ids, c.Endpoint)
		}
		if more != "" {
			ids = append(ids, "more")
		}
		return ids
	}
	task, host := Need{Service: Sessions}, Need{Service: Logs, Host: true}
	check := func(what string, n Need, want ...ref.ID) {
		t.Helper()
		if diff := cmp.Diff(want, got(n)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("the task of an instance", task, "w")
	check("its instance", host, "h")
	w.Launch = fact.Missing[topo.Launch]("var.x", ref.Place{})
	check("either, if the launch type is not known", host, "w", "h")
	w.Launch, w.Endpoint = launch(topo.LaunchEC2), ""
	check("the instance in bridge mode", task, "h")
	w.Hosts = topo.Links{}
	check("nobody knows", host, "more")
}
