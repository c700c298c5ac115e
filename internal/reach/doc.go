// Package reach decides which packets can travel between two parties of a
// [topo.Snapshot], and says why.
//
// # Model
// A connection starts with a packet that passes a list of gates: security
// groups out, network ACL out, route, network ACL in, security groups in; its
// replies pass network ACLs and routes again. Each gate bounds the packets that
// surely and possibly pass. A load balancer ends one connection and starts
// another: an [Entry] is two connections and the TLS state of each.
//
// # Guarantees
//   - A packet in the lower bound of an [Answer] passes in the reference walker
//     of the tests whatever the unknown facts are; a packet outside the upper
//     bound passes for none of them.
//   - An answer that is not "surely yes" names every gate that stops packets,
//     not the first.
//   - Results depend on the snapshot and the question only.
//
// # Not modelled
// The package has about 3,800 lines because its files share one value, the
// question, and each is about one noun of the model (group, ACL, route, transit
// gateway, balancer, …); apart they would share its insides by exported names.
//
// Application-layer listeners, DNS answers, what appliances and forwarding
// instances do with packets (answered as unknown), path MTU.
package reach
