// Package agreement compares what Muralla says with what others say of the same
// designs. It has tests and data for them, and no code.
//
// # Model
// Other tools publish the designs with which they test their own checks, each
// with the verdict that the check must give. The tests judge every such design.
// testdata/mapping.tsv says which recommendation a check of another tool is
// about, or which reading of the model, or that it asks something that is no
// recommendation. Where the verdicts differ although the question is the same,
// testdata/explained.tsv says who is right and why. testdata/expectations.tsv
// does the same for stacks that people have reviewed. Analysers of networks publish
// who reaches whom in theirs; testdata/batfish.tsv explains what ends otherwise.
//
// # Guarantees
//   - A difference that nothing explains fails the test, and so does an
//     explanation of a difference that is no longer there.
//   - docs/agreement.md is made from the same comparison; a test fails while it
//     is out of date.
//
// # Not modelled
// The other tools themselves: their published verdicts are read, and nothing of
// them is run.
package agreement
