package intake

import (
	"cmp"
	"slices"
)

// similar finds the known forms that are written nearly like a word: inflected
// in a way the stemmer does not know, or mistyped.
type similar struct {
	forms []form
	// byGram lists the forms that hold a gram.
	byGram map[uint64][]int32
	known  map[string]int
}

// form is one written form of a term.
type form struct {
	folded string
	term   int
	grams  int
}

// The limits of likeness. An error is looked for in words of five letters or
// more, two errors in words of eight or more: shorter words have too many neighbours.
const (
	oneErrorFrom   = 5
	twoErrorsFrom  = 8
	likenessOne    = 0.85
	likenessTwo    = 0.7
	leastDice      = 0.55
	leastShared    = 2
	mostCandidates = 40
)

func newSimilar() similar {
	return similar{byGram: map[uint64][]int32{}, known: map[string]int{}}
}

func (s *similar) add(folded string, term int) {
	if _, ok := s.known[folded]; ok || len(folded) < 4 {
		return
	}
	id := len(s.forms)
	s.known[folded] = id
	grams := gramsOf(folded)
	s.forms = append(s.forms, form{folded: folded, term: term, grams: len(grams)})
	for _, g := range grams {
		s.byGram[g] = append(s.byGram[g], int32(id))
	}
}

// find returns the terms that have a form like the word, with their likeness
// below 1, the likest first.
func (s *similar) find(folded string) []hit {
	if len(folded) < oneErrorFrom {
		return nil
	}
	grams := gramsOf(folded)
	shared := make([]uint16, len(s.forms))
	touched := make([]int32, 0, 256)
	for _, g := range grams {
		for _, id := range s.byGram[g] {
			if shared[id] == 0 {
				touched = append(touched, id)
			}
			shared[id]++
		}
	}
	type candidate struct {
		id   int32
		dice float64
	}
	candidates := make([]candidate, 0, len(touched))
	for _, id := range touched {
		if shared[id] >= leastShared {
			dice := 2 * float64(shared[id]) / float64(len(grams)+s.forms[id].grams)
			candidates = append(candidates, candidate{id, dice})
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(compareDescending(a.dice, b.dice), cmp.Compare(a.id, b.id))
	})
	best := map[int]float64{}
	for _, c := range candidates[:min(len(candidates), mostCandidates)] {
		f := s.forms[c.id]
		likeness := likenessOf(folded, f.folded, c.dice)
		if likeness > best[f.term] {
			best[f.term] = likeness
		}
	}
	hits := make([]hit, 0, len(best))
	for term, likeness := range best {
		hits = append(hits, hit{term: term, likeness: likeness, rule: RuleSimilar})
	}
	sortHits(hits)
	return hits
}

// likenessOf returns how alike two folded words are, 0 when they are not.
func likenessOf(a, b string, dice float64) float64 {
	var likeness float64
	apart := max(len(a)-len(b), len(b)-len(a))
	if dice >= leastDice && len(b) >= oneErrorFrom && apart <= max(2, min(len(a), len(b))/3) {
		likeness = dice
	}
	shorter := min(len(a), len(b))
	allowed := 0
	switch {
	case shorter >= twoErrorsFrom:
		allowed = 2
	case shorter >= oneErrorFrom:
		allowed = 1
	}
	if allowed > 0 && a[0] == b[0] {
		switch errors := distance(a, b, allowed); {
		case errors > allowed:
		case errors <= 1:
			likeness = max(likeness, likenessOne)
		default:
			likeness = max(likeness, likenessTwo)
		}
	}
	return likeness
}

// gramsOf returns the different pieces of 3, 4 and 5 letters of a word, each
// packed into a number; the beginning counts as a letter, since words differ most
// at their end.
func gramsOf(folded string) []uint64 {
	marked := "^" + folded
	grams := make([]uint64, 0, 3*len(marked))
	for i := range len(marked) {
		var gram uint64
		for n := range min(5, len(marked)-i) {
			gram = gram<<8 | uint64(marked[i+n])
			if n >= 2 {
				grams = append(grams, gram)
			}
		}
	}
	slices.Sort(grams)
	return slices.Compact(grams)
}

// distance returns the number of letters to change, insert, leave out or swap
// with their neighbour to turn a into b (optimal string alignment), or most+1
// when it is more than most.
func distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	var rows [3][maxWord*4 + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j-1]+change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most+1)
}

func compareDescending(a, b float64) int { return cmp.Compare(b, a) }
