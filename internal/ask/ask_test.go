package ask_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

func snapshot(t *testing.T, in intent.Intent, files ...txtar.File) *topo.Snapshot {
	t.Helper()
	design := fstest.MapFS{}
	for _, f := range files {
		design[f.Name] = &fstest.MapFile{Data: f.Data, Mode: fs.ModePerm}
	}
	set, _ := hcl.Read(design, hcl.Options{})
	s, _ := assemble.Snapshot(assemble.Options{Intent: in}, set)
	return s
}

func answer(s *topo.Snapshot, text string) (ask.Reply, error) {
	q, err := question.Parse(text)
	if err != nil {
		return ask.Reply{}, err
	}
	return ask.New(reach.New(s)).Ask(q)
}

// connected is whether the question under a violation is about a connection
// that works: the internet to something exposed, or one thing of the design to
// another. What rules admit from a range need not get there.
func connected(f finding.Finding, question string) bool {
	switch f.Recommendation {
	case "exposure", "public-ip", "tls-redirect":
		return true
	case "sg-from-alb", "sg-from-nlb", "sg-data":
		kind, _, _ := strings.Cut(question, "/")
		return kind == "svc" || kind == "instance" || kind == "alb" || kind == "nlb" || strings.HasPrefix(question, "aws_instance.")
	}
	return false
}

// Every question that check puts under a finding of its test designs can be
// asked, and the answer agrees with the finding.
func TestQuestionsOfCheck(t *testing.T) {
	names, err := filepath.Glob("../check/testdata/designs/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no designs: %v", err)
	}
	seen, agreed := map[string]int{}, 0
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var in intent.Intent
		for _, f := range archive.Files {
			if f.Name == "muralla.yaml" {
				in, _ = intent.Parse(f.Name, f.Data)
			}
		}
		s := snapshot(t, in, archive.Files...)
		for _, f := range check.Run(s, in, check.Options{}).Findings {
			if f.Ask == "" {
				continue
			}
			text, ok := strings.CutPrefix(f.Ask, "muralla ask '")
			text, rest, _ := strings.Cut(text, "'")
			if !ok || rest != " ." {
				t.Errorf("%s: the command is %s", name, f.Ask)
				continue
			}
			r, err := answer(s, text)
			if err != nil {
				t.Errorf("%s: %s of %s: %s: %v", filepath.Base(name), f.Recommendation, f.Resource, text, err)
				continue
			}
			seen[f.Recommendation]++
			if f.Verdict == finding.Violates && connected(f, text) {
				agreed++
				if r.Any == fact.Yes {
					continue
				}
				t.Errorf("%s: %s of %s says it is connected, but %s is answered %s", filepath.Base(name), f.Recommendation, f.Resource, text, r.Any)
			}
		}
	}
	if len(seen) < 5 || agreed < 20 {
		t.Errorf("too little was seen: %d to agree with, of %v", agreed, seen)
	}
}

const shop = `
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_internet_gateway" "main" { vpc_id = aws_vpc.main.id }
resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_subnet" "b" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.2.0/24"
}
resource "aws_route_table" "a" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}
resource "aws_route_table_association" "a" {
  subnet_id      = aws_subnet.a.id
  route_table_id = aws_route_table.a.id
}
resource "aws_security_group" "open" {
  name   = "open"
  vpc_id = aws_vpc.main.id
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_security_group" "app" {
  name   = "app"
  vpc_id = aws_vpc.main.id
  ingress {
    protocol        = "tcp"
    from_port       = 8080
    to_port         = 8090
    security_groups = [aws_security_group.open.id]
  }
}
resource "aws_security_group" "spare" {
  name   = "spare"
  vpc_id = aws_vpc.main.id
}
resource "aws_instance" "bastion" {
  ami                         = "ami-1"
  instance_type               = "t3.micro"
  subnet_id                   = aws_subnet.a.id
  vpc_security_group_ids      = [aws_security_group.open.id]
  associate_public_ip_address = true
}
variable "n" { type = number }
resource "aws_instance" "perhaps" {
  count                       = var.n
  ami                         = "ami-1"
  instance_type               = "t3.micro"
  subnet_id                   = aws_subnet.a.id
  vpc_security_group_ids      = [aws_security_group.open.id]
  associate_public_ip_address = true
}
resource "aws_db_instance" "store" {
  identifier             = "store"
  engine                 = "postgres"
  db_subnet_group_name   = aws_db_subnet_group.b.name
  vpc_security_group_ids = [aws_security_group.app.id]
}
resource "aws_db_subnet_group" "b" {
  name       = "b"
  subnet_ids = [aws_subnet.b.id]
}
resource "aws_ecs_cluster" "main" { name = "main" }
resource "aws_ecs_task_definition" "app" {
  family                = "app"
  network_mode          = "awsvpc"
  container_definitions = jsonencode([{ name = "app", image = "app", portMappings = [{ containerPort = 8080 }, { containerPort = 9000 }] }])
}
resource "aws_ecs_task_definition" "mute" {
  family                = "mute"
  network_mode          = "none"
  container_definitions = jsonencode([{ name = "app", image = "app" }])
}
resource "aws_ecs_service" "app" {
  name            = "app"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.app.arn
  launch_type     = "FARGATE"
  network_configuration {
    subnets         = [aws_subnet.b.id]
    security_groups = [aws_security_group.app.id]
  }
}
resource "aws_ecs_service" "mute" {
  name            = "mute"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.mute.arn
  launch_type     = "EC2"
}
`

