package gateway_test

import (
	"testing"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// Whoever is to name a section of law can read which there are, in their language.
func TestAdvisorsReadTheSectionsOfLaw(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	advisor := w.as(token.Principal{Role: policyv1.Role_ROLE_ADVISOR, Subject: "ville", Provider: "omnia", Advisor: "ville"})
	answer := get[*sharingv1.ListLegalGroundsResponse](t)(sharingv1.NewSharedCaseServiceClient(n.conn).ListLegalGrounds(advisor, &sharingv1.ListLegalGroundsRequest{Language: "sv"}))
	if len(answer.LegalGrounds) == 0 {
		t.Fatal("none is listed")
	}
	for _, g := range answer.LegalGrounds {
		if g.Act == "" || g.Section == "" || g.DisplayName == "" || g.Description == "" || len(g.DataClasses) == 0 {
			t.Errorf("a section lacks something: %v", g)
		}
	}
}
