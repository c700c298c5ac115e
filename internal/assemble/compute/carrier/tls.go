package carrier

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
)

// parameterGroups tells of a type of database in which argument it names its
// parameter group, of which type that is, and which parameters refuse plain
// connections (AWS "Using SSL/TLS to encrypt a connection to a DB instance or
// cluster", and the same page of Amazon DocumentDB and Amazon Redshift).
var parameterGroups = map[string]struct {
	arg, typ   string
	parameters []string
}{
	"aws_db_instance":      {"parameter_group_name", "aws_db_parameter_group", []string{"rds.force_ssl", "require_secure_transport"}},
	"aws_rds_cluster":      {"db_cluster_parameter_group_name", "aws_rds_cluster_parameter_group", []string{"rds.force_ssl", "require_secure_transport"}},
	"aws_docdb_cluster":    {"db_cluster_parameter_group_name", "aws_docdb_cluster_parameter_group", []string{"tls"}},
	"aws_redshift_cluster": {"cluster_parameter_group_name", "aws_redshift_parameter_group", []string{"require_ssl"}},
}

// byParameter tells whether a parameter group that the design writes makes the
// database refuse plain connections. What it does not set depends on the engine
// and its version, except for Amazon DocumentDB, which requires TLS by default.
func (r *reader) byParameter(res resource.Resource) fact.Fact[bool] {
	row, ok := parameterGroups[res.Type]
	if !ok {
		return fact.Missing[bool]("the design does not tell whether it refuses plain connections", res.Place)
	}
	unset := r.byVersion(res)
	v := res.Get(row.arg)
	if v.IsNull() && res.Type == "aws_db_instance" && !res.Get("replicate_source_db").IsNull() {
		return fact.Missing[bool]("a replica has the parameter group of its source", res.Place)
	}
	if s, known := design.String(v, "").Get(); v.IsNull() || known && strings.HasPrefix(s, "default.") && s != "default.redshift-2.0" {
		return unset // the groups of AWS cannot be changed
	}
	link := wire.Names(r.d, []string{row.typ}, "name").Find(v, res.ID)
	group, found := r.d.Find(link.ID)
	if !found || group.Data || group.Type != row.typ {
		return fact.Missing[bool]("its parameter group is made elsewhere", v.Place)
	}
	out := unset
	for _, p := range group.Get("parameter").Items() {
		name, known := design.String(p.Get("name"), "").Get()
		switch {
		case !known || p.Maybe:
			out = fact.Missing[bool](design.Why(p), p.Place)
		case slices.Contains(row.parameters, name):
			return flag(p.Get("value"))
		}
	}
	return out
}

// flag reads the value of a parameter that is on or off.
func flag(v resource.Value) fact.Fact[bool] {
	s, ok := design.String(v, "").Get()
	if !ok {
		return fact.Missing[bool](design.Why(v), v.Place)
	}
	switch strings.ToLower(s) {
	case "1", "on", "true", "enabled", "tls1.2+", "tls1.3+", "fips-140-3":
		return fact.Known(true, v.Place)
	case "0", "off", "false", "disabled":
		return fact.Known(false, v.Place)
	}
	return fact.Missing[bool]("its value is neither on nor off", v.Place)
}

// defaults are the engines whose parameter that refuses plain connections is on
// from a version, and off before it (Amazon RDS "Requiring an SSL/TLS
// connection" for each engine; Aurora PostgreSQL "Requiring an SSL/TLS
// connection": on from version 17).
var defaults = map[string]int{ // 100 * major + minor
	"postgres": 1500, "mysql": 804, "mariadb": 1108, "aurora-postgresql": 1700,
}

// byVersion is whether a database refuses plain connections if no parameter says
// so.
func (r *reader) byVersion(res resource.Resource) fact.Fact[bool] {
	if res.Type == "aws_docdb_cluster" {
		return fact.Default(true)
	}
	e := r.engine(res)
	name, known := e.Get()
	from, ok := defaults[name]
	switch {
	case res.Type == "aws_redshift_cluster":
		return fact.Missing[bool]("no parameter says whether it requires SSL, and the default depends on when the cluster was made", res.Place)
	case !known:
		return fact.Missing[bool]("the engine is not known: "+e.Why, e.Place)
	case !ok:
		return fact.Missing[bool]("the parameter group of the database decides it", res.Place)
	}
	version := design.String(res.Get("engine_version"), "")
	s, known := version.Get()
	if !known || s == "" {
		why := version.Why
		if known {
			why = "no engine version is written"
		}
		return fact.Missing[bool](why+", and the default depends on the version", res.Place)
	}
	number, ok := versionNumber(s, name)
	if !ok {
		return fact.Missing[bool]("the default depends on the engine version, which is not known to that precision", version.Place)
	}
	return fact.Known(number >= from, version.Place)
}

// versionNumber is 100 * major + minor of the first two numbers of a version. A
// minor number that is not written is 0 for PostgreSQL, where it decides nothing.
func versionNumber(s, engine string) (int, bool) {
	major, rest, minorWritten := strings.Cut(s, ".")
	n, err := strconv.Atoi(major)
	if err != nil || n < 0 || n > 1000 {
		return 0, false
	}
	if strings.HasSuffix(engine, "postgres") || strings.HasSuffix(engine, "postgresql") {
		return 100 * n, true
	}
	minor, _, _ := strings.Cut(rest, ".")
	m, err := strconv.Atoi(minor)
	if !minorWritten || err != nil || m < 0 || m > 99 {
		return 0, false
	}
	return 100*n + m, true
}

// policyDenies tells whether a resource policy refuses requests that do not come
// over TLS, for everybody and every action (AWS "aws:SecureTransport").
func policyDenies(v resource.Value) fact.Tri {
	text, known := design.String(v, "").Get()
	if !known {
		return fact.Unknown
	}
	var doc struct {
		Statement json.RawMessage
	}
	type statement struct {
		Effect            string
		Principal, Action any
		Resource          any
		Condition         map[string]map[string]any
	}
	if json.Unmarshal([]byte(text), &doc) != nil {
		return fact.Unknown
	}
	var list []statement
	if json.Unmarshal(doc.Statement, &list) != nil {
		var one statement
		if json.Unmarshal(doc.Statement, &one) != nil {
			return fact.Unknown
		}
		list = []statement{one}
	}
	everybody := func(v any) bool {
		m, ok := v.(map[string]any)
		return v == "*" || ok && m["AWS"] == "*"
	}
	out := fact.No
	for _, s := range list {
		plain, about := s.Condition["Bool"]["aws:SecureTransport"]
		if s.Effect != "Deny" || !about {
			continue
		}
		off := plain == "false" || plain == false
		switch {
		case off && len(s.Condition) == 1 && len(s.Condition["Bool"]) == 1 && everybody(s.Principal) && (s.Action == "*" || s.Action == "elasticfilesystem:*"):
			return fact.Yes
		default:
			out = fact.Unknown
		}
	}
	return out
}
