package reach

import (
	"math/rand"
	"net/netip"

	"github.com/muralla-net/muralla/internal/topo"
)

// Draw is a small network for tests of packages that build on this one. In it,
// some facts are unknown if it is told so.
func Draw(seed int64, unknown bool) *topo.Snapshot {
	d := &drawer{Rand: rand.New(rand.NewSource(seed)), unknown: unknown}
	return d.network()
}

// Strangers are addresses that Draw's rules tell apart.
func Strangers() []netip.Addr { return outside }
