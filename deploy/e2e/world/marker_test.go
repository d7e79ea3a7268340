package world

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
)

// A search that finds nothing proves nothing unless it would have found it.
func TestAMarkerIsFoundInEveryForm(t *testing.T) {
	m := NewMarker("note")
	for what, write := range map[string]func(string) string{
		"plain":                func(s string) string { return s },
		"lower":                strings.ToLower,
		"percent-encoded":      func(string) string { return strings.Fields(m.Text())[2] },
		"percent, upper":       func(string) string { return strings.ToUpper(strings.Fields(m.Text())[2]) },
		"escaped in a query":   url.QueryEscape,
		"hexadecimal":          func(s string) string { return hex.EncodeToString([]byte(s)) },
		"base64":               func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64 for addresses": func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
		"base64, unpadded":     func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	} {
		for _, before := range []string{"", "ä", "?>", "~~~", "\xff\xfe\xfd\xfc"} {
			for _, after := range []string{"", "ö", "!?"} {
				text := []byte("..." + write(before+m.Word()+after) + "...")
				if m.In(text) == "" {
					t.Errorf("not found %s between %q and %q", what, before, after)
				}
				if other := NewMarker("other"); other.In(text) != "" {
					t.Errorf("another is found %s", other.In(text))
				}
			}
		}
	}
}
