package intake

import (
	"maps"
	"math"
	"slices"
)

// How much a word of each field says about a service. Reviewed words were chosen
// to say it; a description mentions many things in passing and can only tip
// the balance, so its words are no evidence on their own.
const (
	weightWord        = 1.0
	weightName        = 0.7
	weightNeed        = 0.4
	weightDescription = 0.2
	weightWho         = 0.1
	weightKin         = 0.5

	functionRarity = 0.2
	lightRarity    = 0.6

	// evidence is the least weight of a posting that is evidence on its own.
	evidence = 0.25

	// lightWord is the weight of a light word that is a reviewed word by itself.
	// With its rarity it gives a little less than a suggestion needs, so that
	// something must be added, unless it is all that was said.
	lightWord = 0.8
	// lightShare is what is left of the weight of a light word.
	lightShare = 0.4
)

// memberWeight is what one word of a phrase of n words says by itself.
func memberWeight(n int) float64 {
	switch n {
	case 1:
		return weightWord
	case 2:
		return 0.45
	case 3:
		return 0.3
	default:
		return 0.2
	}
}

// posting tells how much a term says about a service.
type posting struct {
	service int
	weight  float64
	// matched is the word or phrase of the catalogue that the term comes from.
	matched string
}

// term is one word of the index, in all its forms.
type term struct {
	postings []posting
	// rarity is 1 for a word of one service and falls as more services use it.
	rarity float64
	// most bounds the rarity of function words and light words, which are common
	// in the language however rare in the catalogue.
	most float64
	// strong terms are evidence for at least one service.
	strong bool
}

// phrase is a phrase of the catalogue, all of whose terms must be said.
type phrase struct {
	service int
	terms   []int
	text    string
	// vague phrases hold a function word ("more people"), and say less.
	vague bool
}

// index is the index of all services in one language. The service after the
// last one stands for private life.
type index struct {
	language *language
	terms    []term
	byStem   map[string]int
	phrases  []phrase
	// inPhrase tells of a term that some phrase holds it.
	inPhrase []bool
	// phrasesOf lists each phrase once, under that of its terms which the fewest
	// phrases hold: when it is not said, the phrase is not.
	phrasesOf [][]int
	// conceptOf is the concept of a term, -1 for none.
	conceptOf []int
	// similar finds the terms that are written nearly like a word.
	similar similar
	// openings are the first four letters of the forms of strong terms: what the last part
	// of a compound may begin with.
	openings map[string]bool
}

func buildIndex(l *language, documents []Document, needs []Need) *index {
	x := &index{language: l, byStem: map[string]int{}, openings: map[string]bool{}, similar: newSimilar()}
	needNames := map[string]string{}
	for _, need := range needs {
		needNames[need.Code] = need.Names[l.code]
	}
	for service, d := range documents {
		texts := d.Texts[l.code]
		for _, word := range texts.Words {
			x.addPhrase(service, word)
		}
		x.addWords(service, texts.Name, weightName)
		for _, code := range d.Needs {
			x.addWords(service, needNames[code], weightNeed)
		}
		x.addWords(service, texts.Description, weightDescription)
		x.addWords(service, texts.Who, weightWho)
	}
	for _, word := range l.everyday {
		x.addPhrase(len(documents), word)
	}
	for _, word := range l.kin {
		x.addWords(len(documents), word, weightKin)
	}
	x.finish(len(documents) + 1)
	return x
}

// addPhrase adds a reviewed word or phrase.
func (x *index) addPhrase(service int, text string) {
	words := x.language.phraseWords(text)
	if len(words) == 0 {
		return
	}
	terms := make([]int, len(words))
	for i, word := range words {
		weight := memberWeight(len(words))
		switch {
		case word.light && len(words) > 1:
			weight *= lightShare
		case word.light:
			weight = lightWord
		}
		terms[i] = x.add(service, word, weight, text)
	}
	if len(words) == 1 {
		return
	}
	// In a phrase, a word that names a concept stands for all its names and kinds.
	for i, word := range words {
		if c, ok := x.language.concepts[word.stems[x.language.id]]; ok && !c.kind {
			terms[i] = x.concept(c.key)
		}
	}
	x.phrases = append(x.phrases, phrase{
		service: service, terms: terms, text: text,
		vague: slices.ContainsFunc(words, func(w token) bool { return w.function }),
	})
}

