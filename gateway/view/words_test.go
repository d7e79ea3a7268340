package view_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/gateway/view"
)

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                     nil,
		"  \t\n ":              nil,
		"leipomo":              {`"leipomo"*`},
		"a b":                  {`"a"*`, `"b"*`},
		`"leipomo"`:            {`"leipomo"*`},
		`lei"po"mo`:            {`"leipomo"*`},
		"AND OR NOT NEAR(a,b)": {`"AND"*`, `"OR"*`, `"NOT"*`, `"NEAR(a,b)"*`},
		"- * ^ ( ) : + — € \"": nil,
		"yrityksen*":           {`"yrityksen*"*`},
		"9000001-1":            {`"9000001-1"*`},
		"\x00a\x00":            {`"a"*`},
		"漢字":                   {`"漢字"*`},
	} {
		if diff := cmp.Diff(want, view.Words(text)); diff != "" {
			t.Errorf("Words(%q) (-want +got)\n%s", text, diff)
		}
	}
}

// No text that a caller may give makes the search fail.
func FuzzSearch(f *testing.F) {
	for _, text := range []string{"leipomo", `"`, `a"b`, "NEAR(a", "col:", "*", "^a", "a-b", "\x00", "'; DROP", "\u0301", "ä\u0308"} {
		f.Add(text)
	}
	v, err := view.Open(filepath.Join(f.TempDir(), "view.db"), nil, slog.New(slog.DiscardHandler))
	must(f, err)
	f.Cleanup(func() { must(f, v.Close()) })
	f.Fuzz(func(t *testing.T, text string) {
		words := view.Words(text)
		if len(words) > 10 {
			words = words[:10]
		}
		if _, _, err := v.List(t.Context(), view.Seer{Person: "p"}, view.Filter{Words: words, Limit: 1}); err != nil {
			t.Errorf("search for %q: %v", text, err)
		}
	})
}
