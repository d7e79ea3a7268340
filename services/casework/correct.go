package casework

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// CorrectText puts other words in the place of those that Of, the fact at Sequence
// of the same scope, holds in Field. By whoever wrote them: the company, or the
// request's advisor or a lead. A decision's result and figures are no words.
type CorrectText struct {
	Sequence            uint64
	Of                  *eventsv1.Fact
	Field, Text, Reason string
}

// RepeatCorrection tells a request the case's new title or need. By the hub.
type RepeatCorrection struct {
	// From is the sequence of the correction on the case's scope.
	From        uint64
	Field, Text string
}

func (CorrectText) caseCommand() string         { return "CorrectText" }
func (CorrectText) requestCommand() string      { return "CorrectText" }
func (RepeatCorrection) requestCommand() string { return "RepeatCorrection" }

// Fields of a fact that hold words. An answer to a question is input. and its id.
const (
	fieldTitle   = "title"
	fieldNeed    = "need_text"
	fieldText    = "text"
	fieldReasons = "reasons"
	fieldInput   = "input."
)

// place is where a fact holds words: whose they are, what kind of data, and how
// many characters they may have.
type place struct {
	party casesv1.Party
	class policyv1.DataClass
	most  int
}

// placeOf answers the place of words in a fact that shows as this kind; false where
// nothing can be corrected.
func placeOf(kind casesv1.EntryKind, field string) (place, bool) {
	const (
		application  = policyv1.DataClass_DATA_CLASS_APPLICATION
		conversation = policyv1.DataClass_DATA_CLASS_CONVERSATION
	)
	company, provider := casesv1.Party_PARTY_COMPANY, casesv1.Party_PARTY_PROVIDER
	input := strings.HasPrefix(field, fieldInput) && field != fieldInput
	text := field == fieldText
	switch kind {
	case casesv1.EntryKind_ENTRY_KIND_CASE_OPENED, casesv1.EntryKind_ENTRY_KIND_REQUESTED:
		switch {
		case field == fieldTitle:
			return place{company, policyv1.DataClass_DATA_CLASS_CASE, 120}, true
		case field == fieldNeed:
			return place{company, application, 2000}, true
		case input && kind == casesv1.EntryKind_ENTRY_KIND_REQUESTED:
			return place{company, application, 5000}, true
		}
	case casesv1.EntryKind_ENTRY_KIND_CASE_CLOSING, casesv1.EntryKind_ENTRY_KIND_CASE_REOPENED,
		casesv1.EntryKind_ENTRY_KIND_WITHDRAWN, casesv1.EntryKind_ENTRY_KIND_RATED:
		return place{company, conversation, 1000}, text
	case casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED:
		return place{company, conversation, 5000}, text
	case casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ANSWERED:
		return place{company, application, 5000}, text || input
	case casesv1.EntryKind_ENTRY_KIND_HANDED_BACK:
		return place{provider, conversation, 1000}, text
	case casesv1.EntryKind_ENTRY_KIND_DECLINED, casesv1.EntryKind_ENTRY_KIND_REFERRAL_PROPOSED:
		return place{provider, conversation, 2000}, text
	case casesv1.EntryKind_ENTRY_KIND_REPLIED, casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ASKED, casesv1.EntryKind_ENTRY_KIND_COMPLETED,
		casesv1.EntryKind_ENTRY_KIND_CONTACT_RECORDED:
		return place{provider, conversation, 5000}, text
	case casesv1.EntryKind_ENTRY_KIND_DECIDED:
		if field == fieldReasons {
			return place{provider, policyv1.DataClass_DATA_CLASS_REASONS, 5000}, true
		}
		return place{provider, policyv1.DataClass_DATA_CLASS_DECISION, 200}, text
	}
	return place{}, false
}

