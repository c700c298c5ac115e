// Package changed says which resources of two designs differ.
//
// # Model
// Resources are matched by their ID, and by their content if exactly one on each
// side has it. A [Change] is a resource that is on one side only or has another
// content there; places and names count for nothing.
//
// # Guarantees
//   - Equal designs have no changes, wherever their resources are written.
//   - Values are shown only of attributes in which nobody writes a secret.
//
// # Not modelled
// Blocks of Terraform that say what was moved: what was moved and changed at once
// is a thing that is gone and one that is new.
package changed
