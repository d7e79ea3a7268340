package provider

import (
	"strings"
	"unicode"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// searchable is what of a fact an advisor can search for: titles, needs,
// answers, messages and decisions. It is empty for a fact without words.
func searchable(f *eventsv1.Fact) string {
	var words []string
	add := func(texts ...string) { words = append(words, texts...) }
	company := func(c *casesv1.Company) { add(c.GetDisplayName(), c.GetId()) }
	inputs := func(all []*casesv1.Input) {
		for _, in := range all {
			add(in.GetValue())
		}
	}
	switch e := f.Event.(type) {
	case *eventsv1.Fact_RequestMade:
		made := e.RequestMade
		add(made.CaseTitle, made.NeedText, made.Request.GetTerms().GetDisplayName(), made.Request.GetHandover())
		company(made.Company)
		inputs(made.Request.GetInputs())
	case *eventsv1.Fact_CompanyLinked:
		company(e.CompanyLinked.Company)
	case *eventsv1.Fact_MessagePosted:
		add(e.MessagePosted.Text)
	case *eventsv1.Fact_SupplementAnswered:
		add(e.SupplementAnswered.Text)
		inputs(e.SupplementAnswered.Inputs)
	case *eventsv1.Fact_WordsCorrected:
		add(e.WordsCorrected.Text)
	case *eventsv1.Fact_RequestWithdrawn:
		add(e.RequestWithdrawn.Reason)
	case *eventsv1.Fact_RequestRated:
		add(e.RequestRated.Comment)
	case *eventsv1.Fact_RequestHandedBack:
		add(e.RequestHandedBack.Reason)
	case *eventsv1.Fact_ReplySent:
		add(e.ReplySent.Text)
	case *eventsv1.Fact_SupplementAsked:
		add(e.SupplementAsked.Question)
	case *eventsv1.Fact_RequestDeclined:
		add(e.RequestDeclined.Text)
	case *eventsv1.Fact_ReferralProposed:
		add(e.ReferralProposed.Text, e.ReferralProposed.Handover)
	case *eventsv1.Fact_DecisionRecorded:
		add(e.DecisionRecorded.Decision.GetTitle(), e.DecisionRecorded.Decision.GetReasons(), e.DecisionRecorded.Decision.GetReference())
	case *eventsv1.Fact_RequestCompleted:
		add(e.RequestCompleted.Summary)
	case *eventsv1.Fact_ContactRecorded:
		add(e.ContactRecorded.Summary)
	}
	return strings.TrimSpace(strings.Join(words, "\n"))
}

// searchWords cuts a query into the words to look for, each once. They hold
// letters, digits and their accents alone, so nothing of FTS5's own language is
// left in them.
func searchWords(query string) []string {
	var words []string
	seen := map[string]bool{}
	for _, word := range strings.FieldsFunc(query, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	}) {
		word = strings.ToLower(word)
		if !seen[word] && strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsMark(r) }) {
			seen[word] = true
			words = append(words, word)
		}
	}
	return words
}

// beginning is the FTS5 expression for words that begin so. The quotes make
// AND, OR, NOT and NEAR plain words.
func beginning(word string) string { return `"` + word + `"*` }
