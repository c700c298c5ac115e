package compute_test

import "testing"

// Whether a store refuses plain connections where its parameters do not say so
// depends on engine and version.
func TestRequireTLS(t *testing.T) {
	db := func(typ, body string) string { return `resource "` + typ + `" "d" {` + "\n" + body + "\n}" }
	for _, tc := range []struct{ text, id, want string }{
		{db("aws_db_instance", "engine = \"postgres\"\nengine_version = \"14.12\""), "aws_db_instance.d", "false"},
		{db("aws_db_instance", "engine = \"postgres\"\nengine_version = \"15\""), "aws_db_instance.d", "true"},
		{db("aws_db_instance", "engine = \"postgres\"\nengine_version = \"17.2\"\nparameter_group_name = \"default.postgres17\""), "aws_db_instance.d", "true"},
		{db("aws_db_instance", "engine = \"postgres\"\nengine_version = \"17.2\"\nparameter_group_name = \"own\""), "aws_db_instance.d", "?"},
		{db("aws_db_instance", "engine = \"mysql\"\nengine_version = \"8.0.36\""), "aws_db_instance.d", "false"},
		{db("aws_db_instance", "engine = \"mysql\"\nengine_version = \"8.4.3\""), "aws_db_instance.d", "true"},
		{db("aws_db_instance", "engine = \"mysql\"\nengine_version = \"8\""), "aws_db_instance.d", "?"},
		{db("aws_db_instance", "engine = \"mariadb\"\nengine_version = \"11.8.2\""), "aws_db_instance.d", "true"},
		{db("aws_db_instance", "engine = \"sqlserver-se\"\nengine_version = \"15.00\""), "aws_db_instance.d", "?"},
		{db("aws_rds_cluster", "engine = \"aurora-postgresql\"\nengine_version = \"16.4\""), "aws_rds_cluster.d", "false"},
		{db("aws_rds_cluster", "engine = \"aurora-postgresql\"\nengine_version = \"17.4\""), "aws_rds_cluster.d", "true"},
		{db("aws_rds_cluster", "engine = \"aurora-mysql\"\nengine_version = \"8.0.mysql_aurora.3.05.2\""), "aws_rds_cluster.d", "?"},
		{db("aws_docdb_cluster", ""), "aws_docdb_cluster.d", "true"},
		{db("aws_neptune_cluster", ""), "aws_neptune_cluster.d", "true"},
		{db("aws_redshift_cluster", ""), "aws_redshift_cluster.d", "?"},
		{db("aws_elasticache_replication_group", "transit_encryption_enabled = true\ntransit_encryption_mode = \"preferred\""), "aws_elasticache_replication_group.d", "false"},
		{db("aws_elasticache_replication_group", "transit_encryption_enabled = true\ntransit_encryption_mode = var.unknown"), "aws_elasticache_replication_group.d", "?"},
		{db("aws_elasticache_replication_group", ""), "aws_elasticache_replication_group.d", "false"},
		{db("aws_elasticache_replication_group", "engine = \"valkey\""), "aws_elasticache_replication_group.d", "?"},
		{db("aws_opensearch_domain", "vpc_options {\nsubnet_ids = [aws_subnet.a.id]\nsecurity_group_ids = [aws_security_group.g.id]\n}"), "aws_opensearch_domain.d", "false"},
		{db("aws_opensearch_domain", "vpc_options {\nsubnet_ids = [aws_subnet.a.id]\nsecurity_group_ids = [aws_security_group.g.id]\n}\ndomain_endpoint_options { tls_security_policy = \"x\" }"), "aws_opensearch_domain.d", "true"},
	} {
		s, _ := read(t, base+tc.text)
		st := s.Store(topoID(tc.id))
		if st == nil {
			t.Errorf("%s: there is no store", tc.text)
			continue
		}
		if got := show(st.RequireTLS); got != tc.want {
			t.Errorf("%s: requires TLS %s, want %s", tc.text, got, tc.want)
		}
	}
}

// A file system refuses plain mounts if its policy denies them to everybody.
func TestFileSystemPolicy(t *testing.T) {
	const deny = `{ Effect = "Deny", Principal = "*", Action = "*", Condition = { Bool = { "aws:SecureTransport" = "false" } } }`
	for policy, want := range map[string]string{
		`jsonencode({ Statement = ` + deny + ` })`:                                          "true",
		`jsonencode({ Statement = [` + deny + `] })`:                                        "true",
		`jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "*" }] })`: "false",
		`jsonencode({ Statement = [{ Effect = "Deny", Principal = { AWS = "arn:aws:iam::1:root" }, Action = "*", Condition = { Bool = { "aws:SecureTransport" = "false" } } }] })`: "?",
		`"{"`:         "?",
		`var.unknown`: "?",
	} {
		s, _ := read(t, base+`resource "aws_efs_file_system" "f" {}
			resource "aws_efs_file_system_policy" "p" {
				file_system_id = aws_efs_file_system.f.id
				policy = `+policy+`
			}`)
		if got := show(s.Store("aws_efs_file_system.f").RequireTLS); got != want {
			t.Errorf("%s: requires TLS %s, want %s", policy, got, want)
		}
	}
}

// Images that AWS publishes for Amazon ECS are known by the name that a data
// source asks for.
func TestImages(t *testing.T) {
	for image, want := range map[string]string{
		"data.aws_ssm_parameter.ecs.value": "true", "data.aws_ami.ecs.id": "true", "data.aws_ami.other.id": "?",
		`"ami-1"`: "?", "var.unknown": "?", `"resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"`: "true",
	} {
		s, _ := read(t, base+`
			data "aws_ssm_parameter" "ecs" { name = "/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id" }
			data "aws_ami" "ecs" {
				filter {
					name = "name"
					values = ["al2023-ami-ecs-hvm-*"]
				}
			}
			data "aws_ami" "other" {
				filter {
					name = "name"
					values = ["my-ecs-image-*"]
				}
			}
			resource "aws_instance" "i" {
				ami = `+image+`
				instance_type = "m6i.large"
				subnet_id = aws_subnet.a.id
			}`)
		h := s.Host("aws_instance.i")
		if got := show(h.ECSImage); got != want || show(h.InstanceType) != "m6i.large" {
			t.Errorf("%s: ECS image %s of type %s, want %s", image, got, show(h.InstanceType), want)
		}
	}
}
