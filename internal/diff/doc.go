// Package diff says how two designs differ: who can reach whom that could not
// before, who no longer can, and which change of the design does it.
//
// # Model
// Both designs are lists of resources. Resources are matched by their ID; one
// that was moved is matched if exactly one on each side has its content. Every
// pair of endpoints is asked on both sides about every packet, and so is every
// endpoint with each class of hosts outside: the pieces into which the ranges of
// both designs cut all addresses that are in no VPC. A part of the packets whose
// answer (yes, no or undecided) is another one is a change. Ways through load
// balancers are compared apart, with the state of TLS of both connections. Where
// many pairs are touched, tables of all pairs of both designs are compared by
// classes instead. Changes that are alike are put together to a [Row].
//
// The cause of a change is found by trying: each resource that differs is changed
// alone in the design before, and put back alone in the design after.
//
// # Guarantees
//   - Nothing changes in silence: every packet of every pair whose answer is not
//     the same on both sides is in exactly one row, also from and to undecided.
//   - The difference of a design with itself is empty, and that of B and A is that
//     of A and B with both sides exchanged.
//   - Putting back what a [Cause] names, as it says, undoes its row.
//   - Results depend on both designs only, in one order.
//
// The package has a few more than 1,500 lines because both ways of comparing give
// the same rows, which one search for causes goes over.
//
// # Not modelled
// Connections that data stores and VPC endpoints open or functions accept: they
// do not. Ways from things of the design through load balancers are not joined:
// both of their connections are compared. Whether packets that are undecided on
// both sides are so for another reason; their pairs are counted.
package diff