// decideCorrection decides on words of a fact of the same scope. What is wanted of
// them has changed since they were written, so no end of a request forbids it.
func decideCorrection(c CorrectText, actor *eventsv1.Actor) (*eventsv1.Fact_WordsCorrected, error) {
	if c.Of == nil {
		return nil, refuse(NotFound, "ENTRY_NOT_FOUND", "nothing stands at this revision; take the revision of an entry in the timeline").field("revision")
	}
	of, field := kind(c.Of), c.Field
	if field == "" {
		field = fieldText
	}
	if field == fieldText && of == casesv1.EntryKind_ENTRY_KIND_CASE_OPENED {
		field = fieldNeed
	}
	p, ok := placeOf(of, field)
	id, input := strings.CutPrefix(field, fieldInput)
	if !ok || input && !slices.ContainsFunc(inputsOf(c.Of), func(in *casesv1.Input) bool { return in.Id == id }) {
		return nil, refuse(Invalid, "NOT_CORRECTABLE", "the entry has no words %q that could be corrected; name an entry with words of your own, and which of them", field).field("field")
	}
	// The case's own words are the company's, also when a provider opened it or the hub passed them on.
	carried := of == casesv1.EntryKind_ENTRY_KIND_CASE_OPENED || of == casesv1.EntryKind_ENTRY_KIND_REQUESTED
	if actor.GetParty() != p.party || !carried && c.Of.GetActor().GetParty() != p.party {
		return nil, refuse(Denied, "NOT_YOUR_WORDS", "these are not your words; ask whoever wrote them to correct them")
	}
	if of == casesv1.EntryKind_ENTRY_KIND_REQUESTED && !input {
		return nil, refuse(Invalid, "NOT_CORRECTABLE", "%s is the case's; correct it in the entry of the opening", field).field("revision")
	}
	if n := utf8.RuneCountInString(c.Text); strings.TrimSpace(c.Text) == "" || n > p.most {
		return nil, refuse(Invalid, "TEXT_LENGTH", "text has %d characters; give 1 to %d, or have the words removed", n, p.most).field("text")
	}
	return &eventsv1.Fact_WordsCorrected{WordsCorrected: &eventsv1.WordsCorrected{
		Sequence: c.Sequence, Corrects: of, Number: EntryOf(c.Of, "", "").Number, Field: field, Text: c.Text, Reason: c.Reason,
	}}, nil
}

// decideRequestCorrection sends no new words to a provider whom the company has
// told to have none.
func decideRequestCorrection(r *casesv1.Request, c CorrectText, actor *eventsv1.Actor) (*eventsv1.Fact_WordsCorrected, error) {
	if r.ConsentEndedAt != nil && !r.KeptByLaw {
		return nil, refuse(State, "CONSENT_ENDED", "%s has ended with the consent that it rests on, and its provider is sent nothing more; words can still be removed", r.Name)
	}
	return decideCorrection(c, actor)
}

// correctionFits checks that a correction names words of whoever wrote it.
func correctionFits(w *eventsv1.WordsCorrected, actor *eventsv1.Actor, onCase bool) error {
	p, ok := placeOf(w.GetCorrects(), w.GetField())
	party := actor.GetParty()
	switch {
	case !ok || onCase != caseKind(w.Corrects):
		return fmt.Errorf("%s has no words %.40q here", w.GetCorrects(), w.GetField())
	case w.Repeats > 0 && party == casesv1.Party_PARTY_HUB && w.Corrects == casesv1.EntryKind_ENTRY_KIND_REQUESTED:
	case party != p.party:
		return fmt.Errorf("the words of %s are not those of %s", w.Corrects, party)
	}
	return nil
}

// caseKind tells whether a kind of entry with words is one of the case's scope.
func caseKind(k casesv1.EntryKind) bool {
	return k == casesv1.EntryKind_ENTRY_KIND_CASE_OPENED || k == casesv1.EntryKind_ENTRY_KIND_CASE_CLOSING || k == casesv1.EntryKind_ENTRY_KIND_CASE_REOPENED
}

// correctCase takes a correction into the case.
func correctCase(s *statev1.CaseState, w *eventsv1.WordsCorrected, sequence uint64) {
	if w.Corrects != casesv1.EntryKind_ENTRY_KIND_CASE_OPENED {
		return
	}
	if w.Field == fieldTitle {
		s.Case.Title = w.Text
	} else {
		s.Case.NeedText = w.Text
	}
	s.Corrections = slices.DeleteFunc(s.Corrections, func(c *statev1.Correction) bool { return c.Field == w.Field })
	s.Corrections = append(s.Corrections, &statev1.Correction{Sequence: sequence, Field: w.Field})
}

