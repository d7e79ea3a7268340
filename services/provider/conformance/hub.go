package conformance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// Hub plays the hub's side for providers under test: the log, with the real
// embedded server, the facts that the gateway and the router would write, and
// the answers to what providers ask.
type Hub struct {
	t      testing.TB
	server *embedded.Server
	key    *token.Key
	// Bus is the hub's own connection.
	Bus *bus.Bus

	mutex    sync.Mutex
	versions map[string]string
	asked    map[string]int // how often each provider asked for its version
	changed  chan struct{}  // closed when one of the two changes
	now      time.Time
}

// Start runs an empty hub until the test ends.
func Start(t testing.TB) *Hub {
	t.Helper()
	server, err := embedded.Start(embedded.Options{Dir: t.TempDir(), Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	h := &Hub{
		t: t, server: server, versions: map[string]string{}, asked: map[string]int{}, changed: make(chan struct{}),
		now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
	}
	h.Bus, err = bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Bus.Close)
	if err := h.Bus.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h.key, err = token.OpenKey(filepath.Join(t.TempDir(), "key.pem")); err != nil {
		t.Fatal(err)
	}
	h.background(h.Bus.ServeConsumers)
	h.background(func(ctx context.Context) error { return h.Bus.Answer(ctx, "catalogue-version", h.version) })
	h.background(func(ctx context.Context) error { return h.Bus.Follow(ctx, bus.StreamCatalogue, 1, 10, h.published) })
	return h
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// background runs work until the test ends.
func (h *Hub) background(work func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.t.Context()))
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	h.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			h.t.Errorf("the hub's side: %v", err)
		}
	})
}

func (h *Hub) version(_ context.Context, party string, _ []byte) ([]byte, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.asked[party]++
	h.tell()
	return []byte(h.versions[party]), nil
}

func (h *Hub) published(_ context.Context, events []bus.Event) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, ev := range events {
		f, _, err := fact.Decode(ev)
		if err != nil {
			return err
		}
		h.versions[f.GetCataloguePublished().GetProvider()] = f.GetCataloguePublished().GetVersion()
	}
	h.tell()
	return nil
}

// tell wakes those who wait. The caller holds the mutex.
func (h *Hub) tell() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// Catalogue waits until a version of a provider's catalogue was published and the
// provider has asked for it so many times.
func (h *Hub) Catalogue(provider string, asked int) {
	h.t.Helper()
	limit := time.After(patience)
	for {
		h.mutex.Lock()
		done, changed := h.versions[provider] != "" && h.asked[provider] >= asked, h.changed
		h.mutex.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-limit:
			h.t.Fatalf("%s has published no catalogue, or not asked %d times for its version", provider, asked)
		}
	}
}

// Now is the hub's clock, which stands still until Sleep moves it.
func (h *Hub) Now() time.Time {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.now
}

// Sleep moves the hub's clock; it takes no time.
func (h *Hub) Sleep(d time.Duration) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.now = h.now.Add(d)
}

// Hire adds a member of staff with a name, or changes one.
func (h *Hub) Hire(provider, advisor string, role policyv1.Role, languages ...string) {
	h.t.Helper()
	h.staff(&eventsv1.StaffChanged{Provider: provider, Advisor: advisor, Role: role, Languages: languages, Competences: []string{"permits"}})
	body, err := proto.Marshal(&eventsv1.Person{DisplayName: "Advisor " + advisor})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.Bus.PutPerson(h.t.Context(), bus.Message{Subject: "people." + provider + "." + advisor, Data: body}); err != nil {
		h.t.Fatal(err)
	}
}

// Dismiss removes a member of staff. It answers the sequence of the fact in the
// staff stream.
func (h *Hub) Dismiss(provider, advisor string) uint64 {
	h.t.Helper()
	return h.staff(&eventsv1.StaffChanged{Provider: provider, Advisor: advisor, Removed: true})
}

