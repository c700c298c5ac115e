package diff

import (
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"slices"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// touch tells which endpoints a change may concern. Nobody else's pairs differ.
type touch struct {
	all     bool
	nothing bool // both designs are the same
	touched map[ref.ID]bool
}

func (t touch) both(from, to ref.ID) bool { return t.all || t.touched[from] || t.touched[to] }

// table is a list of a snapshot.
type table struct {
	// wide things decide about connections of endpoints that do not name them.
	wide bool
	// deep things are looked through: what they name concerns whoever names them.
	deep bool
}

// tables are the lists of a snapshot by the name of their field. A list that is
// not here is wide.
var tables = map[string]table{
	"VPCs":            {wide: true, deep: true},
	"Gateways":        {wide: true, deep: true},
	"Peerings":        {wide: true, deep: true},
	"TransitGateways": {wide: true, deep: true},
	"VPCEndpoints":    {wide: true, deep: true},
	"Subnets":         {deep: true},
	"RouteTables":     {deep: true},
	"NetworkACLs":     {deep: true},
	"SecurityGroups":  {deep: true},
	"Endpoints":       {deep: true},
	"Hosts":           {deep: true},
	"Workloads":       {deep: true},
	"TaskDefinitions": {deep: true},
	// Listeners and target groups decide about ways through load balancers,
	// which are compared in any case, and not about connections.
	"LoadBalancers":     {},
	"Listeners":         {},
	"TargetGroups":      {},
	"Clusters":          {},
	"CapacityProviders": {},
	"Stores":            {},
	"Namespaces":        {},
	"FlowLogs":          {},
	"EndpointServices":  {},
}

// node is what one ID names: several things if they are one for users.
type node struct {
	sum   string
	wide  bool
	names []ref.ID // of deep things
}

// touched compares two snapshots thing by thing.
func touched(a, b *topo.Snapshot) touch {
	x, y := nodes(a), nodes(b)
	dirty := map[ref.ID]bool{}
	t := touch{touched: map[ref.ID]bool{}}
	for _, side := range [][2]map[ref.ID]*node{{x, y}, {y, x}} {
		for id, n := range side[0] {
			if m := side[1][id]; m == nil || m.sum != n.sum {
				dirty[id] = true
				t.all = t.all || n.wide
			}
		}
	}
	t.nothing = len(dirty) == 0
	for s, of := range map[*topo.Snapshot]map[ref.ID]*node{a: x, b: y} {
		concerned := concerned(of, dirty)
		for i := range s.Endpoints {
			if id := s.Endpoints[i].ID; concerned[id] {
				t.touched[id] = true
			}
		}
	}
	return t
}

// concerned are the things that are dirty or name, through others that are
// looked through, something dirty.
func concerned(of map[ref.ID]*node, dirty map[ref.ID]bool) map[ref.ID]bool {
	named := map[ref.ID][]ref.ID{} // by whom
	for id, n := range of {
		for _, name := range n.names {
			named[name] = append(named[name], id)
		}
	}
	out := map[ref.ID]bool{}
	var next []ref.ID
	mark := func(id ref.ID) {
		if !out[id] {
			out[id] = true
			next = append(next, id)
		}
	}
	for id := range dirty {
		mark(id)
	}
	for len(next) > 0 {
		id := next[len(next)-1]
		next = next[:len(next)-1]
		for _, by := range named[id] {
			mark(by)
		}
	}
	return out
}

// nodes are the things of a snapshot.
func nodes(s *topo.Snapshot) map[ref.ID]*node {
	out := map[ref.ID]*node{}
	lists := reflect.ValueOf(s).Elem()
	for i := range lists.NumField() {
		field := lists.Type().Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Slice {
			continue
		}
		if _, ok := field.Type.Elem().FieldByName("ID"); !ok {
			continue // what is not modelled decides nothing
		}
		t, known := tables[field.Name]
		for j := range lists.Field(i).Len() {
			thing := lists.Field(i).Index(j)
			id := ref.ID(thing.FieldByName("ID").String())
			n := out[id]
			if n == nil {
				n = &node{}
				out[id] = n
			}
			h := reader{buf: []byte(field.Name)}
			h.read(thing)
			sum := sha256.Sum256(h.buf) // an adversary must not make a change look like none
			n.sum += string(sum[:])
			n.wide = n.wide || !known || t.wide || forwards(thing)
			if t.deep {
				n.names = append(n.names, h.names...)
			}
		}
	}
	return out
}

// forwards is whether a thing may pass on packets of others: all of its VPC may
// depend on it.
func forwards(thing reflect.Value) bool {
	e, ok := thing.Addr().Interface().(*topo.Endpoint)
	return ok && e.Forwards == fact.Yes
}

// reader writes a value but for places, and gathers the IDs in it.
type reader struct {
	buf   []byte
	names []ref.ID
}

var (
	placeType = reflect.TypeFor[ref.Place]()
	idType    = reflect.TypeFor[ref.ID]()
)

func (r *reader) text(s string) {
	r.number(uint64(len(s)))
	r.buf = append(r.buf, s...)
}

func (r *reader) number(n uint64) { r.buf = binary.AppendUvarint(r.buf, n) }

func (r *reader) read(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == placeType {
			return
		}
		for i := range v.NumField() {
			r.read(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		r.number(uint64(v.Len()))
		for i := range v.Len() {
			r.read(v.Index(i))
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int {
			if a.String() < b.String() {
				return -1
			}
			return 1
		})
		r.number(uint64(len(keys)))
		for _, k := range keys {
			r.read(k)
			r.read(v.MapIndex(k))
		}
	case reflect.Pointer, reflect.Interface:
		r.number(uint64(v.Kind()))
		if !v.IsNil() {
			r.read(v.Elem())
		}
	case reflect.String:
		if v.Type() == idType && v.Len() > 0 {
			r.names = append(r.names, ref.ID(v.String()))
		}
		r.text(v.String())
	case reflect.Bool:
		if v.Bool() {
			r.number(1)
		} else {
			r.number(0)
		}
	case reflect.Float64, reflect.Float32:
		r.number(uint64(v.Float()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		r.number(v.Uint())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		r.number(uint64(v.Int()))
	}
}
