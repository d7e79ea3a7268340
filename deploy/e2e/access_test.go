package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

func TestAccessOneProcess(t *testing.T) {
	t.Parallel()
	whoHasSeen(t, world.Single(t, &binaries))
}

func TestAccessNineProcesses(t *testing.T) { whoHasSeen(t, world.Apart(t, &binaries)) }

// accessOf reads the whole list of a case, or of a provider, newest first.
func accessOf(t *testing.T, w *world.World, p principal, parent string) ([]*accessv1.Access, error) {
	t.Helper()
	var all []*accessv1.Access
	calls, ctx, token := accessv1.NewAccessServiceClient(w.Conn(t, w.At.GRPC)), w.As(t, p), ""
	for {
		var page interface {
			GetAccess() []*accessv1.Access
			GetNextPageToken() string
		}
		var err error
		if strings.HasPrefix(parent, "providers/") {
			page, err = calls.ListProviderAccess(ctx, &accessv1.ListProviderAccessRequest{Parent: parent, PageSize: 7, PageToken: token})
		} else {
			page, err = calls.ListAccess(ctx, &accessv1.ListAccessRequest{Parent: parent, PageSize: 7, PageToken: token})
		}
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetAccess()...)
		if token = page.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}

// deeds are the rows of others in a list, oldest first: who, what, and how it ended.
func deeds(all []*accessv1.Access) (told []string) {
	for _, a := range slices.Backward(all) {
		if a.Own {
			continue
		}
		who := a.Row.Person
		if a.Advisor != nil {
			who = a.Advisor.Name + " " + a.Advisor.DisplayName
		}
		told = append(told, strings.Join(append([]string{strings.Join(a.Row.Organisations, "+"), who, a.Row.Method, a.Row.Refused}, requestsOf(a.Row)...), "|"))
	}
	return told
}

func requestsOf(row *accessv1.AccessRow) (keys []string) {
	for _, shown := range row.Shown {
		keys = append(keys, shown.Requests...)
	}
	return keys
}

