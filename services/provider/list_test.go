package provider_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/provider"
	"github.com/businessespoo/hub/services/provider/conformance"
)

// inbox fills an inbox with requests titled by what is special about them, made
// an hour apart.
func inbox(t *testing.T) (*conformance.Hub, *conformance.Desk) {
	t.Helper()
	h, d := open(t)
	for _, r := range []struct{ title, service, language, due, need string }{
		{"early", "apprenticeship", "fi", "2026-12-24", "Etsimme kokkioppilasta"},
		{"urgent", "apprenticeship", "sv", "2026-11-30", "Vi söker en lärling till köket"},
		{"undated", "staff-training", "en", "", "Hygiene passports for \"ten\" people"},
		{"taken", "staff-training", "fi", "2026-12-10", "Tulityökortti viidelle"},
		{"ended", "apprenticeship", "fi", "2026-12-11", "Kesätyö"},
		{"overdue", "apprenticeship", "fi", "2026-12-01", "Leipuri oppisopimuksella"},
	} {
		scope, sequence := h.Request(key, r.service, func(made *eventsv1.RequestMade) {
			made.CaseTitle, made.ContactLanguage, made.NeedText = r.title, r.language, r.need
			made.Request.Terms.DueDate = r.due
			made.Request.Inputs = []*casesv1.Input{{Id: "tasks", Value: "tehtävät-" + r.title}}
		})
		h.Sleep(time.Hour)
		d.Await(t, "a1", scope, sequence)
		switch r.title {
		case "taken", "ended":
			must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}))(t)
			done := must(d.Reply(d.As("a1"), &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "Soitan huomenna"}))(t).Revision
			if r.title == "ended" {
				done = must(d.Complete(d.As("a1"), &providerv1.CompleteRequest{Name: scope.Resource(), RequestId: call(), Summary: "Valmis"}))(t).Revision
			}
			must(d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{Parent: parent, MinRevision: done}))(t)
		case "overdue":
			d.Await(t, "a1", scope, h.Write(scope, &eventsv1.Fact{Event: &eventsv1.Fact_RequestOverdue{RequestOverdue: &eventsv1.RequestOverdue{DueDate: r.due}}}))
		}
	}
	return h, d
}

func titles(requests []*casesv1.Request) []string {
	all := []string{}
	for _, r := range requests {
		all = append(all, r.CaseTitle)
	}
	return all
}

func TestListRequests(t *testing.T) {
	_, d := inbox(t)
	completed := casesv1.RequestStatus_REQUEST_STATUS_COMPLETED
	inProgress := casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS
	for name, test := range map[string]struct {
		in   *providerv1.ListRequestsRequest
		want []string
	}{
		"what has not ended, due first": {&providerv1.ListRequestsRequest{}, []string{"urgent", "overdue", "taken", "early", "undated"}},
		"oldest":                        {&providerv1.ListRequestsRequest{Order: providerv1.RequestOrder_REQUEST_ORDER_OLDEST}, []string{"early", "urgent", "undated", "taken", "overdue"}},
		"newest":                        {&providerv1.ListRequestsRequest{Order: providerv1.RequestOrder_REQUEST_ORDER_NEWEST}, []string{"overdue", "taken", "undated", "urgent", "early"}},
		"changed":                       {&providerv1.ListRequestsRequest{Order: providerv1.RequestOrder_REQUEST_ORDER_UPDATED}, []string{"overdue", "taken", "undated", "urgent", "early"}},
		"completed":                     {&providerv1.ListRequestsRequest{Statuses: []casesv1.RequestStatus{completed}}, []string{"ended"}},
		"completed or in progress":      {&providerv1.ListRequestsRequest{Statuses: []casesv1.RequestStatus{completed, inProgress}}, []string{"taken", "ended"}},
		"of an advisor":                 {&providerv1.ListRequestsRequest{Advisor: parent + "/advisors/a1"}, []string{"taken"}},
		"of another advisor":            {&providerv1.ListRequestsRequest{Advisor: parent + "/advisors/a2"}, []string{}},
		"unassigned":                    {&providerv1.ListRequestsRequest{Unassigned: true}, []string{"urgent", "overdue", "early", "undated"}},
		"of a service":                  {&providerv1.ListRequestsRequest{Service: parent + "/services/staff-training"}, []string{"taken", "undated"}},
		"in a language":                 {&providerv1.ListRequestsRequest{ContactLanguage: "sv"}, []string{"urgent"}},
		"overdue":                       {&providerv1.ListRequestsRequest{Overdue: true}, []string{"overdue"}},
		"by a word":                     {&providerv1.ListRequestsRequest{Query: "kokkioppilasta"}, []string{"early"}},
		"by the beginning of a word":    {&providerv1.ListRequestsRequest{Query: "opp"}, []string{"overdue"}},
		"by two words":                  {&providerv1.ListRequestsRequest{Query: "  tuli   soi "}, []string{"taken"}},
		"by words of which one is not":  {&providerv1.ListRequestsRequest{Query: "tulityö kokki"}, []string{}},
		"without accents":               {&providerv1.ListRequestsRequest{Query: "LARLING"}, []string{"urgent"}},
		"with accents":                  {&providerv1.ListRequestsRequest{Query: "Lärling"}, []string{"urgent"}},
		"by an answer":                  {&providerv1.ListRequestsRequest{Query: "tehtävät-undated"}, []string{"undated"}},
		"by a company":                  {&providerv1.ListRequestsRequest{Query: "9000001-1", ContactLanguage: "en"}, []string{"undated"}},
		"with operators as words":       {&providerv1.ListRequestsRequest{Query: "hygiene OR kokkioppilasta"}, []string{}},
		"with quotes":                   {&providerv1.ListRequestsRequest{Query: `"ten" people"`}, []string{"undated"}},
		"with stars and brackets":       {&providerv1.ListRequestsRequest{Query: `* ( NEAR( ) ^ : { }`}, []string{}},
		"with signs alone":              {&providerv1.ListRequestsRequest{Query: `"*'--`}, []string{}},
		"all at once": {&providerv1.ListRequestsRequest{
			Statuses: []casesv1.RequestStatus{inProgress}, Advisor: parent + "/advisors/a1", Service: parent + "/services/staff-training",
			ContactLanguage: "fi", Query: "tuli", Order: providerv1.RequestOrder_REQUEST_ORDER_NEWEST,
		}, []string{"taken"}},
	} {
		test.in.Parent = parent
		got := must(d.ListRequests(d.As("a1"), test.in))(t)
		if diff := cmp.Diff(test.want, titles(got.Requests)); diff != "" || int(got.TotalSize) != len(test.want) || got.NextPageToken != "" {
			t.Errorf("%s: total %d, next page %q (-want +got):\n%s", name, got.TotalSize, got.NextPageToken, diff)
		}
	}
}

