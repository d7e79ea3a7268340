package gateway_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

// list answers the names of the cases on the first page, as the whole log tells them.
func (n *node) list(ctx context.Context, req *casesv1.ListCasesRequest) []string {
	n.w.t.Helper()
	if req == nil {
		req = &casesv1.ListCasesRequest{}
	}
	req.MinRevision = n.w.now()
	var names []string
	for _, c := range get[*casesv1.ListCasesResponse](n.w.t)(n.cases.ListCases(ctx, req)).Cases {
		names = append(names, c.Name)
	}
	return names
}

func TestListFilters(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery, garage)
	open := func(company, title, need, service string) *casesv1.Case {
		req := opening(company, service)
		req.Title, req.NeedText = title, need
		return n.open(me, req)
	}
	plain := open(bakery, "Leipomon toimitila", "Tarvitsemme suuremman leipomon Tapiolasta", "espoo-city/pilot")
	asked := open(garage, "Oppisopimus", "Palkkaamme asentajan \"heti\"", "omnia/apprenticeship")
	closed := open(bakery, "Vienti NEAR Åland", "a OR b AND NOT c*", "chamber/co")
	offered := open(garage, "Neuvontaa", "Yrityskauppa edessä", "yritysespoo/start-advice")

	w.desk(scopeOf(t, asked.Requests[0].Name), casework.PickUp{})
	w.desk(scopeOf(t, asked.Requests[0].Name), casework.AskSupplement{Question: "Montako tuntia viikossa?", DueDate: "2026-12-01"})
	w.desk(scopeOf(t, offered.Requests[0].Name), casework.PickUp{})
	w.desk(scopeOf(t, offered.Requests[0].Name), casework.Refer{Provider: "chamber", Service: "co", Reason: 1, Text: "Kauppakamari auttaa"})
	get[*casesv1.CloseCaseResponse](t)(n.cases.CloseCase(me, &casesv1.CloseCaseRequest{Name: closed.Name, RequestId: uuid.NewString()}))
	w.closed(idOf(closed))

	for what, test := range map[string]struct {
		req  *casesv1.ListCasesRequest
		want []*casesv1.Case
	}{
		"all, newest change first":  {&casesv1.ListCasesRequest{}, []*casesv1.Case{closed, offered, asked, plain}},
		"one company":               {&casesv1.ListCasesRequest{CompanyId: garage}, []*casesv1.Case{offered, asked}},
		"not written as registered": {&casesv1.ListCasesRequest{CompanyId: " " + garage + " "}, []*casesv1.Case{offered, asked}},
		"a provider":                {&casesv1.ListCasesRequest{Provider: "providers/omnia"}, []*casesv1.Case{asked}},
		"a status":                  {&casesv1.ListCasesRequest{Statuses: []casesv1.CaseStatus{casesv1.CaseStatus_CASE_STATUS_CLOSED}}, []*casesv1.Case{closed}},
		"two statuses": {
			&casesv1.ListCasesRequest{Statuses: []casesv1.CaseStatus{casesv1.CaseStatus_CASE_STATUS_CLOSED, casesv1.CaseStatus_CASE_STATUS_OPEN}},
			[]*casesv1.Case{closed, offered, asked, plain},
		},
		"what asks me":           {&casesv1.ListCasesRequest{AsksMe: true}, []*casesv1.Case{offered, asked}},
		"what asks me elsewhere": {&casesv1.ListCasesRequest{AsksMe: true, CompanyId: bakery}, nil},
		"a word":                 {&casesv1.ListCasesRequest{Query: "Oppisopimus"}, []*casesv1.Case{asked}},
		"its beginning":          {&casesv1.ListCasesRequest{Query: "leipomo"}, []*casesv1.Case{plain}},
		"another beginning":      {&casesv1.ListCasesRequest{Query: "tapiola"}, []*casesv1.Case{plain}},
		"without its dots":       {&casesv1.ListCasesRequest{Query: "aland"}, []*casesv1.Case{closed}},
		"all words must occur":   {&casesv1.ListCasesRequest{Query: "leipomo asentaja"}, nil},
		"words of several facts": {&casesv1.ListCasesRequest{Query: "oppisopimus tuntia"}, []*casesv1.Case{asked}},
		"a service's name":       {&casesv1.ListCasesRequest{Query: "alkuperätodistus"}, []*casesv1.Case{closed}},
		"words and a filter":     {&casesv1.ListCasesRequest{Query: "kauppakamari", AsksMe: true}, []*casesv1.Case{offered}},
		"in quotes":              {&casesv1.ListCasesRequest{Query: `"heti"`}, []*casesv1.Case{asked}},
		"one quote":              {&casesv1.ListCasesRequest{Query: `heti"`}, []*casesv1.Case{asked}},
		"operators are words":    {&casesv1.ListCasesRequest{Query: "vienti NEAR åland"}, []*casesv1.Case{closed}},
		"an operator alone":      {&casesv1.ListCasesRequest{Query: "NEAR(vienti, 2)"}, nil},
		"signs are no words":     {&casesv1.ListCasesRequest{Query: "- * ( ) : ^ + — €  leipomo"}, []*casesv1.Case{plain}},
		"signs within words":     {&casesv1.ListCasesRequest{Query: "-leipomo* body:tapiola"}, nil},
		"signs around words":     {&casesv1.ListCasesRequest{Query: "(leipomo*)"}, []*casesv1.Case{plain}},
		"control characters":     {&casesv1.ListCasesRequest{Query: "leipo\x00mo \x01"}, []*casesv1.Case{plain}},
		"a piece of SQL":         {&casesv1.ListCasesRequest{Query: `') OR 1=1 --`}, nil},
	} {
		var want []string
		for _, c := range test.want {
			want = append(want, c.Name)
		}
		if diff := cmp.Diff(want, n.list(me, test.req)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	_, err := n.cases.ListCases(me, &casesv1.ListCasesRequest{Query: strings.Repeat("a ", 11)})
	refused(t, err, codes.InvalidArgument, "QUERY_TOO_LONG")

	// The list of what asks me and what each case says of itself agree, also once
	// everything has been answered or turned down.
	agree := func() {
		t.Helper()
		var want []string
		for _, c := range get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(me, &casesv1.ListCasesRequest{MinRevision: w.now()})).Cases {
			if slices.ContainsFunc(c.Asks, casework.Pressing) {
				want = append(want, c.Name)
			}
		}
		if diff := cmp.Diff(want, n.list(me, &casesv1.ListCasesRequest{AsksMe: true})); diff != "" {
			t.Errorf("what asks me (-by the cases +by the list)\n%s", diff)
		}
	}
	agree()
	get[*casesv1.AnswerSupplementResponse](t)(n.cases.AnswerSupplement(me, &casesv1.AnswerSupplementRequest{
		Name: asked.Requests[0].Name, RequestId: uuid.NewString(), Number: 1, Text: "30",
	}))
	agree()
	w.desk(scopeOf(t, offered.Requests[0].Name), casework.Decline{Reason: 1, Text: "Ei meille"})
	agree() // the referral can still be agreed to
	get[*casesv1.CloseCaseResponse](t)(n.cases.CloseCase(me, &casesv1.CloseCaseRequest{Name: offered.Name, RequestId: uuid.NewString()}))
	w.closed(idOf(offered))
	agree()
}

