// Package graph writes pictures of a graph: SVG with a layout of its own, and the
// languages of Mermaid and Graphviz.
//
// # Model
// [SVG] puts each lane into a column and each VPC into a band that crosses the
// columns; a graph without lanes has a column for each step of its edges. Within
// a column boxes are sorted so that few lines cross. Lines run between the
// columns, and through a column only where it is empty. Text is measured with a
// table of widths, cut where it would not fit, and then whole in a tooltip.
// [Mermaid] and [DOT] leave the layout to others.
//
// # Guarantees
//   - Boxes do not overlap, no line runs through a box, no label leaves its box.
//   - A picture needs no file, no font and no script; names are escaped.
//   - What a colour says, a word, a shape or a dash says too. The picture has a
//     title and a description.
//   - The same graph gives the same bytes.
//
// # Not modelled
// Fonts: text is taken to be as wide as in a wide one, so that other fonts leave
// some room. Moving parts.
//
// The package has more than 1,500 lines because a layout is one subject: order,
// places, lines and what is drawn of them share one value.
package graph
