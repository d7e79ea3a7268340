package intake

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const (
	// leastScore is the least score of a suggestion: about half of what one
	// reviewed word of a single service gives.
	leastScore = 0.5
	// leastLoneScore is the same for a terse text with one word that carries
	// meaning, as people type into a search box.
	leastLoneScore = 0.25
	// mostTerse is the length of a terse text, in words.
	mostTerse = 2
	// leastPartScore is the least score of the best service of a part of a text
	// that is promoted beside the best service of the whole.
	leastPartScore = 0.7
	// leastShare of the best score that a further suggestion has.
	leastShare = 0.3
	// fading is what each further piece of evidence counts of the one before, so
	// that a long story does not win by its length.
	fading = 0.85
	// mostHints bounds what words that are no evidence add in all.
	mostHints = 0.3
	// phraseScore is the least score of a phrase that is said in full.
	phraseScore = 1.0
	// vagueScore is the same for a phrase that hangs on a function word.
	vagueScore = 0.8
	// perPhraseWord is what each further word of a phrase adds, as a share.
	perPhraseWord = 0.15
	// mostApart is the longest stretch of text, in words, that a phrase is found in.
	mostApart = 8
	// mostReasons of one suggestion.
	mostReasons = 5
)

// piece is one piece of evidence for a service.
type piece struct {
	score  float64
	reason Reason
	// words of the part that the piece rests on.
	from  []int
	solid bool
}

// ranked is a service with its score.
type ranked struct {
	service int
	score   float64
	pieces  []piece
}

// rank scores all services on some neighbouring words of a text, the best
// first. It returns none when nothing is evidence of a need of a business.
func (in *Intake) rank(words []word) []ranked {
	private := len(in.documents)
	pieces := make([][]piece, private+1)
	in.collectPhrases(words, pieces)
	in.collectWords(words, pieces)
	var all []ranked
	for service := range pieces {
		if score, chosen := total(pieces[service]); score > 0 {
			all = append(all, ranked{service, score, chosen})
		}
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(compareDescending(a.score, b.score), cmp.Compare(b.service, a.service))
	})
	if len(all) == 0 || all[0].service == private {
		return nil
	}
	best := all[0].score
	least := leastScore
	if len(words) <= mostTerse && meaningful(words) == 1 {
		least = leastLoneScore
	}
	return slices.DeleteFunc(all, func(r ranked) bool {
		return r.service == private || r.score < least || r.score < leastShare*best
	})
}

func meaningful(words []word) int {
	n := 0
	for _, w := range words {
		if !w.function {
			n++
		}
	}
	return n
}

// total adds the pieces up, the weightiest first. A word counts once: in the
// best phrase that uses it, or alone.
func total(pieces []piece) (float64, []piece) {
	slices.SortStableFunc(pieces, func(a, b piece) int { return compareDescending(a.score, b.score) })
	used := map[int]bool{}
	var score, hints float64
	share := 1.0
	var chosen []piece
	solid := false
	for _, p := range pieces {
		if slices.ContainsFunc(p.from, func(i int) bool { return used[i] }) {
			continue
		}
		for _, i := range p.from {
			used[i] = true
		}
		if !p.solid {
			hints += p.score
			continue
		}
		score += p.score * share
		share *= fading
		solid = true
		chosen = append(chosen, p)
	}
	if !solid {
		return 0, nil
	}
	return score + min(mostHints, hints), chosen
}

// collectWords gives each service its best piece for each word.
func (in *Intake) collectWords(words []word, pieces [][]piece) {
	best := make([]piece, len(pieces))
	for i, w := range words {
		if !w.function {
			in.collectHits(w.hits, w.written, []int{i}, best)
		}
		if i+1 < len(words) {
			in.collectHits(w.joined, w.written+" "+words[i+1].written, []int{i, i + 1}, best)
		}
		for service := range best {
			if best[service].score > 0 {
				pieces[service] = append(pieces[service], best[service])
				best[service] = piece{}
			}
		}
	}
}

