package catalogue

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/businessespoo/hub/services/kit/datafile"
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
	f, err := datafile.Read(file, data, &in)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(in.Services))
	for id := range in.Services {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		at := datafile.Field("services").Field(id)
		service, ok := p.Service(id)
		if !ok {
			f.Fail(at, "is not a service of %s", p.Key)
			continue
		}
		service.Words = in.Services[id]
		for _, lang := range []string{"fi", "sv", "en"} {
			checkWords(f, at.Field(lang), service.Words.In(lang))
		}
	}
	return f.Err()
}

func checkWords(f *datafile.File, at datafile.Place, words []string) {
	for i, word := range words {
		here := at.Item(i, "")
		switch {
		case strings.TrimSpace(word) == "":
			f.Fail(here, "is empty; write a word or leave the line out")
		case utf8.RuneCountInString(word) > maxWord:
			f.Fail(here, "has %d characters; at most %d fit", utf8.RuneCountInString(word), maxWord)
		case slices.Contains(words[:i], word):
			f.Fail(here, "%q is there twice", word)
		}
	}
}
