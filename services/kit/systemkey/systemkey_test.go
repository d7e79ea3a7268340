package systemkey

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/problem"
)

// shelf is a book with a clock, whose facts a test writes.
type shelf struct {
	*Book
	t  testing.TB
	mu sync.Mutex
	at time.Time
	n  uint64
}

func newShelf(t testing.TB) *shelf {
	s := &shelf{t: t, at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	s.Book = New(func() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.at }, bus.StreamKeys, bus.StreamCompany)
	s.ready[bus.StreamKeys], s.ready[bus.StreamCompany] = true, true
	return s
}

func (s *shelf) event(subject string, f *eventsv1.Fact) bus.Event {
	s.t.Helper()
	f.Id, f.Time = "x", timestamppb.New(s.at)
	m, err := fact.Encode(subject, bus.Hub, f)
	if err != nil {
		s.t.Fatal(err)
	}
	s.n++
	return bus.Event{Message: m, Sequence: s.n}
}

func (s *shelf) write(subject string, f *eventsv1.Fact) {
	s.t.Helper()
	if err := s.take(s.event(subject, f)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) issue(provider, organisation, validTo string, scopes ...string) string {
	s.t.Helper()
	id := ID("operator", provider+organisation+validTo)
	key := Make(id)
	s.write("keys.x."+id+".issued", &eventsv1.Fact{Event: &eventsv1.Fact_KeyIssued{KeyIssued: &eventsv1.KeyIssued{
		Key: id, Provider: provider, Organisation: organisation, Scopes: scopes, ValidTo: validTo, KeyHash: Hash(key),
	}}})
	return key
}

func (s *shelf) grant(company, organisation, validTo string, scopes ...string) {
	s.t.Helper()
	s.write("company."+company+".hub", &eventsv1.Fact{Event: &eventsv1.Fact_AccessGranted{AccessGranted: &eventsv1.AccessGranted{
		Company: company, Organisation: organisation, ValidTo: validTo, Scopes: scopes,
	}}})
}

// reason is why a key opens nothing; empty when it does.
func (s *shelf) reason(key string) string {
	s.t.Helper()
	_, err := s.Principal(s.t.Context(), key)
	if err == nil {
		return ""
	}
	if len(key) > 20 && strings.Contains(err.Error(), key) {
		s.t.Errorf("%q repeats the key", err)
	}
	return problem.From(err).Reason
}

func TestAKeyIsOpenedByItselfAlone(t *testing.T) {
	s := newShelf(t)
	key := s.issue("omnia", "", "2027-11-22", RequestRead)
	if !regexp.MustCompile(`^hub_[a-z2-7]{16}_[a-z2-7]{33}$`).MatchString(key) {
		t.Errorf("%s is not in the form that scanners look for", key)
	}
	if one, other := Make("a"), Make("a"); one == other {
		t.Error("two keys are the same")
	}
	if kept := s.keys[strings.Split(key, "_")[1]].hash; len(kept) != 32 || bytes.Contains([]byte(key), kept) {
		t.Errorf("what is kept is %d bytes", len(kept))
	}
	id, secret := key[4:20], key[21:]
	other := Make(id) // whole, with a right checksum, and not the one
	for what, test := range map[string]struct{ key, want string }{
		"the key":               {key, ""},
		"another secret":        {other, "KEY_WRONG"},
		"an id that is not":     {Make(strings.Repeat("a", 16)), "KEY_WRONG"},
		"nothing":               {"", "KEY_MALFORMED"},
		"the secret":            {secret, "KEY_MALFORMED"},
		"the id":                {"hub_" + id, "KEY_MALFORMED"},
		"a letter short":        {key[:len(key)-1], "KEY_MALFORMED"},
		"a letter long":         {key + "a", "KEY_MALFORMED"},
		"in capitals":           {strings.ToUpper(key), "KEY_MALFORMED"},
		"a space before":        {" " + key, "KEY_MALFORMED"},
		"a line after":          {key + "\n", "KEY_MALFORMED"},
		"another first word":    {"bup" + key[3:], "KEY_MALFORMED"},
		"a wrong checksum":      {key[:len(key)-7] + "aaaaaaa", "KEY_MALFORMED"},
		"two":                   {key + " " + key, "KEY_MALFORMED"},
		"the digest":            {string(Hash(key)), "KEY_MALFORMED"},
		"a token":               {"eyJhbGciOiJFZERTQSJ9.e30.c2ln", "KEY_MALFORMED"},
		"a hundred thousand as": {strings.Repeat("a", 100_000), "KEY_MALFORMED"},
	} {
		if got := s.reason(test.key); got != test.want {
			t.Errorf("%s: %q, want %q", what, got, test.want)
		}
	}
}

func TestAKeyEnds(t *testing.T) {
	s := newShelf(t)
	key := s.issue("omnia", "", "2026-11-23", RequestRead)
	s.at = time.Date(2026, 11, 23, 21, 59, 0, 0, time.UTC) // a minute to midnight in Finland
	if got := s.reason(key); got != "" {
		t.Errorf("on its last day: %s", got)
	}
	s.at = s.at.Add(2 * time.Minute)
	if got := s.reason(key); got != "KEY_EXPIRED" {
		t.Errorf("on the day after: %q", got)
	}
	s.at = s.at.Add(-time.Hour)
	id := key[4:20]
	revoked := &eventsv1.Fact{Event: &eventsv1.Fact_KeyRevoked{KeyRevoked: &eventsv1.KeyRevoked{Key: id}}}
	s.write("keys.omnia."+id+".revoked", revoked)
	if got := s.reason(key); got != "KEY_REVOKED" {
		t.Errorf("revoked: %q", got)
	}
	if got := s.reason(Make(id)); got != "KEY_WRONG" {
		t.Errorf("who has no key learns that it was revoked: %q", got)
	}
	// An operator's replay of an old fact brings nothing back.
	again := s.event("keys.omnia."+id+".issued", &eventsv1.Fact{Event: &eventsv1.Fact_KeyIssued{KeyIssued: &eventsv1.KeyIssued{
		Key: id, Provider: "omnia", ValidTo: "2026-11-23", KeyHash: Hash(key),
	}}})
	if err := s.Replay(t.Context(), again); err != nil || s.reason(key) != "KEY_REVOKED" {
		t.Errorf("replayed: %v, %q", err, s.reason(key))
	}
	for what, bad := range map[string]bus.Event{
		"no fact":            {Message: bus.Message{Subject: "keys.omnia.a.issued", Data: []byte("rubbish")}},
		"another's fact":     s.event("keys.omnia.a.issued", &eventsv1.Fact{Event: &eventsv1.Fact_StaffChanged{StaffChanged: &eventsv1.StaffChanged{}}}),
		"revoked, no issued": s.event("keys.omnia.a.revoked", &eventsv1.Fact{Event: &eventsv1.Fact_KeyRevoked{KeyRevoked: &eventsv1.KeyRevoked{Key: "a"}}}),
	} {
		if s.take(bad) == nil || s.Replay(t.Context(), bad) == nil {
			t.Errorf("%s was taken in", what)
		}
	}
}

func TestAnIntegratorActsForWhoGrants(t *testing.T) {
	s := newShelf(t)
	key := s.issue("", "bank", "2027-11-22", CaseRead, CaseWrite)
	s.grant("9000001-1", "bank", "2027-01-01", CaseRead, ApplicationRead)
	s.grant("9000002-2", "bank", "2027-02-01", CaseRead, CaseWrite)
	s.grant("9000003-3", "other", "2027-02-01", CaseRead)
	s.write("company.9000004-4.omnia", &eventsv1.Fact{Event: &eventsv1.Fact_AccessGranted{ // a provider cannot grant
		AccessGranted: &eventsv1.AccessGranted{Company: "9000004-4", Organisation: "bank", ValidTo: "2027-01-01", Scopes: []string{CaseRead}},
	}})
	check := func(what string, want map[string]string) {
		t.Helper()
		p, err := s.Principal(t.Context(), key)
		if err != nil || len(p.Companies) != len(want) || len(p.Granted) != len(want) {
			t.Fatalf("%s: %v %v %v", what, p.Companies, p.Granted, err)
		}
		for company, scopes := range want {
			if !p.ActsFor(company) || strings.Join(p.Granted[company], " ") != scopes {
				t.Errorf("%s: for %s it may %v, want %s", what, company, p.Granted[company], scopes)
			}
		}
		if May(p, "9000001-1", CaseWrite) || May(p, "9000003-3", CaseRead) || !May(p, "", CaseWrite) || May(p, "", ApplicationRead) {
			t.Errorf("%s: %+v", what, p)
		}
	}
	check("both", map[string]string{"9000001-1": CaseRead, "9000002-2": CaseRead + " " + CaseWrite})
	s.at = time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC)
	check("one has ended", map[string]string{"9000002-2": CaseRead + " " + CaseWrite})
	s.write("company.9000002-2.hub", &eventsv1.Fact{Event: &eventsv1.Fact_AccessWithdrawn{
		AccessWithdrawn: &eventsv1.AccessWithdrawn{Company: "9000002-2", Organisation: "bank"},
	}})
	check("the other is withdrawn", map[string]string{})
}

func TestScopesOfAKey(t *testing.T) {
	for _, test := range []struct {
		scopes  []string
		allowed []string
		want    string
		ok      bool
	}{
		{[]string{ApplicationRead, CaseRead, CaseRead}, IntegratorScopes(), CaseRead + " " + ApplicationRead, true},
		{[]string{CaseWrite}, IntegratorScopes(), "", false},
		{[]string{CaseRead, RequestRead}, IntegratorScopes(), "", false},
		{[]string{CaseRead}, ProviderScopes(), "", false},
		{[]string{RequestRead, Any}, ProviderScopes(), "", false},
		{nil, ProviderScopes(), "", false},
	} {
		got, err := CheckScopes(test.scopes, test.allowed)
		if strings.Join(got, " ") != test.want || (err == nil) != test.ok {
			t.Errorf("%q of %q: %q, %v", test.scopes, test.allowed, got, err)
		}
	}
}

// What it takes to tell who calls with a key.
func BenchmarkPrincipal(b *testing.B) {
	s := newShelf(b)
	key := s.issue("omnia", "", "2027-01-01", "request:read")
	for b.Loop() {
		if _, err := s.Principal(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}
