package provider_test

import (
	"os"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/provider"
	"github.com/businessespoo/hub/services/provider/conformance"
)

const (
	key    = "omnia"
	parent = "providers/omnia"
)

// definition is a provider with a real catalogue and no service of its own.
func definition(t testing.TB) provider.Definition {
	t.Helper()
	data, err := os.ReadFile("../omnia/catalogue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return provider.Definition{Key: key, Catalogue: data}
}

// open runs a provider with the advisors a1 and a2 and a lead.
func open(t testing.TB) (*conformance.Hub, *conformance.Desk) {
	t.Helper()
	h := conformance.Start(t)
	h.Hire(key, "a1", policyv1.Role_ROLE_ADVISOR, "fi", "en")
	h.Hire(key, "a2", policyv1.Role_ROLE_ADVISOR, "sv")
	h.Hire(key, "lead", policyv1.Role_ROLE_LEAD, "fi")
	return h, h.Open(definition(t), t.TempDir(), 0)
}

// call is a new request_id.
func call() string { return uuid.NewString() }

// must returns a call's answer, and ends the test when it failed.
func must[T any](answer T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// refused checks the code and the stable reason of an error.
func refused(t testing.TB, what string, err error, code codes.Code, reason string) {
	t.Helper()
	got := ""
	if err != nil {
		got = problem.From(err).Reason
	}
	if status.Code(err) != code || got != reason {
		t.Errorf("%s: %s %s, want %s %s (%v)", what, status.Code(err), got, code, reason, err)
	}
}
