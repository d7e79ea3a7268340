package ytj_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/gateway/devregister"
	"github.com/businessespoo/hub/gateway/ytj"
	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/problem"
)

const id = "9000003-8"

// clock is the tests' time.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// register is a client of whatever answers for the register.
func register(t *testing.T, c *clock, handler http.Handler) *ytj.Register {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	r, err := ytj.New(ytj.Options{Base: server.URL + devregister.Path, Now: c.Now, Patience: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func look(t *testing.T, r *ytj.Register, id string) *companyv1.Company {
	t.Helper()
	company, err := r.Lookup(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return company
}

// refused looks up and demands a problem of a reason.
func refused(t *testing.T, r *ytj.Register, id string, kind problem.Kind, reason string) *problem.Problem {
	t.Helper()
	company, err := r.Lookup(t.Context(), id)
	if p := problem.From(err); err == nil || p.Kind != kind || p.Reason != reason {
		t.Fatalf("%s is answered with %v and %v, want %s %s", id, company, err, kind, reason)
	}
	return problem.From(err)
}

func TestLookup(t *testing.T) {
	c := newClock()
	got := look(t, register(t, c, devregister.New([]devregister.Company{{BusinessID: id, Name: "Koekahvila 3 Oy", Trade: 4}})), id)
	want := &companyv1.Company{
		BusinessId: id, DisplayName: "Koekahvila 3 Oy", Form: &companyv1.Words{Fi: "Osakeyhtiö", Sv: "Aktiebolag", En: "Limited company"},
		LineOfBusinessCode: "56110", LineOfBusiness: &companyv1.Words{Fi: "Ravintolatoiminta", Sv: "Restaurangverksamhet", En: "Restaurant activities"},
		Address:       &companyv1.Address{Street: "Koekatu 03 A", PostCode: "02100", City: &companyv1.Words{Fi: "Espoo", Sv: "Esbo"}, MunicipalityCode: "049"},
		TradeRegister: companyv1.Entry_ENTRY_ENTERED, PrepaymentRegister: companyv1.Entry_ENTRY_ENTERED, VatRegister: companyv1.Entry_ENTRY_ENTERED, EmployerRegister: companyv1.Entry_ENTRY_ENTERED,
		LookedUpTime: timestamppb.New(c.Now()),
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("the company (-want +got):\n%s", diff)
	}
}

// The register's own status is "2" for companies that are well and for those that are gone.
func TestHowACompanyFaresIsNotItsStatus(t *testing.T) {
	companies := []devregister.Company{
		{BusinessID: "9000001-1", Name: "A"},
		{BusinessID: "9000003-8", Name: "B", Situation: "KONK"},
		{BusinessID: "9000004-6", Name: "C", Situation: "SELTILA"},
		{BusinessID: "9000005-4", Name: "D", Situation: "SANE"},
		{BusinessID: "9000006-2", Name: "E", Ended: "2025-12-31"},
		{BusinessID: "9000007-0", Name: "F", Situation: "XYZ"},
		{BusinessID: "9000008-9", Name: "G", Young: true},
	}
	r := register(t, newClock(), devregister.New(companies))
	for i, want := range []struct {
		situation  companyv1.Situation
		end        string
		trade, vat companyv1.Entry
	}{
		{companyv1.Situation_SITUATION_UNSPECIFIED, "", companyv1.Entry_ENTRY_ENTERED, companyv1.Entry_ENTRY_ENTERED},
		{companyv1.Situation_SITUATION_BANKRUPTCY, "", companyv1.Entry_ENTRY_ENTERED, companyv1.Entry_ENTRY_ENTERED},
		{companyv1.Situation_SITUATION_LIQUIDATION, "", companyv1.Entry_ENTRY_ENTERED, companyv1.Entry_ENTRY_ENTERED},
		{companyv1.Situation_SITUATION_RESTRUCTURING, "", companyv1.Entry_ENTRY_ENTERED, companyv1.Entry_ENTRY_ENTERED},
		{companyv1.Situation_SITUATION_UNSPECIFIED, "2025-12-31", companyv1.Entry_ENTRY_ENDED, companyv1.Entry_ENTRY_ENDED},
		{companyv1.Situation_SITUATION_OTHER, "", companyv1.Entry_ENTRY_ENTERED, companyv1.Entry_ENTRY_ENTERED},
		{companyv1.Situation_SITUATION_UNSPECIFIED, "", companyv1.Entry_ENTRY_ENTERED, companyv1.Entry_ENTRY_NONE},
	} {
		got := look(t, r, companies[i].BusinessID)
		if got.Situation != want.situation || got.EndDate != want.end || got.TradeRegister != want.trade || got.VatRegister != want.vat {
			t.Errorf("%s: %v", companies[i].Name, got)
		}
	}
}

// body answers the same text to all.
func body(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write([]byte(text))
	})
}

// What the register leaves out is not known, and nothing is made up for it.
func TestWhatTheRegisterDoesNotTell(t *testing.T) {
	for _, test := range []struct{ name, company string }{
		{"nothing", `{"businessId":{"value":"9000003-8"}}`},
		{"nulls", `{"businessId":{"value":"9000003-8"},"names":null,"mainBusinessLine":null,"companyForms":null,"companySituations":null,"registeredEntries":null,"addresses":null,"endDate":null,"status":"2"}`},
		{"ended names", `{"businessId":{"value":"9000003-8"},"names":[{"name":"Old","type":"1","endDate":"2020-01-01"},{"name":"Aux","type":"3"}],"addresses":[{"type":2}],"status":"2"}`},
	} {
		got := look(t, register(t, newClock(), body(`{"totalResults":1,"companies":[`+test.company+`]}`)), id)
		want := []string{"display_name", "form", "line_of_business", "address", "trade_register", "prepayment_register", "vat_register", "employer_register"}
		if diff := cmp.Diff(want, got.Unknown); diff != "" || got.DisplayName != "" {
			t.Errorf("%s: %v\n%s", test.name, got, diff)
		}
	}
	// An entry of a type that is not known says neither yes nor no, and 0 says no.
	got := look(t, register(t, newClock(), body(`{"companies":[{"businessId":{"value":"9000003-8"},"names":[{"name":" A\u0000\nB\u202e ","type":"1"}],
		"registeredEntries":[{"register":"5","type":"99"},{"register":"6","type":"0"},{"register":"7","type":"41","endDate":"2026-11-23"}]}]}`)), id)
	if got.PrepaymentRegister != companyv1.Entry_ENTRY_UNSPECIFIED || got.VatRegister != companyv1.Entry_ENTRY_NONE || got.EmployerRegister != companyv1.Entry_ENTRY_ENTERED {
		t.Errorf("the entries are read as %v", got)
	}
	if got.DisplayName != "A B" {
		t.Errorf("the name is %q", got.DisplayName)
	}
}

func TestAnswersThatCannotBeRead(t *testing.T) {
	html := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`{"companies":[]}`))
	})
	for name, handler := range map[string]http.Handler{
		"no JSON": body("<html>"), "empty": body(""), "cut off": body(`{"companies":[{"businessId":`), "null": body("null"), "no list": body(`{"totalResults":0}`),
		"a list": body(`[]`), "numbers for texts": body(`{"companies":[{"businessId":{"value":9000003}}]}`),
		"another company": body(`{"companies":[{"businessId":{"value":"9000001-1"},"names":[{"name":"Other Oy","type":"1"}]}]}`),
		"no number":       body(`{"companies":[{"names":[{"name":"Other Oy","type":"1"}]}]}`),
		"huge":            body(`{"companies":[],"x":"` + strings.Repeat("x", 1<<20) + `"}`), "another type": html,
	} {
		t.Run(name, func(t *testing.T) {
			p := refused(t, register(t, newClock(), handler), id, problem.Unavailable, ytj.ReasonUnreadable)
			if strings.Contains(p.Message, "Other") || strings.Contains(p.Message, "127.0.0.1") {
				t.Errorf("the caller is told %q", p.Message)
			}
		})
	}
}

