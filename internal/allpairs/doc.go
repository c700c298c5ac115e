// Package allpairs answers for every pair of parties at once which packets make
// a connection.
//
// # Model
// Endpoints that package reach cannot tell apart are one [Class]: they hold the
// same groups, lie in subnets with the same routes and network ACLs, and the same
// blocks of rules hold their addresses. Each party of hosts outside is a class of
// its own. A [Table] has the answer for every pair of classes as an interned
// [Set]; the pairs of which nothing passes have no [Edge].
//
// # Guarantees
//   - The answer for a pair is [reach.Answer.Packets] of [reach.Network.Connect]
//     for all packets.
//   - Equal sets of one table have equal numbers.
//   - Classes, their members and edges are in an order that depends on the
//     snapshot only.
//
// # Not modelled
// The package has about 2,000 lines because classes, ways and what groups let pass
// share the numbers of one table; apart they would share them by exported names.
//
// Why packets pass or not, and packets that arrive although replies do not: ask
// package reach about the pair. What passes through load balancers: they end a
// connection and start another.
package allpairs
