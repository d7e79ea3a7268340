package security_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/services/kit/security"
)

// TestAFloodDoesNotFillTheLog: of one event so many lines are written and no more, the
// others go on, and the next line tells what was left out.
func TestAFloodDoesNotFillTheLog(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	log := security.New(slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return now })
	for range 1000 {
		log.Write(t.Context(), security.TokenRefused)
	}
	if n := strings.Count(out.String(), "event=token_refused"); n != 100 {
		t.Errorf("a flood of 1000 wrote %d lines, want 100", n)
	}
	log.Write(t.Context(), security.SignIn)
	if !strings.Contains(out.String(), "level=INFO msg=security event=sign_in\n") {
		t.Error("a flood of one event keeps another out")
	}
	now = now.Add(10 * time.Second)
	out.Reset()
	log.Write(t.Context(), security.TokenRefused)
	log.Write(t.Context(), security.TokenRefused)
	if got := out.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "level=WARN msg=security event=token_refused left_out=900\n") {
		t.Errorf("after the flood: %s", got)
	}
}

func TestACallerIsAPseudonym(t *testing.T) {
	first, again, other := security.Caller("advisor/omnia/p-7"), security.Caller("advisor/omnia/p-7"), security.Caller("advisor/omnia/p-8")
	if !first.Equal(again) || first.Equal(other) {
		t.Errorf("one caller is %v and %v, another %v", first, again, other)
	}
	if strings.Contains(first.String(), "p-7") || len(first.Value.String()) != 12 {
		t.Errorf("the pseudonym is %v", first)
	}
}
