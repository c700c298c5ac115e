// Package redact hides who and what a design is about, and keeps what is judged:
// the graph, the rules, and everything that an engine of this program reads.
//
// # Model
// Every text of a set is taken apart into words: runs of letters and digits. A
// word of the vocabulary (vocabulary.txt: what the code of the program itself
// compares texts with) stays, a number of up to five digits stays, what stands
// between words stays, and every other word becomes a pseudonym, HMAC-SHA256
// under a key. Equal words have equal pseudonyms, so that every reference, every
// name within a name, and every ARN still says the same. Twelve digits become
// twelve others. Public addresses go through a map that keeps prefixes, private
// ones stay. Base64 of something readable is read and written again.
//
// # Guarantees
// Nothing is let through because it looks harmless: [Sets] looks at its own
// result once more, by another way, and gives an error instead of a set with a
// word that is neither vocabulary nor pseudonym. The result depends on the sets
// and the key alone.
//
// # Not modelled
// Inline remarks are left out, reasons and what was said of the input are
// hidden, and a pattern that ends within a word matches pseudonyms otherwise
// than the words. Who asks whether verdicts are the same must compare them. The
// shape of the design, its sizes and its private addresses are not hidden.
package redact
