package web

import (
	"fmt"
	"slices"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// deskKinds are the entries whose text a provider wrote, and nobody else writes.
var deskKinds = []casesv1.EntryKind{
	casesv1.EntryKind_ENTRY_KIND_REPLIED, casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ASKED, casesv1.EntryKind_ENTRY_KIND_DECLINED,
	casesv1.EntryKind_ENTRY_KIND_REFERRAL_PROPOSED, casesv1.EntryKind_ENTRY_KIND_COMPLETED, casesv1.EntryKind_ENTRY_KIND_CONTACT_RECORDED,
	casesv1.EntryKind_ENTRY_KIND_HANDED_BACK, casesv1.EntryKind_ENTRY_KIND_DECIDED,
}

// deskWords gives the provider's own entries the forms that correct them, for who
// works on the request and for leads. What is allowed the API decides.
func (f *frame) deskWords(entries []entryView, r *casesv1.Request, was *sent) {
	mine := f.Session.Advisor() != "" && r.GetAdvisor().GetName() == f.Session.Advisor()
	if !mine && !f.Session.Lead() || r.GetConsentEndedAt() != nil && !r.GetKeptByLaw() {
		return
	}
	now := current(entries)
	for i := range entries {
		e := &entries[i]
		if !slices.Contains(deskKinds, e.GetKind()) || e.GetText() == "" {
			continue
		}
		id := fmt.Sprint(e.N)
		if !f.ownForms(id, was) {
			e.Own = f.ownLink(id, "own-"+id)
			continue
		}
		text, newer := now[e.GetRevision()]
		if !newer {
			text = e.GetText()
		}
		title := "act.correct_words"
		if e.GetKind() == casesv1.EntryKind_ENTRY_KIND_DECIDED {
			title = "act.correct_decision"
			e.Forms = append(e.Forms, f.deskCorrection("reasons-"+id, "act.correct_reasons", "reasons", e.GetRevision(), r.GetDecision().GetReasons()).finish(was))
		}
		e.Forms = append(e.Forms, f.deskCorrection(id, title, "text", e.GetRevision(), text).finish(was))
	}
}

// deskCorrection is the form that corrects one text of the provider.
func (f *frame) deskCorrection(id, title, name, revision, text string) form {
	fm := f.deskForm("correct", nil, nil)
	fm.ID += "-" + id
	fm.Title = f.T(title)
	fm.Hidden = append(fm.Hidden, hidden{"revision", revision}, hidden{"field", name})
	fm.Fields[0].Value = text
	fm.Open = true
	return fm
}
