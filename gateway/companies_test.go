package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/businessespoo/hub/gateway"
	"github.com/businessespoo/hub/gateway/devregister"
	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// lookup is a request for the n-th company of the range that is not in use.
func lookup(n int) *companyv1.LookupCompanyRequest {
	return &companyv1.LookupCompanyRequest{BusinessId: identifier.NewTestBusinessID(n)}
}

// companies is a gateway over a register that knows some companies and can go away.
func companies(t *testing.T, rate float64) (*world, companyv1.CompanyServiceClient, *devregister.Server, *atomic.Bool) {
	t.Helper()
	var all []devregister.Company
	for n := range 40 {
		all = append(all, devregister.Company{BusinessID: identifier.NewTestBusinessID(n), Name: "Koekahvila Oy", Trade: 4})
	}
	register, gone := devregister.New(all), &atomic.Bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			http.Error(w, "gone", http.StatusBadGateway)
			return
		}
		register.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	w := newWorld(t)
	n := w.start(func(o *gateway.Options) { o.CompanyRegister, o.RateLimit = server.URL+devregister.Path, rate })
	return w, companyv1.NewCompanyServiceClient(n.conn), register, gone
}

func TestLookupCompany(t *testing.T) {
	w, client, register, gone := companies(t, 0)
	// Those who serve companies and those who act for one; nobody else.
	for name, test := range map[string]struct {
		who  token.Principal
		want codes.Code
	}{
		"a company":           {token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p1", Companies: []string{"9000001-1"}}, codes.OK},
		"somebody without":    {token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p2"}, codes.OK},
		"an operator":         {token.Principal{Role: policyv1.Role_ROLE_OPERATOR, Subject: "o1"}, codes.PermissionDenied},
		"somebody who is not": {token.Principal{}, codes.Unauthenticated},
	} {
		ctx := t.Context()
		if test.who.Role != 0 {
			ctx = w.as(test.who)
		}
		answer, err := client.LookupCompany(ctx, lookup(3))
		if status.Code(err) != test.want {
			t.Errorf("%s gets %v", name, err)
		}
		if err == nil && (answer.Company.DisplayName != "Koekahvila Oy" || answer.Company.VatRegister != companyv1.Entry_ENTRY_ENTERED || answer.Company.LookedUpTime == nil) {
			t.Errorf("%s gets %v", name, answer)
		}
	}
	if got := register.Asked(); got != 1 {
		t.Errorf("the register was asked %d times for one company", got)
	}
	ctx := w.company("p1", "9000001-1")
	if _, err := client.LookupCompany(ctx, lookup(400)); problem.From(err).Reason != "COMPANY_NOT_REGISTERED" || status.Code(err) != codes.NotFound {
		t.Errorf("an unknown company: %v", err)
	}
	if _, err := client.LookupCompany(ctx, &companyv1.LookupCompanyRequest{BusinessId: "9000001-2"}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a wrong check digit: %v", err)
	}
	gone.Store(true)
	if _, err := client.LookupCompany(ctx, lookup(4)); problem.From(err).Reason != "REGISTER_AWAY" || status.Code(err) != codes.Unavailable {
		t.Errorf("a register that is away: %v", err)
	}
	if _, err := client.LookupCompany(ctx, lookup(3)); err != nil {
		t.Errorf("what was read before is not answered while the register is away: %v", err)
	}
}

// One caller looks up no more companies than some at once, and then one a second; what
// is known already costs nothing, and others are not kept from it.
func TestLookupsAreBounded(t *testing.T) {
	w, client, register, _ := companies(t, 100)
	ctx := w.company("p1", "9000001-1")
	for n := range 20 {
		if _, err := client.LookupCompany(ctx, lookup(n)); err != nil {
			t.Fatal(err)
		}
		if n%5 == 4 {
			w.clock.Advance(100 * time.Millisecond) // the hub itself asks no more than 20 at once
		}
	}
	_, err := client.LookupCompany(ctx, lookup(30))
	if p := problem.From(err); p.Kind != problem.Exhausted || p.Reason != "RATE_LIMITED" || p.RetryAfter <= 0 {
		t.Errorf("the 21st is answered with %v", err)
	}
	if got := register.Asked(); got != 20 {
		t.Errorf("the register was asked %d times", got)
	}
	if _, err := client.LookupCompany(ctx, lookup(5)); err != nil {
		t.Errorf("what is known already: %v", err)
	}
	w.clock.Advance(time.Second)
	if _, err := client.LookupCompany(w.company("p2", "9000003-8"), lookup(31)); err != nil {
		t.Errorf("another caller: %v", err)
	}
	if _, err := client.LookupCompany(ctx, lookup(30)); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

// A hub without a register says so, and a wrong address of one does not start.
func TestNoCompanyRegister(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	_, err := companyv1.NewCompanyServiceClient(n.conn).LookupCompany(w.company("p1", "9000001-1"), lookup(1))
	if status.Code(err) != codes.FailedPrecondition || problem.From(err).Reason != "REGISTER_OFF" {
		t.Errorf("without a register: %v", err)
	}
	if _, err := gateway.New(t.Context(), gateway.Options{Bus: w.hub, DataDir: t.TempDir(), CompanyRegister: "http://register.example"}); err == nil {
		t.Error("a gateway starts with a register that is reached without TLS")
	}
}
