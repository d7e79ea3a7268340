package web

import (
	"fmt"
	"slices"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// ownKinds are the entries whose text the company wrote. Beside the words of those
// that are true there are no others, so their old ones can go with a correction.
var ownKinds = map[casesv1.EntryKind]bool{
	casesv1.EntryKind_ENTRY_KIND_CASE_OPENED:         false,
	casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ANSWERED: false,
	casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED:      true,
	casesv1.EntryKind_ENTRY_KIND_WITHDRAWN:           true,
	casesv1.EntryKind_ENTRY_KIND_CASE_CLOSING:        true,
	casesv1.EntryKind_ENTRY_KIND_CASE_REOPENED:       true,
	casesv1.EntryKind_ENTRY_KIND_RATED:               true,
}

// ownForms tells whether the page shows the forms of some words: those of an entry or of
// the answers in a request, by their address or since one of them was sent. Else the
// entry's Own leads to them, so that a page does not hold all of them.
func (f *frame) ownForms(words string, was *sent) bool {
	if was != nil && (was.values.Get("do") == "correct" || was.values.Get("do") == "remove") {
		return strings.HasSuffix(was.form, "-"+words) || strings.HasPrefix(was.form, "correct-"+words+"-")
	}
	return f.query.Get("words") == words
}

// ownLink leads to the forms of some words.
func (f *frame) ownLink(words, to string) string {
	return f.link(map[string]string{"words": words, "done": ""}) + "#" + to
}

// ownWords gives the company's own entries the forms to correct and to remove them.
func (f *frame) ownWords(entries []entryView, c *casesv1.Case, was *sent) {
	now := current(entries)
	for i := range entries {
		e := &entries[i]
		alone, own := ownKinds[e.GetKind()]
		opening := e.GetKind() == casesv1.EntryKind_ENTRY_KIND_CASE_OPENED
		if !own || e.GetText() == "" && !opening || e.GetParty() != casesv1.Party_PARTY_COMPANY {
			continue
		}
		id := fmt.Sprint(e.N)
		if !f.ownForms(id, was) {
			e.Own = f.ownLink(id, "own-"+id)
			continue
		}
		if opening {
			e.Forms = append(e.Forms, f.correction("title-"+id, "title", e.GetRevision(), c.GetTitle(), false, was))
			e.Forms = append(e.Forms, f.correction(id, "need_text", e.GetRevision(), c.GetNeedText(), false, was))
		} else {
			text := e.GetText()
			if newer, ok := now[e.GetRevision()]; ok {
				text = newer
			}
			e.Forms = append(e.Forms, f.correction(id, "text", e.GetRevision(), text, alone, was))
		}
		remove := f.caseForm("remove", nil, c)
		remove.ID += "-" + id
		remove.Hidden = append(remove.Hidden, hidden{"revision", e.GetRevision()})
		e.Forms = append(e.Forms, remove.finish(was))
	}
}

// current are the words that the texts of entries were corrected to last, by their revision.
func current(entries []entryView) map[string]string {
	now := map[string]string{}
	for _, e := range slices.Backward(entries) { // the oldest first
		if e.GetCorrects() != "" && e.GetField() == "text" {
			now[e.GetCorrects()] = e.GetText()
		}
	}
	return now
}

// correction is the form that corrects one text.
func (f *frame) correction(id, name, revision, text string, alone bool, was *sent) form {
	fm := f.caseForm("correct", nil, nil)
	fm.ID += "-" + id
	if name == "title" {
		fm.Title = f.T("act.correct_title")
	}
	fm.Hidden = append(fm.Hidden, hidden{"revision", revision}, hidden{"field", name})
	fm.Fields[0].Value = text
	if !alone {
		fm.Fields = fm.Fields[:2]
	}
	fm = fm.finish(was)
	fm.Open = true
	return fm
}

// answerCorrections are the forms that correct the answers to a service's questions, or
// what leads to them.
func (f *frame) answerCorrections(c *casesv1.Case, r *casesv1.Request, answers []AnswerView, was *sent) (forms []form, own string) {
	i := slices.IndexFunc(c.GetTimeline(), func(e *casesv1.TimelineEntry) bool {
		return e.GetKind() == casesv1.EntryKind_ENTRY_KIND_REQUESTED && e.GetRequest() == r.GetName()
	})
	key := requestKey(r.GetName())
	switch {
	case i < 0:
		return nil, ""
	case !f.ownForms(key, was):
		return nil, f.ownLink(key, key)
	}
	for n, in := range r.GetInputs() {
		fm := f.correction(key+"-"+in.GetId(), "input."+in.GetId(), c.Timeline[i].GetRevision(), in.GetValue(), false, was)
		if n < len(answers) {
			fm.Title = strings.TrimSpace(fm.Title + ": " + answers[n].Question)
		}
		forms = append(forms, fm)
	}
	return forms, ""
}

// wordsView is an entry with the page around it.
type wordsView struct {
	F *frame
	E entryView
}

// Words lets the template of an entry's forms ask the page for texts.
func (f *frame) Words(e entryView) wordsView { return wordsView{F: f, E: e} }

// OwnText says what the visitor can do with their own words.
func (f *frame) OwnText() string {
	if f.Session.Desk() {
		return f.T("act.correct_words")
	}
	return f.T("journey_view.own_words")
}
