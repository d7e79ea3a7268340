package web_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	"github.com/businessespoo/hub/services/kit/systemkey"
)

// shownKey is what the fake issues, to the first call with a request_id.
const shownKey = "hub_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

func (f *fake) ListIntegrators(context.Context, *keysv1.ListIntegratorsRequest) (*keysv1.ListIntegratorsResponse, error) {
	return &keysv1.ListIntegratorsResponse{Integrators: []*keysv1.Integrator{{Organisation: "bank", Systems: []string{"Pankki <b>"}}}}, nil
}

func (f *fake) ListGrants(context.Context, *keysv1.ListGrantsRequest) (*keysv1.ListGrantsResponse, error) {
	return &keysv1.ListGrantsResponse{Grants: []*keysv1.Grant{{Company: "9000001-1", Organisation: "bank", Scopes: systemkey.IntegratorScopes(), ValidTo: "2027-03-31"}}}, nil
}

func (f *fake) GrantAccess(context.Context, *keysv1.GrantAccessRequest) (*keysv1.GrantAccessResponse, error) {
	return &keysv1.GrantAccessResponse{}, nil
}

func (f *fake) WithdrawGrant(context.Context, *keysv1.WithdrawGrantRequest) (*keysv1.WithdrawGrantResponse, error) {
	return &keysv1.WithdrawGrantResponse{}, nil
}

func (f *fake) ListKeys(context.Context, *keysv1.ListKeysRequest) (*keysv1.ListKeysResponse, error) {
	return &keysv1.ListKeysResponse{Keys: []*keysv1.Key{
		{Name: "keys/aaaaaaaaaaaaaaaa", Parent: "providers/omnia", DisplayName: "Arkisto", Scopes: systemkey.ProviderScopes(), ValidTo: "2099-03-31"},
		{Name: "keys/bbbbbbbbbbbbbbbb", Parent: "providers/omnia", DisplayName: "Vanha", Scopes: systemkey.ProviderScopes(), ValidTo: "2099-03-31", RevokedAt: timestamppb.Now()},
	}}, nil
}

func (f *fake) IssueKey(_ context.Context, req *keysv1.IssueKeyRequest) (*keysv1.IssueKeyResponse, error) {
	answer := &keysv1.IssueKeyResponse{Key: &keysv1.Key{Name: "keys/aaaaaaaaaaaaaaaa", DisplayName: req.DisplayName}}
	if f.count("IssueKey") == 1 {
		answer.Secret = shownKey
	}
	return answer, nil
}

func (f *fake) RevokeKey(context.Context, *keysv1.RevokeKeyRequest) (*keysv1.RevokeKeyResponse, error) {
	return &keysv1.RevokeKeyResponse{}, nil
}

func TestACompanySaysWhoActsForIt(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	p := b.get("/grants?lang=fi")
	p.has(t, "Pankki &lt;b&gt;", "Avaa asioita, kirjoittaa viestejä", "31.3.2027 asti", "Peru nyt")
	if p := b.post("/grants", url.Values{"form": {"grant"}, "do": {"grant"}}); p.code != http.StatusUnprocessableEntity || b.api.count("GrantAccess") != 0 {
		t.Errorf("without a system the page answers %d", p.code)
	}
	b.post("/grants", formOf(t, p, "grant", url.Values{"request_id": {"r1"}, "organisation": {"bank"}, "write": {"yes"}}))
	granted := b.api.last(t, "GrantAccess").request.(*keysv1.GrantAccessRequest)
	if granted.Company != "9000001-1" || granted.Organisation != "bank" || granted.RequestId != "r1" || !slices.Equal(granted.Scopes, []string{systemkey.CaseRead, systemkey.CaseWrite}) {
		t.Errorf("granted %v", granted)
	}
	b.post("/grants", url.Values{"form": {"x"}, "do": {"withdraw_grant"}, "request_id": {"r2"}, "company": {"9000001-1"}, "organisation": {"bank"}})
	if withdrawn := b.api.last(t, "WithdrawGrant").request.(*keysv1.WithdrawGrantRequest); withdrawn.Company != "9000001-1" || withdrawn.Organisation != "bank" {
		t.Errorf("withdrawn %v", withdrawn)
	}
	b.signIn(advisorToken("lead"))
	if p := b.get("/grants"); p.code != http.StatusForbidden {
		t.Errorf("a lead gets %d", p.code)
	}
}

func TestALeadKeepsTheKeys(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("lead"))
	p := b.get("/desk/omnia/keys?lang=fi")
	p.has(t, "Arkisto", "Kirjaa päätöksiä", "peruttu")
	if strings.Count(p.body, "Peru nyt") != 1 {
		t.Error("a key that is revoked can be revoked again")
	}
	form := url.Values{"form": {"issue"}, "do": {"issue"}, "request_id": {"r1"}, "display_name": {"Uusi"}, "decide": {"yes"}, "valid_to": {"2027-03-31"}}
	p = b.post("/desk/omnia/keys", form)
	p.has(t, shownKey)
	if p.code != http.StatusOK || p.head.Get("Cache-Control") != "no-store" {
		t.Errorf("the key is shown with %d and Cache-Control %q", p.code, p.head.Get("Cache-Control"))
	}
	issued := b.api.last(t, "IssueKey").request.(*keysv1.IssueKeyRequest)
	if issued.Parent != "providers/omnia" || issued.ValidTo != "2027-03-31" || !slices.Equal(issued.Scopes, systemkey.ProviderScopes()) {
		t.Errorf("issued %v", issued)
	}
	p = b.post("/desk/omnia/keys", form)
	p.lacks(t, shownKey)
	p.has(t, "jo näytetty kerran")
	b.get("/desk/omnia/keys").lacks(t, shownKey)
	if p := b.post("/desk/omnia/keys", url.Values{"form": {"issue"}, "do": {"issue"}}); p.code != http.StatusUnprocessableEntity {
		t.Errorf("without a name the page answers %d", p.code)
	}
	b.post("/desk/omnia/keys", url.Values{"do": {"revoke"}, "request_id": {"r2"}, "name": {"keys/aaaaaaaaaaaaaaaa"}})
	if revoked := b.api.last(t, "RevokeKey").request.(*keysv1.RevokeKeyRequest); revoked.Name != "keys/aaaaaaaaaaaaaaaa" {
		t.Errorf("revoked %v", revoked)
	}
	for token, path := range map[string]string{advisorToken("lead"): "/desk/chamber/keys", advisorToken("advisor"): "/desk/omnia/keys", companyToken(): "/desk/omnia/keys"} {
		b.signIn(token)
		if p := b.get(path); p.code != http.StatusForbidden {
			t.Errorf("%s answers %d", path, p.code)
		}
	}
}
