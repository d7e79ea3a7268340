package gateway_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/businessespoo/hub/gateway/identity"
	"github.com/businessespoo/hub/gateway/signin"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/token"
)

// TestSignInAndOut: by the issuer, to where the person was going, and out again.
func TestSignInAndOut(t *testing.T) {
	d := newWorld(t).door()
	d.says("companies", "anna", mandates("9000001-1"))
	anna := d.person()
	if page := anna.signIn("companies", "anna", "/cases?status=open"); page.status != http.StatusOK || page.at.RequestURI() != "/cases?status=open" {
		t.Fatalf("came to %s: %d", page.at, page.status)
	}
	if page := anna.ask(http.MethodGet, "/me?lang=en", nil); !strings.Contains(page.body, "You act for 9000001-1") {
		t.Errorf("the page does not say for whom: %s", page.body)
	}
	copied := anna.cookie("hub_session")
	anna.ask(http.MethodPost, "/sign-out", url.Values{})
	if anna.isIn() {
		t.Error("signed in after the sign-out")
	}
	if anna.hold(copied); anna.isIn() {
		t.Error("a copy of the cookie signs in after the sign-out")
	}
	if page := d.person().signIn("companies", "cancel", ""); page.status != http.StatusUnauthorized {
		t.Errorf("who goes back from the issuer is answered %d", page.status)
	}
}

// TestNoOpenRedirect: after the sign-in nobody is led to another site.
func TestNoOpenRedirect(t *testing.T) {
	d := newWorld(t).door()
	d.says("companies", "anna", mandates("9000001-1"))
	for _, next := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/\t/evil.example", "evil.example"} {
		if page := d.person().signIn("companies", "anna", next); page.at.RequestURI() != "/cases" || !strings.HasPrefix(page.at.String(), d.base) {
			t.Errorf("next=%q leads to %s", next, page.at)
		}
	}
}

// TestAnAnswerCountsOnceAndHere: replayed, in another browser, at another issuer's address.
func TestAnAnswerCountsOnceAndHere(t *testing.T) {
	d := newWorld(t).door()
	d.says("companies", "anna", mandates("9000001-1"))
	// answered is a browser with the address to which the issuer sends it.
	answered := func() (*person, *http.Cookie, string) {
		p := d.person()
		page := p.ask(http.MethodPost, "/sign-in/companies", url.Values{})
		pending := p.cookie("hub_sign_in")
		back := p.still().ask(http.MethodPost, page.at.String(), chosen(page, "anna")).header.Get("Location")
		if pending == nil || !strings.HasPrefix(back, d.base+"/sign-in/companies/callback?") {
			t.Fatalf("pending %v, back to %s", pending, back)
		}
		return p, pending, back
	}
	refused := func(what string, p *person, address string) {
		t.Helper()
		if page := p.ask(http.MethodGet, address, nil); page.status != http.StatusUnauthorized || p.cookie("hub_session") != nil {
			t.Errorf("%s is answered %d", what, page.status)
		}
	}
	p, pending, back := answered()
	refused("another browser's answer", d.person(), back)
	if page := p.ask(http.MethodGet, back, nil); page.status != http.StatusSeeOther || p.cookie("hub_session") == nil || p.cookie("hub_sign_in") != nil {
		t.Fatalf("the right answer: %d", page.status)
	}
	thief := d.person()
	thief.hold(pending)
	refused("a replayed answer with a copy of the browser's cookie", thief, back)

	p, pending, back = answered()
	refused("an answer with another state", p, strings.Replace(back, "state=", "state=x", 1))
	p.hold(pending)
	refused("the right answer after a wrong one used it up", p, back)

	p, _, back = answered()
	refused("an answer at another issuer's address", p, strings.Replace(back, "/companies/", "/omnia/", 1))

	p, _, back = answered()
	other := answeredElsewhere(d)
	q, _ := url.Parse(back)
	values := q.Query()
	values.Set("code", other.Get("code"))
	values.Set("iss", other.Get("iss"))
	refused("the answer of another issuer", p, d.base+q.Path+"?"+values.Encode())
	p, _, back = answered()
	q, _ = url.Parse(back)
	values = q.Query()
	values.Set("code", other.Get("code")) // and the name of the right one
	refused("the code of another issuer", p, d.base+q.Path+"?"+values.Encode())

	// What the issuer gave to one sign-in is of no use in another one.
	_, _, stolen := answered()
	p, _, back = answered()
	s, _ := url.Parse(stolen)
	q, _ = url.Parse(back)
	values = q.Query()
	values.Set("code", s.Query().Get("code"))
	refused("a stolen code in the thief's own sign-in", p, d.base+q.Path+"?"+values.Encode())

	for name, cookie := range map[string]string{"made up": "AAAA", "of a session": "", "changed": pending.Value[:20] + "AAAA" + pending.Value[24:]} {
		p, _, back = answered()
		p.hold(&http.Cookie{Name: "hub_sign_in", Value: cookie})
		refused("a cookie that is "+name, p, back)
	}
}

