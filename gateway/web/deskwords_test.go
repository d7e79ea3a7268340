package web_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// wrote is a timeline in which the company and the provider have written, and both
// have corrected something.
func wrote() []*casesv1.TimelineEntry {
	var entries []*casesv1.TimelineEntry
	add := func(e *casesv1.TimelineEntry) {
		e.Time, e.Request = at(20-len(entries)), requestName("omnia-2")
		if e.Party == casesv1.Party_PARTY_PROVIDER {
			e.Provider, e.Advisor = "providers/omnia", maija()
		}
		entries = append(entries, e)
	}
	company, provider := casesv1.Party_PARTY_COMPANY, casesv1.Party_PARTY_PROVIDER
	add(&casesv1.TimelineEntry{Revision: "r1", Kind: casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED, Party: company, Text: "Milloin?"})
	add(&casesv1.TimelineEntry{Revision: "r2", Kind: casesv1.EntryKind_ENTRY_KIND_REPLIED, Party: provider, Text: "Maanantaina", CorrectedAt: at(17)})
	add(&casesv1.TimelineEntry{Revision: "r3", Kind: casesv1.EntryKind_ENTRY_KIND_CORRECTED, Party: provider, Text: "Torstaina", Corrects: "r2", Field: "text", Reason: "Väärä päivä"})
	add(&casesv1.TimelineEntry{Revision: "r4", Kind: casesv1.EntryKind_ENTRY_KIND_DECIDED, Party: provider, Text: "Sopimus", Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED})
	add(&casesv1.TimelineEntry{Revision: "r5", Kind: casesv1.EntryKind_ENTRY_KIND_CORRECTED, Party: provider, Text: "Ehdot täyttyvät", Corrects: "r4", Field: "reasons"})
	add(&casesv1.TimelineEntry{Revision: "r6", Kind: casesv1.EntryKind_ENTRY_KIND_HANDED_BACK, Party: provider})
	return entries
}

// TestWhoIsOfferedToCorrect: the advisor who works on a request, and a lead, correct
// what the provider wrote there, from the words that hold now, and nothing else.
func TestWhoIsOfferedToCorrect(t *testing.T) {
	ended := func(r *casesv1.Request) { r.ConsentEndedAt = timestamppb.New(noon()) }
	for _, test := range []struct {
		name, role, request string
		change              func(*casesv1.Request)
		offered             bool
	}{
		{"one's own", "advisor", "omnia-2", nil, true},
		{"another advisor's", "advisor", "omnia-3", nil, false},
		{"nobody's", "advisor", "omnia-1", nil, false},
		{"a lead", "lead", "omnia-3", nil, true},
		{"completed", "advisor", "omnia-2", func(r *casesv1.Request) { r.Status = casesv1.RequestStatus_REQUEST_STATUS_COMPLETED }, true},
		{"without consent", "advisor", "omnia-2", ended, false},
		{"kept by law", "advisor", "omnia-2", func(r *casesv1.Request) { ended(r); r.KeptByLaw = true }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBrowser(t)
			b.signIn(advisorToken(test.role))
			b.api.theCase.Timeline = wrote()
			for _, r := range b.api.requests {
				r.Decision = &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Sopimus", Reasons: "Ehdot täyttyvät"}
				if test.change != nil && r.Name == requestName(test.request) {
					test.change(r)
				}
			}
			p := b.get(deskPath + test.request + "?words=2")
			p.has(t, "Tekstiä korjattiin", "Maija Meri", ">Väärä päivä</span>", "Korjattu <time", "Päätöksen perusteluja korjattiin", "Maanantaina")
			forms := []string{
				`id="form-correct-2"`, `rows="4" aria-required="true">Torstaina</textarea>`, "Vanha teksti jää tapahtumiin",
				`href="/desk/omnia/requests/` + caseID + "/" + test.request + `?words=4#own-4"`,
			}
			if !test.offered {
				p.lacks(t, append(forms, "?words=")...)
				return
			}
			p.has(t, forms...)
			p.lacks(t, "form-correct-4") // each once it is asked for
			p = b.get(deskPath + test.request + "?words=4")
			p.has(t, `id="form-correct-4"`, ">Sopimus</textarea>", `id="form-correct-reasons-4"`, ">Ehdot täyttyvät</textarea>")
			// The company's words, a correction, and an entry without words.
			p.lacks(t, "words=1#", "words=3#", "words=5#", "words=6#", "remove_old")
			if got := p.hidden(t, "form-correct-reasons-4"); got.Get("field") != "reasons" || got.Get("revision") != "r4" {
				t.Errorf("the form of the reasons sends %v", got)
			}
		})
	}
}

// TestACompanySeesWhoCorrected: the company reads a provider's correction as its own
// corrections, and corrects its own words alone.
func TestACompanySeesWhoCorrected(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	b.api.theCase.Timeline = wrote()
	p := b.get(casePath)
	p.has(t, "Tekstiä korjattiin", "Maija Meri", ">Väärä päivä</span>", "Korjattu <time", "Päätöksen perusteluja korjattiin", `href="`+casePath+`?words=1#own-1"`)
	p.lacks(t, "words=2#", "words=4#")
	b.get(casePath+"?words=1").has(t, `id="own-1"`, `id="form-correct-1"`, `id="form-remove-1"`)
}
