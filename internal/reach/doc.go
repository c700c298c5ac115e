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
// A party is an endpoint, with one interface in each of its subnets, or a set of
// hosts outside. A question goes over every pair of interfaces and over both
// families. An interface has one address of its subnet, and nobody knows which:
// what is sure must hold for all of them. Hosts outside have all their
// addresses: one that connects is enough. Where a gate treats the addresses of a
// side differently, the set is cut there and both parts are answered, so that
// no prefix of the design has to be listed beforehand.
//
// Connections within and between VPCs are by private IPv4 addresses and by IPv6
// addresses. Replies must find a way back; over the internet they must come back
// by the internet.
//
// # Guarantees
//   - A packet in the lower bound of an [Answer] passes in the reference walker
//     of the tests whatever the unknown facts are; a packet outside the upper
//     bound passes for none of them. Without unknown facts and addresses both
//     bounds are what the walker finds.
//   - An answer that is not "surely yes" names every gate that stops packets,
//     not the first.
//   - Results depend on the snapshot and the question only.
//
// # Not modelled
// The package has about 4,000 lines because its files share one value, the
// question, and each is about one noun of the model (group, ACL, route, transit
// gateway, balancer, …); apart they would share its insides by exported names.
//
// Application-layer listeners, DNS answers, path MTU, and the order of listener
// rules. Answered as unknown: what appliances and forwarding instances do with
// packets, what is behind a VPN, packets that a NAT gateway sends to another VPC
// or that a transit gateway sends through a third one, NAT64, regional NAT
// gateways without an internet gateway.
//
// Taken as given: routes that are not known (the table is elsewhere, or may have
// further routes) are not more specific than the local route of the VPC; VPCs
// that are connected do not overlap unless their ranges say so; unknown ranges of
// routes beside a default route are not the whole internet; lists of AWS
// services hold no address of a VPC; hosts of the internet come in by the
// internet gateway of the VPC unless a known range leads to a VPN or a transit
// gateway. Gateway route tables, which lead what comes in through an appliance,
// do not stop packets. Traffic that no security group filters (DNS of the VPC,
// DHCP, metadata, time) is no question of this package.
package reach
