package compute

import (
	"maps"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/resource"
)

// database translates an instance of Amazon RDS: one of a cluster is of a type of
// its own at the provider.
func database(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{
		"VPCSecurityGroups": "vpc_security_group_ids", "DBInstanceIdentifier": "identifier", "DBParameterGroupName": "parameter_group_name",
		"SourceDBInstanceIdentifier": "replicate_source_db", "DBClusterIdentifier": "cluster_identifier", "DBInstanceClass": "instance_class",
	})
	if body["publicly_accessible"].IsNull() {
		body["publicly_accessible"] = form.Unknown("PubliclyAccessible is not written, so it depends on whether its VPC has an internet gateway", r.Place)
	}
	if cluster := r.Get("DBClusterIdentifier"); !cluster.IsNull() && !cluster.Maybe {
		return one(r, "aws_rds_cluster_instance", body)
	}
	return one(r, "aws_db_instance", body)
}

// cluster translates a cluster of Amazon RDS. One that is not Aurora's has the
// interfaces itself, and whether they are public is up to its VPC, too.
func cluster(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"DBClusterIdentifier": "cluster_identifier"})
	if body["publicly_accessible"].IsNull() && !r.Get("DBClusterInstanceClass").IsNull() {
		body["publicly_accessible"] = form.Unknown("PubliclyAccessible is not written, so it depends on whether its VPC has an internet gateway", r.Place)
	}
	return one(r, "aws_rds_cluster", body)
}

// replication translates a replication instance of AWS DMS, which is public
// unless the template says otherwise.
func replication(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"ReplicationSubnetGroupIdentifier": "replication_subnet_group_id"})
	if body["publicly_accessible"].IsNull() {
		body["publicly_accessible"] = form.Bool(true, r.Place)
	}
	return one(r, "aws_dms_replication_instance", body)
}

// parameters translates a parameter group, whose parameters are an object.
func parameters(typ, name string) form.Maker {
	return func(_ *form.Scope, r resource.Resource) []resource.Resource {
		body := form.Arguments(r.Body, map[string]string{name: "name"})
		delete(body, "parameters")
		v := r.Get("Parameters")
		body["parameter"] = v
		if v.Kind == resource.Map {
			list := form.List(v.Place)
			list.Maybe, list.Why = v.Maybe, v.Why
			for _, key := range slices.Sorted(maps.Keys(v.Map)) {
				value := v.Map[key]
				block := form.Map(resource.Value{Place: value.Place, Maybe: value.Maybe, Why: value.Why}, map[string]resource.Value{"name": form.Text(key, value.Place), "value": value})
				list.List = append(list.List, block)
			}
			body["parameter"] = list
		}
		return one(r, typ, body)
	}
}

func redshiftParameters(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"ParameterGroupName": "name", "ParameterGroupFamily": "family"})
	delete(body, "parameters")
	body["parameter"] = form.Rename(r.Get("Parameters"), map[string]string{"ParameterName": "name", "ParameterValue": "value"})
	return one(r, "aws_redshift_parameter_group", body)
}

func redshift(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	if body["publicly_accessible"].IsNull() {
		body["publicly_accessible"] = form.Unknown("PubliclyAccessible is not written, and its default is not the same for all clusters", r.Place)
	}
	return one(r, "aws_redshift_cluster", body)
}

// fileSystem translates a file system of Amazon EFS, with the policy on it.
func fileSystem(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	delete(body, "file_system_policy")
	delete(body, "file_system_tags")
	if v := r.Get("FileSystemTags"); !v.IsNull() {
		body["tags"] = form.Map(v, form.Pairs(v, "Key", "Value"))
	}
	out := one(r, "aws_efs_file_system", body)
	if v := r.Get("FileSystemPolicy"); !v.IsNull() {
		e := form.Element{Value: v, Index: -1}
		out = append(out, form.Part(r, "aws_efs_file_system_policy", "FileSystemPolicy", e, map[string]resource.Value{
			"file_system_id": form.To(r, "id"), "policy": form.JSON(e.Content()),
		}))
	}
	return out
}

// fsxTypes are the types of the provider for the kinds of Amazon FSx.
var fsxTypes = map[string]string{
	"LUSTRE": "aws_fsx_lustre_file_system", "WINDOWS": "aws_fsx_windows_file_system", "ONTAP": "aws_fsx_ontap_file_system", "OPENZFS": "aws_fsx_openzfs_file_system",
}

func fsx(_ *form.Scope, r resource.Resource) []resource.Resource {
	typ := fsxTypes[form.Word(r.Get("FileSystemType"))]
	if typ == "" {
		typ = "aws_fsx_file_system" // of an unknown kind
	}
	return one(r, typ, form.Arguments(r.Body, nil))
}

// kafka translates a cluster of Amazon MSK: switches of its authentication are
// objects in CloudFormation.
func kafka(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	body["client_authentication"] = form.Each(r.Get("ClientAuthentication"), func(m resource.Value) resource.Value {
		out := map[string]resource.Value{"unauthenticated": enabled(m.Get("Unauthenticated"))}
		if sasl := m.Get("Sasl"); !sasl.IsNull() {
			out["sasl"] = form.Map(sasl, map[string]resource.Value{"scram": enabled(sasl.Get("Scram")), "iam": enabled(sasl.Get("Iam"))})
		}
		if tls := m.Get("Tls"); !form.IsFalse(tls.Get("Enabled")) {
			out["tls"] = form.Rename(tls, nil)
		}
		return form.Map(m, out)
	})
	return one(r, "aws_msk_cluster", body)
}

// enabled is the switch in an object, or the object if it is not known.
func enabled(v resource.Value) resource.Value {
	if v.Kind == resource.Map {
		return v.Get("Enabled")
	}
	return v
}
