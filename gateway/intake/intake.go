package intake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxText is the limit of a text, in characters. What comes after it is not read.
const MaxText = 2000

// Texts is what the catalogue says of a service in one language.
type Texts struct {
	Name        string
	Description string
	// Who the service is for.
	Who string
	// Words are the reviewed words and phrases that people say when they need
	// the service. A phrase counts in full when all its words are said.
	Words []string
}

// Document is one service as the index sees it.
type Document struct {
	// Name is the resource name: "providers/{provider}/services/{service}".
	Name string
	// Needs are the codes of the needs that the service answers, the main one first.
	Needs []string
	// Texts by language: "fi", "sv", "en". A language may be missing.
	Texts map[string]Texts
}

// Need is one kind of help that a company looks for.
type Need struct {
	// Code names the need: "start-business".
	Code string
	// Names by language.
	Names map[string]string
}

// Rule tells how a word of the text met a word of the catalogue.
type Rule string

// The rules.
const (
	// RuleStem is the same word, perhaps inflected.
	RuleStem Rule = "stem"
	// RuleCompound is a compound of which the catalogue's word is a part.
	RuleCompound Rule = "compound"
	// RuleSimilar is a word that is written nearly alike.
	RuleSimilar Rule = "similar"
	// RulePhrase is several words that together make a phrase of the catalogue.
	RulePhrase Rule = "phrase"
	// RuleNeed is the code of a need, which the service answers.
	RuleNeed Rule = "need"
)

// Reason is one piece of evidence for a suggestion.
type Reason struct {
	// Word is the user's word as written; for a phrase, the words in their order.
	Word string
	// Matched is the word or phrase of the catalogue.
	Matched string
	Rule    Rule
	// Language of the catalogue's word: "fi", "sv" or "en".
	Language string
}

// Suggestion is one service that may help.
type Suggestion struct {
	// Service is the resource name.
	Service string
	// Confidence in the suggestion, above 0 and at most 1. It orders suggestions
	// of one text; it is not a probability.
	Confidence float64
	// Reasons, the weightiest first; at least one.
	Reasons []Reason
}

// Intake suggests services. Make one with [New].
type Intake struct {
	documents []Document
	needs     []Need
	languages [languageCount]*language
	index     [languageCount]*index
}

// New builds the index over the services. The order of the services decides
// between equals. It fails when a service has no name or comes twice, or names
// a need that is not among the needs.
func New(services []Document, needs []Need) (*Intake, error) {
	languages, err := loadLanguages()
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, need := range needs {
		known[need.Code] = true
	}
	seen := map[string]bool{}
	for _, d := range services {
		if d.Name == "" {
			return nil, errors.New("intake: a service without a name; give each its resource name")
		}
		if seen[d.Name] {
			return nil, fmt.Errorf("intake: service %s comes twice", d.Name)
		}
		seen[d.Name] = true
		for _, code := range d.Needs {
			if !known[code] {
				return nil, fmt.Errorf("intake: service %s answers the need %q, which is not on the list of needs", d.Name, code)
			}
		}
	}
	in := &Intake{documents: slices.Clone(services), needs: slices.Clone(needs), languages: languages}
	for l := range languageCount {
		in.index[l] = buildIndex(languages[l], in.documents, in.needs)
	}
	return in, nil
}

// ByNeed returns the services that answer the need with that code, those first
// that name it as their main need. It returns none for an unknown code.
func (in *Intake) ByNeed(code string) []Suggestion {
	var found []Suggestion
	for _, d := range in.documents {
		at := slices.Index(d.Needs, code)
		if at < 0 {
			continue
		}
		found = append(found, Suggestion{
			Service:    d.Name,
			Confidence: 1 / float64(1+at),
			Reasons:    []Reason{{Word: code, Matched: code, Rule: RuleNeed, Language: "en"}},
		})
	}
	slices.SortStableFunc(found, func(a, b Suggestion) int { return compareDescending(a.Confidence, b.Confidence) })
	return found
}

// Suggest returns at most max services for the text, the best first, and none
// when the text holds no need of a business. The language ("fi", "sv" or "en")
// is the one the user has chosen; the text may be in another one or mix them,
// and any other value means that it is not known. The code of a need is
// answered as [Intake.ByNeed] does. At most [MaxText] characters are read.
func (in *Intake) Suggest(text, language string, max int) []Suggestion {
	if max <= 0 {
		return nil
	}
	if byNeed := in.ByNeed(strings.TrimSpace(text)); len(byNeed) > 0 {
		return byNeed[:min(max, len(byNeed))]
	}
	q := in.read(text, language)
	whole := in.rank(q.tokens)
	if len(whole) == 0 {
		return nil
	}
	order := promoteParts(whole, in.rankParts(q))
	suggestions := make([]Suggestion, 0, min(max, len(order)))
	for _, r := range order[:min(max, len(order))] {
		s := Suggestion{Service: in.documents[r.service].Name, Confidence: confidence(r.score)}
		for _, p := range r.pieces[:min(mostReasons, len(r.pieces))] {
			s.Reasons = append(s.Reasons, p.reason)
		}
		suggestions = append(suggestions, s)
	}
	return suggestions
}
