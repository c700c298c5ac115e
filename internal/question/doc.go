// Package question reads questions about a network, such as
// "internet -> svc/orders tcp/8080" or "who reaches db/orders", and files of
// intents, which are questions with the answer that is expected.
//
// # Model
// A [Question] has a form, sides and ports. A [Side] is a list of names and a
// list of what is left out of them; a [Name] is the internet, addresses, an AWS
// service, or a pattern over what a design has. The grammar is that of
// docs/ask.md.
//
// # Guarantees
//   - A question prints as one that is read back as the same.
//   - What cannot be read is an [*Error] that says where, why, and what to write
//     instead.
//   - A line of a file that cannot be read keeps no other line from being read.
//
// # Not modelled
// What the names mean: package ask finds that in a snapshot.
package question
