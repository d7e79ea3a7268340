package intake

import (
	"cmp"
	"slices"
)

// The likeness of a word that holds a known word as a part. The last part of
// a compound tells what it is; the first part only what kind of it.
const (
	likenessHead     = 0.85
	likenessModifier = 0.6

	// leastPart is the least length of a part of a compound.
	leastPart = 4

	// likenessKind is what a kind of a thing counts for the thing.
	likenessKind = 0.9

	// otherLanguage is what a word counts that is known only in a language that
	// the text is probably not in.
	otherLanguage = 0.8
)

// hit is one known term that a word of the text meets.
type hit struct {
	language int
	term     int
	// likeness is 1 for the same word and less for one that is only like it.
	likeness float64
	rule     Rule
}

func sortHits(hits []hit) {
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(compareDescending(a.likeness, b.likeness), cmp.Compare(a.language, b.language), cmp.Compare(a.term, b.term))
	})
}

// query is a text that has been read against the index.
type query struct {
	tokens []word
}

// word is one word of the text, or two neighbours joined, with what it meets.
type word struct {
	token
	hits []hit
	// joined are the hits of this word written together with the next one, as in
	// "alkuperä todistus".
	joined []hit
}

// read cuts the text into words and finds what each meets in the index.
func (in *Intake) read(text, named string) query {
	tokens := split(text)
	for i := range tokens {
		for l := range languageCount {
			tokens[i].stems[l] = in.languages[l].stem(tokens[i].lower)
		}
	}
	spoken := in.spoken(tokens, named)
	q := query{tokens: make([]word, len(tokens))}
	for i, t := range tokens {
		for l := range languageCount {
			if spoken[l] {
				t.function = t.function || in.languages[l].function[t.lower]
				t.divides = t.divides || in.languages[l].divider[t.lower]
			}
		}
		q.tokens[i] = word{token: t, hits: append(in.meet(t, spoken), in.conceive(t, spoken)...)}
	}
	for i := range q.tokens[:max(0, len(tokens)-1)] {
		a, b := q.tokens[i], q.tokens[i+1]
		if a.function || b.function || a.ends {
			continue
		}
		for l := range languageCount {
			if !spoken[l] {
				continue
			}
			x := in.index[l]
			if id, ok := x.byStem[in.languages[l].stem(a.lower+b.lower)]; ok && x.terms[id].strong {
				q.tokens[i].joined = append(q.tokens[i].joined, hit{l, id, 1, RuleCompound})
			}
		}
	}
	return q
}

// spoken tells in which languages the text may be: the named one, and the one
// with the most words that are its own.
func (in *Intake) spoken(tokens []token, named string) [languageCount]bool {
	var spoken [languageCount]bool
	var own [languageCount]float64
	for l, code := range languageCodes {
		if code == named {
			spoken[l] = true
			own[l] = 0.5
		}
		for _, t := range tokens {
			if in.languages[l].function[t.lower] {
				own[l]++
			} else if _, known := in.index[l].byStem[t.stems[l]]; known {
				own[l]++
			}
		}
	}
	most := fi
	for l := range languageCount {
		if own[l] > own[most] {
			most = l
		}
	}
	spoken[most] = true
	return spoken
}

// meet finds the terms that a word meets: the same word in any language, and
// when there is none, its parts and words like it in the spoken languages.
func (in *Intake) meet(t token, spoken [languageCount]bool) []hit {
	var hits []hit
	known, strong := false, false
	for _, l := range spokenFirst(spoken) {
		if known && !spoken[l] {
			continue
		}
		x := in.index[l]
		id, ok := x.byStem[t.stems[l]]
		if !ok {
			if id, ok = x.byStem[in.languages[l].stem(t.folded)]; !ok {
				continue
			}
		}
		likeness := 1.0
		if !spoken[l] {
			if len(t.folded) < leastPart {
				continue
			}
			likeness = otherLanguage
		} else {
			known = true
			strong = strong || x.terms[id].strong
		}
		hits = append(hits, hit{l, id, likeness, RuleStem})
	}
	if t.function || strong {
		return hits
	}
	for l := range languageCount {
		if !spoken[l] || in.languages[l].function[t.lower] {
			continue
		}
		hits = append(hits, in.parts(t, l)...)
		if !known {
			hits = append(hits, in.alike(t, l)...)
		}
	}
	return hits
}

// alike finds the terms that are written nearly like the word, and what they
// are kinds of.
func (in *Intake) alike(t token, l int) []hit {
	var hits []hit
	x := in.index[l]
	for _, h := range x.similar.find(t.folded) {
		h.language = l
		hits = append(hits, h)
		if concept := x.conceptOf[h.term]; concept >= 0 && h.likeness >= likenessOne {
			hits = append(hits, hit{l, concept, h.likeness, RuleSimilar})
		}
	}
	return hits
}

// spokenFirst returns the languages, those the text is probably in first.
func spokenFirst(spoken [languageCount]bool) []int {
	order := make([]int, 0, languageCount)
	for l := range languageCount {
		if spoken[l] {
			order = append(order, l)
		}
	}
	for l := range languageCount {
		if !spoken[l] {
			order = append(order, l)
		}
	}
	return order
}