// correctRequest takes a correction into what the request shows. Words that it
// shows no more, since they were removed or its provider keeps none, stay away.
func correctRequest(s *statev1.RequestState, w *eventsv1.WordsCorrected) {
	r := s.Request
	s.Corrected = max(s.Corrected, w.Repeats)
	sup, ref := supplement(r, w.Number), referral(r, w.Number)
	switch w.Corrects {
	case casesv1.EntryKind_ENTRY_KIND_REQUESTED:
		switch w.Field {
		case fieldTitle:
			r.CaseTitle = w.Text
		case fieldNeed:
			r.NeedText = w.Text
		default:
			r.Inputs = withInput(r.Inputs, w)
		}
	case casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ANSWERED:
		if sup != nil && w.Field == fieldText {
			sup.Answer = w.Text
		} else if sup != nil {
			sup.Inputs = withInput(sup.Inputs, w)
		}
	case casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ASKED:
		if sup != nil {
			sup.Question = w.Text
		}
	case casesv1.EntryKind_ENTRY_KIND_REFERRAL_PROPOSED:
		if ref != nil {
			ref.Text = w.Text
		}
	case casesv1.EntryKind_ENTRY_KIND_WITHDRAWN, casesv1.EntryKind_ENTRY_KIND_DECLINED:
		r.EndText = w.Text
	case casesv1.EntryKind_ENTRY_KIND_COMPLETED:
		r.Summary = w.Text
	case casesv1.EntryKind_ENTRY_KIND_RATED:
		if r.Rating != nil {
			r.Rating.Comment = w.Text
		}
	case casesv1.EntryKind_ENTRY_KIND_DECIDED:
		if r.Decision == nil {
			return
		}
		r.Decision = proto.CloneOf(r.Decision) // it is the fact's own
		if w.Field == fieldReasons {
			r.Decision.Reasons = w.Text
		} else {
			r.Decision.Title = w.Text
		}
	}
}

// withInput answers the answers with a corrected one. The list is the fact's own.
func withInput(inputs []*casesv1.Input, w *eventsv1.WordsCorrected) []*casesv1.Input {
	id := strings.TrimPrefix(w.Field, fieldInput)
	i := slices.IndexFunc(inputs, func(in *casesv1.Input) bool { return in.Id == id })
	if i < 0 {
		return inputs
	}
	inputs = slices.Clone(inputs)
	inputs[i] = proto.CloneOf(inputs[i])
	inputs[i].Value = w.Text
	return inputs
}

func inputsOf(f *eventsv1.Fact) []*casesv1.Input {
	if made := f.GetRequestMade(); made != nil {
		return made.GetRequest().GetInputs()
	}
	return f.GetSupplementAnswered().GetInputs()
}

// Alone tells whether a fact holds no other words than the text that it shows, so
// that removing its words removes nothing else.
func Alone(f *eventsv1.Fact) bool {
	p, ok := placeOf(kind(f), fieldText)
	return ok && p.party == casesv1.Party_PARTY_COMPANY && len(inputsOf(f)) == 0
}

// corrections are what a request is owed of the case's corrections.
func corrections(s *statev1.CaseState, p *eventsv1.PlannedRequest, r *statev1.RequestState) []RequestCommand {
	var owed []RequestCommand
	for _, c := range s.Corrections {
		if c.Sequence <= r.GetCorrected() {
			continue
		}
		text := s.Case.NeedText
		if c.Field == fieldTitle {
			text = titleFor(s, p)
		}
		owed = append(owed, RepeatCorrection{From: c.Sequence, Field: c.Field, Text: text})
	}
	return owed
}

// lastCorrection is the sequence of the last correction that a request made now takes in.
func lastCorrection(s *statev1.CaseState) uint64 {
	if len(s.Corrections) == 0 {
		return 0
	}
	return s.Corrections[len(s.Corrections)-1].Sequence
}

// MarkCorrected notes on each entry of a timeline, oldest first, when its words were
// last corrected.
func MarkCorrected(timeline []*casesv1.TimelineEntry) {
	at := map[string]*casesv1.TimelineEntry{}
	for _, e := range timeline {
		if corrected := at[e.Corrects]; e.Corrects != "" && corrected != nil {
			corrected.CorrectedAt = e.Time
		}
		at[e.Revision] = e
	}
}
