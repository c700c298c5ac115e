// Package funcs holds the functions of the Terraform language.
//
// # Model
// [Table] is every function of Terraform 1.13 and OpenTofu 1.10 by name, the
// same again under core::, and the functions of the AWS provider that take ARNs
// apart. A function takes and gives values of cty in which two things are special.
// A symbol (package symbol) is a piece of a string that only AWS knows; an
// unknown carries marks with the reason why nobody can tell it.
//
// Functions that pass strings around pass symbols around. Functions that look
// into a string work on its literal parts where the answer is the same whatever
// the symbols stand for (package wild says which texts those can be: no comma,
// no white space, no quotes, no brackets), and are unknown otherwise, marked with
// the references that the result may hold. Encodings of text with symbols are
// not computed: base64encode, base64gzip and textencodebase64 give the text as it
// is, and their opposites accept it, so that who reads user data finds either
// plain text or base64. urlencode escapes the literal parts only.
//
// An error is one that Terraform would report too, in its words. What is not
// computed here although Terraform may compute it, such as a file out of reach or
// a result that is too large, is no error but an unknown value, so that try does
// not take the design to be wrong. try and can themselves take expressions and
// are the evaluator's.
//
// # Guarantees
// No function panics, reads the clock or the environment, or touches the file
// system but through a [FileReader]. The reason of an unknown argument is a mark of an
// unknown result. Arguments and results are bounded by [MaxWeight], all
// results of one [Budget] by its total, numbers by their digits, nesting by depth.
//
// # Not modelled
// bcrypt, uuid, timestamp, plantimestamp and rsadecrypt are always unknown, and
// so is pathexpand of a home directory. sort, keys, values and sets order symbols by
// their name, which is the same on every run but need not be the order of what
// they stand for. In YAML a symbol is a string, although what it stands for may
// look like a number. Sets and distinct take different symbols for different texts.
// Whether a value is ephemeral is not followed. The root of the file
// system is [AbsRoot], since no result may depend on where a design lies.
// textencodebase64 knows UTF-8, UTF-16, US-ASCII and ISO-8859-1.
//
// The package is longer than 1,500 lines because the language has some 125
// functions; each file has those of one subject, and sub-packages the algorithms.
package funcs