func (h *Hub) staff(changed *eventsv1.StaffChanged) uint64 {
	h.t.Helper()
	message, err := fact.Encode("staff."+changed.Provider+"."+changed.Advisor, name.Hub, &eventsv1.Fact{
		Id: uuid.NewString(), Time: timestamppb.New(h.Now()), Event: &eventsv1.Fact_StaffChanged{StaffChanged: changed},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	sequence, err := h.Bus.Publish(h.t.Context(), message)
	if err != nil {
		h.t.Fatal(err)
	}
	return sequence
}

// Token is a token of a member of staff, or of a provider's system when advisor
// is empty, for an hour.
func (h *Hub) Token(provider, advisor string, role policyv1.Role) string {
	h.t.Helper()
	text, err := h.key.Sign(token.Principal{Role: role, Subject: "person-" + provider + "-" + advisor, Provider: provider, Advisor: advisor}, h.Now(), time.Hour)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

// Case makes a case id that no other call of the test gets.
func (h *Hub) Case() string {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	raw := uuid.New()
	id := make([]byte, name.CaseIDLength)
	for i := range id {
		id[i] = letters[int(raw[i%len(raw)]+byte(i/len(raw)))%len(letters)]
	}
	return string(id)
}

// Request makes a request of a service and answers its scope and the sequence of
// the fact. change may change the fact before it is written.
func (h *Hub) Request(provider, service string, change func(*eventsv1.RequestMade)) (name.Scope, uint64) {
	h.t.Helper()
	made := &eventsv1.RequestMade{
		Request: &eventsv1.PlannedRequest{
			Provider: provider, Number: 1, Service: service,
			Terms: &eventsv1.ServiceTerms{DisplayName: "A service", DueDate: "2026-12-07", OutcomeType: "advice"},
		},
		Company:   &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: "9000001-1", DisplayName: "Leipomo Oy"},
		CaseTitle: "A bakery", NeedText: "We open a bakery in Tapiola", Language: "fi", ContactLanguage: "fi",
	}
	if change != nil {
		change(made)
	}
	scope := name.Scope{Case: h.Case(), Party: provider, Number: int(made.Request.Number)}
	return scope, h.Write(scope, &eventsv1.Fact{Event: &eventsv1.Fact_RequestMade{RequestMade: made}})
}

// Write appends a fact of the hub or the company to a request, complete but for
// its envelope, and answers its sequence.
func (h *Hub) Write(scope name.Scope, f *eventsv1.Fact) uint64 {
	h.t.Helper()
	f.Id, f.Time = uuid.NewString(), timestamppb.New(h.Now())
	if f.Actor == nil {
		f.Actor = &eventsv1.Actor{Party: casesv1.Party_PARTY_HUB}
	}
	expected := uint64(0)
	last, err := h.Bus.LastOn(h.t.Context(), bus.StreamCases, scope.String()+".>")
	switch {
	case err == nil:
		expected, f.PreviousHash = last.Sequence, fact.Hash(last.Subject, last.Data)
	case !errors.Is(err, bus.ErrNotFound):
		h.t.Fatal(err)
	}
	message, err := fact.Encode(scope.Subject(name.ByHub), name.Hub, f)
	if err != nil {
		h.t.Fatal(err)
	}
	sequence, err := h.Bus.Append(h.t.Context(), message, scope.String(), expected)
	if err != nil {
		h.t.Fatal(err)
	}
	return sequence
}

// Put publishes any bytes on any subject, as no well-behaved writer would.
func (h *Hub) Put(subject string, body []byte) uint64 {
	h.t.Helper()
	sequence, err := h.Bus.Publish(h.t.Context(), bus.Message{Subject: subject, Data: body})
	if err != nil {
		h.t.Fatal(err)
	}
	return sequence
}

// Letters lists the dead letters of a provider, each as "sequence: reason".
func (h *Hub) Letters(provider string) map[uint64]string {
	h.t.Helper()
	letters, err := h.Bus.DeadLetters(h.t.Context(), provider, 0, 100)
	if err != nil {
		h.t.Fatal(err)
	}
	found := map[uint64]string{}
	for _, letter := range letters {
		found[letter.Event.Sequence] = fmt.Sprintf("%s: %s", letter.Handler, letter.Reason)
	}
	return found
}

// Facts reads all of a stream.
func (h *Hub) Facts(stream string) []bus.Event {
	h.t.Helper()
	var all []bus.Event
	ctx, cancel := context.WithCancel(h.t.Context())
	defer cancel()
	err := h.Bus.Follow(ctx, stream, 1, 100, func(_ context.Context, events []bus.Event) error {
		all = append(all, events...)
		if len(events) == 0 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		h.t.Fatal(err)
	}
	return all
}