// answeredElsewhere is what Omnia's issuer sends back for somebody of its staff.
func answeredElsewhere(d *door) url.Values {
	d.says("omnia", "ville", map[string]any{"groups": "advisors", "staff_id": "ville"})
	p := d.person()
	page := p.ask(http.MethodPost, "/sign-in/omnia", url.Values{})
	back, err := url.Parse(p.still().ask(http.MethodPost, page.at.String(), chosen(page, "ville")).header.Get("Location"))
	must(d.w.t, err)
	return back.Query()
}

// TestTheSessionIsNewAtSignIn: who planted a cookie before knows nothing afterwards.
func TestTheSessionIsNewAtSignIn(t *testing.T) {
	d := newWorld(t).door()
	d.says("companies", "anna", mandates("9000001-1"))
	anna, thief := d.person(), d.person()
	planted := &http.Cookie{Name: "hub_session", Value: strings.Repeat("A", 52)}
	anna.hold(planted)
	anna.signIn("companies", "anna", "")
	if anna.cookie("hub_session").Value == planted.Value {
		t.Error("the planted cookie became the session")
	}
	first := anna.cookie("hub_session")
	anna.signIn("companies", "anna", "")
	second := anna.cookie("hub_session")
	if first.Value == second.Value || !anna.isIn() {
		t.Error("the session is not new at sign-in")
	}
	for _, known := range []*http.Cookie{planted, first} {
		if thief.hold(known); thief.isIn() {
			t.Error("a cookie from before the sign-in is signed in")
		}
	}
	// The same person elsewhere is not signed out by it.
	elsewhere := d.person()
	elsewhere.signIn("companies", "anna", "")
	if !anna.isIn() || !elsewhere.isIn() {
		t.Error("one of two browsers was signed out")
	}
}

// TestSignInCookies: over https and plain, what they are called and who may read them.
func TestSignInCookies(t *testing.T) {
	d := newWorld(t).door()
	d.says("companies", "anna", mandates("9000001-1"))
	p := d.person()
	page := p.ask(http.MethodPost, "/sign-in/companies", url.Values{})
	answer := p.still().ask(http.MethodGet, p.still().ask(http.MethodPost, page.at.String(), chosen(page, "anna")).header.Get("Location"), nil)
	found := false
	for _, line := range answer.header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		must(t, err)
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the cookie %s", line)
		}
		found = found || c.Name == "hub_session" && c.MaxAge == 0
	}
	if !found || answer.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer is %v", answer.header)
	}
}

// TestSignOutCountsAtEveryGateway signs in at one gateway, goes on at another, and signs
// out there: the session ends at both, and at one that starts later.
func TestSignOutCountsAtEveryGateway(t *testing.T) {
	w := newWorld(t)
	one, other := w.door(), w.door()
	one.says("companies", "anna", mandates("9000001-1"))
	anna := one.person()
	anna.signIn("companies", "anna", "")
	at := func(d *door) *person {
		p := d.person()
		p.hold(anna.cookie("hub_session"))
		return p
	}
	if !at(one).isIn() || !at(other).isIn() {
		t.Fatal("the session is not one at both gateways")
	}
	there := at(other)
	there.ask(http.MethodPost, "/sign-out", url.Values{})
	for name, d := range map[string]*door{"one": one, "other": other, "later": w.door()} {
		if at(d).isIn() {
			t.Errorf("after the sign-out the session goes on at %s", name)
		}
	}
}

