package e2e

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// fixture makes the cases and requests that calls are about.
type fixture struct {
	t        *testing.T
	w        *world.World
	otherKey *token.Key
	// witness is a request that nobody else touches; scope is where it stands.
	witness, scope string
	// first is the answer to the call before an attempt.
	first proto.Message
	// held is the authorization of a holder, once there is one.
	held string
	// looks is how many messages state has written to the witness.
	looks int
}

func newFixture(t *testing.T, w *world.World) *fixture {
	t.Helper()
	key, err := token.OpenKey(filepath.Join(t.TempDir(), "other.key"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, w: w, otherKey: key}
	f.witness = f.request("new")
	f.scope = "case." + strings.NewReplacer("cases/", "", "/requests/omnia-", ".omnia.").Replace(f.witness)
	desk := f.desk()
	desk.Note(f.witness, "Muistiinpano")
	f.mustCall(f.owner().Calls.SaveDraft(f.owner().Context(), &casesv1.SaveDraftRequest{RequestId: newID(), Draft: &casesv1.Draft{Key: "kept", Content: "{}"}}))
	return f
}

func (f *fixture) mustCall(_ any, err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) owner() *world.Company { return f.w.Company(f.t, sample{}.caller()) }
func (f *fixture) desk() *world.Advisor  { return f.w.Advisor(f.t, "omnia", world.FirstAdvisor) }

func (f *fixture) bearer(p principal) string { return f.w.Authorization(f.t, p) }

// as is the authorization with which a sample is called.
func (f *fixture) as(s sample) string {
	if s.role == "" {
		return ""
	}
	return f.bearer(s.caller())
}

// nowhere is the id of a case that does not exist.
func (f *fixture) nowhere() string { return strings.ToLower(rand.Text()) }

// state is what there is: how many facts, notes, members of staff, and the draft.
// Every look at it writes one message to the witness: the number that it gets
// tells how many facts came before it.
func (f *fixture) state() string {
	f.t.Helper()
	owner, desk := f.owner(), f.desk()
	wrote, err := owner.Calls.PostMessage(owner.Context(), &casesv1.PostMessageRequest{Name: f.witness, RequestId: newID(), Text: "?"})
	f.mustCall(wrote, err)
	f.looks++
	facts := int(sequence(f.t, wrote.Revision)) - f.looks
	staff, err := desk.Calls.ListAdvisors(desk.Context(), &providerv1.ListAdvisorsRequest{Parent: desk.Provider()})
	f.mustCall(staff, err)
	draft, err := owner.Calls.GetDraft(owner.Context(), &casesv1.GetDraftRequest{Key: "kept"})
	f.mustCall(draft, err)
	for _, member := range staff.Staff {
		member.OpenRequests = 0 // counted from the inbox, which follows the log
	}
	return fmt.Sprintf("%d facts, %d notes, staff %v, draft %v", facts, len(desk.Notes(f.witness)), staff.Staff, draft)
}

// settled is the state once the hub has done what a call before it leads to.
func (f *fixture) settled(after bool) string {
	f.t.Helper()
	last, calm := f.state(), 0
	if !after {
		return last
	}
	world.Await(f.t, "the hub to have done its part", func() error {
		now := f.state()
		if calm++; now != last {
			last, calm = now, 0
		}
		if calm < 5 {
			return world.Not("it still writes")
		}
		return nil
	})
	return last
}

// service is long enough under way that no due date comes near.
const service = "omnia/apprenticeship"

func (f *fixture) opening() world.Opening {
	return world.Opening{Need: "Tarvitsen oppisopimuksen", Company: mine, Services: []string{service}}
}

// open opens a case whose request has reached Omnia.
func (f *fixture) open() *world.Case {
	f.t.Helper()
	c := f.owner().Open(f.opening())
	f.desk().Receives(c.Request("omnia-1"))
	c.Await("the request to be seen", func(v *casesv1.Case) bool {
		return v.Requests[0].Status == casesv1.RequestStatus_REQUEST_STATUS_NEW
	})
	return c
}

// request makes a request in a state: new, mine, supplement, referral, completed.
func (f *fixture) request(state string) string {
	f.t.Helper()
	c, desk := f.open(), f.desk()
	r := c.Request("omnia-1")
	if state == "new" {
		return r
	}
	desk.PickUp(r)
	switch state {
	case "supplement":
		desk.Ask(r, "Mitkä tehtävät?")
	case "referral":
		desk.Refer(r, "chamber/training", "Koulutus auttaa.", "Tausta")
	case "completed":
		desk.Complete(r, "Valmis")
	}
	c.View()
	return r
}

func (f *fixture) closed() *world.Case {
	f.t.Helper()
	c := f.open()
	c.Close("")
	return c
}

func (f *fixture) unconfirmed() string {
	f.t.Helper()
	opened := f.desk().OpenOnBehalf(mine, "Soitti", service)
	f.desk().Receives(opened.Request)
	f.owner().Case(opened.CaseName).View()
	return opened.CaseName
}

// companyless is a case that the owner opened before there was a company.
func (f *fixture) companyless() string {
	f.t.Helper()
	o := f.opening()
	o.Company = ""
	c := f.owner().Open(o)
	f.desk().Receives(c.Request("omnia-1"))
	c.View()
	return c.Name
}

func (f *fixture) inputs(service string) []*casesv1.Input {
	return f.w.Choice(f.t, service, nil).Inputs
}

// pageToken is the token of the second page of a list; make asks for the first.
func pageToken[Request, Response any](f *fixture, call func(Request) (Response, error), request Request) string {
	f.t.Helper()
	answer, err := call(request)
	f.mustCall(answer, err)
	next := any(answer).(interface{ GetNextPageToken() string }).GetNextPageToken()
	if next == "" {
		f.t.Errorf("%T has one page only", answer)
	}
	return next
}

func (f *fixture) adding(caseName string) *casesv1.AddRequestRequest {
	f.t.Helper()
	return &casesv1.AddRequestRequest{
		Name: caseName, RequestId: newID(), Service: f.w.Choice(f.t, "omnia/staff-training", map[string]string{"wishes": "Hygienia"}),
		Consents: f.w.Consents(f.t, "omnia/staff-training"),
	}
}
