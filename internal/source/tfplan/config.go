package tfplan

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// config is the configuration of a plan: expressions by module.
type config struct {
	root      tree.Node            // configuration
	variables tree.Node            // values of the root module's variables
	scopes    map[string]*scope    // by module address
	instances map[string][]string  // module address without its last index → the indices there are, sorted
	resources map[string]tree.Node // configuration of a resource by scope's path and address
}

// scope is one module instance: where the expressions of a module are
// evaluated.
type scope struct {
	addr   string // "module.a[0]", "" for the root
	path   string // addr without indices: names the module's configuration
	key    string // "[0]"
	module tree.Node
	call   tree.Node // the call in the parent; absent for the root
	parent *scope    // nil for the root
}

// maxModuleDepth bounds how deep modules may lie in each other: a hostile plan
// could make each of its addresses as long as the file.
const maxModuleDepth = 64

func newConfig(root tree.Node, items []*item) *config {
	c := &config{root: root.Get("configuration"), variables: root.Get("variables"),
		scopes: map[string]*scope{}, instances: map[string][]string{}, resources: map[string]tree.Node{}}
	c.scopes[""] = &scope{module: c.root.Get("root_module")}
	c.index(c.root.Get("root_module"), "", 0)
	seen := map[string]bool{"": true}
	for _, it := range items {
		for m := ref.ID(it.module); !seen[string(m)]; m = m.Module() {
			seen[string(m)] = true
			base := m.Base()
			c.instances[string(base)] = append(c.instances[string(base)], string(m[len(base):]))
		}
	}
	for _, keys := range c.instances {
		slices.Sort(keys)
	}
	return c
}

// index notes where the configuration of each resource is.
func (c *config) index(m tree.Node, path string, depth int) {
	if depth > maxModuleDepth {
		return
	}
	for _, n := range m.Get("resources").Items() {
		c.resources[join(path, n.Get("address").Text())] = n
	}
	for _, call := range m.Get("module_calls").Members() {
		c.index(call.Get("module"), join(path, "module."+call.Key), depth+1)
	}
}

// scope is the module instance with this address; nil if the configuration does
// not have it.
func (c *config) scope(addr string) *scope {
	if s, ok := c.scopes[addr]; ok {
		return s
	}
	id := ref.ID(addr)
	var s *scope
	if name, ok := strings.CutPrefix(string(id.Base().Short()), "module."); ok && strings.Count(addr, "module.") <= maxModuleDepth {
		if parent := c.scope(string(id.Module())); parent != nil {
			if call := parent.module.Path("module_calls", name); call.Kind() == tree.Object {
				s = &scope{addr: addr, path: join(parent.path, "module."+name), key: addr[len(id.Base()):],
					module: call.Get("module"), call: call, parent: parent}
			}
		}
	}
	c.scopes[addr] = s
	return s
}

// context is what count.index, each.key and each.value mean where an
// expression is evaluated.
type context struct {
	s    *scope
	key  string    // index of the instance that the expression is for
	keys []string  // indices of all its instances, sorted
	each tree.Node // the expression of for_each, evaluated in s without an index
}

// caller is the context in which the arguments of the module's call are
// evaluated.
func (c *config) caller(s *scope) context {
	return context{s: s.parent, key: s.key, keys: c.instances[string(ref.ID(s.addr).Base())], each: s.call.Get("for_each_expression")}
}

// isExpression tells the object of an expression, which is empty, or has its
// constant value or its references, from that of a nested block.
func isExpression(n tree.Node) bool {
	if n.Kind() != tree.Object {
		return false
	}
	members := n.Members()
	if len(members) == 0 {
		return true
	}
	if len(members) != 1 {
		return false
	}
	return members[0].Key == "constant_value" || members[0].Key == "references" && members[0].Kind() == tree.Array
}