// TestSessionsAreEndedByWhomTheyConcern: by the person everywhere, one by one, and by an
// operator; by nobody else.
func TestSessionsAreEndedByWhomTheyConcern(t *testing.T) {
	w := newWorld(t)
	d, other := w.door(), w.door()
	d.says("companies", "anna", mandates("9000001-1"))
	d.says("companies", "bertta", mandates("9000003-8"))
	signedIn := func(key string) *person {
		p := d.person()
		p.signIn("companies", key, "")
		return p
	}
	sessions := identityv1.NewSessionServiceClient(other.conn)
	first, second, stranger := signedIn("anna"), signedIn("anna"), signedIn("bertta")
	first.ask(http.MethodPost, "/me", url.Values{"do": {"everywhere"}})
	if first.isIn() || second.isIn() || !stranger.isIn() {
		t.Errorf("everywhere: %t, %t, another person %t", first.isIn(), second.isIn(), stranger.isIn())
	}
	first, second = signedIn("anna"), signedIn("anna")
	page := first.ask(http.MethodGet, "/me", nil)
	_, id, ok := strings.Cut(page.body, `name="session" value="`)
	if !ok {
		t.Fatalf("no other session on the page: %s", page.body)
	}
	id, _, _ = strings.Cut(id, `"`)
	stranger.ask(http.MethodPost, "/me", url.Values{"do": {"end"}, "session": {id}})
	if !second.isIn() {
		t.Error("a stranger ended a session")
	}
	subject := get[*identityv1.ListSessionsResponse](t)(sessions.ListSessions(w.operator(), &identityv1.ListSessionsRequest{}))
	if len(subject.Sessions) != 0 {
		t.Errorf("the operator has %d sessions", len(subject.Sessions))
	}
	if _, err := sessions.RevokeSession(w.company("nosy", "9000003-8"), &identityv1.RevokeSessionRequest{RequestId: uuid.NewString(), Id: id}); err != nil || !second.isIn() {
		t.Errorf("a stranger's call: %v, still in %t", err, second.isIn())
	}
	first.ask(http.MethodPost, "/me", url.Values{"do": {"end"}, "session": {id}})
	if second.isIn() || !first.isIn() {
		t.Errorf("ended one: it is in %t, the other %t", second.isIn(), first.isIn())
	}
	person := d.subject("companies", "anna")
	if _, err := sessions.RevokeAllSessions(w.company("nosy", "9000003-8"), &identityv1.RevokeAllSessionsRequest{RequestId: uuid.NewString(), Person: person}); err == nil {
		t.Error("a stranger may end all sessions of somebody")
	}
	listed := get[*identityv1.ListSessionsResponse](t)(sessions.ListSessions(w.operator(), &identityv1.ListSessionsRequest{Person: person}))
	if len(listed.Sessions) != 1 || listed.Sessions[0].Issuer != "companies" || listed.Sessions[0].Role != policyv1.Role_ROLE_COMPANY {
		t.Errorf("the operator sees %v", listed.Sessions)
	}
	revoked := get[*identityv1.RevokeAllSessionsResponse](t)(sessions.RevokeAllSessions(w.operator(), &identityv1.RevokeAllSessionsRequest{RequestId: uuid.NewString(), Person: person}))
	if revoked.Ended != 1 || first.isIn() {
		t.Errorf("the operator ended %d, still in %t", revoked.Ended, first.isIn())
	}
	everybody := func(ctx context.Context) (*identityv1.RevokeAllSessionsResponse, error) {
		return sessions.RevokeAllSessions(ctx, &identityv1.RevokeAllSessionsRequest{RequestId: uuid.NewString(), Person: "-"})
	}
	first = signedIn("anna")
	if _, err := everybody(w.company("nosy", "9000003-8")); err == nil || !first.isIn() || !stranger.isIn() {
		t.Errorf("a stranger ends everybody's sessions: %v", err)
	}
	if revoked := get[*identityv1.RevokeAllSessionsResponse](t)(everybody(w.operator())); revoked.Ended != 2 || first.isIn() || stranger.isIn() {
		t.Errorf("the operator ended %d of everybody's, in are %t, %t", revoked.Ended, first.isIn(), stranger.isIn())
	}
}

// subject is the opaque id of a person: that of the facts that they cause.
func (d *door) subject(issuer, key string) string {
	d.w.t.Helper()
	var config signin.IssuerConfig
	config.ID, config.URL, config.For = issuer, d.issuers[issuer].URL, signin.Companies
	bucket, err := d.w.hub.Bucket(d.w.t.Context(), bus.BucketHub)
	must(d.w.t, err)
	keys, err := identity.Load(d.w.t.Context(), bucket)
	must(d.w.t, err)
	return signin.New(signin.Config{Issuers: []signin.IssuerConfig{config}}, signin.Options{SubjectKey: keys.For("subjects")[0]}).Subject(issuer, key)
}

