package graph

import (
	"cmp"
	"math"
	"slices"

	"github.com/muralla-net/muralla/internal/graph"
)

const (
	headTop  = 92.0 // the lanes begin below title and heads
	laneHead = 26.0
	plainTop = 78.0 // the same without lanes
)

// coordinates gives the rows their order on paper: bands below each other, and
// items as level with what they are connected with as the row allows.
func (l *layout) coordinates() {
	l.top = plainTop
	if l.lanes() {
		l.top = headTop
	}
	y := l.top + 14
	for _, b := range l.bands {
		b.top = y
		inner := 0.0
		for _, row := range b.rows {
			inner = max(inner, heightOf(row))
		}
		b.height = inner + 2*bandPad
		if b.frame != nil {
			b.height += bandHead - bandPad/2
		}
		y += b.height + bandGap
	}
	l.bottom = max(y-bandGap, l.top+60)
	for i := range l.cols {
		if c := &l.cols[i]; c.free {
			l.bottom = max(l.bottom, l.top+heightOf(c.items)+2*bandPad)
		}
	}
	rows := l.rows()
	l.stackBands()
	l.sortPorts()
	for sweep := range 10 {
		slices.SortStableFunc(rows, func(a, b *[]*item) int {
			if sweep%2 == 0 {
				return colOf(*a) - colOf(*b)
			}
			return colOf(*b) - colOf(*a)
		})
		for _, row := range rows {
			l.level(*row)
		}
	}
	l.sortPorts()
	l.across()
}

func (l *layout) lanes() bool {
	return slices.ContainsFunc(l.cols, func(c column) bool { return c.lane != graph.NoLane })
}

// heightOf is what a row needs.
func heightOf(row []*item) float64 {
	if len(row) == 0 {
		return 0
	}
	h := row[0].h + headOf(row[0]) + footOf(row[len(row)-1])
	for i := 1; i < len(row); i++ {
		h += gap(row[i-1], row[i]) + row[i].h
	}
	return h
}

// headOf and footOf are the frame of a cluster at the ends of a row.
func headOf(it *item) float64 {
	if it.group != "" {
		return groupHead
	}
	return 0
}

func footOf(it *item) float64 {
	if it.group != "" {
		return groupPad
	}
	return 0
}

// bounds are between what a row lies.
func (l *layout) bounds(row []*item) (lo, hi float64) {
	if row[0].band < 0 {
		return l.top + bandPad, l.bottom - bandPad
	}
	b := l.bands[row[0].band]
	lo, hi = b.top+bandPad, b.top+b.height-bandPad
	if b.frame != nil {
		lo = b.top + bandHead + bandPad/2
	}
	return lo, hi
}

// stackBands puts every row into the middle of its bounds.
func (l *layout) stackBands() {
	for _, r := range l.rows() {
		row := *r
		if len(row) == 0 {
			continue
		}
		lo, hi := l.bounds(row)
		y := (lo+hi-heightOf(row))/2 + headOf(row[0])
		for i, it := range row {
			if i > 0 {
				y += gap(row[i-1], it)
			}
			it.y = y
			y += it.h
		}
	}
}

// level moves the items of a row, in their order, to where the sum of the squares
// of the heights that lines climb is least. With the distances taken off, that is
// a regression by a rising function: neighbours that would swap get one place.
func (l *layout) level(row []*item) {
	if len(row) == 0 {
		return
	}
	lo, hi := l.bounds(row)
	lo += headOf(row[0])
	hi -= footOf(row[len(row)-1])
	offset := make([]float64, len(row))
	for i := 1; i < len(row); i++ {
		offset[i] = offset[i-1] + row[i-1].h + gap(row[i-1], row[i])
	}
	last := len(row) - 1
	most := hi - offset[last] - row[last].h
	type block struct{ sum, weight float64 }
	var blocks []block
	var size []int
	for i, it := range row {
		want, weight := wish(it)
		blocks, size = append(blocks, block{(want - offset[i]) * weight, weight}), append(size, 1)
		for n := len(blocks); n > 1 && blocks[n-2].sum/blocks[n-2].weight > blocks[n-1].sum/blocks[n-1].weight; n = len(blocks) {
			blocks[n-2].sum += blocks[n-1].sum
			blocks[n-2].weight += blocks[n-1].weight
			size[n-2] += size[n-1]
			blocks, size = blocks[:n-1], size[:n-1]
		}
	}
	i := 0
	for n, b := range blocks {
		at := math.Round(max(lo, min(most, b.sum/b.weight)))
		for range size[n] {
			row[i].y = at + offset[i]
			i++
		}
	}
}

// wish is where an item would lie best, and how much that counts.
func wish(it *item) (y, weight float64) {
	for side := range it.ports {
		for _, p := range it.ports[side] {
			for _, e := range p.ends {
				if e.item.col == it.col {
					continue
				}
				w := 1.0
				if it.box == nil || e.item.box == nil {
					w = 2 // long lines are straight
				}
				y += (e.y() - p.at) * w
				weight += w
			}
		}
	}
	if weight == 0 {
		return it.y, 0.1
	}
	return y / weight, weight
}

// bows lets lines that come back to their column swing out, the longer the
// further, so that they do not lie on each other.
func (l *layout) bows() {
	loops := map[int][]*wire{}
	for i := range l.wires {
		if w := &l.wires[i]; w.from.item.col == w.to.item.col {
			loops[w.from.item.col] = append(loops[w.from.item.col], w)
		}
	}
	long := func(w *wire) float64 { return math.Abs(w.from.y() - w.to.y()) }
	for _, list := range loops {
		slices.SortStableFunc(list, func(a, b *wire) int { return cmp.Compare(long(a), long(b)) })
		step := min(10, 110/float64(len(list)))
		for i, w := range list {
			w.bow = 24 + float64(i)*step
		}
	}
}

// across gives columns their places from left to right. The room between two of
// them grows with how far lines climb there.
func (l *layout) across() {
	climb := make([]float64, len(l.cols))
	swing := make([]float64, len(l.cols))
	l.bows()
	for _, w := range l.wires {
		at := min(w.from.item.col, w.to.item.col)
		if w.from.item.col == w.to.item.col {
			swing[at] = max(swing[at], w.bow*0.75+14)
			continue
		}
		climb[at] = max(climb[at], math.Abs(w.from.y()-w.to.y()))
	}
	for _, b := range l.bands {
		b.first, b.last = len(l.cols), -1
		for col, row := range b.rows {
			for _, it := range row {
				if it.box != nil {
					b.first, b.last = min(b.first, col), max(b.last, col)
				}
			}
		}
	}
	x := margin
	for i := range l.cols {
		c := &l.cols[i]
		c.lo = x
		c.x = x + c.room[left]
		c.hi = c.x + c.w + c.room[right]
		x = c.hi + max(curveMin, min(curveMax, 26+climb[i]/7), swing[i])
		if i == len(l.cols)-1 {
			x = c.hi + swing[i]
		}
	}
	l.width = max(x+margin, 640)
	l.foot = l.bottom + 26
	l.height = l.foot + l.legendHeight() + margin
}
