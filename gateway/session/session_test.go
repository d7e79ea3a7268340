package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/session/sessiontest"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// gateways are stores on one log, with one clock.
type gateways struct {
	t      *testing.T
	bucket *sessiontest.Bucket
	now    time.Time
}

func (g *gateways) store() *session.Store {
	g.t.Helper()
	s, err := session.New(g.bucket, [][]byte{make([]byte, 32)}, func() time.Time { return g.now })
	if err != nil {
		g.t.Fatal(err)
	}
	return s
}

func world(t *testing.T) *gateways {
	return &gateways{t: t, bucket: sessiontest.NewBucket(), now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
}

func somebody(subject string) session.Session {
	return session.Session{
		Issuer: "suomi-fi", Principal: token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: subject}, Access: "the-access-token",
		Representations: []token.Representation{{Basis: token.BasisMandate, Company: "9000001-1"}, {Basis: token.BasisSelf, Company: "9000003-8"}},
	}
}

func begin(t *testing.T, s *session.Store, subject string) (string, session.Session) {
	t.Helper()
	cookie, made, err := s.Begin(t.Context(), somebody(subject))
	if err != nil {
		t.Fatal(err)
	}
	return cookie, made
}

func isIn(t *testing.T, s *session.Store, cookie string) bool {
	t.Helper()
	_, err := s.Find(t.Context(), cookie)
	if err != nil && !errors.Is(err, session.ErrNone) {
		t.Fatal(err)
	}
	return err == nil
}

// TestSessionsEndByThemselves: unused ones after Idle, used ones after Absolute.
func TestSessionsEndByThemselves(t *testing.T) {
	g := world(t)
	s := g.store()
	idle, _ := begin(t, s, "a")
	used, _ := begin(t, s, "a")
	began := g.now
	for g.now = began; g.now.Before(began.Add(session.Absolute)); g.now = g.now.Add(session.Idle - time.Second) {
		if !isIn(t, s, used) {
			t.Fatalf("a session in use is over after %s", g.now.Sub(began))
		}
	}
	g.now = began.Add(session.Absolute)
	if isIn(t, s, used) {
		t.Error("a session goes on for longer than any may")
	}
	g.now = began.Add(session.Idle - time.Second)
	if !isIn(t, g.store(), idle) {
		t.Error("a session is over before its time")
	}
	again, _ := begin(t, s, "a")
	g.now = g.now.Add(session.Idle)
	if isIn(t, s, again) || isIn(t, s, idle) {
		t.Error("a session that nobody uses goes on")
	}
}

// TestSessionsEndEverywhere: by one, by all of a person, and never those of another.
func TestSessionsEndEverywhere(t *testing.T) {
	g := world(t)
	one, other := g.store(), g.store()
	first, made := begin(t, one, "a")
	second, _ := begin(t, other, "a")
	stranger, _ := begin(t, other, "b")
	if list, err := one.List(t.Context(), "a"); err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	if err := other.End(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*session.Store{"here": other, "at the other gateway": one, "at one that starts later": g.store()} {
		if isIn(t, s, first) {
			t.Errorf("%s an ended session goes on", name)
		}
		if !isIn(t, s, second) || !isIn(t, s, stranger) {
			t.Errorf("%s others have ended", name)
		}
		if err := s.End(t.Context(), made.ID); err != nil {
			t.Errorf("%s, ended twice: %v", name, err)
		}
	}
	if list, err := one.List(t.Context(), "a"); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
	if kept := g.bucket.Values(); strings.Contains(kept, made.ID) && !other.Ended(made.ID) {
		t.Error("the gateway that ended it does not know")
	}
}

// TestWhoReadsTheLogLearnsNothing: no cookie, person, company or token of an issuer.
func TestWhoReadsTheLogLearnsNothing(t *testing.T) {
	g := world(t)
	cookie, made := begin(t, g.store(), "person-with-an-id")
	kept := g.bucket.Values()
	for _, secret := range []string{cookie, "person-with-an-id", "9000001-1", "the-access-token", "suomi-fi"} {
		if strings.Contains(kept, secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
	if !strings.Contains(kept, made.ID) {
		t.Fatal("the session is not in the log")
	}
	// What the log shows signs nobody in, and neither does anything near it.
	for _, guess := range []string{made.ID, "s." + made.ID, cookie[:len(cookie)-1], cookie + "A", "", strings.Repeat("x", 101)} {
		if isIn(t, g.store(), guess) {
			t.Errorf("%q signs in", guess)
		}
	}
	other, err := session.New(g.bucket, [][]byte{append(make([]byte, 31), 1)}, func() time.Time { return g.now })
	if err != nil {
		t.Fatal(err)
	}
	if isIn(t, other, cookie) {
		t.Error("a hub with another key reads the session")
	}
}

// TestWhileTheLogIsAway a gateway goes by what it knows.
func TestWhileTheLogIsAway(t *testing.T) {
	g := world(t)
	s := g.store()
	cookie, made := begin(t, s, "a")
	g.bucket.Fail(errors.New("away"))
	if !isIn(t, s, cookie) {
		t.Error("a session that is known has ended")
	}
	if err := s.End(t.Context(), made.ID); err == nil {
		t.Error("the log took a sign-out that it could not take")
	}
	if isIn(t, s, cookie) || !s.Ended(made.ID) {
		t.Error("a sign-out does not count here")
	}
	if _, err := g.store().Find(t.Context(), cookie); err == nil || errors.Is(err, session.ErrNone) {
		t.Errorf("a gateway that knows nothing says %v", err)
	}
}

func TestOnce(t *testing.T) {
	g := world(t)
	if err := g.store().Once(t.Context(), "state"); err != nil {
		t.Fatal(err)
	}
	if err := g.store().Once(t.Context(), "state"); !errors.Is(err, session.ErrNone) {
		t.Errorf("the second time: %v", err)
	}
	if err := g.store().Once(t.Context(), "another"); err != nil {
		t.Error(err)
	}
}

// TestDrop: what was taken away is not acted for any more.
func TestDrop(t *testing.T) {
	g := world(t)
	s := g.store()
	cookie, made := begin(t, s, "a")
	if _, err := s.Change(t.Context(), made.ID, func(c *session.Session) { c.Acting = "9000001-1" }); err != nil {
		t.Fatal(err)
	}
	found, err := g.store().Find(t.Context(), cookie)
	if r, acts := found.Representation(); err != nil || !acts || r.Basis != token.BasisMandate {
		t.Fatalf("%+v, %v", found, err)
	}
	if _, err := s.Change(t.Context(), made.ID, func(c *session.Session) { c.Drop("9000001-1", "ended") }); err != nil {
		t.Fatal(err)
	}
	found, err = g.store().Find(t.Context(), cookie)
	if _, acts := found.Representation(); err != nil || acts || found.Acting != "" || len(found.Representations) != 1 || len(found.Dropped) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}
