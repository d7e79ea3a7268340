package gateway_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/token"
)

// acting signs somebody in by the pages and answers how the pages call the API for them
// when they act for a company; "" for themselves.
func (d *door) acting(key, company string) (*person, context.Context) {
	t := d.w.t
	t.Helper()
	p := d.person()
	p.signIn("companies", key, "")
	subject := d.subject("companies", key)
	listed := get[*identityv1.ListSessionsResponse](t)(identityv1.NewSessionServiceClient(d.conn).ListSessions(
		d.w.operator(), &identityv1.ListSessionsRequest{Person: subject}))
	who := token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: subject, Session: listed.Sessions[0].Id}
	if company != "" {
		who.Companies = []string{company}
		who.Representation = token.Representation{Basis: token.BasisMandate, Role: "accounting", Company: company}
	}
	return p, d.w.as(who)
}

// TestFactsSayOnWhatBasis: who acted for the company, by which right, and when it was
// last confirmed; in the log, in the API and on the page.
func TestFactsSayOnWhatBasis(t *testing.T) {
	w := newWorld(t)
	d := w.door()
	d.says("companies", "anna", mandates(bakery))
	anna, ctx := d.acting("anna", bakery)
	w.clock.Advance(time.Minute)
	c := d.open(ctx, opening(bakery, seven[0]))
	w.made(idOf(c), 1)
	opened, _, err := fact.Decode(w.record.all()[0])
	must(t, err)
	actor := opened.GetActor()
	if actor.GetRepresentation() != "mandate" || actor.GetRepresentationRole() != "accounting" || !actor.GetRepresentationCheckedAt().AsTime().Equal(w.clock.Now()) {
		t.Errorf("the fact says %v, at %s", actor, w.clock.Now())
	}
	seen := d.read(ctx, c.Name)
	if e := seen.Timeline[0]; e.Representation != "mandate" || e.RepresentationRole != "accounting" {
		t.Errorf("the API says %v", e)
	}
	if page := anna.ask(http.MethodGet, "/"+c.Name+"?lang=en", nil); !strings.Contains(page.body, "Mandate (accounting)") {
		t.Errorf("the page does not say it: %d", page.status)
	}
	// Others keep their basis.
	for want, ctx := range map[string]context.Context{"token": w.company("system", bakery), "self": second(d.acting("anna", ""))} {
		req := opening(bakery, seven[0])
		if want == "self" {
			req.Company = nil
		}
		e := d.read(ctx, d.open(ctx, req).Name).Timeline[0]
		if e.Representation != want {
			t.Errorf("acts by %q, want %q", e.Representation, want)
		}
	}
}

func second(_ *person, ctx context.Context) context.Context { return ctx }

// TestAMandateTakenAwayCountsAtTheNextAct: between the sign-in and an act, and at the act.
func TestAMandateTakenAwayCountsAtTheNextAct(t *testing.T) {
	w := newWorld(t)
	d := w.door()
	for name, gone := range map[string]map[string]any{
		"taken away": mandates(), "for another company": mandates("9000003-8"), "a claim that is gone": {}, "a person who is gone": nil,
		"expired":                   {"representations": []map[string]string{{"company": bakery, "basis": "mandate", "valid_to": w.clock.Now().AddDate(0, 0, -1).Format(time.DateOnly)}}},
		"a basis that nobody knows": {"representations": []map[string]string{{"company": bakery, "basis": "friend"}}},
	} {
		t.Run(name, func(t *testing.T) {
			d.says("companies", "anna", mandates(bakery))
			anna, ctx := d.acting("anna", bakery)
			c := d.open(ctx, opening(bakery, seven[0]))
			before := len(w.record.all())
			d.says("companies", "anna", gone)
			_, err := d.cases.OpenCase(ctx, opening(bakery, seven[0]))
			refused(t, err, codes.PermissionDenied, "REPRESENTATION_ENDED")
			_, err = d.cases.CloseCase(ctx, &casesv1.CloseCaseRequest{Name: c.Name, RequestId: opening(bakery).RequestId})
			refused(t, err, codes.PermissionDenied, "REPRESENTATION_ENDED")
			// What the router does meanwhile is the case's own; nothing new was opened.
			opened := slices.Index(kinds(w.record.all()[before:]), "CaseOpened.v1")
			if opened >= 0 {
				t.Error("a case was opened all the same")
			}
			page := anna.ask(http.MethodGet, "/me?lang=en", nil)
			if strings.Contains(page.body, "You act for "+bakery) || !strings.Contains(page.body, "was taken away") {
				t.Errorf("the page says %s", page.body)
			}
			if _, err := d.cases.GetCase(w.company("another", bakery), &casesv1.GetCaseRequest{Name: c.Name}); err != nil {
				t.Errorf("others of the company see it no more: %v", err)
			}
		})
	}
}

// TestReadsGoOnWhileTheIssuerIsAway: nothing is changed, and nothing that is seen is lost.
func TestReadsGoOnWhileTheIssuerIsAway(t *testing.T) {
	w := newWorld(t)
	d := w.door()
	d.says("companies", "anna", mandates(bakery))
	anna, ctx := d.acting("anna", bakery)
	c := d.open(ctx, opening(bakery, seven[0]))
	d.issuers["companies"].Close()
	_, err := d.cases.OpenCase(ctx, opening(bakery, seven[0]))
	refused(t, err, codes.Unavailable, "ISSUER_AWAY")
	d.read(ctx, c.Name)
	if page := anna.ask(http.MethodGet, "/me?lang=en", nil); !strings.Contains(page.body, "You act for "+bakery) {
		t.Error("an issuer that is away takes the representation")
	}
	// A token that was given out does not ask it.
	d.open(w.company("system", bakery), opening(bakery, seven[0]))
}

