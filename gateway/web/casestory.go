package web

import (
	"slices"
	"strings"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// rateWithin is how long after its end a request may be rated: who has not by then does
// not want to, and is not asked any more.
const rateWithin = 30 * 24 * time.Hour

// storyFilters are the parts of the timeline to look at, as they stand in an address,
// each with what it shows; the first is all.
func storyFilters() []string { return []string{"all", "messages", "decisions"} }

var storyKinds = map[string][]casesv1.EntryKind{
	"messages": {
		casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED, casesv1.EntryKind_ENTRY_KIND_REPLIED, casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ASKED,
		casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ANSWERED, casesv1.EntryKind_ENTRY_KIND_CONTACT_RECORDED, casesv1.EntryKind_ENTRY_KIND_CORRECTED,
	},
	"decisions": {
		casesv1.EntryKind_ENTRY_KIND_DECIDED, casesv1.EntryKind_ENTRY_KIND_DECLINED, casesv1.EntryKind_ENTRY_KIND_COMPLETED,
		casesv1.EntryKind_ENTRY_KIND_REFERRAL_ANSWERED, casesv1.EntryKind_ENTRY_KIND_WITHDRAWN, casesv1.EntryKind_ENTRY_KIND_CASE_CLOSED,
	},
}

// story keeps of the timeline what the visitor wants to look at.
func (f *frame) story(entries []entryView) ([]entryView, []viewLink) {
	show := f.query.Get("show")
	if storyKinds[show] == nil {
		show = "all"
	}
	var links []viewLink
	for _, part := range storyFilters() {
		value := part
		if part == "all" {
			value = ""
		}
		links = append(links, viewLink{Label: f.T("journey_view.show_" + part), Link: f.link(map[string]string{"show": value, "before": "", "words": "", "step": "", "done": ""}) + "#events", Current: part == show})
	}
	if kinds := storyKinds[show]; kinds != nil {
		entries = slices.DeleteFunc(slices.Clone(entries), func(e entryView) bool { return !slices.Contains(kinds, e.GetKind()) })
	}
	return entries, links
}

// sides says of each entry on whose side it was done.
func (f *frame) sides(entries []entryView, c *casesv1.Case) {
	for i := range entries {
		e := &entries[i]
		switch e.GetParty() {
		case casesv1.Party_PARTY_COMPANY:
			e.Side = f.T("journey_view.side_company")
			if c.GetCompany() == nil {
				e.Side = f.T("journey_view.side_you")
			}
		case casesv1.Party_PARTY_PROVIDER:
			e.Side = f.Provider(e.GetProvider())
			if e.GetAdvisor() != nil {
				e.Side = f.Who(e.GetAdvisor()) + ", " + e.Side
			}
		default:
			e.Side = f.T("journey_view.side_hub")
		}
	}
}

// expect says what to expect of a request, and when.
func (f *frame) expect(r *casesv1.Request) string {
	who := f.Provider(r.GetProvider())
	if r.GetAdvisor() != nil {
		who = f.Who(r.GetAdvisor())
	}
	switch r.GetStatus() {
	case casesv1.RequestStatus_REQUEST_STATUS_PLANNED:
		return f.T("journey_view.expect_planned", "who", who)
	case casesv1.RequestStatus_REQUEST_STATUS_NEW:
		return join(f.T("journey_view.expect_new", "who", who), f.when(r))
	case casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS:
		return join(f.T("journey_view.expect_in_progress", "who", who), f.when(r))
	case casesv1.RequestStatus_REQUEST_STATUS_WAITING:
		return f.T("journey_view.expect_waiting")
	case casesv1.RequestStatus_REQUEST_STATUS_DECIDED:
		return f.T("journey_view.expect_decided", "who", who)
	}
	return ""
}

// when says by when something is to be heard of a request, plainly so when that is past.
func (f *frame) when(r *casesv1.Request) string {
	usual := f.RequestTime(r.GetExpectedTime())
	due := r.GetDueDate()
	switch {
	case r.GetOverdue() || due != "" && due < f.today():
		return f.T("journey_view.late", "date", f.Date(due))
	case due != "" && usual != "":
		return f.T("journey_view.hear_by", "time", usual, "date", f.Date(due))
	case due != "":
		return f.T("journey_view.hear", "date", f.Date(due))
	case usual != "":
		return usual + "."
	}
	return ""
}

// Guessed tells whether when, as the page says it of a request, is the guess of how long
// such a thing takes.
func (f *frame) Guessed(r *casesv1.Request) bool {
	waits := r.GetStatus() == casesv1.RequestStatus_REQUEST_STATUS_NEW || r.GetStatus() == casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS
	return waits && f.Estimated(r.GetExpectedTime()) && strings.Contains(f.when(r), f.RequestTime(r.GetExpectedTime()))
}

// left says how long there is until a date, or that it has passed.
func (f *frame) left(date string) string {
	due, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	today, _ := time.Parse(time.DateOnly, f.today())
	days := int(due.Sub(today) / (24 * time.Hour))
	switch {
	case days < 0:
		return f.T("journey_view.left_past", "date", f.Date(date))
	case days == 0:
		return f.T("journey_view.left_today")
	}
	return f.N("journey_view.left", days, "date", f.Date(date))
}

// ratable tells whether now is the time to rate a request.
func (f *frame) ratable(r *casesv1.Request) bool {
	return r != nil && r.GetRating() == nil && f.now.Sub(r.GetEndedAt().AsTime()) < rateWithin
}

// reported is what a company tells of an official service elsewhere: a message to the
// provider in its own words, and never the authority's.
func (f *frame) reported(was *sent) string {
	v := was.values
	lines := []string{f.T("journey_view.report_says"), f.T("journey_view.report_result") + ": " + f.T("journey_view.result_"+v.Get("result"))}
	for _, x := range []struct{ label, value string }{
		{f.T("journey_view.report_reference"), v.Get("reference")}, {f.T("journey_view.report_on"), f.Date(v.Get("on"))},
	} {
		if x.value != "" {
			lines = append(lines, x.label+": "+x.value)
		}
	}
	if text := v.Get("text"); text != "" {
		lines = append(lines, "", text)
	}
	return strings.Join(lines, "\n")
}

// reportFields ask what came of an official service elsewhere.
func (f *frame) reportFields() []field {
	var results []choice
	for _, result := range []string{"applied", "granted", "granted_in_part", "rejected", "other"} {
		results = append(results, choice{Value: result, Label: f.T("journey_view.result_" + result)})
	}
	return []field{
		f.choose("radios", "result", f.T("journey_view.report_result"), results).must(),
		f.text("reference", f.T("journey_view.report_reference")),
		f.text("on", f.T("journey_view.report_on")).as("date").until(f.today()),
		f.long("text", f.T("act.message_text"), shortText),
	}
}

// closes names the requests that end when the case is closed.
func (f *frame) closes(c *casesv1.Case) string {
	var open []string
	for _, r := range c.GetRequests() {
		if !ended(r.GetStatus()) {
			open = append(open, f.requestTitle(r))
		}
	}
	if len(open) == 0 {
		return f.T("journey_view.closes_none")
	}
	return f.N("journey_view.closes", len(open), "requests", strings.Join(open, "; "))
}
