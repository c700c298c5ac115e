package fact

import (
	"testing"

	"github.com/muralla-net/muralla/internal/ref"
)

// The tables are written out, not computed: they are the definition (Kleene's
// strong logic), and No wins over Unknown in a conjunction, Yes in a
// disjunction.
func TestKleeneTables(t *testing.T) {
	const y, n, u = Yes, No, Unknown
	for _, row := range []struct{ a, b, and, or Tri }{
		{y, y, y, y},
		{y, n, n, y},
		{y, u, u, y},
		{n, y, n, y},
		{n, n, n, n},
		{n, u, n, u},
		{u, y, u, y},
		{u, n, n, u},
		{u, u, u, u},
	} {
		if got := row.a.And(row.b); got != row.and {
			t.Errorf("%v and %v = %v, want %v", row.a, row.b, got, row.and)
		}
		if got := row.a.Or(row.b); got != row.or {
			t.Errorf("%v or %v = %v, want %v", row.a, row.b, got, row.or)
		}
	}
	for a, want := range map[Tri]Tri{y: n, n: y, u: u} {
		if got := a.Not(); got != want {
			t.Errorf("not %v = %v, want %v", a, got, want)
		}
	}
}

// The logic agrees with the two-valued one in every way the unknown could turn
// out, and is unknown only if the ways differ.
func TestKleeneIsSound(t *testing.T) {
	ways := map[Tri][]bool{Yes: {true}, No: {false}, Unknown: {true, false}}
	check := func(name string, a, b, got Tri, op func(x, y bool) bool) {
		seen := map[bool]bool{}
		for _, x := range ways[a] {
			for _, y := range ways[b] {
				seen[op(x, y)] = true
			}
		}
		want := Unknown
		if len(seen) == 1 {
			want = Of(seen[true])
		}
		if got != want {
			t.Errorf("%v %s %v = %v, but the ways it can turn out say %v", a, name, b, got, want)
		}
	}
	for a := range ways {
		for b := range ways {
			check("and", a, b, a.And(b), func(x, y bool) bool { return x && y })
			check("or", a, b, a.Or(b), func(x, y bool) bool { return x || y })
		}
	}
}

// A value that is no truth value, from a bug or a cast, is never a yes or no.
func TestStrayTriIsUnknown(t *testing.T) {
	stray := Tri(7)
	if got := stray.Not(); got != Unknown {
		t.Errorf("not of a stray value is %v", got)
	}
	if got := stray.And(Yes); got != Unknown {
		t.Errorf("a stray value and yes is %v", got)
	}
	if got := stray.Or(No); got != Unknown {
		t.Errorf("a stray value or no is %v", got)
	}
	if got := stray.String(); got != "unknown" {
		t.Errorf("a stray value prints %q", got)
	}
}

func TestTriText(t *testing.T) {
	for tri, want := range map[Tri]string{Yes: "yes", No: "no", Unknown: "unknown"} {
		if got := tri.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if Of(true) != Yes || Of(false) != No {
		t.Errorf("Of(true) = %v, Of(false) = %v", Of(true), Of(false))
	}
}

func TestZeroIsUnknown(t *testing.T) {
	var tri Tri
	if tri != Unknown {
		t.Errorf("the zero Tri is %v", tri)
	}
	var f Fact[int]
	if v, known := f.Get(); known || v != 0 || f.IsKnown() {
		t.Errorf("the zero Fact is %d, known %v", v, known)
	}
	// The zero value of the type is not what the zero fact holds.
	if got := Is(f, 0); got != Unknown {
		t.Errorf("the zero Fact is 0: %v", got)
	}
}

func TestFacts(t *testing.T) {
	at := ref.Place{File: "main.tf", Line: 3}
	for _, tc := range []struct {
		name   string
		fact   Fact[string]
		known  bool
		or     string
		isHTTP Tri
		why    string
		place  ref.Place
	}{
		{"known", Known("HTTP", at), true, "HTTP", Yes, "", at},
		{"known as another", Known("TLS", at), true, "TLS", No, "", at},
		{"known to be empty", Known("", at), true, "", No, "", at},
		{"default", Default("HTTP"), true, "HTTP", Yes, "", ref.Place{}},
		{"missing", Missing[string]("var.protocol has no value", at), false, "instead", Unknown, "var.protocol has no value", at},
	} {
		if _, known := tc.fact.Get(); known != tc.known || tc.fact.IsKnown() != tc.known {
			t.Errorf("%s: known is %v, want %v", tc.name, known, tc.known)
		}
		if got := tc.fact.Or("instead"); got != tc.or {
			t.Errorf("%s: Or gives %q, want %q", tc.name, got, tc.or)
		}
		if got := Is(tc.fact, "HTTP"); got != tc.isHTTP {
			t.Errorf("%s: is HTTP: %v, want %v", tc.name, got, tc.isHTTP)
		}
		if tc.fact.Why != tc.why || tc.fact.Place != tc.place {
			t.Errorf("%s: why %q at %v, want %q at %v", tc.name, tc.fact.Why, tc.fact.Place, tc.why, tc.place)
		}
	}
}
