package web

import (
	"cmp"
	"html/template"
	"regexp"
)

// languageCode is what an attribute lang may hold.
var languageCode = regexp.MustCompile(`^[a-z]{2,3}$`)

// speak says in which language people write to each other in the case that the page shows:
// that in which the company wishes to be served, else that of the case. The hub does not
// guess from the words.
func (f *frame) speak(contact, language string) { f.spoken = cmp.Or(contact, language) }

// Spoken marks words of people with their language, so that they are read aloud right
// (WCAG 2.2, 3.1.2).
func (f *frame) Spoken() template.HTMLAttr { return f.In(f.spoken) }

// In marks words with a language; with none when it is the page's own, or unknown.
func (f *frame) In(language string) template.HTMLAttr {
	if language == f.Lang || !languageCode.MatchString(language) {
		return ""
	}
	return template.HTMLAttr(` lang="` + language + `"`)
}