func TestAnswers(t *testing.T) {
	s := snapshot(t, intent.Intent{}, txtar.File{Name: "main.tf", Data: []byte(shop)})
	for _, tc := range []struct {
		question   string
		any, every fact.Tri
		pairs      int
		said       string // in a reason, missing fact or note of the first result
	}{
		{"instance/bastion -> svc/app tcp/8080", fact.Yes, fact.Yes, 1, ""},
		{"host/bastion -> task/app", fact.Yes, fact.No, 1, "declared to listen"}, // 9000 is not admitted
		{"instance/bastion -> svc/app tcp/8080-8090", fact.Yes, fact.Yes, 1, ""},
		{"instance/bastion -> svc/app tcp/8085", fact.Yes, fact.Yes, 1, "nothing is declared to listen on tcp/8085"},
		{"instance/bastion -> svc/app tcp/80", fact.No, fact.No, 1, ""},
		{"internet -> instance/bastion tcp/22", fact.Yes, fact.Yes, 1, ""},
		{"internet -> instance/bastion", fact.Yes, fact.No, 1, "it may listen on any port"},
		{"internet -> svc/app", fact.No, fact.No, 1, ""},
		// What may not exist is never a yes, but may be a no.
		{"internet -> aws_instance.perhaps* tcp/22", fact.Unknown, fact.Unknown, 1, "exists"},
		{"internet -> aws_instance.perhaps* tcp/23", fact.No, fact.Unknown, 1, ""},
		{"internet -> instance/* tcp/22", fact.Yes, fact.Unknown, 2, ""},
		// Groups, networks and ranges stand for what is in them.
		{"sg/open -> sg/app tcp/8080", fact.Yes, fact.Unknown, 4, ""},
		{"sg/spare -> svc/app", fact.Unknown, fact.Unknown, 1, "nothing of the design"},
		{"subnet/a -> db/store tcp/8080", fact.Yes, fact.Unknown, 2, ""},
		{"vpc/main -> db/store tcp/8080", fact.Yes, fact.No, 3, ""}, // bastion, perhaps, app
		{"10.0.1.0/24 -> db/store tcp/8080", fact.Yes, fact.Unknown, 2, ""},
		{"10.0.1.0/25 -> db/store tcp/8080", fact.Unknown, fact.Unknown, 2, "another address of its subnet"},
		{"10.0.0.0/8 -> db/store tcp/8080", fact.Yes, fact.No, 4, ""}, // and hosts outside
		{"10.0.9.0/24 -> db/store tcp/8080", fact.Unknown, fact.Unknown, 1, "nothing of the design"},
		{"192.0.2.0/24 -> instance/bastion tcp/22", fact.Yes, fact.Yes, 1, ""},
		{"instance/bastion -> internet tcp/443", fact.Yes, fact.Yes, 1, ""},
		{"svc/mute -> db/store", fact.No, fact.No, 1, "network mode none"},
		{"svc/* -> instance/bastion", fact.No, fact.No, 2, ""},
		// A thing is not asked about itself unless it is the only pair.
		{"svc/app -> svc/app tcp/8080", fact.No, fact.No, 1, ""},
	} {
		r, err := answer(s, tc.question)
		if err != nil {
			t.Errorf("%s: %v", tc.question, err)
			continue
		}
		var said []string
		for _, g := range r.Results[0].Gaps {
			said = append(said, g.Text)
		}
		said = append(append(said, r.Results[0].AskedWhy), r.Results[0].Notes...)
		if r.Any != tc.any || r.Every != tc.every || len(r.Results) != tc.pairs || !strings.Contains(strings.Join(said, "; "), tc.said) {
			t.Errorf("%s: %s, every %s, %d pairs, says %q; want %s, %s, %d, %q", tc.question, r.Any, r.Every, len(r.Results), said, tc.any, tc.every, tc.pairs, tc.said)
		}
		if r.Any == fact.Unknown && len(r.Results[0].Gaps) == 0 {
			t.Errorf("%s is undecided without a missing fact", tc.question)
		}
		if r.Holds(question.ExpectAllow) != tc.every || r.Holds(question.ExpectDeny) != tc.any.Not() || r.Holds(question.ExpectNothing) != tc.any {
			t.Errorf("%s: expectations are not judged by the answer", tc.question)
		}
	}
}