// whoHasSeen: what everybody saw of a case is in its company's list, once, and in no
// other's; what the provider keeps to itself is not.
func whoHasSeen(t *testing.T, w *world.World) {
	w.Hire(t)
	company := identifier.NewTestBusinessID(160)
	mine, theirs := world.CompanyUser("aino", company), world.CompanyUser("rival", identifier.NewTestBusinessID(161))
	owner := w.Company(t, mine)
	c := owner.Open(world.Opening{Need: "oppisopimus ja koulutus", Company: company, Services: []string{"omnia/apprenticeship", "chamber/training"}})
	elsewhere := w.Company(t, theirs).Open(world.Opening{Need: "oppisopimus", Company: theirs.Companies[0], Services: []string{"omnia/apprenticeship"}})
	request := c.Request("omnia-1")
	desk := w.Advisor(t, "omnia", world.FirstAdvisor) // through the gateway
	desk.PickUp(request)
	desk.See(request)
	// At the provider's own door, and where it must be refused.
	direct := w.Desk(t, world.LeadOf("omnia", world.Lead), w.At.Providers["omnia"])
	direct.See(request)
	nosy := w.Advisor(t, "chamber", world.FirstAdvisor)
	_, err := nosy.Calls.GetRequest(nosy.Context(), &providerv1.GetRequestRequest{Name: request})
	world.Refused(t, err, codes.NotFound, "REQUEST_NOT_FOUND")
	_, err = w.Cases(t).GetCase(w.As(t, theirs), &casesv1.GetCaseRequest{Name: c.Name})
	world.Refused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = w.Cases(t).GetCase(w.As(t, world.Operator()), &casesv1.GetCaseRequest{Name: c.Name})
	world.Refused(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
	ledger := w.Company(t, world.Integrator("ledger", company))
	watchCase(t, ledger, c.Name, "").next(t)

	ville, liisa := "omnia|providers/omnia/advisors/ville Ville Virtanen|ProviderService.", "omnia|providers/omnia/advisors/liisa Liisa Lahti|ProviderService."
	want := []string{
		ville + "PickUp||omnia-1", ville + "GetRequest||omnia-1", liisa + "GetRequest||omnia-1",
		"chamber|providers/chamber/advisors/ville Ville Virtanen|ProviderService.GetRequest|REQUEST_NOT_FOUND|omnia-1",
		theirs.Companies[0] + "|rival|CaseService.GetCase|NOT_FOUND", "|operator|CaseService.GetCase|ROLE_NOT_ALLOWED",
		"ledger+" + company + "|integrator:ledger|CaseService.WatchCase|", "ledger+" + company + "|integrator:ledger|CaseService.WatchCase||omnia-1|chamber-1",
	}
	world.Await(t, "the company's list", func() error {
		all, err := accessOf(t, w, mine, c.Name)
		if err != nil {
			return err
		}
		got := deeds(all)
		// Nor is what this is about how often somebody looked, also before a request had arrived.
		early := ville + "GetRequest|REQUEST_NOT_FOUND|omnia-1"
		got = slices.DeleteFunc(got, func(deed string) bool { return deed == early || strings.Contains(deed, "ListRequests") })
		slices.Sort(got)
		got = slices.Compact(got)
		expected := slices.Sorted(slices.Values(want))
		if !slices.Equal(got, expected) {
			return world.Not("the company reads\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(expected, "\n"))
		}
		return nil
	})
	all, err := accessOf(t, w, mine, c.Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		for _, shown := range a.Row.Shown {
			if shown.Case != c.Name || len(a.Row.Shown) != 1 || shown.Case == elsewhere.Name {
				t.Errorf("the company's list tells of %v", a.Row.Shown)
			}
		}
		if a.Row.Basis.GetPurpose() == 0 || a.Row.Time.AsTime().IsZero() || a.Row.Advisor != "" && a.Row.Person != "" {
			t.Errorf("a row is not whole, or tells too much: %v", a)
		}
	}
	once(t, w, mine, desk, c.Name, request)
	notesLeaveNoTrace(t, w, mine, desk, c.Name, request)
	whoMayRead(t, w, c.Name, request, mine, theirs)
	// Once more, since a page holds the newest rows and looking leaves many.
	desk.See(request)
	_, err = nosy.Calls.GetRequest(nosy.Context(), &providerv1.GetRequestRequest{Name: request})
	world.Refused(t, err, codes.NotFound, "REQUEST_NOT_FOUND")
	world.Await(t, "the refusal's row", func() error { // one page: each that is read leaves a row
		page, err := accessv1.NewAccessServiceClient(w.Conn(t, w.At.GRPC)).ListAccess(w.As(t, mine), &accessv1.ListAccessRequest{Parent: c.Name, PageSize: 20})
		if err == nil && !slices.ContainsFunc(page.Access, func(a *accessv1.Access) bool { return a.Row.Refused == "REQUEST_NOT_FOUND" }) {
			return world.Not("the newest refusal is not there yet")
		}
		return err
	})
	accessPages(t, w, mine, c.Name)
	provable(t, w)
}

// once counts the rows of one call through the gateway: neither of the two processes
// leaves it out, and they do not both tell of it.
func once(t *testing.T, w *world.World, mine principal, desk *world.Advisor, parent, request string) {
	t.Helper()
	count := func() (n int) {
		all, err := accessOf(t, w, mine, parent)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			if a.Row.Method == "ProviderService.GetRequest" && a.Advisor != nil {
				n++
			}
		}
		return n
	}
	before := count()
	for range 3 {
		desk.See(request)
	}
	world.Await(t, "three more rows", func() error {
		if n := count(); n != before+3 {
			return world.Not("three calls left %d rows", n-before)
		}
		return nil
	})
}

// notesLeaveNoTrace: reading and writing confidential notes is recorded where nobody
// outside of the provider reads it.
func notesLeaveNoTrace(t *testing.T, w *world.World, mine principal, desk *world.Advisor, parent, request string) {
	t.Helper()
	rows := func(p principal, parent string) string {
		all, err := accessOf(t, w, p, parent)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(slices.DeleteFunc(deeds(all), func(deed string) bool { return strings.Contains(deed, "AccessService.") }), "\n")
	}
	lead := world.LeadOf("omnia", world.Lead)
	company, leads := rows(mine, parent), rows(lead, "providers/omnia")
	for n := range 10 {
		desk.Note(request, fmt.Sprint("muistiinpano ", n))
		desk.Notes(request)
	}
	if after := rows(mine, parent); after != company {
		t.Errorf("the company learns of notes:\n%s\nbefore:\n%s", after, company)
	}
	if after := rows(lead, "providers/omnia"); after != leads {
		t.Errorf("the gateway learns of notes:\n%s\nbefore:\n%s", after, leads)
	}
}

// whoMayRead: the company its own, a lead what their people saw, and nobody else.
func whoMayRead(t *testing.T, w *world.World, theCase, request string, mine, theirs principal) {
	t.Helper()
	for _, c := range []struct {
		who    principal
		parent string
		want   codes.Code
	}{
		{mine, theCase, codes.OK},
		{theirs, theCase, codes.NotFound},
		{mine, "cases/aaaaaaaaaaaaaaaaaaaaaaaaaa", codes.NotFound},
		{world.LeadOf("omnia", world.Lead), theCase, codes.PermissionDenied},
		{world.LeadOf("omnia", world.Lead), "providers/omnia", codes.OK},
		{world.LeadOf("chamber", world.Lead), "providers/omnia", codes.PermissionDenied},
		{world.LeadOf("omnia", world.FirstAdvisor), "providers/omnia", codes.PermissionDenied}, // whose token says more than the staff list
		{mine, "providers/omnia", codes.PermissionDenied},
		{world.AdvisorOf("omnia", world.FirstAdvisor), "providers/omnia", codes.PermissionDenied},
		{world.Integrator("ledger", mine.Companies[0]), theCase, codes.PermissionDenied},
		{world.Operator(), theCase, codes.PermissionDenied},
		{mine, "x", codes.InvalidArgument},
	} {
		if _, err := accessOf(t, w, c.who, c.parent); world.Read(err).Code != c.want {
			t.Errorf("%s who lists %s is answered %v, want %s", c.who.Subject, c.parent, err, c.want)
		}
	}
	all, err := accessOf(t, w, world.LeadOf("omnia", world.Lead), "providers/omnia")
	if err != nil || len(all) == 0 {
		t.Fatalf("the lead reads %d rows, %v", len(all), err)
	}
	for _, a := range all {
		if !slices.Equal(a.Row.Organisations, []string{"omnia"}) || !slices.Contains([]policyv1.Role{policyv1.Role_ROLE_ADVISOR, policyv1.Role_ROLE_LEAD, policyv1.Role_ROLE_PROVIDER_SYSTEM}, a.Row.Role) {
			t.Errorf("the lead of omnia reads %v", a.Row)
		}
	}
	if !slices.ContainsFunc(all, func(a *accessv1.Access) bool {
		return slices.Contains(requestsOf(a.Row), request[strings.LastIndex(request, "/")+1:])
	}) {
		t.Error("the lead does not read that the request was seen")
	}
	nameless := w.Stranger(t).Open(world.Opening{Need: "oppisopimus", Services: []string{"omnia/apprenticeship"}})
	holder := world.Authorized(t.Context(), "Case "+nameless.Code+":"+nameless.Secret)
	answer, err := accessv1.NewAccessServiceClient(w.Conn(t, w.At.GRPC)).ListAccess(holder, &accessv1.ListAccessRequest{Parent: nameless.Name})
	if err != nil {
		t.Errorf("the holder of a code: %v, %v", answer, err)
	}
}

// accessPages: the same in words, in every language, for the company and a lead.
func accessPages(t *testing.T, w *world.World, mine principal, theCase string) {
	t.Helper()
	browser := w.Browser(t)
	browser.SignIn(w.Token(t, mine))
	page := browser.Open("/" + theCase + "?lang=en")
	page.Has("Who has seen this case")
	browser.Open("/"+theCase+"/access?lang=en").Has("Ville Virtanen (Advisor, Omnia)", "opened it", "The task of a provider that was asked for a service", "tried to open it and was refused", "You, ")
	browser.Open("/"+theCase+"/access?lang=fi").Has("Ville Virtanen", "avasi sen", "Sinä, ")
	browser.Open("/"+theCase+"/access?lang=sv").Has("Ville Virtanen", "öppnade det", "Du, ")
	lead := w.Browser(t)
	lead.SignIn(w.Token(t, world.LeadOf("omnia", world.Lead)))
	lead.Open("/desk/omnia?lang=en").Has("What our people have seen")
	lead.Open("/desk/omnia/access?lang=en").Has("Ville Virtanen", "opened it")
}

// provable: what all the processes wrote holds, also after they have stopped.
func provable(t *testing.T, w *world.World) {
	t.Helper()
	args := []string{"audit", "verify", "--data", w.Data}
	if w.IsSingle() {
		for _, process := range w.Processes() {
			if err := process.Stop(); err != nil {
				t.Error(err)
			}
		}
	} else {
		args = []string{"audit", "verify", "--nats", "nats://" + w.At.NATS, "--nats-seed-file", filepath.Join(w.Data, "seeds", "hub")}
	}
	out, err := world.Run(t.Context(), &binaries, "hub", args...)
	if err != nil || !strings.Contains(out, "0 faults") || strings.Contains(out, " 0 rows") {
		t.Errorf("hub audit verify: %v\n%s", err, out)
	}
	if w.IsSingle() && !strings.Contains(out, "heads.jsonl, each with the one in the log") {
		t.Errorf("no heads were copied outside of the log:\n%s", out)
	}
}
