// Package tfplan reads a Terraform or OpenTofu plan or state, as `terraform
// show -json` prints it or as it lies in terraform.tfstate, into a
// [resource.Set] (Terraform "JSON Output Format").
//
// # Model
// A plan gives the exact instances and all values that are known before apply:
// planned_values, plus the data sources of prior_state. What after_unknown
// marks is joined with configuration: the references of the argument's
// expression are followed through module variables and outputs to attributes of
// resources. In a state everything is known; there the ids and ARNs of one
// resource that stand in attributes of others become references again, so that
// a design looks the same before and after apply. Plans use the same means for
// what is known already.
//
// # Guarantees
//   - An argument whose value is unknown becomes a reference only if the
//     configuration shows one source that can be unknown, and the argument and
//     the attribute both name identities, as vpc_id and id do: then the value
//     can be nothing else. A list of as many unknown elements as there are such
//     sources, each referred to once, has all of them, and so has a list that is
//     unknown as a whole if its sources are alike or are groups. Otherwise the
//     value is unknown, with all references of its expression as candidates.
//   - An argument that is unknown but not written, or written with a value that
//     is known and empty, is null: what AWS makes of that is for others to know.
//   - Addresses are those of Terraform. Places are the lines of the file.
//   - Wrong types, missing parts and unknown versions give a diagnostic with
//     the JSON path, and the rest is read. A file that is cut off, or beyond the
//     limits of package tree or [MaxResources], is refused as a whole, since
//     half a design would give wrong answers.
//
// # Not modelled
//   - Local values: a plan does not hold their expressions. An argument that
//     goes through one is unknown without candidates, and says so.
//   - Constants within an expression: security_groups = [aws_security_group.a.id,
//     "sg-0123"] shows only the reference if the whole set is unknown, and so does
//     every set that has nothing else. A note says so where it may matter.
//   - Dynamic blocks: a plan does not hold their expressions. Their contents are
//     known or unknown without candidates. Rules of a group and routes of a table
//     that are unknown as a whole and not written are unknown if none are made
//     beside and the module uses something unknown out of sight; else, as all
//     other blocks, they are taken as left to the provider. A dynamic block whose
//     for_each is made only of what visible expressions use too is missed.
//   - Index arithmetic: x[count.index] is taken as the instance with the same
//     index if both have the same indices; what is added to the index is not in
//     the plan.
//   - ignore_changes and other lifecycle arguments, resource_drift, checks.
//
// The package has more than 1,500 lines because a reference runs through
// variables, outputs, blocks and instances alike: what follows it needs all that
// was read.
package tfplan
