package redact

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of texts within texts.
const (
	maxPlain  = 4 << 20
	maxLayers = 4
)

// packed hides a text that may be base64 or gzip of another: what is readable is
// written again, without gzip.
func (h *hider) packed(s string) string { return h.layer(s, 0) }

func (h *hider) layer(s string, depth int) string {
	if depth > maxLayers {
		return h.all(s)
	}
	if strings.HasPrefix(s, "\x1f\x8b") {
		if plain, ok := gunzip(s); ok {
			return h.layer(plain, depth+1)
		}
		return h.all(s)
	}
	if plain, ok := plainOf(s); ok {
		out := base64.StdEncoding.EncodeToString([]byte(h.layer(plain, depth+1)))
		h.coded[out] = true
		return out
	}
	return h.text(s)
}

// plainOf reads base64 of something readable. A word of letters is base64 by
// accident too.
func plainOf(s string) (string, bool) {
	packed := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, s)
	if len(packed) < 16 || strings.ContainsAny(strings.TrimSpace(s), " \t") {
		return "", false
	}
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		raw, err = base64.RawStdEncoding.DecodeString(packed)
	}
	if err != nil {
		return "", false
	}
	plain := string(raw)
	if strings.HasPrefix(plain, "\x1f\x8b") {
		return plain, true
	}
	if !utf8.ValidString(plain) || strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\r\n", r) }) {
		return "", false
	}
	if _, again := plainOf(plain); again {
		return plain, true
	}
	return plain, strings.ContainsAny(plain, " \n={[<#")
}

func gunzip(s string) (string, bool) {
	z, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		return "", false
	}
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(z, maxPlain+1)); err != nil || n > maxPlain {
		return "", false
	}
	return b.String(), true
}
