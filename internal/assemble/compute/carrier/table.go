package carrier

import (
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// port is a range of TCP ports with what listens there.
type port struct {
	from, to uint16
	what     string
}

func (p port) bounds() netset.Bounds { return netset.Exactly(netset.TCP(p.from, p.to)) }

// row is what is known of a type.
type row struct {
	kind   topo.EndpointKind
	engine string // of a store, if the type has one only
	ports  []port // always open
	arg    string // argument with the port; the first port is its default
	always bool   // it has interfaces although no group is written
	more   string // why there may be further ports
	groups string // why it has groups that are not written
	// private is set if its interfaces never have public addresses.
	private bool
}

func store(engine, arg string, ports ...port) row {
	return row{kind: topo.StoreEndpoint, engine: engine, arg: arg, ports: ports, always: true}
}

func one(n uint16, what string) port { return port{n, n, what} }

var function = row{kind: topo.FunctionEndpoint}

// stores are the types of which more is known than their shape. Ports are the
// defaults of AWS, each from the page of its service.
var stores = map[string]row{
	"aws_db_instance":                    {kind: topo.StoreEndpoint, arg: "port", always: true},
	"aws_rds_cluster":                    {kind: topo.StoreEndpoint, arg: "port", always: true},
	"aws_db_proxy":                       {kind: topo.StoreEndpoint, always: true},
	"aws_db_proxy_endpoint":              {kind: topo.StoreEndpoint, always: true},
	"aws_docdb_cluster":                  store("docdb", "port", one(27017, "DocumentDB")),
	"aws_docdbelastic_cluster":           store("docdb", "", one(27017, "DocumentDB")),
	"aws_neptune_cluster":                store("neptune", "port", one(8182, "Neptune")),
	"aws_redshift_cluster":               store("redshift", "port", one(5439, "Redshift")),
	"aws_redshift_endpoint_access":       store("redshift", "", one(5439, "Redshift")),
	"aws_redshiftserverless_workgroup":   store("redshift", "port", one(5439, "Redshift")),
	"aws_elasticache_cluster":            {kind: topo.StoreEndpoint, arg: "port", always: true},
	"aws_elasticache_replication_group":  store("redis", "port", one(6379, "Redis")),
	"aws_elasticache_serverless_cache":   {kind: topo.StoreEndpoint, always: true},
	"aws_memorydb_cluster":               store("redis", "port", one(6379, "MemoryDB")),
	"aws_dax_cluster":                    {kind: topo.StoreEndpoint, engine: "dax", always: true},
	"aws_timestreaminfluxdb_db_instance": store("influxdb", "port", one(8086, "InfluxDB")),
	"aws_timestreaminfluxdb_db_cluster":  store("influxdb", "port", one(8086, "InfluxDB")),
	"aws_efs_mount_target":               store("efs", "", one(2049, "EFS")),
	"aws_fsx_lustre_file_system":         store("lustre", "", one(988, "Lustre"), port{1018, 1023, "Lustre"}),
	"aws_fsx_openzfs_file_system":        {kind: topo.StoreEndpoint, engine: "openzfs", ports: []port{one(2049, "NFS"), one(111, "portmapper"), port{20001, 20003, "NFS"}}, always: true, more: "NFS 3 has further ports"},
	"aws_fsx_windows_file_system":        {kind: topo.StoreEndpoint, engine: "smb", ports: []port{one(445, "SMB"), one(5985, "WinRM")}, always: true, more: "Active Directory has further ports"},
	"aws_fsx_ontap_file_system":          {kind: topo.StoreEndpoint, engine: "ontap", ports: []port{one(2049, "NFS"), one(445, "SMB"), one(443, "ONTAP")}, always: true, more: "ONTAP has further ports"},
	"aws_msk_cluster":                    {kind: topo.StoreEndpoint, engine: "kafka", always: true},
	"aws_msk_serverless_cluster":         store("kafka", "", one(9098, "Kafka with IAM")),
	"aws_mq_broker":                      {kind: topo.StoreEndpoint, always: true},
	"aws_opensearch_domain":              {kind: topo.StoreEndpoint, engine: "opensearch", ports: []port{one(443, "OpenSearch")}},
	"aws_elasticsearch_domain":           {kind: topo.StoreEndpoint, engine: "opensearch", ports: []port{one(443, "OpenSearch")}},

	"aws_eks_cluster":                   {ports: []port{one(443, "Kubernetes API")}, groups: "Amazon EKS makes a group of its own for it", private: true},
	"aws_ec2_instance_connect_endpoint": {private: true}, "aws_ec2_client_vpn_endpoint": {private: true}, "aws_route53_resolver_endpoint": {private: true},

	// Sources only: they connect and never listen.
	"aws_lambda_function": function, "aws_codebuild_project": function, "aws_codebuild_fleet": function, "aws_apprunner_vpc_connector": function,
	"aws_glue_connection": function, "aws_glue_dev_endpoint": function, "aws_kinesis_firehose_delivery_stream": function,
	"aws_synthetics_canary": function, "aws_datasync_agent": function, "aws_datasync_location_efs": function,
	"aws_datasync_location_fsx_lustre_file_system": function, "aws_datasync_location_fsx_windows_file_system": function,
	"aws_datasync_location_fsx_openzfs_file_system": function, "aws_datasync_location_fsx_ontap_file_system": function,
	"aws_dms_replication_instance": function, "aws_dms_replication_config": function, "aws_apigatewayv2_vpc_link": function,
	"aws_quicksight_vpc_connection": function, "aws_prometheus_scraper": function, "aws_sagemaker_data_quality_job_definition": function,
	"aws_kinesisanalyticsv2_application": function, "aws_lambda_capacity_provider": function, "aws_mskconnect_connector": function,
	"aws_iot_topic_rule_destination": function, "aws_pipes_pipe": function, "aws_cloudwatch_event_target": function,
	"aws_codestarconnections_host": function, "aws_codeconnections_host": function, "aws_devicefarm_test_grid_project": function,
}

// engines are the default ports of databases by the beginning of their engine.
var engines = []struct {
	prefix string
	port   port
}{
	{"aurora-postgresql", one(5432, "PostgreSQL")}, {"postgres", one(5432, "PostgreSQL")},
	{"aurora", one(3306, "MySQL")}, {"mysql", one(3306, "MySQL")}, {"mariadb", one(3306, "MariaDB")},
	{"oracle", one(1521, "Oracle")}, {"custom-oracle", one(1521, "Oracle")},
	{"sqlserver", one(1433, "SQL Server")}, {"custom-sqlserver", one(1433, "SQL Server")},
	{"db2", one(50000, "Db2")}, {"docdb", one(27017, "DocumentDB")}, {"neptune", one(8182, "Neptune")},
	{"memcached", one(11211, "Memcached")}, {"redis", one(6379, "Redis")}, {"valkey", one(6379, "Valkey")},
}

func engine(name string) (port, bool) {
	for _, e := range engines {
		if strings.HasPrefix(strings.ToLower(name), e.prefix) {
			return e.port, true
		}
	}
	return port{}, false
}

// store is what decides about a data store.
func (r *reader) store(t topo.Thing, res resource.Resource, row row) topo.Store {
	st := topo.Store{Thing: t, Engine: r.engineOf(res, row)}
	st.Port = r.port(res, row, st.Engine)
	st.Public = fact.Default(false)
	if v := res.Get("publicly_accessible"); !v.IsNull() {
		st.Public = design.Bool(v, false)
	} else if res.Type == "aws_redshift_cluster" && res.Called == "" {
		st.Public = fact.Missing[bool]("publicly_accessible is not written, and its default depends on the version of the Terraform provider", res.Place)
	}
	if res.Type == "aws_msk_cluster" {
		access := design.String(res.Get("broker_node_group_info", "connectivity_info", "public_access", "type"), "DISABLED")
		if s, ok := access.Get(); ok {
			st.Public = fact.Known(s != "DISABLED", access.Place)
		} else {
			st.Public = fact.Missing[bool](access.Why, access.Place)
		}
	}
	st.RequireTLS = r.requireTLS(res)
	return st
}

// engineOf is the engine of a store.
func (r *reader) engineOf(res resource.Resource, row row) fact.Fact[string] {
	if row.engine == "" || row.engine == "redis" && !res.Get("engine").IsNull() {
		return r.engine(res)
	}
	return fact.Known(row.engine, res.Place)
}

// port is the port of a store: the one that is written, or the default.
func (r *reader) port(res resource.Resource, row row, of fact.Fact[string]) fact.Fact[int] {
	if row.arg != "" {
		if v := res.Get(row.arg); !v.IsNull() {
			return design.Int(v, 0)
		}
	}
	if len(row.ports) > 0 {
		return fact.Default(int(row.ports[0].from))
	}
	name, known := of.Get()
	if !known {
		return fact.Missing[int]("the engine is not known, and no port is written", res.Place)
	}
	if def, ok := engine(name); ok {
		return fact.Default(int(def.from))
	}
	return fact.Missing[int]("it has several ports", res.Place)
}

// Port is the port of a store where a value refers to that, as rules for its
// clients do. Other values are returned as they are.
func Port(d *design.Design, v resource.Value) resource.Value {
	if v.Kind != resource.Ref || v.Maybe || v.Ref.Attr != "port" {
		return v
	}
	res, ok := d.Find(v.Ref.ID)
	row, known := stores[res.Type]
	if !ok || !known || row.arg != "port" {
		return v
	}
	r := &reader{d: d}
	if n, ok := r.port(res, row, r.engineOf(res, row)).Get(); ok {
		return resource.Value{Kind: resource.Number, Number: float64(n), Place: v.Place}
	}
	return v
}

// engine is the engine of a database; what inherits it from a snapshot, a
// source or a cluster does not write it.
func (r *reader) engine(res resource.Resource) fact.Fact[string] {
	v := res.Get("engine")
	switch res.Type {
	case "aws_db_proxy":
		family := design.String(res.Get("engine_family"), "")
		s, ok := family.Get()
		if !ok {
			return family
		}
		return fact.Known(strings.ToLower(strings.Replace(s, "POSTGRESQL", "postgres", 1)), family.Place)
	case "aws_mq_broker":
		v = res.Get("engine_type")
	case "aws_elasticache_cluster":
		if v.IsNull() && !res.Get("replication_group_id").IsNull() {
			return fact.Known("redis", res.Place)
		}
	}
	if source, ok := r.d.Find(r.d.Link(res.Get("replicate_source_db")).ID); ok && v.IsNull() && source.Type == res.Type && source.ID != res.ID {
		v = source.Get("engine") // a replica has the engine of its source
	}
	if v.IsNull() {
		return fact.Missing[string]("no engine is written", res.Place)
	}
	f := design.String(v, "")
	if s, ok := f.Get(); ok {
		return fact.Known(strings.ToLower(s), f.Place)
	}
	return f
}

// requireTLS tells whether plain connections are refused, where the resource
// itself decides that.
func (r *reader) requireTLS(res resource.Resource) fact.Fact[bool] {
	switch res.Type {
	case "aws_db_proxy":
		return design.Bool(res.Get("require_tls"), false)
	case "aws_elasticache_replication_group", "aws_elasticache_cluster":
		v := res.Get("transit_encryption_enabled")
		on, ok := design.Bool(v, false).Get()
		mode, known := design.String(res.Get("transit_encryption_mode"), "required").Get()
		switch {
		case ok && v.IsNull() && res.Type == "aws_elasticache_replication_group" && design.String(res.Get("engine"), "redis").Or("") != "redis":
			return fact.Missing[bool]("whether encryption in transit is on is not written, and its default depends on the engine", res.Place)
		case ok && on && !known:
			return fact.Missing[bool]("the transit encryption mode may let plain connections in", v.Place)
		case ok && on && mode != "required":
			return fact.Known(false, res.Get("transit_encryption_mode").Place)
		}
		return design.Bool(v, false)
	case "aws_elasticache_serverless_cache", "aws_mq_broker", "aws_msk_serverless_cluster", "aws_neptune_cluster", "aws_docdbelastic_cluster":
		return fact.Known(true, res.Place) // there is no other way
	case "aws_memorydb_cluster":
		return design.Bool(res.Get("tls_enabled"), true)
	case "aws_opensearch_domain", "aws_elasticsearch_domain":
		// The block of the provider defaults to true; the API without it to false.
		options := res.Get("domain_endpoint_options")
		return design.Bool(options.Get("enforce_https"), res.Called == "" && wire.Written(options) == fact.Yes)
	case "aws_msk_cluster":
		f := design.String(res.Get("encryption_info", "encryption_in_transit", "client_broker"), "TLS")
		if s, ok := f.Get(); ok {
			return fact.Known(s == "TLS", f.Place)
		}
		return fact.Missing[bool](f.Why, f.Place)
	case "aws_dax_cluster":
		f := design.String(res.Get("cluster_endpoint_encryption_type"), "NONE")
		if s, ok := f.Get(); ok {
			return fact.Known(s == "TLS", f.Place)
		}
		return fact.Missing[bool](f.Why, f.Place)
	}
	return r.byParameter(res)
}

// listens are the ports of a store.
func (w row) listens(res resource.Resource, st topo.Store) ([]topo.Listen, string) {
	at := res.Place
	listen := func(ports ...port) []topo.Listen {
		var out []topo.Listen
		for _, p := range ports {
			out = append(out, topo.Listen{Ports: p.bounds(), What: p.what, Place: at})
		}
		return out
	}
	switch res.Type {
	case "aws_msk_cluster":
		return kafka(res, st), ""
	case "aws_mq_broker":
		switch name, _ := st.Engine.Get(); name {
		case "rabbitmq":
			return listen(one(5671, "AMQP"), one(443, "RabbitMQ console")), ""
		case "activemq":
			return listen(one(61617, "OpenWire"), one(5671, "AMQP"), one(61614, "STOMP"), one(8883, "MQTT"), one(61619, "WebSocket"), one(8162, "ActiveMQ console")), ""
		}
		return nil, "the engine of the broker is not known"
	case "aws_opensearch_domain", "aws_elasticsearch_domain":
		out := listen(one(443, "OpenSearch"))
		plain := wire.Port(fact.Default(80), false)
		switch tls, known := st.RequireTLS.Get(); {
		case !known:
			plain = wire.Perhaps(plain, fact.Unknown)
		case tls:
			return out, ""
		}
		return append(out, topo.Listen{Ports: plain, What: "OpenSearch", Place: at}), ""
	case "aws_dax_cluster":
		switch tls, known := st.RequireTLS.Get(); {
		case !known:
			return []topo.Listen{{Ports: netset.AtMost(netset.TCP(8111, 8111).Union(netset.TCP(9111, 9111))), What: "DAX", Place: at}}, ""
		case tls:
			return listen(one(9111, "DAX")), ""
		}
		return listen(one(8111, "DAX")), ""
	case "aws_elasticache_serverless_cache":
		if name, known := st.Engine.Get(); known && name == "memcached" {
			return listen(one(11211, "Memcached")), ""
		} else if known {
			return listen(port{6379, 6380, "ElastiCache"}), ""
		}
	}
	if len(w.ports) > 1 || len(w.ports) == 1 && w.arg == "" {
		return listen(w.ports...), w.more
	}
	what := "data store"
	if len(w.ports) > 0 {
		what = w.ports[0].what
	} else if p, ok := engine(st.Engine.Or("")); ok {
		what = p.what
	}
	return []topo.Listen{{Ports: wire.Port(st.Port, false), What: what, Place: place(st.Port.Place, at)}}, w.more
}

func place(p, or ref.Place) ref.Place {
	if p.IsZero() {
		return or
	}
	return p
}

// kafka are the ports of the brokers (AWS "Port information" of Amazon MSK): by
// what clients may use for encryption and authentication.
func kafka(res resource.Resource, st topo.Store) []topo.Listen {
	all := netset.TCP(9092, 9098).Union(netset.TCP(9194, 9198)).Union(netset.TCP(2181, 2182))
	f := design.String(res.Get("encryption_info", "encryption_in_transit", "client_broker"), "TLS")
	sure := netset.NoPorts()
	if s, ok := f.Get(); ok {
		if s != "TLS" {
			sure = sure.Union(netset.TCP(9092, 9092))
		} else {
			all = all.Minus(netset.TCP(9092, 9092))
		}
		auth := res.Get("client_authentication")
		if s != "PLAINTEXT" && (wire.Written(auth) == fact.No || design.Bool(auth.Get("unauthenticated"), false).Or(false) || wire.Written(auth.Get("tls")) == fact.Yes) {
			sure = sure.Union(netset.TCP(9094, 9094))
		}
		if design.Bool(auth.Get("sasl", "scram"), false).Or(false) {
			sure = sure.Union(netset.TCP(9096, 9096))
		}
		if design.Bool(auth.Get("sasl", "iam"), false).Or(false) {
			sure = sure.Union(netset.TCP(9098, 9098))
		}
	}
	if public, ok := st.Public.Get(); ok && !public {
		all = all.Minus(netset.TCP(9194, 9198))
	}
	return []topo.Listen{{Ports: netset.Bounds{Sure: sure, Maybe: all}, What: "Kafka", Place: res.Place}}
}
