package e2e

import (
	"net/http"
	"net/url"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// TestLimitsOfARunningHub: --rate-limit bounds what a caller may ask, and wrong codes
// on the page are counted by visitor, though all pages are one client of the API.
func TestLimitsOfARunningHub(t *testing.T) {
	w := world.Single(t, &binaries, "--rate-limit", "2", "--behind-proxy")
	owner := w.Company(t, world.CompanyUser("owner", mine))
	var err error
	for range 100 { // far more than can be answered while they are asked
		if _, err = owner.Calls.ListCases(owner.Context(), &casesv1.ListCasesRequest{}); err != nil {
			break
		}
	}
	if got := world.Refused(t, err, codes.ResourceExhausted, "RATE_LIMITED"); got.Meta["seconds"] != "1" {
		t.Errorf("says %v", got.Meta)
	}
	other := w.Company(t, world.CompanyUser("other", theirs))
	if _, err := other.Calls.ListCases(other.Context(), &casesv1.ListCasesRequest{}); err != nil {
		t.Errorf("another caller is refused: %v", err)
	}
}

// TestWrongCodesAreCountedByVisitor tries codes on the page from two addresses.
func TestWrongCodesAreCountedByVisitor(t *testing.T) {
	w := world.Single(t, &binaries, "--behind-proxy")
	v := newVisitor(t, w, "")
	try := func(from string) given {
		v.from = from
		return v.ask(http.MethodPost, "/open-code", url.Values{"code": {"BE-2345-6789"}, "secret": {"WRONG"}})
	}
	got := try("192.0.2.1")
	for range 40 {
		if got.status != http.StatusUnprocessableEntity {
			break
		}
		got = try("192.0.2.1")
	}
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("too many wrong codes are answered %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	if got := try("192.0.2.2"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a visitor at another address is answered %d", got.status)
	}
}