func TestPagesHoldEachRequestOnce(t *testing.T) {
	_, d := inbox(t)
	for order := range providerv1.RequestOrder_name {
		for _, size := range []int32{1, 2, 3, 5} {
			query := &providerv1.ListRequestsRequest{Parent: parent, Order: providerv1.RequestOrder(order), Query: "leipomo"}
			whole := titles(must(d.ListRequests(d.As("a1"), query))(t).Requests)
			query.PageSize = size
			var paged []string
			for pages := 0; ; pages++ {
				page := must(d.ListRequests(d.As("a1"), query))(t)
				paged = append(paged, titles(page.Requests)...)
				if page.TotalSize != 5 || pages > 5 {
					t.Fatalf("page %d of order %d: total %d", pages, order, page.TotalSize)
				}
				if query.PageToken = page.NextPageToken; query.PageToken == "" {
					break
				}
			}
			if diff := cmp.Diff(whole, paged); diff != "" {
				t.Errorf("order %d in pages of %d (-whole +paged):\n%s", order, size, diff)
			}
		}
	}
}

func TestListsThatAreRefused(t *testing.T) {
	t.Parallel()
	h, d := inbox(t)
	first := must(d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{Parent: parent, PageSize: 1}))(t)
	list := func(in *providerv1.ListRequestsRequest) error {
		in.Parent = parent
		_, err := d.ListRequests(d.As("a1"), in)
		return err
	}
	refused(t, "a cursor from another query", list(&providerv1.ListRequestsRequest{PageToken: first.NextPageToken, Overdue: true}), codes.InvalidArgument, "PAGE_TOKEN_MISMATCH")
	refused(t, "no cursor", list(&providerv1.ListRequestsRequest{PageToken: "page-2"}), codes.InvalidArgument, "PAGE_TOKEN_INVALID")
	refused(t, "no revision", list(&providerv1.ListRequestsRequest{MinRevision: "yesterday"}), codes.InvalidArgument, "REVISION_INVALID")
	scope, _ := h.Request(key, "apprenticeship", nil)
	ahead := revision.Encode(bus.StreamCases, 1_000_000, scope.String())
	refused(t, "a revision that is not there", list(&providerv1.ListRequestsRequest{MinRevision: ahead}), codes.DeadlineExceeded, "REVISION_NOT_REACHED")
	elsewhere := revision.Encode(bus.StreamCases, 1_000_000, "case."+h.Case()+".hub.0")
	if err := list(&providerv1.ListRequestsRequest{MinRevision: elsewhere}); err != nil {
		t.Errorf("a revision that shows nothing here: %v", err)
	}
}

