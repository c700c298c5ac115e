package compute_test

import (
	"fmt"
	"testing"

	"github.com/muralla-net/muralla/internal/topo"
)

func TestCarriers(t *testing.T) {
	const place = `subnet_ids = [aws_subnet.a.id]
			security_group_ids = [aws_security_group.g.id]`
	endpoints(t, []row{
		{"lambda never listens", `resource "aws_lambda_function" "f" {
			vpc_config {
			` + place + `
			}
		}`, "aws_lambda_function.f", "function in aws_subnet.a holds aws_security_group.g public false v6 ? listens "},
		{"lambda outside", `resource "aws_lambda_function" "f" {
			vpc_config {
				subnet_ids = []
				security_group_ids = []
			}
		}`, "aws_lambda_function.f", "none"},
		{"lambda perhaps outside", `resource "aws_lambda_function" "f" {
			vpc_config {
				subnet_ids = var.unknown == "y" ? [aws_subnet.a.id] : []
				security_group_ids = var.unknown == "y" ? [aws_security_group.g.id] : []
			}
		}`, "aws_lambda_function.f", "function in aws_subnet.a? holds aws_security_group.g? public false v6 ? listens  exists unknown"},
		{"type that no table has", `resource "aws_brand_new_thing" "x" {
			deep {
				er {
				` + place + `
				}
			}
		}`, "aws_brand_new_thing.x", "interface in aws_subnet.a holds aws_security_group.g public ? v6 ? listens …"},
		{"odd spelling", `resource "aws_glue_connection" "x" {
			physical_connection_requirements {
				security_group_id_list = [aws_security_group.g.id]
				subnet_id = aws_subnet.a.id
			}
		}`, "aws_glue_connection.x", "function in aws_subnet.a holds aws_security_group.g public false v6 ? listens "},
		{"names with commas", `resource "aws_emr_cluster" "x" {
			ec2_attributes {
				subnet_id = aws_subnet.a.id
				emr_managed_master_security_group = aws_security_group.g.id
				additional_master_security_groups = "sg-1,sg-2"
			}
		}`, "aws_emr_cluster.x", "interface in aws_subnet.a holds aws_security_group.g,sg-1,sg-2 public ? v6 ? listens …"},
		{"hidden group", `resource "aws_eks_cluster" "x" {
			vpc_config { subnet_ids = [aws_subnet.a.id] }
		}`, "aws_eks_cluster.x", "interface in aws_subnet.a holds … public false v6 ? listens tcp/443 …"},
		{"security groups and rules are none", `resource "aws_security_group_rule" "x" {
			security_group_id = aws_security_group.g.id
			type = "ingress"
			from_port = 1
			to_port = 1
			protocol = "tcp"
			self = true
		}`, "aws_security_group_rule.x", "none"},
		{"the groups of a started task are not those of the rule", `resource "aws_cloudwatch_event_target" "x" {
			arn = "arn:aws:ecs:r:1:cluster/c"
			ecs_target {
				task_definition_arn = "arn:aws:ecs:r:1:task-definition/t:1"
				network_configuration {
					subnets = [aws_subnet.a.id]
					security_groups = [aws_security_group.g.id]
				}
			}
		}`, "aws_cloudwatch_event_target.x", "task in aws_subnet.a holds aws_security_group.g public false v6 false listens …"},
	})
}

func store(s *topo.Snapshot, id string) string {
	st := s.Store(topoID(id))
	if st == nil {
		return "none"
	}
	return fmt.Sprintf("%s:%s public %s tls %s", show(st.Engine), show(st.Port), show(st.Public), show(st.RequireTLS))
}

