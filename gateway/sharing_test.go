package gateway_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/businessespoo/hub/gateway/api"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	"github.com/businessespoo/hub/services/kit/name"
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

// A list of shared cases has as many pages as it needs, and each case is on one.
func TestSharedCasesAreReadPageByPage(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	company := w.company("aino", bakery)
	const shared = 3
	for range shared {
		c := n.open(company, opening(bakery, "espoo-city/pilot"))
		get[*consentv1.GrantConsentResponse](t)(consentv1.NewConsentServiceClient(n.conn).GrantConsent(company, &consentv1.GrantConsentRequest{
			Parent: c.Name, RequestId: uuid.NewString(), Consent: &casesv1.Consent{
				Provider: name.Provider("chamber"), Purpose: casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE, TextVersion: api.SharingTextVersion,
			},
		}))
	}
	get[*adminv1.AddStaffResponse](t)(adminv1.NewAdminServiceClient(n.conn).AddStaff(w.operator(), &adminv1.AddStaffRequest{
		RequestId: uuid.NewString(), Parent: name.Provider("chamber"), AdvisorId: "ville", DisplayName: "Ville", Role: policyv1.Role_ROLE_ADVISOR,
	}))
	advisor := w.as(token.Principal{Role: policyv1.Role_ROLE_ADVISOR, Subject: "ville", Provider: "chamber", Advisor: "ville"})
	seen, page := map[string]bool{}, ""
	for range shared {
		answer := get[*sharingv1.ListSharedCasesResponse](t)(sharingv1.NewSharedCaseServiceClient(n.conn).ListSharedCases(advisor, &sharingv1.ListSharedCasesRequest{
			PageSize: 1, PageToken: page, MinRevision: w.now(),
		}))
		for _, c := range answer.SharedCases {
			seen[c.Case.Name] = true
		}
		page = answer.NextPageToken
	}
	if len(seen) != shared || page != "" {
		t.Errorf("the pages hold %v, and then %q", seen, page)
	}
}