// TestOnePersonSeveralCompanies: they choose, they see for whom, and they are never for
// two at once.
func TestOnePersonSeveralCompanies(t *testing.T) {
	w := newWorld(t)
	d := w.door()
	d.says("companies", "accountant", map[string]any{"representations": []map[string]string{
		{"company": "9000001-1", "basis": "mandate", "role": "accounting", "valid_to": "2027-03-31"},
		{"company": "9000003-8", "basis": "register_role", "role": "chair"},
		{"company": "9000004-6", "basis": "mandate", "valid_to": "2026-11-22"}, // yesterday
		{"company": "9000005-4", "basis": "mandate", "valid_to": "2026-11-23"}, // today, to its end
		{"company": "9000002-0", "basis": "mandate"},                           // no Business ID
		{"company": "9000006-2", "basis": "friend"},
	}})
	p := d.person()
	page := p.signIn("companies", "accountant", "/cases?lang=en")
	if page.at.Path != "/me" || page.at.Query().Get("next") != "/cases?lang=en" {
		t.Fatalf("came to %s", page.at)
	}
	page = p.ask(http.MethodGet, "/me?lang=en&next=/cases", nil)
	for _, want := range []string{
		"You act for yourself", "Mandate (accounting), until 31 March 2027", "Role in the register (chair of the board)", "9000005-4",
		"right to act for 9000004-6 has ended", "right to act for 9000002-0 could not be read", "right to act for 9000006-2 could not be read",
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q: %s", want, page.body)
		}
	}
	for company, status := range map[string]int{"9000001-1": http.StatusOK, "9000003-8": http.StatusOK, "9000004-6": http.StatusForbidden, "9000007-0": http.StatusForbidden, "": http.StatusOK} {
		answer := p.ask(http.MethodPost, "/me", url.Values{"do": {"act"}, "company": {company}, "next": {"/me?lang=en"}})
		if answer.status != status {
			t.Errorf("acting for %q is answered %d, want %d", company, answer.status, status)
		}
		if status == http.StatusOK && company != "" && !strings.Contains(answer.body, "You act for "+company) {
			t.Errorf("acting for %q the page says %s", company, answer.body)
		}
	}
	// A page for one of them opens no case of the other.
	mine := d.open(w.company("one", "9000001-1"), opening("9000001-1", seven[0]))
	p.ask(http.MethodPost, "/me", url.Values{"do": {"act"}, "company": {"9000003-8"}})
	if page := p.ask(http.MethodGet, "/"+mine.Name, nil); page.status != http.StatusNotFound {
		t.Errorf("acting for another company the case is answered %d", page.status)
	}
	p.ask(http.MethodPost, "/me", url.Values{"do": {"act"}, "company": {"9000001-1"}})
	if page := p.ask(http.MethodGet, "/"+mine.Name, nil); page.status != http.StatusOK {
		t.Errorf("acting for the company its case is answered %d", page.status)
	}
	// The day comes on which the mandate ends, in a session that goes on.
	w.clock.days(200)
	if page := p.ask(http.MethodGet, "/"+mine.Name, nil); page.status != http.StatusNotFound {
		t.Errorf("after the mandate's last day the case is answered %d", page.status)
	}
}

// TestNobodyActsOnAnExpiredMandate: the sign-in says so, and the company stays shut.
func TestNobodyActsOnAnExpiredMandate(t *testing.T) {
	w := newWorld(t)
	d := w.door()
	d.says("companies", "former", map[string]any{"representations": []map[string]string{{"company": bakery, "basis": "mandate", "valid_to": "2026-10-24"}}})
	c := d.open(w.company("owner", bakery), opening(bakery, seven[0]))
	former, ctx := d.acting("former", bakery)
	if page := former.ask(http.MethodGet, "/me?lang=en", nil); !strings.Contains(page.body, "right to act for "+bakery+" has ended") {
		t.Errorf("the page says %s", page.body)
	}
	if page := former.ask(http.MethodGet, "/"+c.Name, nil); page.status != http.StatusNotFound {
		t.Errorf("the company's case is answered %d", page.status)
	}
	_, err := d.cases.OpenCase(ctx, opening(bakery, seven[0]))
	refused(t, err, codes.PermissionDenied, "REPRESENTATION_ENDED")
}

// Who acted for a company when a case was opened, and does no longer, learns nothing by
// sending the same call again: that would show the case as it is now.
func TestARepeatShowsNothingToWhoActsNoLonger(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	req := opening(bakery, "espoo-city/pilot")
	accountant := w.company("accountant", bakery)
	c := n.open(accountant, req)
	for _, now := range []context.Context{w.company("accountant", garage), w.company("accountant")} {
		answer, err := n.cases.OpenCase(now, req)
		refused(t, err, codes.NotFound, "NOT_FOUND")
		if answer != nil {
			t.Errorf("the repeat shows %v", answer)
		}
	}
	if again := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(accountant, req)); again.Case.Name != c.Name {
		t.Errorf("the repeat leads to %s, not to %s", again.Case.Name, c.Name)
	}
}