// TestStaffComeAndGo: the issuer says who somebody is, the hub's staff list whether they
// work here; both have to, at each page.
func TestStaffComeAndGo(t *testing.T) {
	w := newWorld(t)
	d := w.door()
	d.says("omnia", "ville", map[string]any{"groups": []string{"advisors"}, "staff_id": "ville"})
	d.says("omnia", "liisa", map[string]any{"groups": []string{"leads"}, "staff_id": "liisa"})
	d.says("omnia", "stranger", map[string]any{"groups": []string{"advisors"}, "staff_id": "nobody"})
	d.says("omnia", "visitor", map[string]any{"groups": []string{"visitors"}, "staff_id": "ville"})
	add := func(id string, role policyv1.Role) {
		t.Helper()
		get[*adminv1.AddStaffResponse](t)(d.admin.AddStaff(w.operator(), &adminv1.AddStaffRequest{
			RequestId: uuid.NewString(), Parent: "providers/omnia", AdvisorId: id, DisplayName: id, Role: role,
		}))
	}
	add("ville", policyv1.Role_ROLE_ADVISOR)
	add("liisa", policyv1.Role_ROLE_LEAD)
	for _, key := range []string{"stranger", "visitor"} {
		if page := d.person().signIn("omnia", key, ""); page.status != http.StatusForbidden {
			t.Errorf("%s is let in: %d", key, page.status)
		}
	}
	ville, liisa := d.person(), d.person()
	ville.signIn("omnia", "ville", "/me?lang=en")
	liisa.signIn("omnia", "liisa", "/me?lang=en")
	if !ville.isIn() || !strings.Contains(liisa.ask(http.MethodGet, "/me?lang=en", nil).body, "Team lead") {
		t.Fatal("the staff is not in")
	}
	add("liisa", policyv1.Role_ROLE_ADVISOR)
	w.eventually("who leads no longer is an advisor", func() bool {
		return strings.Contains(liisa.ask(http.MethodGet, "/me?lang=en", nil).body, "Advisor")
	})
	get[*adminv1.RemoveStaffResponse](t)(d.admin.RemoveStaff(w.operator(), &adminv1.RemoveStaffRequest{RequestId: uuid.NewString(), Name: "providers/omnia/advisors/ville"}))
	w.eventually("who has left is out", func() bool { return !ville.isIn() })
	if !liisa.isIn() {
		t.Error("a colleague is out too")
	}
	add("ville", policyv1.Role_ROLE_ADVISOR)
	if ville.isIn() {
		t.Error("who comes back has the session of before")
	}
	// Also when nothing was asked between the two.
	again := d.person()
	w.eventually("who was added again comes in", func() bool {
		again.signIn("omnia", "ville", "")
		return again.isIn()
	})
	get[*adminv1.RemoveStaffResponse](t)(d.admin.RemoveStaff(w.operator(), &adminv1.RemoveStaffRequest{RequestId: uuid.NewString(), Name: "providers/omnia/advisors/ville"}))
	add("ville", policyv1.Role_ROLE_ADVISOR)
	if again.isIn() {
		t.Error("a removal that was taken back left the session")
	}
}

// TestARevokedSessionIsRefusedByTheAPI: also a token that the pages signed a moment ago.
func TestARevokedSessionIsRefusedByTheAPI(t *testing.T) {
	w := newWorld(t)
	d := w.door()
	d.says("companies", "anna", mandates("9000001-1"))
	anna := d.person()
	anna.signIn("companies", "anna", "")
	sessions := identityv1.NewSessionServiceClient(d.conn)
	subject := d.subject("companies", "anna")
	listed := get[*identityv1.ListSessionsResponse](t)(sessions.ListSessions(w.operator(), &identityv1.ListSessionsRequest{Person: subject}))
	own := token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: subject, Session: listed.Sessions[0].Id}
	ctx := w.as(own)
	if _, err := sessions.ListSessions(ctx, &identityv1.ListSessionsRequest{}); err != nil {
		t.Fatal(err)
	}
	get[*identityv1.RevokeSessionResponse](t)(sessions.RevokeSession(w.operator(), &identityv1.RevokeSessionRequest{RequestId: uuid.NewString(), Id: own.Session}))
	_, err := sessions.ListSessions(ctx, &identityv1.ListSessionsRequest{})
	if err == nil || !strings.Contains(err.Error(), "the session has ended") {
		t.Errorf("after the session was ended: %v", err)
	}
}