// A huge answer is not read to its end.
func TestAHugeAnswerIsCutOff(t *testing.T) {
	var wrote atomic.Int64
	done := make(chan struct{})
	endless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		w.Header().Set("Content-Type", "application/json")
		for r.Context().Err() == nil && wrote.Load() < 1<<30 {
			n, err := fmt.Fprint(w, strings.Repeat(" ", 1<<16))
			if err != nil {
				return
			}
			wrote.Add(int64(n))
		}
	})
	_ = refused(t, register(t, newClock(), endless), id, problem.Unavailable, ytj.ReasonUnreadable)
	<-done
	if wrote.Load() > 64<<20 {
		t.Errorf("%d bytes were taken of an answer without end", wrote.Load())
	}
}

// answers gives one answer after the other, and counts.
type answers struct {
	asked atomic.Int64
	next  atomic.Value // of http.Handler
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.asked.Add(1)
	a.next.Load().(http.HandlerFunc)(w, r)
}

func (a *answers) now(h http.Handler) { a.next.Store(http.HandlerFunc(h.ServeHTTP)) }

func code(status int, retry string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if retry != "" {
			w.Header().Set("Retry-After", retry)
		}
		http.Error(w, "secret words of the register", status)
	})
}

// A register that fails is left alone for a while, for as long as it asks but no longer
// than ten minutes, and asked again afterwards.
func TestARegisterThatFailsIsLeftAlone(t *testing.T) {
	good := devregister.New([]devregister.Company{{BusinessID: id, Name: "A"}})
	for _, test := range []struct {
		status int
		retry  string
		reason string
		pause  time.Duration
	}{
		{http.StatusInternalServerError, "", ytj.ReasonAway, 10 * time.Second},
		{http.StatusServiceUnavailable, "120", ytj.ReasonAway, 2 * time.Minute},
		{http.StatusTooManyRequests, "", ytj.ReasonBusy, 10 * time.Second},
		{http.StatusTooManyRequests, "60", ytj.ReasonBusy, time.Minute},
		{http.StatusTooManyRequests, "Mon, 23 Nov 2026 10:05:00 GMT", ytj.ReasonBusy, 5 * time.Minute},
		{http.StatusTooManyRequests, "86400", ytj.ReasonBusy, 10 * time.Minute},
		{http.StatusForbidden, "", ytj.ReasonAway, 10 * time.Second},
		{http.StatusMovedPermanently, "", ytj.ReasonAway, 10 * time.Second},
	} {
		t.Run(fmt.Sprint(test.status, test.retry), func(t *testing.T) {
			c, a := newClock(), &answers{}
			a.now(code(test.status, test.retry))
			r := register(t, c, a)
			if p := refused(t, r, id, problem.Unavailable, test.reason); strings.Contains(p.Message, "secret") {
				t.Errorf("the caller is told %q", p.Message)
			}
			a.now(good)
			c.Advance(test.pause - time.Second)
			if p := refused(t, r, id, problem.Unavailable, ytj.ReasonBusy); p.RetryAfter != time.Second || a.asked.Load() != 1 {
				t.Errorf("asked %d times; to wait %s", a.asked.Load(), p.RetryAfter)
			}
			c.Advance(time.Second)
			look(t, r, id)
		})
	}
}