// closed waits until a case has been closed.
func (w *world) closed(id string) {
	w.t.Helper()
	w.until("the case is closed", func(events []bus.Event) bool { return len(w.facts(events, id, isClosed)) > 0 })
}

func TestListInPages(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	var cases []*casesv1.Case
	for i := range 9 {
		req := opening(bakery, "espoo-city/pilot")
		req.Title = fmt.Sprint("Case ", i)
		cases = append(cases, n.open(me, req))
	}
	touch := func(c *casesv1.Case) {
		get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: c.Requests[0].Name, RequestId: uuid.NewString(), Text: "Hei"}))
	}
	req := &casesv1.ListCasesRequest{PageSize: 2, MinRevision: w.now()}
	var names []string
	pages := 0
	for {
		answer := get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(me, req))
		pages++
		if len(answer.Cases) > 2 {
			t.Fatalf("a page of %d", len(answer.Cases))
		}
		for _, c := range answer.Cases {
			names = append(names, c.Name)
		}
		if answer.NextPageToken == "" {
			break
		}
		// The newest, which was shown, and the oldest, which was not, move to the front.
		if pages == 1 {
			touch(cases[8])
			touch(cases[0])
			n.open(me, opening(bakery, "espoo-city/pilot"))
		}
		req.PageToken, req.MinRevision = answer.NextPageToken, w.now()
	}
	var want []string
	for i := 8; i >= 1; i-- {
		want = append(want, cases[i].Name)
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("cases on all pages (-want +got)\n%s", diff)
	}

	first := get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(me, &casesv1.ListCasesRequest{PageSize: 2}))
	for what, test := range map[string]struct {
		req    *casesv1.ListCasesRequest
		reason string
	}{
		"of another query": {&casesv1.ListCasesRequest{PageToken: first.NextPageToken, Query: "case"}, "PAGE_TOKEN_MISMATCH"},
		"damaged":          {&casesv1.ListCasesRequest{PageToken: first.NextPageToken[:10]}, "PAGE_TOKEN_INVALID"},
		"made up":          {&casesv1.ListCasesRequest{PageToken: "????"}, "PAGE_TOKEN_INVALID"},
	} {
		_, err := n.cases.ListCases(me, test.req)
		if fields := refused(t, err, codes.InvalidArgument, test.reason); !slices.Equal(fields, []string{"page_token"}) {
			t.Errorf("%s: fields %v", what, fields)
		}
	}
	// Another size is the same query.
	get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(me, &casesv1.ListCasesRequest{PageToken: first.NextPageToken, PageSize: 5}))
}

