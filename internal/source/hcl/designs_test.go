package hcl

// designs are small configurations with what must come of them.
var designs = []struct {
	name  string
	files string
	opts  Options
	want  string
	said  string
}{
	{
		name: "references survive modules, concat and join",
		files: `
resource "aws_security_group" "a" { count = 2 }
module "web" {
  source = "./web"
  groups = concat(aws_security_group.a[*].id, ["sg-1"])
}
resource "x" "y" {
  joined = module.web.joined
  part   = split(",", module.web.joined)[1]
}
-- web/main.tf --
variable "groups" { type = list(string) }
resource "aws_ecs_service" "s" {
  network_configuration {
    security_groups = var.groups
  }
}
output "joined" { value = join(",", var.groups) }
`,
		want: `
aws_security_group.a[0]
aws_security_group.a[1]
module.web.aws_ecs_service.s network_configuration = [{security_groups=[<aws_security_group.a[0]#id> <aws_security_group.a[1]#id> sg-1]}]
x.y joined = <aws_security_group.a[0]#id>,<aws_security_group.a[1]#id>,sg-1
x.y part = <aws_security_group.a[1]#id>
`,
	},
	{
		name: "variables get their values in Terraform's order",
		files: `
variable "a" {}
variable "b" {}
variable "c" {}
variable "d" { default = "default" }
variable "e" { type = list(number) }
variable "f" { type = object({ x = string, y = optional(number, 3), z = optional(string) }) }
variable "g" {
  default  = "not null"
  nullable = false
}
resource "x" "y" { v = [var.a, var.b, var.c, var.d, var.e, var.f, var.g] }
-- terraform.tfvars --
a = "tfvars"
b = "tfvars"
c = "tfvars"
f = { x = 1 }
g = null
-- one.auto.tfvars --
b = "auto"
c = "auto"
-- more.tfvars --
c = "more"
`,
		opts: Options{VarFiles: []string{"more.tfvars"}, Vars: map[string]string{"e": `["1", 2]`, "nope": "1"}},
		want: `x.y v = [tfvars auto more default [1 2] {x=1 y=3} not null]`,
		said: `warning : variable not declared`,
	},
	{
		name: "what nobody gives a value for is a reference or unknown with the reason",
		files: `
variable "vpc_id" { type = string }
variable "any" {}
variable "port" { type = number }
variable "subnets" { type = list(string) }
variable "map" { type = map(string) }
resource "x" "y" {
  a = var.vpc_id
  b = var.any.inner[0]
  c = var.port + 1
  d = var.subnets
  e = var.subnets[0]
  f = length(var.subnets)
  g = var.map["k"]
  h = "http://${var.vpc_id}:${var.port}"
  i = var.vpc_id == "vpc-1" ? "a" : "b"
  j = var.vpc_id == "" ? "a" : "b"
  k = concat(["subnet-1"], var.subnets)
  l = jsonencode({ port = var.port, vpc = var.vpc_id })
}`,
		want: `
x.y a = <var.vpc_id#>
x.y b = <var.any#inner.0>
x.y c = ?(var.port has no value)
x.y d = [<var.subnets#>~]
x.y e = <var.subnets#0>
x.y f = ?(the length of a list is not known: var.subnets has no value)<var.subnets#>
x.y g = ?(var.map has no value)
x.y h = http://<var.vpc_id#>:?(var.port has no value)
x.y i = ?(var.vpc_id has no value)
x.y j = b
x.y k = [subnet-1 <var.subnets#>~]
x.y l = {"port":"?(var.port has no value)","vpc":"<var.vpc_id#>"}
`,
	},
	{
		name: "count and for_each that are not known stand for zero or more",
		files: `
variable "on" { type = bool }
variable "names" { type = set(string) }
resource "aws_subnet" "c" { count = var.on ? 1 : 0 }
resource "aws_subnet" "f" {
  for_each = var.names
  name     = each.key
}
resource "aws_subnet" "k" {
  for_each = toset(["a", "b"])
  name     = "n-${each.value}"
}
resource "x" "y" {
  a = aws_subnet.c[*].id
  b = aws_subnet.c[0].id
  c = [for s in aws_subnet.f : s.id]
  d = values(aws_subnet.k)[*].id
  e = aws_subnet.k["a"].name
  f = try(aws_subnet.c[0].id, null)
  g = length(aws_subnet.k)
  h = one(aws_subnet.c[*].arn)
  i = { for k, s in aws_subnet.k : k => s.name }
}`,
		want: `
aws_subnet.c~(var.on has no value)
aws_subnet.f~(var.names has no value) name = <var.names#>
aws_subnet.k["a"] name = n-a
aws_subnet.k["b"] name = n-b
x.y a = [<aws_subnet.c#id>~]
x.y b = <aws_subnet.c#id>
x.y c = [<aws_subnet.f#id>~]
x.y d = [<aws_subnet.k["a"]#id> <aws_subnet.k["b"]#id>]
x.y e = n-a
x.y f = <aws_subnet.c#id>~
x.y g = 2
x.y h = <aws_subnet.c#arn>~
x.y i = {a=n-a b=n-b}
`,
	},
	{
		name: "dynamic blocks, also over what is not known",
		files: `
variable "ports" { default = { web = 80, app = 8080 } }
variable "more" { type = list(object({ port = number })) }
variable "cidrs" { type = list(string) }
resource "aws_security_group" "a" {
  dynamic "ingress" {
    for_each = var.ports
    iterator = rule
    content {
      description = rule.key
      from_port   = rule.value
      dynamic "inner" {
        for_each = [rule.value, 1]
        content { v = inner.value + inner.key }
      }
    }
  }
  dynamic "egress" {
    for_each = var.more
    content { to_port = egress.value.port }
  }
  dynamic "other" {
    for_each = var.cidrs
    content { cidr = other.value }
  }
}`,
		want: `
aws_security_group.a egress = [{to_port=?(var.more has no value)}~]
aws_security_group.a ingress = [{description=app from_port=8080 inner=[{v=8080} {v=2}]} {description=web from_port=80 inner=[{v=80} {v=2}]}]
aws_security_group.a other = [{cidr=<var.cidrs#>}~]
`,
	},
	{
		name: "a module that is not here gives references",
		files: `
resource "aws_vpc" "v" {}
module "vpc" {
  source = "example/vpc/aws"
  vpc_id = aws_vpc.v.id
}
module "each" {
  source   = "example/vpc/aws"
  for_each = toset(["a"])
}
resource "x" "y" {
  a = module.vpc.vpc_id
  b = module.vpc.private_subnets
  c = module.vpc.private_subnets[1]
  d = slice(module.vpc.azs, 0, 2)
  e = [for s in module.vpc.private_subnets : s]
  f = flatten([module.vpc.private_subnets, ["subnet-1"]])
  g = module.each["a"].out
  h = length(module.vpc.private_subnets) > 0
}`,
		want: `
aws_vpc.v
x.y a = <module.vpc#vpc_id>
x.y b = <module.vpc#private_subnets>
x.y c = <module.vpc#private_subnets.1>
x.y d = [<module.vpc#azs.0> <module.vpc#azs.1>]
x.y e = [<module.vpc#private_subnets>~]
x.y f = [<module.vpc#private_subnets>~ subnet-1]
x.y g = <module.each#out>
x.y h = ?(the length of a list is not known: module.vpc.private_subnets comes from a module that is not here)<module.vpc#private_subnets>
`,
		said: `
warning main.tf:3: module not here
warning main.tf:7: module not here`,
	},
	{
		name: "modules in .terraform, with instances and unknown instances",
		files: `
variable "on" { type = bool }
module "a" {
  source = "example/a/aws"
  count  = 2
  n      = count.index
}
module "b" {
  source = "./b"
  count  = var.on ? 1 : 0
}
resource "x" "y" {
  a = module.a[1].id
  b = module.a[*].id
  c = module.b[*].id
}
-- .terraform/modules/modules.json --
{"Modules":[{"Key":"","Dir":"."},{"Key":"a","Source":"example/a/aws","Dir":".terraform/modules/a"}]}
-- .terraform/modules/a/main.tf --
variable "n" {}
resource "aws_lb" "this" { name = "lb${var.n}" }
output "id" { value = aws_lb.this.id }
-- b/main.tf --
resource "aws_lb" "that" {}
output "id" { value = aws_lb.that.id }
`,
		want: `
module.a[0].aws_lb.this name = lb0
module.a[1].aws_lb.this name = lb1
module.b.aws_lb.that~(var.on has no value)
x.y a = <module.a[1].aws_lb.this#id>
x.y b = [<module.a[0].aws_lb.this#id> <module.a[1].aws_lb.this#id>]
x.y c = [<module.b.aws_lb.that#id>~]
`,
	},
	{
		name: "data sources",
		files: `
provider "aws" { region = "eu-west-1" }
data "aws_region" "r" {}
data "aws_partition" "p" {}
data "aws_availability_zones" "z" {}
data "aws_vpc" "v" { default = true }
data "terraform_remote_state" "net" {}
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.b.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}
data "template_file" "old" {
  template = "hello $${who}"
  vars {
    who = aws_s3_bucket.b.id
  }
}
data "template_file" "t" {
  template = "hello $${who} $${name}"
  vars     = { who = "world", name = aws_s3_bucket.b.id }
}
resource "aws_s3_bucket" "b" { bucket = "b" }
resource "x" "y" {
  a = data.aws_region.r.name
  b = data.aws_partition.p.partition
  c = element(data.aws_availability_zones.z.names, 1)
  d = data.aws_vpc.v.default
  e = data.aws_vpc.v.cidr_block
  f = data.terraform_remote_state.net.outputs.vpc_id
  g = data.aws_iam_policy_document.d.json
  h = data.template_file.t.rendered
  i = length(regexall("^[a-z]{2}-", data.aws_availability_zones.z.names[0])) > 0
}`,
		want: `
aws_s3_bucket.b bucket = b
data.aws_availability_zones.z
data.aws_iam_policy_document.d json = {"Statement":[{"Action":["s3:GetObject"],"Effect":"Allow","Principal":{"AWS":["*"]},"Resource":["<aws_s3_bucket.b#arn>/*"]}],"Version":"2012-10-17"}
data.aws_iam_policy_document.d statement = [{actions=[s3:GetObject] principals=[{identifiers=[*] type=AWS}] resources=[<aws_s3_bucket.b#arn>/*]}]
data.aws_partition.p dns_suffix = amazonaws.com
data.aws_partition.p partition = aws
data.aws_region.r id = eu-west-1
data.aws_region.r name = eu-west-1
data.aws_region.r region = eu-west-1
data.aws_vpc.v default = true
data.template_file.old rendered = hello <aws_s3_bucket.b#id>
data.template_file.old template = hello ${who}
data.template_file.old vars = [{who=<aws_s3_bucket.b#id>}]
data.template_file.t rendered = hello world <aws_s3_bucket.b#id>
data.template_file.t template = hello ${who} ${name}
data.template_file.t vars = {name=<aws_s3_bucket.b#id> who=world}
data.terraform_remote_state.net
x.y a = eu-west-1
x.y b = aws
x.y c = <data.aws_availability_zones.z#names.1>
x.y d = true
x.y e = <data.aws_vpc.v#cidr_block>
x.y f = <data.terraform_remote_state.net#outputs.vpc_id>
x.y g = {"Statement":[{"Action":["s3:GetObject"],"Effect":"Allow","Principal":{"AWS":["*"]},"Resource":["<aws_s3_bucket.b#arn>/*"]}],"Version":"2012-10-17"}
x.y h = hello world <aws_s3_bucket.b#id>
x.y i = true
`,
	},
	{
		name: "JSON syntax, override files and files of OpenTofu",
		files: `
resource "aws_lb" "a" {
  name     = "original"
  internal = true
  access_logs { bucket = "one" }
}
-- web.tf --
resource "aws_lb" "b" { name = "terraform" }
-- web.tofu --
resource "aws_lb" "b" { name = "tofu" }
-- a_override.tf --
resource "aws_lb" "a" {
  name = "overridden"
  access_logs { bucket = "two" }
}
-- more.tf.json --
{
  "variable": {"port": {"type": "number", "default": 80}},
  "locals": {"port": "${var.port + 1}"},
  "resource": {"aws_lb_listener": {"l": {
    "load_balancer_arn": "${aws_lb.a.arn}",
    "port": "${local.port}",
    "default_action": [{"type": "forward"}],
    "dynamic": {"certificate": {"for_each": ["c"], "content": {"arn": "${certificate.value}"}}}
  }}}
}`,
		want: `
aws_lb.a access_logs = [{bucket=two}]
aws_lb.a internal = true
aws_lb.a name = overridden
aws_lb.b name = tofu
aws_lb_listener.l certificate = [{arn=c}]
aws_lb_listener.l default_action = [{type=forward}]
aws_lb_listener.l load_balancer_arn = <aws_lb.a#arn>
aws_lb_listener.l port = 81
`,
	},
	{
		name: "conditions that are not known keep both results",
		files: `
variable "on" { type = bool }
resource "aws_security_group" "a" {}
resource "aws_security_group" "b" {}
resource "x" "y" {
  a = var.on ? aws_security_group.a.id : aws_security_group.b.id
  b = var.on ? [aws_security_group.a.id] : []
  c = var.on ? aws_security_group.a.id : null
  d = var.on ? "same" : "same"
  e = var.on ? { k = "v", l = 1 } : { k = "v", l = 2 }
  f = true || var.on
  g = !var.on
}`,
		want: `
aws_security_group.a
aws_security_group.b
x.y a = ?(var.on has no value)<aws_security_group.a#id><aws_security_group.b#id>
x.y b = [<aws_security_group.a#id>~]
x.y c = <aws_security_group.a#id>~
x.y d = same
x.y e = {k=v l=?(var.on has no value)}
x.y f = true
x.y g = ?(var.on has no value)
`,
	},
	{
		name: "attributes that are written can be read, others are references, also nested ones",
		files: `
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_lb" "l" {
  subnet_mapping { subnet_id = "subnet-1" }
}
module "m" {
  source = "./m"
  lb     = aws_lb.l
  vpc    = aws_vpc.v
}
resource "x" "y" {
  a = cidrsubnet(aws_vpc.v.cidr_block, 8, 2)
  b = aws_lb.l.subnet_mapping[0].subnet_id
  c = aws_lb.l.subnet_mapping[0].private_ipv4_address
  d = aws_lb.l.subnet_mapping[*].outpost_id
  e = sha1(aws_lb.l.arn)
}
-- m/main.tf --
variable "lb" {}
variable "vpc" { type = object({ id = string, cidr_block = string }) }
resource "x" "z" {
  a = var.lb.dns_name
  b = var.vpc.id
  c = var.vpc.cidr_block
}
`,
		want: `
aws_lb.l subnet_mapping = [{subnet_id=subnet-1}]
aws_vpc.v cidr_block = 10.0.0.0/16
module.m.x.z a = <aws_lb.l#dns_name>
module.m.x.z b = <aws_vpc.v#id>
module.m.x.z c = 10.0.0.0/16
x.y a = 10.0.2.0/24
x.y b = subnet-1
x.y c = <aws_lb.l#subnet_mapping.0.private_ipv4_address>
x.y d = [<aws_lb.l#subnet_mapping.0.outpost_id>]
x.y e = ?(aws_lb.l.arn is known only after apply)<aws_lb.l#arn>
`,
	},
	{
		name: "an element of instances whose number is not known is one of them",
		files: `
-- main.tf --
variable "cidrs" { type = list(string) }
variable "i" {}
resource "aws_subnet" "s" { count = length(var.cidrs) }
resource "x" "y" {
  count = length(var.cidrs)
  a     = element(aws_subnet.s.*.id, count.index)
  b     = aws_subnet.s[count.index].arn
  c     = element(concat(aws_subnet.s.*.id, ["subnet-0a"]), count.index)
  d     = module.net.subnets[count.index]
  e     = (aws_subnet.s[*].cidr_block)[var.i]
}
module "net" { source = "./absent" }
`,
		want: `
aws_subnet.s~(the length of a list is not known: var.cidrs has no value)
x.y~(the length of a list is not known: var.cidrs has no value) a = <aws_subnet.s#id>
x.y~(the length of a list is not known: var.cidrs has no value) b = <aws_subnet.s#arn>
x.y~(the length of a list is not known: var.cidrs has no value) c = ?(the length of a list is not known: var.cidrs has no value)<aws_subnet.s#id>
x.y~(the length of a list is not known: var.cidrs has no value) d = ?(the length of a list is not known: var.cidrs has no value)<module.net#subnets>
x.y~(the length of a list is not known: var.cidrs has no value) e = ?(the length of a list is not known: var.cidrs has no value)<aws_subnet.s#cidr_block>
`,
		said: `error main.tf:13: module not here`,
	},
	{
		name: "sensitive values are marked, files are read below the boundary only",
		opts: Options{Dir: "root", Prefix: "prod", Workspace: "blue"},
		files: `
-- root/main.tf --
variable "password" {
  default   = "secret"
  sensitive = true
}
resource "x" "y" {
  a = var.password
  b = "p-${var.password}"
  c = templatefile("${path.module}/t.tpl", { who = "you" })
  d = file("../shared/x.txt")
  e = file("../../etc/passwd")
  f = terraform.workspace
  g = "ex-${basename(path.cwd)}"
  h = file("${path.cwd}/t.tpl")
}
module "m" { source = "../shared" }
module "n" { source = "../../elsewhere" }
-- root/t.tpl --
hi ${who}%{ for i in [1, 2] }-${i}%{ endfor }
-- shared/x.txt --
text
-- shared/main.tf --
resource "x" "z" { p = path.module }
`,
		want: `
prod/module.m.x.z p = ../shared
prod/x.y a = secret!
prod/x.y b = p-secret!
prod/x.y c = hi you-1-2

prod/x.y d = text

prod/x.y e = ?(the file ../../etc/passwd is outside of the directory that is read: widen it with --root DIR)
prod/x.y f = blue
prod/x.y g = ex-root
prod/x.y h = hi ${who}%{ for i in [1, 2] }-${i}%{ endfor }

`,
		said: `error main.tf:16: module outside of the directory that may be read`,
	},
}
