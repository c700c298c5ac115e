package graph

import (
	"cmp"
	"maps"
	"slices"
)

// rows are the lists of items that are sorted: a column within a band, or a
// column outside of all.
func (l *layout) rows() []*[]*item {
	var out []*[]*item
	for i := range l.cols {
		if l.cols[i].free {
			out = append(out, &l.cols[i].items)
		}
	}
	for _, b := range l.bands {
		for _, col := range slices.Sorted(maps.Keys(b.rows)) {
			row := b.rows[col]
			out = append(out, &row)
		}
	}
	return out
}

// order sorts every row so that few lines cross: each item goes to the mean of
// what it is connected with, in sweeps over the columns, and the best order that
// is seen is kept.
func (l *layout) order() {
	rows := l.rows()
	l.stack(rows)
	best, least := l.kept(rows), l.crossings()
	for sweep := range 12 {
		slices.SortStableFunc(rows, func(a, b *[]*item) int {
			if sweep%2 == 0 {
				return cmp.Compare(colOf(*a), colOf(*b))
			}
			return cmp.Compare(colOf(*b), colOf(*a))
		})
		for _, row := range rows {
			l.sortRow(*row, sweep)
			l.stack(rows)
		}
		if n := l.crossings(); n < least {
			best, least = l.kept(rows), n
		}
	}
	for _, row := range rows {
		slices.SortStableFunc(*row, func(a, b *item) int { return cmp.Compare(best[a], best[b]) })
	}
	l.takeRows(rows)
	l.stack(rows)
	l.sortPorts()
}

func colOf(row []*item) int {
	if len(row) == 0 {
		return 0
	}
	return row[0].col
}

// takeRows puts sorted rows where they belong.
func (l *layout) takeRows(rows []*[]*item) {
	for _, row := range rows {
		if len(*row) == 0 {
			continue
		}
		if it := (*row)[0]; it.band >= 0 {
			l.bands[it.band].rows[it.col] = *row
		} else {
			l.cols[it.col].items = *row
		}
	}
}

func (l *layout) kept(rows []*[]*item) map[*item]int {
	out := map[*item]int{}
	for _, row := range rows {
		for i, it := range *row {
			out[it] = i
		}
	}
	return out
}

// stack gives items provisional places: one below the other, around the middle
// of their band.
func (l *layout) stack(rows []*[]*item) {
	heights := make([]float64, len(l.bands))
	need := map[*[]*item]float64{}
	total := 0.0
	for _, row := range rows {
		h := 0.0
		for i, it := range *row {
			if i > 0 {
				h += gap((*row)[i-1], it)
			}
			h += it.h
		}
		need[row] = h
		if len(*row) > 0 && (*row)[0].band >= 0 {
			b := (*row)[0].band
			heights[b] = max(heights[b], h)
		}
	}
	tops := make([]float64, len(l.bands))
	for i, h := range heights {
		tops[i] = total
		total += h + 60
	}
	for _, row := range rows {
		if len(*row) == 0 {
			continue
		}
		y := (total - need[row]) / 2
		if b := (*row)[0].band; b >= 0 {
			y = tops[b] + (heights[b]-need[row])/2
		}
		for i, it := range *row {
			if i > 0 {
				y += gap((*row)[i-1], it)
			}
			it.y = y
			y += it.h
		}
	}
	for _, it := range l.items {
		for side := range it.ports {
			for _, p := range it.ports[side] {
				p.at = it.h / 2
			}
		}
	}
}

// gap is the room between two items of a row.
func gap(above, below *item) float64 {
	g := gapBoxes
	if above.box == nil || below.box == nil {
		g = gapDummy
	}
	if above.group != below.group {
		if above.group != "" {
			g += groupPad
		}
		if below.group != "" {
			g += groupHead
		}
	}
	return g
}

// sortRow sorts a row by the mean of what its items are connected with. What is
// in one cluster stays together.
func (l *layout) sortRow(row []*item, sweep int) {
	mean := map[*item]float64{}
	sum, n := map[string]float64{}, map[string]float64{}
	for _, it := range row {
		m := it.mid()
		total, count := 0.0, 0.0
		for side := range it.ports {
			// A sweep looks at the columns that it comes from, and now and then at both.
			if sweep%4 < 2 && side != sweep%2 {
				continue
			}
			for _, p := range it.ports[side] {
				for _, e := range p.ends {
					total, count = total+e.item.mid(), count+1
				}
			}
		}
		if count > 0 {
			m = total / count
		}
		mean[it] = m
		sum[groupOf(it)] += m
		n[groupOf(it)]++
	}
	slices.SortStableFunc(row, func(a, b *item) int {
		ga, gb := groupOf(a), groupOf(b)
		if ga != gb {
			return cmp.Or(cmp.Compare(sum[ga]/n[ga], sum[gb]/n[gb]), cmp.Compare(ga, gb))
		}
		return cmp.Or(cmp.Compare(mean[a], mean[b]), cmp.Compare(a.key, b.key))
	})
}

// groupOf is the cluster of an item, or the item itself.
func groupOf(it *item) string {
	if it.group != "" {
		return "\x00" + it.group
	}
	return it.key
}

// crossings is how many pairs of lines cross between two columns.
func (l *layout) crossings() int {
	between := map[int][][2]float64{}
	for _, w := range l.wires {
		a, b := w.from, w.to
		if a.item.col == b.item.col {
			continue
		}
		if a.item.col > b.item.col {
			a, b = b, a
		}
		between[a.item.col] = append(between[a.item.col], [2]float64{a.item.mid(), b.item.mid()})
	}
	count := 0
	for _, lines := range between {
		for i, p := range lines {
			for _, q := range lines[:i] {
				if (p[0]-q[0])*(p[1]-q[1]) < 0 {
					count++
				}
			}
		}
	}
	return count
}

// sortPorts puts the ports of each side into the order of what they are
// connected with, spread over the side.
func (l *layout) sortPorts() {
	for _, it := range l.items {
		if it.box == nil {
			continue
		}
		for side := range it.ports {
			list := it.ports[side]
			mean := map[*port]float64{}
			for _, p := range list {
				for _, e := range p.ends {
					y := e.item.mid()
					if e.item.col == it.col { // a line that comes back lies outside of the others
						y = (y - it.mid()) * 100
					}
					mean[p] += y / float64(len(p.ends))
				}
			}
			slices.SortStableFunc(list, func(a, b *port) int {
				return cmp.Or(cmp.Compare(mean[a], mean[b]), cmp.Compare(a.label, b.label))
			})
			step := min(portGap+4, it.h/float64(len(list)))
			for i, p := range list {
				p.at = it.h/2 + (float64(i)-float64(len(list)-1)/2)*step
			}
		}
	}
}