func TestStores(t *testing.T) {
	const groups = `
		resource "aws_db_subnet_group" "s" {
			name = "s"
			subnet_ids = [aws_subnet.a.id]
		}
		resource "aws_elasticache_subnet_group" "e" {
			name = "e"
			subnet_ids = [aws_subnet.a.id]
		}
	`
	in := func(kind string) string {
		return "data store in aws_subnet.a holds aws_security_group.g public " + kind
	}
	for _, tc := range []struct{ name, text, id, store, endpoint string }{
		{"database", `resource "aws_db_instance" "d" {
			engine = "postgres"
			db_subnet_group_name = aws_db_subnet_group.s.name
			vpc_security_group_ids = [aws_security_group.g.id]
		}`, "aws_db_instance.d", "postgres:5432 public false tls ?", in("false v6 ? listens tcp/5432")},
		{"port and public address", `resource "aws_db_instance" "d" {
			engine = "mysql"
			port = 3307
			publicly_accessible = true
			db_subnet_group_name = "s"
			vpc_security_group_ids = [aws_security_group.g.id]
		}`, "aws_db_instance.d", "mysql:3307 public true tls ?", in("true v6 ? listens tcp/3307")},
		{"defaults", `resource "aws_db_instance" "d" { snapshot_identifier = "x" }`, "aws_db_instance.d", "?:? public false tls ?",
			"data store in … holds default-vpc.default_security_group_id public false v6 ? listens tcp?"},
		{"default group of the subnet's VPC", `resource "aws_db_instance" "d" {
			engine = "sqlserver-ex"
			db_subnet_group_name = aws_db_subnet_group.s.id
		}`, "aws_db_instance.d", "sqlserver-ex:1433 public false tls ?",
			"data store in aws_subnet.a holds aws_vpc.v.default_security_group_id public false v6 ? listens tcp/1433"},
		{"subnet group elsewhere", `resource "aws_db_instance" "d" {
			engine = var.unknown
			db_subnet_group_name = "far"
		}`, "aws_db_instance.d", "?:? public false tls ?", "data store in … holds … public false v6 ? listens tcp?"},
		{"cluster with a public instance", `resource "aws_rds_cluster" "d" {
			engine = "aurora-postgresql"
			db_subnet_group_name = aws_db_subnet_group.s.name
			vpc_security_group_ids = [aws_security_group.g.id]
		}
		resource "aws_rds_cluster_instance" "i" {
			cluster_identifier = aws_rds_cluster.d.id
			publicly_accessible = true
		}`, "aws_rds_cluster.d", "aurora-postgresql:5432 public true tls ?", in("true v6 ? listens tcp/5432")},
		{"TLS by the parameter group", `resource "aws_db_parameter_group" "p" {
			name = "p"
			parameter {
				name = "log_connections"
				value = "1"
			}
			parameter {
				name = "rds.force_ssl"
				value = "1"
			}
		}
		resource "aws_db_instance" "d" {
			engine = "postgres"
			parameter_group_name = aws_db_parameter_group.p.name
			db_subnet_group_name = aws_db_subnet_group.s.name
			vpc_security_group_ids = [aws_security_group.g.id]
		}`, "aws_db_instance.d", "postgres:5432 public false tls true", in("false v6 ? listens tcp/5432")},
		{"TLS switched off", `resource "aws_docdb_cluster_parameter_group" "p" {
			parameter {
				name = "tls"
				value = "disabled"
			}
		}
		resource "aws_docdb_cluster" "d" {
			db_cluster_parameter_group_name = aws_docdb_cluster_parameter_group.p.id
			db_subnet_group_name = aws_db_subnet_group.s.name
			vpc_security_group_ids = [aws_security_group.g.id]
		}`, "aws_docdb_cluster.d", "docdb:27017 public false tls false", in("false v6 ? listens tcp/27017")},
		{"parameter group elsewhere", `resource "aws_docdb_cluster" "d" {
			db_cluster_parameter_group_name = "far"
			db_subnet_group_name = aws_db_subnet_group.s.name
			vpc_security_group_ids = [aws_security_group.g.id]
		}`, "aws_docdb_cluster.d", "docdb:27017 public false tls ?", in("false v6 ? listens tcp/27017")},
		{"redis with TLS", `resource "aws_elasticache_replication_group" "d" {
			subnet_group_name = aws_elasticache_subnet_group.e.name
			security_group_ids = [aws_security_group.g.id]
			transit_encryption_enabled = true
		}`, "aws_elasticache_replication_group.d", "redis:6379 public false tls true", in("false v6 ? listens tcp/6379")},
		{"memcached", `resource "aws_elasticache_cluster" "d" {
			engine = "memcached"
			subnet_group_name = aws_elasticache_subnet_group.e.name
			security_group_ids = [aws_security_group.g.id]
		}`, "aws_elasticache_cluster.d", "memcached:11211 public false tls false", in("false v6 ? listens tcp/11211")},
		{"kafka", `resource "aws_msk_cluster" "d" {
			broker_node_group_info {
				client_subnets = [aws_subnet.a.id]
				security_groups = [aws_security_group.g.id]
			}
			client_authentication {
				sasl { iam = true }
			}
		}`, "aws_msk_cluster.d", "kafka:? public false tls true", in("false v6 ? listens tcp/2181-2182, tcp/9093-9098?")},
		{"search over HTTPS only", `resource "aws_opensearch_domain" "d" {
			vpc_options {
				subnet_ids = [aws_subnet.a.id]
				security_group_ids = [aws_security_group.g.id]
			}
			domain_endpoint_options { enforce_https = true }
		}`, "aws_opensearch_domain.d", "opensearch:443 public false tls true", in("false v6 ? listens tcp/443")},
		{"broker", `resource "aws_mq_broker" "d" {
			engine_type = "RabbitMQ"
			subnet_ids = [aws_subnet.a.id]
			security_groups = [aws_security_group.g.id]
		}`, "aws_mq_broker.d", "rabbitmq:? public false tls true", in("false v6 ? listens tcp/5671 tcp/443")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _ := read(t, base+groups+tc.text)
			if got := store(s, tc.id); got != tc.store {
				t.Errorf("got  %s\nwant %s", got, tc.store)
			}
			if got := endpoint(s, tc.id); got != tc.endpoint {
				t.Errorf("got  %s\nwant %s", got, tc.endpoint)
			}
		})
	}
}

func TestFileSystem(t *testing.T) {
	s, _ := read(t, base+`
		resource "aws_efs_file_system" "f" {}
		resource "aws_efs_mount_target" "m" {
			for_each = { a = aws_subnet.a.id, b = aws_subnet.pub.id }
			file_system_id = aws_efs_file_system.f.id
			subnet_id = each.value
			security_groups = [aws_security_group.g.id]
		}`)
	if got := store(s, "aws_efs_file_system.f"); got != "efs:2049 public false tls false" {
		t.Errorf("store is %s", got)
	}
	for id, subnet := range map[string]string{`aws_efs_mount_target.m["a"]`: "aws_subnet.a", `aws_efs_mount_target.m["b"]`: "aws_subnet.pub"} {
		want := "data store in " + subnet + " holds aws_security_group.g public false v6 ? listens tcp/2049"
		if got := endpoint(s, id); got != want || s.Endpoint(topoID(id)).Owner != "aws_efs_file_system.f" {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
