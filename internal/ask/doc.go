// Package ask answers questions about who can connect to whom in a snapshot.
//
// # Model
// A question ([question.Question]) has sides; [Asker.Ask] makes pairs of parties
// of them and asks package reach about each. To a workload the ways through load
// balancers belong to the answer, from outside and from inside the design. Open
// forms ask about everything of the design and about the hosts outside, in
// classes of those that are treated alike. A [Chain] is several connections, one
// after the other, through what listens. An AWS service is where its name leads.
//
// # Guarantees
//   - Whether a thing belongs to a side may be unknown; then a yes about it
//     becomes undecided, with the reason, and a no stays a no.
//   - The answer to a question is yes only if it is for a pair, and no only if it
//     is for every pair.
//   - A side that names nothing is an error with its place, never an answer.
//   - Every text that check puts under a finding can be asked.
//
// # Not modelled
// Hosts of a range that the design does not have, AWS services as sources, and
// whether somebody can take over what listens. A public IPv4 range is taken to be
// outside of a VPC whose own ranges are not known. The package has some 2,000
// lines because each form is a file of its own on two values that they share, the
// directory of names and the answer for a pair; apart they would have to be
// exported.
package ask
