// Package shell follows shell scripts without running them: what do they leave
// in the files that matter, and which commands of interest do they run?
//
// # Model
// An abstract interpreter for the part of POSIX shell and bash that start-up
// scripts use. Its state is a small file system of known text, the variables,
// and a log of commands (iptables, systemctl, …) for the caller to judge. Texts
// may have holes (package hole). Where a test cannot be decided both ways are
// followed and their states joined: what both have in common stays certain, the
// rest is marked with the reason why it may be absent. Code that is not part of
// the script (a sourced file, a downloaded program, a configuration tool) makes
// everything unknown that it may have written; what the script writes later is
// certain again.
//
// # Guarantees
// Text of a file without a Maybe mark and without holes is in the file under
// the assumptions below; the differential test runs random scripts in a real
// shell and compares. Work is bounded by steps, bytes, nesting and unrolling;
// where a bound is met, all that could follow is unknown. Results are the same on every run.
//
// # Not modelled
// Commands are taken to succeed where a script goes on with &&, and a script
// that ends itself with a status other than 0 on a side way is taken not to get
// there. Programs of the system that are not named in a list here are taken to
// leave the watched files alone unless an argument names them. Arrays, arithmetic,
// brace and file name expansion and all variables that the script does not set
// are unknown values. Files put in place as a whole are taken to end with a newline.
//
// The package is longer than 1,500 lines because a shell has many commands; each
// file has one of its parts: parser, words, control flow, commands, files, sed.
package shell