func TestVisibility(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me, other := w.company("p1", bakery), w.company("p2", garage)
	c := n.open(me, opening(bakery, "espoo-city/pilot"))
	colleague := w.company("p3", bakery)
	integrator := n.integrator("accountant", garage, bakery)
	for who, ctx := range map[string]context.Context{"colleague": colleague, "integrator": integrator} {
		want := n.read(me, c.Name)
		if who == "integrator" { // by what the company granted it
			want = sight.Mask(want, sight.Rules().Sees(sight.Integrator, sight.Given{Scopes: allCases}))
		}
		if got := n.read(ctx, c.Name); bytesOf(t, got) != bytesOf(t, want) {
			t.Errorf("the %s sees another case", who)
		}
		if got := n.list(ctx, nil); !slices.Equal(got, []string{c.Name}) {
			t.Errorf("the %s lists %v", who, got)
		}
	}
	if got := n.list(other, nil); len(got) != 0 {
		t.Errorf("another company lists %v", got)
	}
	for _, filter := range []*casesv1.ListCasesRequest{{CompanyId: bakery}, {Query: "leipomo"}, {Provider: "providers/espoo-city"}, {AsksMe: true}} {
		if got := n.list(other, filter); len(got) != 0 {
			t.Errorf("another company lists %v by %v", got, filter)
		}
	}

	// Another company's case and one that does not exist are answered alike, byte by
	// byte but for the name, by every method that names a case or a request.
	random := strings.Repeat("q", name.CaseIDLength)
	id := uuid.NewString()
	calls := map[string]func(ctx context.Context, caseID string) error{
		"GetCase": func(ctx context.Context, c string) error {
			_, err := n.cases.GetCase(ctx, &casesv1.GetCaseRequest{Name: name.Case(c)})
			return err
		},
		"WatchCase": func(ctx context.Context, c string) error {
			stream := get[casesv1.CaseService_WatchCaseClient](t)(n.cases.WatchCase(ctx, &casesv1.WatchCaseRequest{Name: name.Case(c)}))
			_, err := stream.Recv()
			return err
		},
		"AddRequest": func(ctx context.Context, c string) error {
			_, err := n.cases.AddRequest(ctx, &casesv1.AddRequestRequest{Name: name.Case(c), RequestId: id, Service: &casesv1.ServiceChoice{Service: serviceName("omnia/none")}})
			return err
		},
		"CloseCase": func(ctx context.Context, c string) error {
			_, err := n.cases.CloseCase(ctx, &casesv1.CloseCaseRequest{Name: name.Case(c), RequestId: id})
			return err
		},
		"ReopenCase": func(ctx context.Context, c string) error {
			_, err := n.cases.ReopenCase(ctx, &casesv1.ReopenCaseRequest{Name: name.Case(c), RequestId: id})
			return err
		},
		"ConfirmCase": func(ctx context.Context, c string) error {
			_, err := n.cases.ConfirmCase(ctx, &casesv1.ConfirmCaseRequest{Name: name.Case(c), RequestId: id, Consents: []*casesv1.Consent{consent("omnia")}})
			return err
		},
		"LinkCompany": func(ctx context.Context, c string) error {
			_, err := n.cases.LinkCompany(ctx, &casesv1.LinkCompanyRequest{Name: name.Case(c), RequestId: id, Company: &casesv1.Company{Id: garage}, Code: "BE-2222-2222", Secret: "X"})
			return err
		},
		"PostMessage": func(ctx context.Context, c string) error {
			_, err := n.cases.PostMessage(ctx, &casesv1.PostMessageRequest{Name: name.Request(c, "espoo-city", 1), RequestId: id, Text: "Hei"})
			return err
		},
		"AnswerSupplement": func(ctx context.Context, c string) error {
			_, err := n.cases.AnswerSupplement(ctx, &casesv1.AnswerSupplementRequest{Name: name.Request(c, "espoo-city", 1), RequestId: id, Number: 1, Text: "Hei", Inputs: []*casesv1.Input{{Id: "x", Value: "y"}}})
			return err
		},
		"AnswerReferral": func(ctx context.Context, c string) error {
			_, err := n.cases.AnswerReferral(ctx, &casesv1.AnswerReferralRequest{Name: name.Request(c, "espoo-city", 1), RequestId: id, Number: 1})
			return err
		},
		"WithdrawRequest": func(ctx context.Context, c string) error {
			_, err := n.cases.WithdrawRequest(ctx, &casesv1.WithdrawRequestRequest{Name: name.Request(c, "espoo-city", 1), RequestId: id})
			return err
		},
		"RateRequest": func(ctx context.Context, c string) error {
			_, err := n.cases.RateRequest(ctx, &casesv1.RateRequestRequest{Name: name.Request(c, "espoo-city", 1), RequestId: id, Stars: 5})
			return err
		},
	}
	for method, call := range calls {
		theirs, none := call(other, idOf(c)), call(other, random)
		refused(t, theirs, codes.NotFound, "NOT_FOUND")
		a := strings.ReplaceAll(bytesOf(t, status.Convert(theirs).Proto()), idOf(c), random)
		if a != bytesOf(t, status.Convert(none).Proto()) {
			t.Errorf("%s: another company's case is answered with\n%v\none that does not exist with\n%v", method, theirs, none)
		}
	}
	// A request that the own case does not have.
	_, err := n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: name.Request(idOf(c), "omnia", 1), RequestId: id, Text: "Hei"})
	refused(t, err, codes.NotFound, "NOT_FOUND")
	// Staff of a provider and operators have no way in here.
	for _, role := range []policyv1.Role{policyv1.Role_ROLE_ADVISOR, policyv1.Role_ROLE_LEAD} {
		_, err := n.cases.GetCase(w.as(token.Principal{Role: role, Subject: "s", Provider: "espoo-city", Advisor: "a1"}), &casesv1.GetCaseRequest{Name: c.Name})
		refused(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
	}
}

