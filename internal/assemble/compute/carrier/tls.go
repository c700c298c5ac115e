package carrier

import (
	"slices"
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
	unset := fact.Missing[bool]("the parameter group of the database decides it", res.Place)
	if !ok {
		return unset
	}
	if res.Type == "aws_docdb_cluster" {
		unset = fact.Default(true)
	}
	v := res.Get(row.arg)
	if v.IsNull() {
		return unset
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
