package diff

import (
	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diff/changed"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Side is one of the two designs.
type Side = changed.Side

// Change is a resource that differs.
type Change = changed.Change

// Move is a thing that has another ID and is otherwise the same.
type Move = changed.Move

func snapshot(s Side) *topo.Snapshot {
	out, _ := assemble.Snapshot(assemble.Options{Intent: s.Intent}, s.Sets...)
	return out
}

// Difference is what differs between two designs. The zero Difference is none.
type Difference struct {
	Before, After *topo.Snapshot // things that moved have their new IDs in both

	Rows    []Row    // widest first, within one kind of change
	Changes []Change // by ID
	Moved   []Move   // by the new ID
	Pairs   int      // of endpoints and classes that were asked about
	Open    int      // pairs that something may have changed for, and that are undecided on both sides
	// Unsearched says why no causes were looked for; empty if they were.
	Unsearched string
}

// IsEmpty reports whether nobody reaches more, less, or differently known.
func (d Difference) IsEmpty() bool { return len(d.Rows) == 0 }

// Row is one change of who reaches whom. Of the connections from each of From to
// each of To, all Packets had the answer Before and have the answer After, and
// these differ.
type Row struct {
	From, To      []Node // never empty
	Packets       netset.Ports
	Before, After fact.Tri

	// Fresh marks connections that are there, or no longer there, because one of
	// their ends is: a thing was added or removed.
	Fresh bool

	// Way is set for connections through a load balancer; Packets are then those
	// of its listener.
	Way *Way

	// Listens is the part of Packets on which all destinations declare that
	// something listens, and Silent tells that none of them can listen to any.
	Listens netset.Ports
	Silent  bool

	Cause Cause // zero for Fresh rows, and if none was looked for
}

// Node is one side of a row: an endpoint, or hosts outside.
type Node struct {
	Endpoint ref.ID
	Addrs    netset.Addrs // hosts outside
	List     ref.ID       // prefix list of AWS whose hosts are meant
}

// Way is the part of a connection behind a load balancer.
type Way struct {
	Balancer        ref.ID
	Workload        ref.ID // empty if the target is none
	TargetPorts     netset.Ports
	Client, Backend reach.TLS

	// Lost is what got worse about TLS with this way, as a clause; else empty.
	Lost string
}

// CauseKind tells how the changes of a [Cause] act. The zero kind is that of a
// row whose cause was not looked for.
type CauseKind uint8

// The kinds.
const (
	CauseUnknown  CauseKind = iota
	CauseOne                // the one change does it
	CauseEach               // each of them does it alone: all must be put back to undo it
	CauseTogether           // all of them are needed: putting back one undoes it
	CauseSeveral            // one of them, or several together; all must be put back
)

// Cause is the changes of resources that cause a row.
type Cause struct {
	Kind    CauseKind
	Changes []int // indices of [Difference.Changes], ascending
}

// Of compares two designs.
func Of(before, after Side) Difference {
	moved := changed.Moves(before.Sets, after.Sets)
	before.Sets = changed.Rename(before.Sets, moved)
	d := Difference{Before: snapshot(before), After: snapshot(after), Moved: moved, Changes: changed.Of(before, after)}
	c := comparison{newAsker(d.Before), newAsker(d.After)}
	r := c.relation(touched(d.Before, d.After))
	d.Pairs, d.Open = r.pairs, r.open
	causes := trial{before: before, after: after, changes: d.Changes, hosts: c.before.hosts, first: c.before.first}
	r.cells, d.Unsearched = causes.explain(r.cells)
	d.Rows = rows(d, r.cells)
	return d
}