func TestSecretService(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoon-yrittajat/ownership", "espoo-city/pilot"))
	if c.Secret || !request(t, c, "espoon-yrittajat").Secret || request(t, c, "espoo-city").Secret {
		t.Errorf("secret: case %v, requests %v", c.Secret, c.Requests)
	}
	req := opening(bakery, "espoo-city/pilot")
	req.Secret = true
	c = n.open(me, req)
	if !c.Secret || !c.Requests[0].Secret {
		t.Errorf("a secret case: %v, its request: %v", c.Secret, c.Requests[0].Secret)
	}
}

// What is to be waited for must come; what never comes ends in time.
func TestMinRevision(t *testing.T) {
	t.Parallel() // it mostly waits
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	opened := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(me, opening(bakery, "espoo-city/pilot")))
	get[*casesv1.GetCaseResponse](t)(n.cases.GetCase(me, &casesv1.GetCaseRequest{Name: opened.Case.Name, MinRevision: opened.Revision}))

	future := revision.Encode(bus.StreamCases, 1<<40, "")
	var waiting sync.WaitGroup
	for what, call := range map[string]func() error{
		"GetCase": func() error {
			_, err := n.cases.GetCase(me, &casesv1.GetCaseRequest{Name: opened.Case.Name, MinRevision: future})
			return err
		},
		"ListCases": func() error {
			_, err := n.cases.ListCases(me, &casesv1.ListCasesRequest{MinRevision: future})
			return err
		},
		"WatchCase": func() error {
			stream, err := n.cases.WatchCase(me, &casesv1.WatchCaseRequest{Name: opened.Case.Name, Revision: future})
			if err != nil {
				return err
			}
			_, err = stream.Recv()
			return err
		},
	} {
		waiting.Go(func() {
			began := time.Now()
			err := call()
			refused(t, err, codes.DeadlineExceeded, "REVISION_NOT_REACHED")
			if took := time.Since(began); took < time.Second {
				t.Errorf("%s: a revision of the future was refused after %s, want about 2 s", what, took)
			}
		})
	}
	waiting.Wait()
	for _, wrong := range []string{"nonsense", revision.Encode(bus.StreamStaff, 1, "")} {
		_, err := n.cases.GetCase(me, &casesv1.GetCaseRequest{Name: opened.Case.Name, MinRevision: wrong})
		if fields := refused(t, err, codes.InvalidArgument, "REVISION_INVALID"); !slices.Equal(fields, []string{"min_revision"}) {
			t.Errorf("fields %v", fields)
		}
	}
}