// addWords adds the words of a running text.
func (x *index) addWords(service int, text string, weight float64) {
	for _, word := range x.language.phraseWords(text) {
		if word.function {
			continue
		}
		if word.light {
			x.add(service, word, weight*lightShare*lightShare, text)
		} else {
			x.add(service, word, weight, text)
		}
	}
}

func (x *index) add(service int, word token, weight float64, text string) int {
	stem := word.stems[x.language.id]
	id, ok := x.byStem[stem]
	if !ok {
		id = len(x.terms)
		x.byStem[stem] = id
		x.terms = append(x.terms, term{most: mostRarity(word)})
	}
	// Light words are corrected too, since a phrase may hang on them.
	if weight >= evidence || word.light && weight >= lightShare*memberWeight(4) {
		x.similar.add(word.folded, id)
	}
	if weight >= evidence {
		if head := firstLetters(word.folded, 4); head != "" {
			x.openings[head] = true
		}
	}
	matched := word.written
	if weight <= weightName && weight >= evidence {
		matched = text
	}
	postings := x.terms[id].postings
	for i := range postings {
		if postings[i].service == service {
			if weight > postings[i].weight {
				postings[i] = posting{service, weight, matched}
			}
			return id
		}
	}
	x.terms[id].postings = append(postings, posting{service, weight, matched})
	return id
}

func (x *index) listPhrases() {
	holders := make([]int, len(x.terms))
	for _, p := range x.phrases {
		for _, t := range p.terms {
			holders[t]++
		}
	}
	x.inPhrase = make([]bool, len(x.terms))
	x.phrasesOf = make([][]int, len(x.terms))
	for id, p := range x.phrases {
		fewest := p.terms[0]
		for _, t := range p.terms {
			x.inPhrase[t] = true
			if holders[t] < holders[fewest] {
				fewest = t
			}
		}
		x.phrasesOf[fewest] = append(x.phrasesOf[fewest], id)
	}
}

func mostRarity(word token) float64 {
	switch {
	case word.function:
		return functionRarity
	case word.light:
		return lightRarity
	default:
		return 1
	}
}

// concept returns the term of a concept. It counts inside phrases alone.
func (x *index) concept(key string) int {
	id, ok := x.byStem[key]
	if !ok {
		id = len(x.terms)
		x.byStem[key] = id
		x.terms = append(x.terms, term{})
	}
	return id
}

// finish computes the rarity of each term among the documents: the inverse
// document frequency of BM25, where a document counts as much as the term
// weighs in it, scaled to 1 for a term of one document.
func (x *index) finish(documents int) {
	rarity := func(frequency float64) float64 { return math.Log(1 + float64(documents)/(frequency+0.5)) }
	x.listPhrases()
	x.conceptOf = make([]int, len(x.terms))
	for stem, id := range x.byStem {
		x.conceptOf[id] = -1
		if c, ok := x.language.concepts[stem]; ok {
			if concept, ok := x.byStem[c.key]; ok {
				x.conceptOf[id] = concept
			}
		}
	}
	for i := range x.terms {
		t := &x.terms[i]
		var frequency float64
		for _, p := range t.postings {
			frequency += p.weight
			t.strong = t.strong || p.weight >= evidence
		}
		t.rarity = min(t.most, rarity(max(1, frequency))/rarity(1))
		if len(t.postings) == 0 { // a concept: as common as a word can be
			t.rarity = rarity(float64(documents)/2) / rarity(1)
		}
	}
	if x.language.id != fi {
		return
	}
	// A Finnish word is found by its other grade too, unless that is another word.
	for stem, id := range maps.Clone(x.byStem) {
		if other := grades(stem); other != "" && x.terms[id].strong {
			if known, ok := x.byStem[other]; !ok || !x.terms[known].strong {
				x.byStem[other] = id
			}
		}
	}
}

// firstLetters returns the first n bytes of a folded word, or "" when it is shorter.
func firstLetters(folded string, n int) string {
	if len(folded) < n {
		return ""
	}
	return folded[:n]
}
