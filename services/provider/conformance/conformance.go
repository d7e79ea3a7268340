// Package conformance holds what every provider must do, as tests that each of
// the seven runs on its own definition. They use the real embedded log and play
// the hub's side of it.
package conformance

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/provider"
)

// suite is a definition under test, with one of its services.
type suite struct {
	definition provider.Definition
	key        string
	service    string
}

// Run tests that a provider does what all must do.
func Run(t *testing.T, definition provider.Definition) {
	read, err := catalogue.Load(definition.Key+"/catalogue.yaml", definition.Catalogue, definition.Words)
	if err != nil {
		t.Fatal(err)
	}
	s := suite{definition: definition, key: definition.Key, service: read.Services[0].ID}
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s suite)
	}{
		{"a catalogue is published once per version", publishes},
		{"a request lives from made to completed", lives},
		{"a fact twice is taken in once", duplicate},
		{"an unknown fact is set aside", unknown},
		{"a poisonous message is set aside", poison},
		{"a restart goes on where it was", restart},
		{"of fifty advisors one takes a request", fifty},
		{"two replicas agree", replicas},
		{"an inbox is built again from the log", rebuilt},
		{"a note stays with the provider", confidential},
		{"words are corrected and the old kept", corrects},
		{"text blocks are the provider's own", textBlocks},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, s) })
	}
}

// open runs the provider on a hub of its own, with two advisors and a lead.
func (s suite) open(t *testing.T) (*Hub, *Desk) {
	t.Helper()
	h := Start(t)
	h.Hire(s.key, "a1", policyv1.Role_ROLE_ADVISOR, "fi", "en")
	h.Hire(s.key, "a2", policyv1.Role_ROLE_ADVISOR, "sv")
	h.Hire(s.key, "lead", policyv1.Role_ROLE_LEAD, "fi")
	return h, h.Open(s.definition, t.TempDir(), 0)
}

// request makes a request that the inbox has read.
func (s suite) request(t *testing.T, h *Hub, d *Desk) name.Scope {
	t.Helper()
	scope, sequence := h.Request(s.key, s.service, nil)
	d.Await(t, "a1", scope, sequence)
	return scope
}

// call is a new request_id.
func call() string { return uuid.NewString() }

// must returns a call's answer, and ends the test when it failed.
func must[T any](t testing.TB) func(answer T, err error) T {
	return func(answer T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// reason is the stable reason of an error; empty for none.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return problem.From(err).Reason
}

// refused checks that a call failed for a reason.
func refused(t testing.TB, what string, err error, want string) {
	t.Helper()
	if got := reason(err); got != want {
		t.Errorf("%s: %q (%v), want %s", what, got, status.Convert(err).Message(), want)
	}
}

// pickUp takes a request as the advisor a1.
func pickUp(t testing.TB, d *Desk, scope name.Scope) *casesv1.Request {
	t.Helper()
	answer, err := d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Request
}

// read answers a request, with its timeline, at a revision.
func read(t testing.TB, d *Desk, scope name.Scope, revision string) *providerv1.GetRequestResponse {
	t.Helper()
	return must[*providerv1.GetRequestResponse](t)(d.GetRequest(d.As("a1"), &providerv1.GetRequestRequest{Name: scope.Resource(), MinRevision: revision}))
}

// bytesOf writes an answer so that equal answers are equal bytes.
func bytesOf(t testing.TB, m proto.Message) []byte {
	t.Helper()
	return must[[]byte](t)(proto.MarshalOptions{Deterministic: true}.Marshal(m))
}

// same checks that two answers are the same, byte for byte.
func same(t testing.TB, what string, before, after proto.Message) {
	t.Helper()
	if diff := cmp.Diff(bytesOf(t, before), bytesOf(t, after)); diff != "" {
		t.Errorf("%s differs:\n before %v\n after %v", what, before, after)
	}
}

func kinds(timeline []*casesv1.TimelineEntry) []string {
	var all []string
	for _, entry := range timeline {
		all = append(all, entry.Kind.String()[len("ENTRY_KIND_"):])
	}
	return all
}
