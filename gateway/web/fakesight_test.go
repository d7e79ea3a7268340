package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
)

// fakeConsents and fakeSharing are the fake's services about who sees what.
type fakeConsents struct {
	consentv1.UnimplementedConsentServiceServer
	*fake
}

func (f *fakeConsents) ListConsents(context.Context, *consentv1.ListConsentsRequest) (*consentv1.ListConsentsResponse, error) {
	return &consentv1.ListConsentsResponse{TextVersion: "shared-1", Text: "Mitä <muut> tekevät", WithdrawalText: "Vaikuttaa <heti>"}, nil
}

func (f *fakeConsents) GrantConsent(context.Context, *consentv1.GrantConsentRequest) (*consentv1.GrantConsentResponse, error) {
	return &consentv1.GrantConsentResponse{Revision: "rev-2"}, nil
}

func (f *fakeConsents) WithdrawConsent(context.Context, *consentv1.WithdrawConsentRequest) (*consentv1.WithdrawConsentResponse, error) {
	return &consentv1.WithdrawConsentResponse{Revision: "rev-2"}, nil
}

type fakeSharing struct {
	sharingv1.UnimplementedSharedCaseServiceServer
	*fake
}

func (f *fakeSharing) GetSharedCase(_ context.Context, req *sharingv1.GetSharedCaseRequest) (*sharingv1.GetSharedCaseResponse, error) {
	shown := proto.CloneOf(f.theCase)
	shown.Consents, shown.Asks, shown.Notices = nil, nil, nil
	return &sharingv1.GetSharedCaseResponse{SharedCase: &sharingv1.SharedCase{
		Case: shown, DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_CASE, policyv1.DataClass_DATA_CLASS_PROGRESS, policyv1.DataClass_DATA_CLASS_DECISION},
		Consent: &casesv1.Consent{ValidTo: "2027-11-20"},
	}}, nil
}

func (f *fakeSharing) ListLegalGrounds(context.Context, *sharingv1.ListLegalGroundsRequest) (*sharingv1.ListLegalGroundsResponse, error) {
	return &sharingv1.ListLegalGroundsResponse{LegalGrounds: []*sharingv1.LegalGround{{
		Act: "621/1999", Section: "29", DisplayName: "Julkisuuslaki", Description: "Valvonta <tai> muutoksenhaku", DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_DECISION},
	}}}, nil
}

func (f *fakeSharing) RecordDisclosure(context.Context, *sharingv1.RecordDisclosureRequest) (*sharingv1.RecordDisclosureResponse, error) {
	return &sharingv1.RecordDisclosureResponse{Revision: "rev-2"}, nil
}

// The company reads who may see its case, in words, lets a provider see more and
// takes it back, each with what it means before it does so.
func TestWhoMaySeeTheCase(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	p := b.get("/cases/" + caseID + "?lang=en")
	p.has(t, "Who may see this case?", "serves your requests", "the need and the answers", "Mitä &lt;muut&gt; tekevät",
		"These are not consents", "Act 621/1999, section 29", "An appeal is being heard")
	b.post("/cases/"+caseID+"?lang=en", formOf(t, p, "share", url.Values{"provider": {"providers/employment"}, "see_decision": {"yes"}}))
	granted := b.api.last(t, "GrantConsent").request.(*consentv1.GrantConsentRequest)
	want := &casesv1.Consent{
		Provider: "providers/employment", Purpose: casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE, TextVersion: "shared-1", Language: "en", Channel: "pages",
		DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_DECISION},
	}
	if !proto.Equal(granted.Consent, want) || granted.Parent != "cases/"+caseID {
		t.Errorf("the page grants %v", granted)
	}
	p = b.get("/cases/" + caseID + "?step=unshare-1")
	p.has(t, "Vaikuttaa &lt;heti&gt;")
	b.post("/cases/"+caseID, formOf(t, p, "unshare-1", nil))
	if withdrawn := b.api.last(t, "WithdrawConsent").request.(*consentv1.WithdrawConsentRequest); withdrawn.Name != "cases/"+caseID+"/consents/1" || withdrawn.Etag == "" {
		t.Errorf("the page withdraws %v", withdrawn)
	}
}

// An advisor reaches the whole case from the request, sees by what right it is shown,
// and an authority records what a law lets it see. No browser keeps the page.
func TestTheWholeCase(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	b.get("/desk/omnia/requests/"+caseID+"/omnia-1?lang=en").has(t, `href="/desk/omnia/cases/`+caseID+`"`)
	p := b.get("/desk/omnia/cases/" + caseID + "?lang=en")
	p.has(t, "By the company’s consent until", "title and result of a decision", "Valvonta &lt;tai&gt; muutoksenhaku")
	if got := p.head.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("the page may be kept: %q", got)
	}
	b.post("/desk/omnia/cases/"+caseID, formOf(t, p, "disclose", url.Values{"ground": {"621/1999 29"}, "see_decision": {"yes"}, "reason": {"An appeal is being heard"}}))
	recorded := b.api.last(t, "RecordDisclosure").request.(*sharingv1.RecordDisclosureRequest)
	if recorded.Act != "621/1999" || recorded.Section != "29" || len(recorded.DataClasses) != 2 || recorded.Reason == "" {
		t.Errorf("the page records %v", recorded)
	}
	if p := b.post("/desk/omnia/cases/"+caseID, formOf(t, p, "disclose", url.Values{"ground": {"621/1999 29"}})); p.code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason the page answers %d", p.code)
	}
}

// formOf is what a form of a page sends: what is hidden in it, and what is filled in.
func formOf(t *testing.T, p page, id string, filled url.Values) url.Values {
	t.Helper()
	_, rest, found := strings.Cut(p.body, `name="form" value="`+id+`"`)
	if !found {
		t.Fatalf("the page has no form %s", id)
	}
	start := strings.LastIndex(p.body[:len(p.body)-len(rest)], "<form")
	whole, _, _ := strings.Cut(p.body[start:], "</form>")
	values := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(whole, -1) {
		values.Set(m[1], m[2])
	}
	for name, value := range filled {
		values[name] = value
	}
	return values
}