func (in *Intake) collectHits(hits []hit, written string, from []int, best []piece) {
	for _, h := range hits {
		t := in.index[h.language].terms[h.term]
		for _, p := range t.postings {
			score := h.likeness * t.rarity * p.weight
			if score > best[p.service].score {
				best[p.service] = piece{
					score:  score,
					from:   from,
					solid:  p.weight >= evidence,
					reason: Reason{Word: written, Matched: p.matched, Rule: h.rule, Language: languageCodes[h.language]},
				}
			}
		}
	}
}

// said is where and how well a term was said.
type said struct {
	at       int
	likeness float64
}

// collectPhrases finds the phrases all of whose words are said near each other.
func (in *Intake) collectPhrases(words []word, pieces [][]piece) {
	for l := range languageCount {
		x := in.index[l]
		heard := map[int][]said{}
		var terms []int
		for i, w := range words {
			for _, h := range w.hits {
				if h.language != l || !x.inPhrase[h.term] {
					continue
				}
				if len(heard[h.term]) == 0 {
					terms = append(terms, h.term)
				}
				heard[h.term] = append(heard[h.term], said{i, h.likeness})
			}
		}
		for _, t := range terms {
			for _, id := range x.phrasesOf[t] {
				if p, ok := in.phrasePiece(x, x.phrases[id], heard, words); ok {
					service := x.phrases[id].service
					pieces[service] = append(pieces[service], p)
				}
			}
		}
	}
}

// phrasePiece returns the piece that a phrase gives, if it is said in full.
func (in *Intake) phrasePiece(x *index, p phrase, heard map[int][]said, words []word) (piece, bool) {
	from := make([]int, 0, len(p.terms))
	likeness, rarity := 0.0, 0.0
	for _, t := range p.terms {
		found := false
		for _, s := range heard[t] {
			if slices.Contains(from, s.at) || len(from) > 0 && apart(from[0], s.at) > mostApart {
				continue
			}
			from = append(from, s.at)
			likeness += s.likeness
			rarity += x.terms[t].rarity
			found = true
			break
		}
		if !found {
			return piece{}, false
		}
	}
	n := float64(len(p.terms))
	least := phraseScore
	if p.vague {
		least = vagueScore
	}
	score := max(least, rarity) * (1 + perPhraseWord*(n-1)) * math.Pow(likeness/n, 2)
	slices.Sort(from)
	written := make([]string, len(from))
	for i, at := range from {
		written[i] = words[at].written
	}
	return piece{
		score:  score,
		from:   from,
		solid:  true,
		reason: Reason{Word: strings.Join(written, " "), Matched: p.text, Rule: RulePhrase, Language: x.language.code},
	}, true
}

func apart(a, b int) int { return max(a-b, b-a) }

// rankParts ranks the parts of a text that words or signs divide, when there
// are several.
func (in *Intake) rankParts(q query) [][]ranked {
	var parts [][]ranked
	start := 0
	cut := func(end int) {
		if end > start && end-start < len(q.tokens) {
			if r := in.rank(q.tokens[start:end]); len(r) > 0 && r[0].score >= leastPartScore {
				parts = append(parts, r)
			}
		}
	}
	for i, w := range q.tokens {
		switch {
		case w.divides:
			cut(i)
			start = i + 1
		case w.ends:
			cut(i + 1)
			start = i + 1
		}
	}
	cut(len(q.tokens))
	return parts
}

// promoteParts puts the best services of the parts right behind the best one of
// the whole text, so that each need that was said is answered first.
func promoteParts(whole []ranked, parts [][]ranked) []ranked {
	order := []ranked{whole[0]}
	has := func(service int) bool {
		return slices.ContainsFunc(order, func(r ranked) bool { return r.service == service })
	}
	slices.SortStableFunc(parts, func(a, b []ranked) int { return compareDescending(a[0].score, b[0].score) })
	for _, part := range parts {
		if !has(part[0].service) {
			order = append(order, part[0])
		}
	}
	for _, r := range whole {
		if !has(r.service) {
			order = append(order, r)
		}
	}
	return order
}

// confidence turns a score into a figure between 0 and 1.
func confidence(score float64) float64 {
	return math.Round(100*(1-math.Exp(-score))) / 100
}
