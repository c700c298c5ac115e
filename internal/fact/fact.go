// Package fact holds values that may be unknown.
//
// # Model
// A [Fact] is a value with the place that states it, or the reason why nobody
// can state it yet. [Tri] is the logic over such values: yes, no, or unknown.
//
// # Guarantees
// The zero Fact and the zero Tri are unknown, and nothing turns unknown into
// yes or no without saying so in its name.
//
// # Not modelled
// Probabilities. A value that is one of a few known ones is unknown here; sets
// carry their own bounds (see package netset).
package fact

import "github.com/muralla-net/muralla/internal/ref"

// Tri is a truth value of three-valued (Kleene) logic. The zero Tri is Unknown.
type Tri uint8

// The three truth values.
const (
	Unknown Tri = iota
	No
	Yes
)

// Of turns a bool into a Tri.
func Of(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// Not is Kleene negation.
func (t Tri) Not() Tri {
	switch t {
	case Yes:
		return No
	case No:
		return Yes
	default:
		return Unknown
	}
}

// And is Kleene conjunction: No wins over Unknown.
func (t Tri) And(u Tri) Tri {
	switch {
	case t == No || u == No:
		return No
	case t == Yes && u == Yes:
		return Yes
	default:
		return Unknown
	}
}

// Or is Kleene disjunction: Yes wins over Unknown.
func (t Tri) Or(u Tri) Tri { return t.Not().And(u.Not()).Not() }

// String is "yes", "no" or "unknown".
func (t Tri) String() string {
	switch t {
	case Yes:
		return "yes"
	case No:
		return "no"
	default:
		return "unknown"
	}
}

// Fact is a value of type T, or the reason why it is unknown. The zero Fact is
// unknown without a reason.
type Fact[T any] struct {
	value T
	known bool

	// Why says why the value is unknown, as a clause without capital or full
	// stop: "var.app_port has no value". Empty for known values.
	Why string
	// Place is where the value, or the expression that is unknown, is written.
	// It is zero for defaults of AWS.
	Place ref.Place
}

// Known states a value.
func Known[T any](v T, at ref.Place) Fact[T] { return Fact[T]{value: v, known: true, Place: at} }

// Default states a value that AWS gives because the input says nothing.
func Default[T any](v T) Fact[T] { return Fact[T]{value: v, known: true} }

// Missing states that a value is unknown, and why.
func Missing[T any](why string, at ref.Place) Fact[T] { return Fact[T]{Why: why, Place: at} }

// Get returns the value and whether it is known.
func (f Fact[T]) Get() (T, bool) { return f.value, f.known }

// Or returns the value, or d if it is unknown.
func (f Fact[T]) Or(d T) T {
	if f.known {
		return f.value
	}
	return d
}

// IsKnown reports whether the value is known.
func (f Fact[T]) IsKnown() bool { return f.known }

// Is reports, three-valued, whether the fact is v.
func Is[T comparable](f Fact[T], v T) Tri {
	if !f.known {
		return Unknown
	}
	return Of(f.value == v)
}
