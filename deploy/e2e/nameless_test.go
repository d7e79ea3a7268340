package e2e

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// caseWithoutName: somebody in trouble asks for help without saying who they are,
// comes back with the code and the secret, and gives the company's name later.
func caseWithoutName(t *testing.T, w *world.World) {
	stranger := w.Stranger(t)
	call := world.Opening{Need: "Rahat eivät riitä enää palkkoihin", Services: []string{"yritysespoo/company-advice"}, Secret: true, Journey: "hard-times"}.Message(t, w)
	opened, err := stranger.Calls.OpenCase(stranger.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if opened.Secret == "" || opened.Case.Code == "" || !opened.Case.Anonymous || !opened.Case.Secret {
		t.Fatalf("opened with code %q, secret %q as %v", opened.Case.Code, opened.Secret, opened.Case)
	}
	again, err := stranger.Calls.OpenCase(stranger.Context(), call)
	if err != nil || again.Case.Name != opened.Case.Name || again.Secret != opened.Secret {
		t.Errorf("the same call again answers %v %v", again, err)
	}

	holder := w.Holder(t, opened.Case.Code, opened.Secret)
	c := holder.Case(opened.Case.Name)
	c.Code, c.Secret = opened.Case.Code, opened.Secret
	request := c.Request("yritysespoo-1")
	ville := w.Advisor(t, "yritysespoo", world.FirstAdvisor)
	got := ville.PickUp(request)
	if got.Company != nil || !got.Secret {
		t.Errorf("the advisor learns the company %v, secret %v", got.Company, got.Secret)
	}
	ville.Reply(request, "Soitetaanko huomenna? Saat olla nimetön.")
	c.Write("yritysespoo-1", "Mieluummin kirjoitan.")
	if n := len(c.View().Timeline); n < 4 {
		t.Errorf("the holder sees %d entries", n)
	}
	listed, err := holder.Calls.ListCases(holder.Context(), &casesv1.ListCasesRequest{})
	if err != nil || len(listed.Cases) != 1 || listed.Cases[0].Name != c.Name {
		t.Errorf("the holder lists %v %v", listed, err)
	}

	// The code alone opens nothing, and nobody else sees that the case exists.
	for _, secret := range []string{"wrong", opened.Secret[1:], opened.Secret + "a"} {
		guesser := w.Holder(t, opened.Case.Code, secret)
		_, err := guesser.Calls.GetCase(guesser.Context(), &casesv1.GetCaseRequest{Name: c.Name})
		world.Refused(t, err, codes.Unauthenticated, "CODE_WRONG")
	}
	nosy := w.Company(t, world.CompanyUser("nosy", other))
	_, err = nosy.Calls.GetCase(nosy.Context(), &casesv1.GetCaseRequest{Name: c.Name})
	world.Refused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = stranger.Calls.GetCase(stranger.Context(), &casesv1.GetCaseRequest{Name: c.Name})
	world.Refused(t, err, codes.Unauthenticated, "SIGN_IN_NEEDED")
	for _, key := range []string{"employment", "chamber"} {
		for _, r := range w.Advisor(t, key, world.FirstAdvisor).Inbox() {
			if strings.HasPrefix(r, c.Name) {
				t.Errorf("%s sees %s", key, r)
			}
		}
	}

	// Now the company is told: with code and secret, by somebody who acts for it.
	named := w.Company(t, world.CompanyUser("teuvo", other)).Case(c.Name)
	named.Code, named.Secret = c.Code, c.Secret
	_, err = nosy.Calls.LinkCompany(nosy.Context(), &casesv1.LinkCompanyRequest{
		Name: c.Name, RequestId: call.RequestId, Company: world.BusinessID(other), Code: c.Code, Secret: "guess",
	})
	world.Refused(t, err, codes.NotFound, "NOT_FOUND")
	before := c.View()
	named.Link(other, "Teuvon Takomo Oy")
	after := named.Await("the company to reach the request", func(v *casesv1.Case) bool { return v.Requests[0].Company.GetId() == other })
	for i, entry := range before.Timeline {
		if !proto.Equal(entry, after.Timeline[i]) {
			t.Errorf("entry %d was %v and is %v", i, entry, after.Timeline[i])
		}
	}
	ville.Complete(request, "Maksusuunnitelma on tehty.")
	if r := named.See("yritysespoo-1"); r.Status != casesv1.RequestStatus_REQUEST_STATUS_COMPLETED {
		t.Errorf("the company sees it as %s", r.Status)
	}
}
