// Package identity knows which arguments of AWS resources hold the identity of
// another resource, and turns identities that are known into references.
//
// # Model
// Neither a plan nor a state has the schema of the provider. The names of
// arguments tell enough: what ends in _id, _ids or _arn, and a few more, holds
// identities. The form of a text tells whether AWS gave it as an id or an ARN.
//
// # Guarantees
// A text becomes a reference only if it is an identity of exactly one resource
// of the set, or of a data source that looks at the same thing.
//
// # Not modelled
// Names, with the exception of a few arguments in which AWS takes the name of a
// resource for its identity: two resources may have one name.
package identity
