package json_test

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/diff"
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/diff/story"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl"
)

const shop = `
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_internet_gateway" "main" { vpc_id = aws_vpc.main.id }
resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
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
resource "aws_instance" "i" {
  ami                         = "ami-1"
  instance_type               = "t3.small"
  subnet_id                   = aws_subnet.a.id
  associate_public_ip_address = true
  vpc_security_group_ids      = [aws_security_group.NAME.id]
}
resource "aws_security_group" "NAME" {
  name   = "i"
  vpc_id = aws_vpc.main.id
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["CIDR"]
  }
}
resource "aws_lb" "shop" {
  subnets         = [aws_subnet.a.id]
  security_groups = [aws_security_group.lb.id]
}
resource "aws_security_group" "lb" {
  vpc_id = aws_vpc.main.id
  ingress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_lb_target_group" "i" {
  vpc_id   = aws_vpc.main.id
  protocol = "HTTP"
  port     = 22
}
resource "aws_lb_target_group_attachment" "i" {
  target_group_arn = aws_lb_target_group.i.arn
  target_id        = aws_instance.i.id
}
resource "aws_lb_listener" "l" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 80
  protocol          = "PROTOCOL"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.i.arn
  }
}
resource "aws_ec2_managed_prefix_list" "x" {
  name           = "x"
  address_family = "IPv4"
  max_entries    = 1
}
`

func shopSide(name, cidr, protocol string) diff.Side {
	text := shop
	for old, with := range map[string]string{"NAME": name, "CIDR": cidr, "PROTOCOL": protocol} {
		text = string(bytes.ReplaceAll([]byte(text), []byte(old), []byte(with)))
	}
	set, _ := hcl.Read(fstest.MapFS{"main.tf": {Data: []byte(text)}}, hcl.Options{})
	return diff.Side{Sets: []resource.Set{set}}
}

// told is the story of two designs.
func told(a, b diff.Side) story.Report {
	d := diff.Of(a, b)
	before, after := check.Run(d.Before, intent.Intent{}, check.Options{}), check.Run(d.After, intent.Intent{}, check.Options{})
	return story.Of(d, judged.Compare(judged.Remember(before), after), story.Names{Before: "main", After: ".", BeforePlace: "main:"}, true)
}

func TestDifferenceAndSchemaAgree(t *testing.T) {
	text, err := os.ReadFile("../../../docs/schema/diff-v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	s := schema{decode(t, text).(map[string]any), map[string]bool{}}
	diags := diag.List{{Level: diag.Warning, Summary: "module not here", Place: at("main.tf", 7)}}
	for name, r := range map[string]story.Report{
		"opened": told(shopSide("a", "10.0.0.0/16", "HTTPS"), shopSide("a", "0.0.0.0/0", "HTTP")),
		"closed": told(shopSide("a", "0.0.0.0/0", "HTTP"), shopSide("a", "203.0.113.0/24", "HTTP")),
		"moved":  told(shopSide("a", "10.0.0.0/16", "HTTP"), shopSide("b", "10.0.0.0/16", "HTTP")),
		"empty":  told(diff.Side{}, diff.Side{}),
	} {
		var out bytes.Buffer
		if err := json.WriteDifference(&out, r, diags); err != nil {
			t.Fatal(err)
		}
		if err := s.check(name, s.root, decode(t, out.Bytes())); err != nil {
			t.Error(err)
		}
		if moved := name == "moved"; (len(r.Difference.Moved) == 1) != moved || moved && !r.Difference.IsEmpty() {
			t.Errorf("%s: moved %v, rows %+v", name, r.Difference.Moved, r.Difference.Rows)
		}
	}
	known := map[string]bool{}
	properties(t, s.root, known)
	if diff := cmp.Diff(known, s.used); diff != "" {
		t.Errorf("properties of the schema -, of the output +:\n%s", diff)
	}
	if err := json.WriteDifference(broken{}, story.Report{}, nil); err == nil || errors.Unwrap(err) == nil {
		t.Errorf("the error of the writer is lost: %v", err)
	}
}
