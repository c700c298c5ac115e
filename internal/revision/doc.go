// Package revision gives the files of a git revision in a directory of their own.
//
// # Model
// A [Tree] is all files of one commit, written below a temporary directory by
// asking git for its objects (git ls-tree, git cat-file). [Tree.Path] is where a
// path of the work tree is in it. What Terraform downloaded and git does not keep,
// the modules in .terraform/modules, is copied from the work tree: the reader
// takes a module from there only for the source that the revision names.
//
// # Guarantees
//   - The work tree, the index and the references are only read, and nothing is
//     fetched. No hook, filter, textconv or program of the configuration runs:
//     contents are those of the objects.
//   - Nothing is written outside the temporary directory, whatever paths and links
//     a commit holds, and [Tree.Close] removes it.
//   - Files and bytes are bounded; what is left out is said in [Tree.Skipped].
//   - A name that git could take for an option is refused, and the variables of the
//     environment that redirect git are not passed on.
//
// # Not modelled
// Submodules, and what Git LFS keeps elsewhere: the pointer is what the commit
// holds.
package revision
