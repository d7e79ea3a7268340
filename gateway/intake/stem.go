package intake

import (
	"strings"

	"github.com/blevesearch/snowballstem"
)

// stem returns the key under which all forms of a word meet, without
// diacritics. The Snowball stemmers do most of it; what they leave apart in
// Finnish and Swedish is brought together after them, and forms that no rule
// reaches (sälja, sålt; lupa, lupia) are listed with the language.
func (l *language) stem(word string) string {
	if word == "" || word[0] >= '0' && word[0] <= '9' {
		return word
	}
	if l.id == fi {
		word = written(word)
	}
	if base, ok := l.forms[word]; ok {
		word = base
	}
	if l.keep[word] {
		return fold(word)
	}
	if l.keep[strings.TrimSuffix(word, "s")] {
		return fold(strings.TrimSuffix(word, "s"))
	}
	env := snowballstem.NewEnv(word)
	l.snowball(env)
	key := fold(env.Current())
	switch l.id {
	case fi:
		return finnishKey(key)
	case sv:
		return swedishKey(key)
	default:
		return key
	}
}

// written gives a spoken Finnish form its written ending: "työttömäks" is
// "työttömäksi", "palkkais" is "palkkaisi".
func written(word string) string {
	if len(word) >= 6 && (strings.HasSuffix(word, "ks") || strings.HasSuffix(word, "ais") || strings.HasSuffix(word, "äis")) {
		return word + "i"
	}
	return word
}

var singleStops = strings.NewReplacer("kk", "k", "pp", "p", "tt", "t")

// finnishKey brings together what the Finnish stemmer leaves apart: the grades
// pp, tt, kk and p, t, k (tontti, tontin); nouns in -us and -ys with their forms
// and their verbs (koulutus, koulutusta, koulutuksen, kouluttaa); adjectives in
// -nen; infinitives in -ma and -minen; the conditional; and the last vowel of a
// longer stem (irtisanoa, irtisanomaan).
func finnishKey(stem string) string {
	key := singleStops.Replace(stem)
	key = replaceEnd(key, 2, "uks", "us", "yks", "ys", "ain", "ais", "oin", "ois", "yin", "yis", "uin", "uis", "ein", "eis")
	key = replaceEnd(key, 5, "us", "")
	key = replaceEnd(key, 4, "ys", "")
	key = replaceEnd(key, 4, "amin", "a", "amis", "a", "omin", "o", "omis", "o", "umin", "u", "imin", "i", "emin", "e")
	key = replaceEnd(key, 4, "am", "", "om", "", "um", "", "em", "", "im", "")
	if !strings.HasSuffix(key, "lais") {
		key = replaceEnd(key, 4, "ais", "", "ois", "", "eis", "")
	}
	key = replaceEnd(key, 4, "ej", "", "oj", "")
	for len(key) > 4 && strings.IndexByte("aeiouy", key[len(key)-1]) >= 0 {
		key = key[:len(key)-1]
	}
	if n := len(key); n > 4 && key[n-1] == key[n-2] {
		key = key[:n-1]
	}
	return key
}

// swedishKey brings together what the Swedish stemmer leaves apart: the definite
// form in -et (företaget), nouns in -ning and -ing with their verbs (anställning,
// anställa), and participles in -lld (anställd).
func swedishKey(stem string) string {
	key := replaceEnd(stem, 5, "ning", "", "ing", "")
	key = replaceEnd(key, 4, "et", "")
	return replaceEnd(key, 3, "lld", "ll")
}

// replaceEnd replaces the first of the endings that the word has, if at least so
// many letters are left before it. Endings and what replaces them alternate.
func replaceEnd(word string, least int, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if rest, ok := strings.CutSuffix(word, pairs[i]); ok {
			if len(rest) >= least {
				return rest + pairs[i+1]
			}
			return word
		}
	}
	return word
}

// grades returns the other form of a Finnish stem whose last consonant changes
// between the strong and the weak grade (lupa, luvan), or "" when there is none.
func grades(stem string) string {
	body := strings.TrimRight(stem, "aeiouy")
	vowels := stem[len(body):]
	for _, pair := range [...][2]string{
		{"mp", "mm"}, {"nk", "ng"}, {"nt", "nn"}, {"lt", "ll"}, {"rt", "rr"}, {"p", "v"}, {"t", "d"},
	} {
		for from := range 2 {
			if rest, ok := strings.CutSuffix(body, pair[from]); ok && len(rest) >= 2 {
				return rest + pair[1-from] + vowels
			}
		}
	}
	return ""
}
