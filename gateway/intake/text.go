package intake

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxTokens bounds the work on one text; a need said in more words than this
// has said what it is about.
const maxTokens = 150

// maxWord bounds the length of one word, in characters: longer ones are no words.
const maxWord = 60

// token is one word of the text.
type token struct {
	// written is the word as the user wrote it.
	written string
	// lower is the word in small letters, without punctuation.
	lower string
	// folded is lower without diacritics.
	folded string
	// pieces are the words that hyphens join, in small letters; none for a word
	// without hyphens.
	pieces []string
	// stems by language; also that of a folded form.
	stems [languageCount]string
	// function tells that the word carries no meaning of its own here.
	function bool
	// light tells that the word means something only inside a phrase.
	light bool
	// divides tells that the word parts two needs.
	divides bool
	// ends tells that a sign that parts needs (comma, full stop, slash) follows.
	ends bool
}

// split cuts a text into words. Hyphens and apostrophes inside a word belong
// to it; digits that lead a word ("60-vuotias") are a word of their own.
func split(text string) []token {
	text = norm.NFC.String(truncate(strings.ToValidUTF8(text, " "), MaxText))
	var tokens []token
	start := -1
	flush := func(end int) {
		if start < 0 {
			return
		}
		tokens = appendWord(tokens, text[start:end])
		start = -1
	}
	for i, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if start < 0 {
				start = i
			}
		case (isHyphen(r) || isApostrophe(r)) && start >= 0 && letterFollows(text[i+utf8.RuneLen(r):]):
			// inside a word
		default:
			flush(i)
			if strings.ContainsRune(",.;:!?/\n+&()", r) && len(tokens) > 0 {
				tokens[len(tokens)-1].ends = true
			}
		}
		if len(tokens) >= maxTokens {
			return tokens[:maxTokens]
		}
	}
	flush(len(text))
	return tokens[:min(len(tokens), maxTokens)]
}

func appendWord(tokens []token, written string) []token {
	if utf8.RuneCountInString(written) > maxWord {
		return tokens
	}
	digits := strings.IndexFunc(written, func(r rune) bool { return !unicode.IsDigit(r) })
	if digits > 0 && len(written) > digits+3 {
		tokens = append(tokens, newToken(written[:digits]))
		written = strings.TrimLeftFunc(written[digits:], func(r rune) bool { return isHyphen(r) || isApostrophe(r) })
	}
	return append(tokens, newToken(written))
}

func newToken(written string) token {
	lower := lowered(written)
	t := token{written: written, lower: lower, folded: fold(lower)}
	if pieces := strings.FieldsFunc(written, isHyphen); len(pieces) > 1 {
		for _, piece := range pieces {
			t.pieces = append(t.pieces, lowered(piece))
		}
	}
	return t
}

// lowered returns the word in small letters with plain hyphens left out and
// apostrophes made plain: "TE-toimisto" and "tetoimisto" are one word.
func lowered(word string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case isHyphen(r):
			return -1
		case isApostrophe(r):
			return '\''
		default:
			return unicode.ToLower(r)
		}
	}, word)
}

// fold takes the diacritics of the three languages away, for keyboards and
// writers that leave them out.
func fold(word string) string {
	return folding.Replace(word)
}

var folding = strings.NewReplacer("ä", "a", "å", "a", "ö", "o", "é", "e", "è", "e", "ü", "u", "š", "s", "ž", "z", "'", "")

func truncate(s string, characters int) string {
	n := 0
	for i := range s {
		if n == characters {
			return s[:i]
		}
		n++
	}
	return s
}

func isHyphen(r rune) bool     { return r == '-' || r == '\u2010' || r == '\u2011' || r == '\u2013' }
func isApostrophe(r rune) bool { return r == '\'' || r == '\u2019' || r == '\u00b4' || r == '`' }

func letterFollows(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsLetter(r)
}
