package web

import (
	"slices"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// entryView is one thing that happened.
type entryView struct {
	*casesv1.TimelineEntry
	// N counts the entries from the oldest, so that each keeps its number.
	N              int
	Heading, About string
	// Side is who did it, as its company reads it.
	Side string
	// New: it came since the visitor's last visit.
	New bool
	// Basis says in words on what basis somebody acted for the company.
	Basis string
	// Told is what the rules over the whole case had to say that no earlier entry
	// says, in the case's Language.
	Told     []*casesv1.Notice
	Language string
	// Own leads to the Forms that correct and remove the reader's own words; they are on
	// the page once that was followed.
	Own   string
	Forms []form
}

// timeline is what happened in a case of that language, newest first.
func (f *frame) timeline(entries []*casesv1.TimelineEntry, requests []*casesv1.Request, language string) []entryView {
	told := toldFirst(entries)
	titles := map[string]string{}
	for _, r := range requests {
		titles[r.GetName()] = f.requestTitle(r)
	}
	out := make([]entryView, 0, len(entries))
	for _, entry := range slices.Backward(entries) {
		v := entryView{TimelineEntry: entry, N: len(entries) - len(out), Told: told[entry], Language: language, Heading: f.Enum("entry", entry.GetKind(), "ENTRY_KIND_"), About: titles[entry.GetRequest()]}
		if key := "basis." + entry.GetRepresentation(); f.texts.has(f.Lang, key) {
			v.Basis = f.Basis(token.Representation{Basis: entry.GetRepresentation(), Role: entry.GetRepresentationRole()})
		}
		switch entry.GetKind() {
		case casesv1.EntryKind_ENTRY_KIND_DECIDED:
			v.Heading += ": " + f.Result(entry.GetResult())
		case casesv1.EntryKind_ENTRY_KIND_REFERRAL_ANSWERED:
			v.Heading = f.T("entry.referral_refused")
			if entry.GetAgreed() {
				v.Heading = f.T("entry.referral_agreed")
			}
		}
		if entry.GetKind() == casesv1.EntryKind_ENTRY_KIND_CORRECTED && entry.GetField() == "reasons" {
			v.Heading = f.T("entry.corrected_reasons")
		}
		if concerns := entry.GetConcerns(); concerns != "" {
			v.About = f.Provider(concerns)
		}
		if service := entry.GetService(); service != "" && f.ServiceName(service) != v.About {
			v.About = join(v.About, "→", f.ServiceName(service))
		}
		out = append(out, v)
	}
	return out
}

// toldFirst answers for each entry the notices whose words no earlier entry has.
func toldFirst(entries []*casesv1.TimelineEntry) map[*casesv1.TimelineEntry][]*casesv1.Notice {
	known, told := map[string]bool{}, map[*casesv1.TimelineEntry][]*casesv1.Notice{}
	for _, entry := range entries {
		for _, notice := range entry.GetNotices() {
			if !known[notice.GetText()] {
				known[notice.GetText()] = true
				told[entry] = append(told[entry], notice)
			}
		}
	}
	return told
}
