package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	_ "embed" // the vocabulary
	"hash"
	"net/netip"
	"strings"
	"sync"
)

//go:embed vocabulary.txt
var vocabularyText string

// vocabulary is the words that stay, in small letters, also without the lines
// between their parts: the attribute vpc_id is the property VpcId.
var vocabulary = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(vocabularyText) {
		if w := strings.ToLower(strings.TrimSpace(line)); w != "" && !strings.HasPrefix(w, "#") {
			out[w] = true
			out[strings.ReplaceAll(w, "_", "")] = true
		}
	}
	return out
})

// hider holds the key, and remembers what it hid and what it made.
type hider struct {
	mac     hash.Hash
	types   map[string]bool
	answers bool // the set is of answers of AWS

	words, whole, accounts, numbers map[string]bool
	addresses                       map[netip.Addr]netip.Addr
	remarks                         int

	made   map[string]bool // pseudonyms
	coded  map[string]bool // texts in base64
	mapped map[netip.Addr]bool
}

func newHider(key []byte) *hider {
	return &hider{
		mac: hmac.New(sha256.New, key), types: map[string]bool{},
		words: map[string]bool{}, whole: map[string]bool{}, accounts: map[string]bool{}, numbers: map[string]bool{}, addresses: map[netip.Addr]netip.Addr{},
		made: map[string]bool{}, coded: map[string]bool{}, mapped: map[netip.Addr]bool{},
	}
}

func (h *hider) counts() Counts {
	return Counts{Words: len(h.words), Accounts: len(h.accounts), Numbers: len(h.numbers), Addresses: len(h.addresses), Texts: len(h.whole), Remarks: h.remarks}
}

// sum is 32 bytes that depend on the key, what they are for, and a text.
func (h *hider) sum(use, text string) [sha256.Size]byte {
	h.mac.Reset()
	h.mac.Write([]byte(use + "\x00" + text))
	return [sha256.Size]byte(h.mac.Sum(nil))
}

// consonants are the letters of pseudonyms: without vowels they are no words. The
// first letter is one that makes no escape of a backslash before it.
const (
	consonants = "bcdfghjklmnpqrstvwxz"
	initials   = "cdghjklmpqswz"
)

// letters is the pseudonym of a text: twelve letters, 52 bits. Texts that differ
// in capitals alone have pseudonyms that do, and one without capitals has none.
func (h *hider) letters(s string) string {
	lower := strings.ToLower(s)
	sum := h.sum("word", lower)
	out := make([]byte, 12)
	for i := range out {
		from := consonants
		if i == 0 {
			from = initials
		}
		out[i] = from[(int(sum[2*i])<<8|int(sum[2*i+1]))%len(from)]
	}
	if s != lower {
		sum := h.sum("capitals", s)
		out[0] -= 'a' - 'A'
		for i := 1; i < len(out); i++ {
			if sum[i]&1 == 1 {
				out[i] -= 'a' - 'A'
			}
		}
	}
	h.made[string(out)] = true
	return string(out)
}

// digits is the pseudonym of a number: as many digits, the first no zero.
func (h *hider) digits(s string) string {
	if len(s) == 12 {
		h.accounts[s] = true
	} else {
		h.numbers[s] = true
	}
	out := make([]byte, 0, len(s))
	for block := 0; len(out) < len(s); block++ {
		for _, c := range h.sum("digits "+string(rune('a'+block%26)), s+strings.Repeat("+", block/26)) {
			if len(out) < len(s) {
				out = append(out, '0'+c%10)
			}
		}
	}
	if out[0] == '0' {
		out[0] = '7'
	}
	h.made[string(out)] = true
	return string(out)
}
