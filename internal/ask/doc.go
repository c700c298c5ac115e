// Package ask reads questions such as "internet -> svc/orders tcp/8080" and
// answers them.
//
// # Model
// A [Question] has two sides and ports. A side is addresses, or a pattern over
// the names of a snapshot; [Resolve] makes pairs of parties of it, and [Answer]
// asks package reach about each. From outside to a workload the ways through
// load balancers belong to the answer. The grammar is that of docs/ask.md.
//
// # Guarantees
//   - Whether a thing belongs to a side may be unknown; then a yes about it
//     becomes undecided, with the reason, and a no stays a no.
//   - The answer to a question is yes only if it is for a pair, and no only if it
//     is for every pair.
//   - A side that names nothing is an error, never an answer.
//   - Every text that check puts under a finding can be parsed.
//
// # Not modelled
// Several connections one after the other, load balancers between things of the
// design, and hosts of a range that the design does not have. A public IPv4 range
// is taken to be outside of a VPC whose own ranges are not known.
package ask
