package intake

import "strings"

// conceive finds the concept that a word names or is a kind of. Of a compound,
// the last part tells ("maalausfirma" is a firm).
func (in *Intake) conceive(t token, spoken [languageCount]bool) []hit {
	var hits []hit
	for l := range languageCount {
		if !spoken[l] {
			continue
		}
		x, lang := in.index[l], in.languages[l]
		c, ok := lang.concepts[t.stems[l]]
		for cut := leastPart - 1; !ok && l != en && cut+leastPart <= len(t.folded); cut++ {
			if lang.conceptOpenings[t.folded[cut:cut+leastPart]] {
				c, ok = lang.concepts[lang.stem(t.folded[cut:])]
			}
		}
		if !ok {
			continue
		}
		if id, known := x.byStem[c.key]; known {
			likeness := 1.0
			if c.kind {
				likeness = likenessKind
			}
			hits = append(hits, hit{l, id, likeness, RulePhrase})
		}
	}
	return hits
}

// parts finds the known words that a compound is made of: the words that hyphens
// join, or its last part in any form, and its first part as it stands or in the
// genitive.
func (in *Intake) parts(t token, l int) []hit {
	var hits []hit
	x := in.index[l]
	for _, piece := range t.pieces {
		if id, ok := x.byStem[in.languages[l].stem(piece)]; ok && x.terms[id].strong && !in.languages[l].function[piece] {
			hits = append(hits, hit{l, id, likenessHead, RuleCompound})
		}
	}
	if len(hits) > 0 {
		return hits
	}
	if l == en {
		return nil // English writes its compounds apart
	}
	for cut := leastPart - 1; cut+leastPart <= len(t.folded); cut++ {
		if x.openings[t.folded[cut:cut+leastPart]] {
			if id, ok := x.byStem[in.languages[l].stem(t.folded[cut:])]; ok && x.terms[id].strong {
				hits = append(hits, hit{l, id, likenessHead, RuleCompound})
				break
			}
		}
	}
	if len(t.folded) < 2*leastPart {
		return hits
	}
	if !x.openings[t.folded[:leastPart]] {
		return hits
	}
	for cut := len(t.folded) - leastPart + 1; cut >= leastPart+1; cut-- {
		first := t.folded[:cut]
		id, ok := x.byStem[in.languages[l].stem(first)]
		if !ok && l == sv {
			id, ok = x.byStem[in.languages[l].stem(strings.TrimSuffix(first, "s"))]
		}
		if ok && x.terms[id].strong {
			hits = append(hits, hit{l, id, likenessModifier, RuleCompound})
			break
		}
	}
	return hits
}
