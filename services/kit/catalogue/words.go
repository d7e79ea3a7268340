package catalogue

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxWord is the limit of one word or saying, in characters.
const maxWord = 100

// wordsFile is the file of reviewed words that people say for each service.
type wordsFile struct {
	Services map[string]Words `yaml:"services"`
}

// mergeWords reads a words file and gives each service its words.
func mergeWords(file string, data []byte, p *Provider) error {
	var in wordsFile
	tree, err := decode(file, data, &in)
	if err != nil {
		return err
	}
	c := &checker{file: file, tree: tree}
	ids := make([]string, 0, len(in.Services))
	for id := range in.Services {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		at := place{}.field("services").field(id)
		service, ok := p.Service(id)
		if !ok {
			c.fail(at, "is not a service of %s", p.Key)
			continue
		}
		service.Words = in.Services[id]
		for _, lang := range []string{"fi", "sv", "en"} {
			c.words(at.field(lang), service.Words.In(lang))
		}
	}
	return c.err()
}

func (c *checker) words(at place, words []string) {
	for i, word := range words {
		here := at.item(i, "")
		switch {
		case strings.TrimSpace(word) == "":
			c.fail(here, "is empty; write a word or leave the line out")
		case utf8.RuneCountInString(word) > maxWord:
			c.fail(here, "has %d characters; at most %d fit", utf8.RuneCountInString(word), maxWord)
		case slices.Contains(words[:i], word):
			c.fail(here, "%q is there twice", word)
		}
	}
}
