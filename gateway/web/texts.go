package web

import (
	"cmp"
	"embed"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// languages are those that every text is in, the first one for visitors of
// whom nothing is known.
func languages() []string { return []string{"fi", "sv", "en"} }

// texts holds every text of the pages by language and key. A key is
// group.name; {name} in a text is replaced by a value.
type texts map[string]map[string]string

func mustTexts() texts {
	all := texts{}
	for _, lang := range languages() {
		data, err := textFiles.ReadFile("texts/" + lang + ".yaml")
		if err != nil {
			panic(fmt.Sprintf("web: read texts: %v", err))
		}
		var groups map[string]map[string]string
		if err := yaml.Unmarshal(data, &groups); err != nil {
			panic(fmt.Sprintf("web: read texts/%s.yaml: %v", lang, err))
		}
		all[lang] = map[string]string{}
		for group, entries := range groups {
			for name, text := range entries {
				all[lang][group+"."+name] = text
			}
		}
	}
	return all
}

// has tells whether there is a text for the key.
func (t texts) has(lang, key string) bool {
	_, ok := t[lang][key]
	return ok
}

// text returns a text with its values filled in: pairs are names and values.
// A key without a text comes out marked, so that a test of the page finds it.
func (t texts) text(lang, key string, pairs ...any) string {
	text, ok := t[lang][key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	if len(pairs) == 0 {
		return text
	}
	replacements := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		replacements = append(replacements, "{"+fmt.Sprint(pairs[i])+"}", fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(replacements...).Replace(text)
}

// count returns the text key.one for 1 and key.other for every other number,
// which is right in all three languages; {n} is the number.
func (t texts) count(lang, key string, n int, pairs ...any) string {
	form := "_other"
	if n == 1 {
		form = "_one"
	}
	return t.text(lang, key+form, append(pairs, "n", n)...)
}

// language finds out which language the visitor reads: what they chose just
// now, what they chose before, what their browser asks for.
func language(w http.ResponseWriter, r *http.Request) string {
	if chosen := r.Form.Get("lang"); slices.Contains(languages(), chosen) {
		setCookie(w, r, languageCookie, chosen)
		return chosen
	}
	if cookie, err := r.Cookie(cookieName(r, languageCookie)); err == nil && slices.Contains(languages(), cookie.Value) {
		return cookie.Value
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// accepted reads an Accept-Language header (RFC 9110 section 12.5.4).
func accepted(header string) string {
	type wish struct {
		lang   string
		weight float64
	}
	var wishes []wish
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		lang, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if !slices.Contains(languages(), lang) {
			continue
		}
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			if value, err := strconv.ParseFloat(q, 64); err == nil {
				weight = value
			}
		}
		if weight > 0 {
			wishes = append(wishes, wish{lang, weight})
		}
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.weight, a.weight) })
	if len(wishes) == 0 {
		return languages()[0]
	}
	return wishes[0].lang
}
