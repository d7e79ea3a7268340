package intake

import (
	_ "embed" // the data of the languages
	"fmt"
	"slices"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/goccy/go-yaml"
)

// The languages, as places in arrays.
const (
	fi = iota
	sv
	en
	languageCount
)

var languageCodes = [languageCount]string{"fi", "sv", "en"}

//go:embed language.yaml
var languageData []byte

// language is what the search knows about one language.
type language struct {
	id       int
	code     string
	function map[string]bool
	light    map[string]bool
	divider  map[string]bool
	everyday []string
	kin      []string
	// forms leads from a form that no stemming rule reaches to its base form.
	forms map[string]string
	// concepts leads from a stem to the concept that it stands for, or is a kind of.
	concepts map[string]concept
	// conceptOpenings are the first four letters of the words of concepts.
	conceptOpenings map[string]bool
	// keep are words that stemming would mix up with others (customs, customer).
	keep     map[string]bool
	snowball func(*snowballstem.Env) bool
}

// concept is a thing with several names ("firm") and kinds ("salon").
type concept struct {
	// key of the concept among the terms of an index; no stem looks like it.
	key string
	// kind tells that the word is a kind of the thing and not a name of it.
	kind bool
}

func loadLanguages() ([languageCount]*language, error) {
	var files map[string]struct {
		Function []string            `yaml:"function"`
		Light    []string            `yaml:"light"`
		Divider  []string            `yaml:"divider"`
		Everyday []string            `yaml:"everyday"`
		Kin      []string            `yaml:"kin"`
		Forms    map[string][]string `yaml:"forms"`
		Keep     []string            `yaml:"keep"`
		Concepts map[string]struct {
			Words []string `yaml:"words"`
			Kinds []string `yaml:"kinds"`
		} `yaml:"concepts"`
	}
	var all [languageCount]*language
	if err := yaml.UnmarshalWithOptions(languageData, &files, yaml.DisallowUnknownField()); err != nil {
		return all, fmt.Errorf("intake: read language.yaml: %w", err)
	}
	stemmers := [languageCount]func(*snowballstem.Env) bool{finnish.Stem, swedish.Stem, english.Stem}
	for id, code := range languageCodes {
		file := files[code]
		if len(file.Function) == 0 || len(file.Everyday) == 0 {
			return all, fmt.Errorf("intake: language.yaml: %s has no function words or no everyday words", code)
		}
		l := &language{id: id, code: code, everyday: file.Everyday, kin: file.Kin, snowball: stemmers[id]}
		l.forms = map[string]string{}
		for base, forms := range file.Forms {
			for _, form := range forms {
				l.forms[lowered(form)] = lowered(base)
			}
		}
		l.keep = set(file.Keep, lowered)
		l.concepts = map[string]concept{}
		l.conceptOpenings = map[string]bool{}
		for name, c := range file.Concepts {
			for _, word := range slices.Concat(c.Words, c.Kinds) {
				l.conceptOpenings[firstLetters(fold(lowered(word)), leastPart)] = true
			}
			for _, kind := range c.Kinds {
				l.concepts[l.stem(lowered(kind))] = concept{key: "=" + name, kind: true}
			}
			for _, word := range c.Words {
				l.concepts[l.stem(lowered(word))] = concept{key: "=" + name}
			}
		}
		l.function = set(file.Function, lowered)
		l.divider = set(file.Divider, lowered)
		// Light words are known by stem: "företaget" is as light as "företag".
		l.light = set(file.Light, func(word string) string { return l.stem(lowered(word)) })
		all[id] = l
	}
	return all, nil
}

func set(words []string, key func(string) string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, word := range words {
		m[key(word)] = true
	}
	return m
}

// phraseWords cuts a word or phrase of the catalogue into the words that must be
// said. Function words need not be said, unless at most one word would be left
// of several ("more customers").
func (l *language) phraseWords(phrase string) []token {
	tokens := split(phrase)
	var words []token
	for i := range tokens {
		t := &tokens[i]
		t.stems[l.id] = l.stem(t.lower)
		t.function = l.function[t.lower]
		t.light = t.function || l.light[t.stems[l.id]]
		if !t.function {
			words = append(words, *t)
		}
	}
	if len(words) <= 1 {
		return tokens
	}
	return words
}
