// Package remedy finds the smallest edit of a design that opens what is shut, or
// shuts what is open, and says what else the edit would do.
//
// # Model
// A [Flow] is a connection that should work or should not. An [Edit] adds or
// removes one rule of a security group, one entry of a network ACL, or one route.
// To open a flow, every gate that stops it needs an edit. Candidates for a rule
// are the security groups of the other side, then its written address, then the
// ranges of its subnets; for an entry the address or the ranges, with a number
// before the entry that denies; for a route the gateways that are there. To shut
// a flow it is enough to shut one gate of every way that it takes.
//
// What an edit costs is what else it opens (or shuts): how many packets between
// how many parties of the whole snapshot, with each class of outside addresses
// that some block of the design tells apart as one party. Of candidates the one
// with the lowest cost is proposed, then that with the fewest edits, then that
// with the better kind of peer.
//
// # Guarantees
//   - What is proposed to open was tried: package reach ran on the edited snapshot and lets
//     the asked packets pass between every pair of interfaces, or says which
//     facts that depends on.
//   - What else opens is the difference of all pairs of parties before and after.
//     If there are too many to compare, it says so.
//   - What is proposed to shut was tried too. Of cuts the one is proposed that keeps
//     the connections of load balancers to their targets and shuts the least
//     besides; rules for ranges are replaced by rules for the groups of the others
//     that use them where few groups stand for these.
//   - No rule for all addresses is proposed to let somebody in, but for the
//     listeners of a load balancer that faces the internet.
//
// # Not modelled
// The package has about 2,000 lines because opening and shutting share what an
// edit is, how it is tried and what is compared; apart they would export it all.
//
// Edits that need new resources (a public address, a gateway, a peering
// connection) are named and not made. Edits of transit gateway route tables, of
// VPC Block Public Access, and of the network ACLs of gateways on the way are not
// proposed. Of very many candidates only the first are tried. What opens behind a
// load balancer because the leg to its target opens is not counted.
package remedy