func TestResolveErrors(t *testing.T) {
	s := snapshot(t, intent.Intent{}, txtar.File{Name: "main.tf", Data: []byte(shop)})
	for _, tc := range []struct{ question, problem, hint string }{
		{"svc/ap -> db/store", "called svc/ap", "did you mean svc/app?"},
		{"internet -> aws_ecs_service.ap", "called aws_ecs_service.ap", "did you mean aws_ecs_service.app?"},
		{"svc/something-else -> db/store", "called svc/something-else", "there are: svc/app, svc/mute"},
		{"nlb/something-else -> db/store", "called nlb/something-else", "the design has no nlb at all; it has: svc, task, instance"},
		{"subnets/something-else -> db/store", "no kind subnets", "did you mean subnet/something-else?"},
		{"svc/bastion -> db/store", "called svc/bastion", "did you mean instance/bastion?"},
		{"svc/app -> aws/ecr", "no AWS service", "did you mean aws/ecr.api?"},
		{"svc/app -> aws/dynamo", "no AWS service", "did you mean aws/dynamodb?"},
		{"what-is-this-thing -> db/store", "called what-is-this-thing", "a name is internet"},
		{"192.0.2.0/24 -> 198.51.100.0/24", "both sides are outside", "name something of the design"},
	} {
		_, err := answer(s, tc.question)
		var e *question.Error
		if !errors.As(err, &e) || !strings.Contains(e.Problem, tc.problem) || !strings.Contains(e.Hint, tc.hint) {
			t.Errorf("%s: %#v; want %q and %q", tc.question, err, tc.problem, tc.hint)
		}
	}
}

// A question about too much is refused before it takes long; one about more than
// can be told gate by gate is answered in short.
func TestTooManyPairs(t *testing.T) {
	for _, n := range []int{20, 100_000} {
		many := &topo.Snapshot{VPCs: []topo.VPC{{Thing: topo.Thing{ID: "v", Name: "v", Exists: fact.Yes}}}}
		for i := range n {
			id := ref.ID(fmt.Sprintf("aws_thing.t%06d", i))
			many.Endpoints = append(many.Endpoints, topo.Endpoint{Thing: topo.Thing{ID: id, Name: string(id), Exists: fact.Yes}, VPC: "v"})
		}
		many.Freeze()
		for _, text := range []string{"* -> *", "vpc/v -> eni/*", "10.0.0.0/8 -> *", "who reaches eni/*", "vpc/v <-> vpc/v"} {
			r, err := answer(many, text)
			var e *question.Error
			switch {
			case n == 20 && (err != nil || !r.Brief || len(r.Results) < 380):
				t.Errorf("%s of %d: %d results, brief %v, %v", text, n, len(r.Results), r.Brief, err)
			case n > 20 && (!errors.As(err, &e) || e.Problem != "the question is about more than 100,000 pairs" || e.Hint == ""):
				t.Errorf("%s of %d: %v", text, n, err)
			}
		}
	}
}

// Whether an interface lies in a range is what enumerating its addresses says.
func TestRangesAgreeWithEnumeration(t *testing.T) {
	var seen [3]int
	rapid.Check(t, func(rt *rapid.T) {
		block := func(label string) netip.Prefix {
			bits := rapid.IntRange(24, 30).Draw(rt, label+" bits")
			return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, rapid.Byte().Draw(rt, label)}), bits).Masked()
		}
		asked, known := block("asked"), rapid.Bool().Draw(rt, "known")
		vpc := netip.MustParsePrefix("10.0.0.0/24")
		possible := vpc
		s := &topo.Snapshot{VPCs: []topo.VPC{{Thing: topo.Thing{ID: "v", Exists: fact.Yes}, Blocks: []topo.Block{{Prefix: vpc}}}}}
		e := topo.Endpoint{Thing: topo.Thing{ID: "e", Exists: fact.Yes}, VPC: "v", IPv6: fact.Default(false)}
		if known {
			possible = block("subnet")
			s.Subnets = []topo.Subnet{{Thing: topo.Thing{ID: "n", Exists: fact.Yes}, VPC: "v", Blocks: []topo.Block{{Prefix: possible}}}}
			e.Subnets.List = []topo.Link{{ID: "n", Exists: fact.Yes}}
		}
		s.Endpoints = []topo.Endpoint{e, {Thing: topo.Thing{ID: "to", Name: "to", Exists: fact.Yes}, VPC: "w", IPv6: fact.Default(false), Kind: topo.StoreEndpoint}}
		s.Freeze()

		in, all := 0, 0
		for a := possible.Addr(); possible.Contains(a); a = a.Next() {
			all++
			if asked.Contains(a) {
				in++
			}
		}
		want := fact.Unknown
		if in == 0 {
			want = fact.No
		} else if in == all {
			want = fact.Yes
		}
		r, err := answer(s, asked.String()+" -> db/to")
		if err != nil {
			rt.Fatal(err)
		}
		got := fact.No
		for _, p := range r.Results {
			if p.From.Party.Endpoint == "e" {
				got = p.From.Belongs
			}
			if out := p.From.Party.Addrs; out.Overlaps(netset.Prefix(vpc)) {
				rt.Fatalf("addresses of the VPC are outside: %v", out)
			}
		}
		if got != want {
			rt.Fatalf("%v in %v: got %v, want %v", possible, asked, got, want)
		}
		seen[want]++
	})
	for v, n := range seen {
		if n == 0 {
			t.Errorf("no draw was %v", fact.Tri(v))
		}
	}
}