func TestListAdvisors(t *testing.T) {
	_, d := inbox(t)
	list := func(in *providerv1.ListAdvisorsRequest) *providerv1.ListAdvisorsResponse {
		in.Parent = parent
		return must(d.ListAdvisors(d.As("a1"), in))(t)
	}
	var all []string
	for _, m := range list(&providerv1.ListAdvisorsRequest{}).Staff {
		all = append(all, strings.Join([]string{
			m.Advisor.Name, m.Advisor.DisplayName, strings.Join(m.Advisor.Languages, "+"), strings.Join(m.Competences, "+"),
			strconv.FormatBool(m.Lead), strconv.Itoa(int(m.OpenRequests)),
		}, " "))
	}
	want := []string{
		parent + "/advisors/a1 Advisor a1 fi+en permits false 1",
		parent + "/advisors/a2 Advisor a2 sv permits false 0",
		parent + "/advisors/lead Advisor lead fi permits true 0",
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("advisors (-want +got):\n%s", diff)
	}
	if fi := list(&providerv1.ListAdvisorsRequest{Language: "fi"}); len(fi.Staff) != 2 {
		t.Errorf("%d advisors serve in Finnish, want 2", len(fi.Staff))
	}
	page := list(&providerv1.ListAdvisorsRequest{PageSize: 2})
	rest := list(&providerv1.ListAdvisorsRequest{PageSize: 2, PageToken: page.NextPageToken})
	if len(page.Staff) != 2 || len(rest.Staff) != 1 || rest.NextPageToken != "" {
		t.Errorf("pages of %d and %d advisors", len(page.Staff), len(rest.Staff))
	}
}

// TestListAdvisorsTellsTheLoad: what each has to do, what nobody does, and what is left by
// somebody who has gone, all of one moment.
func TestListAdvisorsTellsTheLoad(t *testing.T) {
	h, d := inbox(t)
	answer := must(d.ListAdvisors(d.As("a2"), &providerv1.ListAdvisorsRequest{Parent: parent}))(t)
	mine, free := answer.Staff[0].Load, answer.Unclaimed
	if mine.GetOpen() != 1 || mine.GetWaiting() != 0 || mine.GetOverdue() != 0 || answer.Staff[1].Load.GetOpen() != 0 || answer.Staff[1].Load.Oldest != nil {
		t.Errorf("the staff have %v", answer.Staff)
	}
	if free.GetOpen() != 4 || free.GetOverdue() != 1 || len(answer.Left) != 0 {
		t.Errorf("nobody has %v, and %v have left", free, answer.Left)
	}
	list := must(d.ListRequests(d.As("a2"), &providerv1.ListRequestsRequest{Parent: parent, Unassigned: true, Order: providerv1.RequestOrder_REQUEST_ORDER_OLDEST}))(t)
	if oldest := list.Requests[0].RequestedAt.AsTime(); !free.GetOldest().AsTime().Equal(oldest) {
		t.Errorf("the oldest is of %v, want %v", free.GetOldest().AsTime(), oldest)
	}
	taken := must(d.ListRequests(d.As("a2"), &providerv1.ListRequestsRequest{Parent: parent, Advisor: parent + "/advisors/a1"}))(t).Requests[0]
	asked := must(d.AskSupplement(d.As("a1"), &providerv1.AskSupplementRequest{Name: taken.Name, RequestId: call(), Question: "Montako?", DueDate: "2027-01-15"}))(t)
	must(d.ListRequests(d.As("a2"), &providerv1.ListRequestsRequest{Parent: parent, MinRevision: asked.Revision}))(t)
	h.Dismiss(key, "a1")
	for len(answer.Left) == 0 { // until this process has read it
		answer = must(d.ListAdvisors(d.As("a2"), &providerv1.ListAdvisorsRequest{Parent: parent}))(t)
	}
	if left := answer.Left[0]; len(answer.Left) != 1 || left.Advisor.Name != parent+"/advisors/a1" || left.Load.GetOpen() != 1 || left.Load.GetWaiting() != 1 {
		t.Errorf("who has left has %v", answer.Left)
	}
}

func FuzzSearchWords(f *testing.F) {
	f.Add(`"ten" OR people* NEAR(a b)`)
	f.Add("e\u0301cole \u0301")
	f.Fuzz(func(t *testing.T, query string) {
		words := provider.SearchWords(query)
		for i, word := range words {
			if word == "" || strings.ContainsAny(word, `"*'() `+"\x00") || slices.Contains(words[:i], word) {
				t.Errorf("%q gives %q", query, words)
			}
		}
	})
}

// The views of an inbox are counted for who asks, whatever is filtered; who has just
// changed something gets counts that know of it.
func TestInboxCounts(t *testing.T) {
	_, d := inbox(t)
	count := func(revision string) *providerv1.InboxCounts {
		return must(d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{Parent: parent, Query: "leipuri", WithCounts: true, MinRevision: revision}))(t).Counts
	}
	want := &providerv1.InboxCounts{Mine: 1, Unclaimed: 4, Open: 5, Overdue: 1, Ended: 1}
	if diff := cmp.Diff(want, count(""), protocmp.Transform()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	mine := must(d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{Parent: parent, Advisor: "providers/omnia/advisors/a1"}))(t).Requests[0].Name
	asked := must(d.AskSupplement(d.As("a1"), &providerv1.AskSupplementRequest{Name: mine, RequestId: call(), Question: "Milloin?", DueDate: "2027-01-11"}))(t)
	want.Waiting = 1
	if diff := cmp.Diff(want, count(asked.Revision), protocmp.Transform()); diff != "" {
		t.Errorf("counts after a step (-want +got):\n%s", diff)
	}
	if without := must(d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{Parent: parent}))(t).Counts; without != nil {
		t.Errorf("counted without being asked: %v", without)
	}
}