// A redirect is not followed: the register, or who stands before it, could have the hub
// ask at addresses that it alone reaches.
func TestARedirectIsNotFollowed(t *testing.T) {
	var reached atomic.Bool
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reached.Store(true) }))
	t.Cleanup(inside.Close)
	r := register(t, newClock(), http.RedirectHandler(inside.URL, http.StatusFound))
	_ = refused(t, r, id, problem.Unavailable, ytj.ReasonAway)
	if reached.Load() {
		t.Error("the register sent the hub elsewhere")
	}
}

func TestASlowRegister(t *testing.T) {
	release := make(chan struct{})
	slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	server := httptest.NewServer(slow)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	r, err := ytj.New(ytj.Options{Base: server.URL, Patience: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_ = refused(t, r, id, problem.Unavailable, ytj.ReasonAway)

	// Whoever stops waiting is let go at once.
	patient, err := ytj.New(ytj.Options{Base: server.URL, Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := patient.Lookup(ctx, id); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who went away got %v", err)
	}
}

func TestARegisterThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	r, err := ytj.New(ytj.Options{Base: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_ = refused(t, r, id, problem.Unavailable, ytj.ReasonAway)
}

// What was read is kept for 12 hours, and for 7 days while the register is away; that there
// is no such company for 10 minutes. The answer tells of when it is.
func TestWhatWasReadIsKept(t *testing.T) {
	c, a := newClock(), &answers{}
	a.now(devregister.New([]devregister.Company{{BusinessID: id, Name: "Eka Oy"}}))
	r := register(t, c, a)
	first := c.Now()
	look(t, r, id).DisplayName = "changed by its reader"
	c.Advance(12*time.Hour - time.Second)
	if got := look(t, r, id); a.asked.Load() != 1 || got.DisplayName != "Eka Oy" || !got.LookedUpTime.AsTime().Equal(first) {
		t.Errorf("after %d look-ups: %v", a.asked.Load(), got)
	}
	if !r.Knows(id) || r.Knows("9000001-1") {
		t.Error("it does not know what it knows")
	}
	a.now(devregister.New([]devregister.Company{{BusinessID: id, Name: "Toka Oy"}}))
	c.Advance(time.Second)
	if got := look(t, r, id); got.DisplayName != "Toka Oy" || !got.LookedUpTime.AsTime().Equal(c.Now()) {
		t.Errorf("after 12 hours: %v", got)
	}
	second := c.Now()
	a.now(code(http.StatusBadGateway, ""))
	c.Advance(7*24*time.Hour - time.Second)
	if got := look(t, r, id); got.DisplayName != "Toka Oy" || !got.LookedUpTime.AsTime().Equal(second) {
		t.Errorf("while the register is away: %v", got)
	}
	c.Advance(time.Minute)
	_ = refused(t, r, id, problem.Unavailable, ytj.ReasonAway)
}

func TestThatThereIsNoCompanyIsKeptForLess(t *testing.T) {
	for name, none := range map[string]http.Handler{"an empty list": devregister.New(nil), "404": http.NotFoundHandler()} {
		t.Run(name, func(t *testing.T) {
			c, a := newClock(), &answers{}
			a.now(none)
			r := register(t, c, a)
			_ = refused(t, r, id, problem.NotFound, ytj.ReasonNone)
			a.now(devregister.New([]devregister.Company{{BusinessID: id, Name: "Uusi Oy"}}))
			c.Advance(10*time.Minute - time.Second)
			_ = refused(t, r, id, problem.NotFound, ytj.ReasonNone)
			if a.asked.Load() != 1 {
				t.Errorf("asked %d times", a.asked.Load())
			}
			c.Advance(time.Second)
			if got := look(t, r, id); got.DisplayName != "Uusi Oy" {
				t.Errorf("after 10 minutes: %v", got)
			}
		})
	}
}

// Whoever asks for the same company at the same time waits for one answer, and no
// process asks more than 20 at once and 4 a second.
func TestTheRegisterIsSpared(t *testing.T) {
	var all []devregister.Company
	for n := range 30 {
		all = append(all, devregister.Company{BusinessID: identifier.NewTestBusinessID(n), Name: "A"})
	}
	good, c := devregister.New(all), newClock()
	r := register(t, c, good)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if _, err := r.Lookup(t.Context(), all[0].BusinessID); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if good.Asked() > 2 { // one may begin after another has ended, before it is kept
		t.Errorf("50 at once asked %d times", good.Asked())
	}
	before, refusals := good.Asked(), 0
	for _, company := range all[1:] {
		if _, err := r.Lookup(t.Context(), company.BusinessID); problem.From(err) != nil && problem.From(err).Reason == ytj.ReasonBusy {
			refusals++
		}
	}
	if got := good.Asked() - before; got > 19 || refusals != 29-got {
		t.Errorf("of 29 look-ups %d went out and %d were refused", got, refusals)
	}
	c.Advance(time.Second)
	look(t, r, all[29].BusinessID)
}

func TestAddresses(t *testing.T) {
	for _, base := range []string{"http://example.org", "ftp://127.0.0.1", "https://user:word@example.org", "https://example.org?x=y", "avoindata.prh.fi", "https://", "http://localhost.example.org", "://"} {
		if r, err := ytj.New(ytj.Options{Base: base}); err == nil || r != nil || !strings.Contains(err.Error(), "https") {
			t.Errorf("%q gives %v, %v", base, r, err)
		}
	}
	if r, err := ytj.New(ytj.Options{}); r != nil || err != nil {
		t.Errorf("no address gives %v, %v", r, err)
	}
	for _, base := range []string{"https://avoindata.prh.fi/opendata-ytj-api/v3", "http://127.0.0.1:8080/x", "http://[::1]", "http://localhost:1"} {
		if _, err := ytj.New(ytj.Options{Base: base}); err != nil {
			t.Error(err)
		}
	}
	r := register(t, newClock(), devregister.New(nil))
	_ = refused(t, r, "9000003-9", problem.Invalid, "INVALID_FIELDS")
}
