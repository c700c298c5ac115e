package redact

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// whole are forms that say nothing of their owner and have words in them that
// are no vocabulary: Regions with their zones, and sizes of machines.
var whole = regexp.MustCompile(`^(` +
	`(us|eu|ap|sa|ca|me|af|il|cn|mx)(-gov|-iso[a-z]?)?-(north|south|east|west|central|northeast|northwest|southeast|southwest)-[0-9][a-f]?` +
	`|(db\.|cache\.)?[a-z]{1,4}[0-9]{1,2}[a-z]{0,4}(-flex)?\.(nano|micro|small|medium|large|[0-9]{0,3}xlarge|metal(-[0-9]+xl)?)` +
	`)`)

// text hides the words of a text.
func (h *hider) text(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		fresh := i == 0 || s[i-1] == '_' || !inWord(s[i-1])
		if fresh {
			if n := len(whole.FindString(s[i:min(len(s), i+64)])); n > 0 && wordUnit(s, i+n) == 0 {
				b.WriteString(s[i : i+n])
				i += n
				continue
			}
			if n := h.action(s, i); n > 0 {
				b.WriteString(s[i : i+n])
				i += n
				continue
			}
			if n, to := h.address(s, i); n > 0 {
				b.WriteString(to)
				i += n
				continue
			}
		}
		if n := letterEscape(s, i); n > 0 {
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		j := i
		for n := wordUnit(s, j); n > 0; n = wordUnit(s, j) {
			if j += n; s[j-1] == '_' {
				if n, _ := h.address4(s, j, '.'); n > 0 {
					break
				}
			}
		}
		if j == i {
			_, n := utf8.DecodeRuneInString(s[i:])
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		b.WriteString(h.word(s[i:j]))
		i = j
	}
	return b.String()
}

// actions are names of actions in policies, and patterns of them: a service, a
// verb of AWS, and what it is done to.
var actions = regexp.MustCompile(`^([a-z][a-z0-9-]*):((Accept|Add|Associate|Attach|Authorize|Batch|Cancel|Complete|Copy|Create|Decrypt|Delete|Deregister|Describe|Detach|` +
	`Disable|Disassociate|Enable|Encrypt|Execute|Generate|Get|Initiate|Invoke|List|Modify|Open|Pass|Poll|Post|Publish|Put|ReEncrypt|Receive|Register|Remove|` +
	`Replace|Reset|Restore|Revoke|Run|Scan|Query|Send|Set|Start|Stop|Submit|Subscribe|Tag|Terminate|Untag|Update|Upload)[A-Za-z*?]*|\*[A-Za-z]+)`)

// action is how many bytes at i are an action of a policy whose words stay.
func (h *hider) action(s string, i int) int {
	if i > 0 && strings.IndexByte("\"' \n\\", s[i-1]) < 0 {
		return 0
	}
	m := actions.FindStringSubmatch(s[i:min(len(s), i+128)])
	if m == nil || !vocabulary()[m[1]] || wordUnit(s, i+len(m[0])) > 0 {
		return 0
	}
	if tail, ok := strings.CutPrefix(m[2], "*"); ok && !h.keeps(tail) && !endOfWord(tail) {
		return 0
	}
	for _, w := range strings.FieldsFunc(m[2], func(r rune) bool { return r == '*' || r == '?' }) {
		h.made[w] = true
	}
	return len(m[0])
}

// endOfWord reports whether a word of the vocabulary ends so.
func endOfWord(tail string) bool {
	tail = strings.ToLower(tail)
	for w := range vocabulary() {
		if strings.HasSuffix(w, tail) {
			return true
		}
	}
	return false
}

func inWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// wordUnit is how many bytes at i are a letter or digit of a word, written as
// itself or by an escape, or 0.
func wordUnit(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] < 0x80:
		if inWord(s[i]) {
			return 1
		}
		return escapedUnit(s, i)
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) || unicode.Is(unicode.Co, r) {
		return n
	}
	return 0
}

// escapes are ways to write one character by its number: of JSON and of shells,
// of URLs and of HTML.
var escapes = []struct {
	form *regexp.Regexp
	base int
}{
	{regexp.MustCompile(`^\\+u([0-9a-fA-F]{4})`), 16},
	{regexp.MustCompile(`^\\+U([0-9a-fA-F]{8})`), 16},
	{regexp.MustCompile(`^\\+x([0-9a-fA-F]{1,2})`), 16},
	{regexp.MustCompile(`^\\+0?([0-7]{3})`), 8},
	{regexp.MustCompile(`^%([0-9a-fA-F]{2})`), 16},
	{regexp.MustCompile(`^&#([0-9]{1,6});?`), 10},
	{regexp.MustCompile(`^&#[xX]([0-9a-fA-F]{1,6});?`), 16},
}

func escapedUnit(s string, i int) int {
	if c := s[i]; c != '\\' && c != '%' && c != '&' {
		return 0
	}
	part := s[i:min(len(s), i+32)]
	for _, e := range escapes {
		m := e.form.FindStringSubmatch(part)
		if m == nil {
			continue
		}
		n, err := strconv.ParseUint(m[1], e.base, 32)
		switch r := rune(n); {
		case err != nil:
		case r < 0x80 && inWord(byte(r)), r >= 0x80 && s[i] != '%' && (unicode.IsLetter(r) || unicode.IsNumber(r) || 0xd800 <= r && r < 0xe000):
			return len(m[0])
		}
	}
	return 0
}

// letterEscape is how many bytes at i are an escape that ends with a letter,
// such as that of a new line, so that the letter is no part of a word.
func letterEscape(s string, i int) int {
	if s[i] != '\\' {
		return 0
	}
	j := i
	for j < len(s) && s[j] == '\\' {
		j++
	}
	if j < len(s) && strings.IndexByte("nrtbf", s[j]) >= 0 {
		return j + 1 - i
	}
	// An escape of HTML within JSON: "<" for less-than.
	if j+5 <= len(s) && s[j] == 'u' && escapedUnit(s, i) == 0 {
		if n, err := strconv.ParseUint(s[j+1:j+5], 16, 32); err == nil && n < 0x80 {
			return j + 5 - i
		}
	}
	return 0
}

// word hides a word, or those of its parts that are no vocabulary.
func (h *hider) word(w string) string {
	if h.keeps(w) || h.types[w] {
		return w
	}
	if strings.Contains(w, "_") {
		parts := strings.Split(w, "_")
		for i, p := range parts {
			if p != "" && !h.keeps(p) {
				parts[i] = h.other(p)
			}
		}
		return strings.Join(parts, "_")
	}
	return h.other(w)
}

// keeps reports whether a word may stay.
func (h *hider) keeps(w string) bool {
	if len(w) == 1 || vocabulary()[strings.ToLower(w)] {
		return true
	}
	digits := 0
	for digits < len(w) && '0' <= w[digits] && w[digits] <= '9' {
		digits++
	}
	return digits == len(w) && digits <= 5 || digits > 0 && len(w) <= 3
}

// other is what stands in place of a word.
func (h *hider) other(w string) string {
	if strings.Trim(w, "0123456789") == "" {
		return h.digits(w)
	}
	h.words[w] = true
	return h.letters(w)
}
