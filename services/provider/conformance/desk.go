package conformance

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/kit/token"
	"github.com/businessespoo/hub/services/provider"
)

// patience is how long a step of a test may take; one that needs it has failed.
const patience = 20 * time.Second

// Desk is a running provider, with a client of its gRPC server.
type Desk struct {
	providerv1.ProviderServiceClient
	// Conn is the client's connection, for the provider's own service.
	Conn *grpc.ClientConn
	// Provider is what runs.
	Provider *provider.Provider

	hub  *Hub
	key  string
	stop func()
}

// Open runs a provider on the hub, with its files in dir, until Stop or the end
// of the test. It returns when the provider has read the log.
func (h *Hub) Open(definition provider.Definition, dir string, replica int) *Desk {
	h.t.Helper()
	options := h.server.BusOptions(definition.Key)
	options.Replica = replica
	connection, err := bus.Connect(h.t.Context(), options)
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := provider.New(provider.Options{
		Definition: definition, Bus: connection, Dir: dir, Verifier: token.NewVerifier(h.Now, h.key.Public()), Clock: h.Now, Log: quiet(),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	d := &Desk{Provider: p, hub: h, key: definition.Key}
	d.serve(connection)
	ready, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	if err := p.Ready(ready); err != nil {
		h.t.Fatal(err)
	}
	return d
}

// serve runs the provider and its gRPC server over connections in memory.
func (d *Desk) serve(connection *bus.Bus) {
	t := d.hub.t
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ran := make(chan error, 1)
	go func() { ran <- d.Provider.Run(ctx) }()
	server := d.Provider.NewServer()
	if err := server.CheckRules(); err != nil {
		t.Error(err)
	}
	listener := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	var err error
	d.Conn, err = grpc.NewClient("passthrough:///"+d.key, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	d.ProviderServiceClient = providerv1.NewProviderServiceClient(d.Conn)
	stopped := false
	d.stop = func() {
		if stopped {
			return
		}
		stopped = true
		_ = d.Conn.Close()
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("serve %s: %v", d.key, err)
		}
		cancel()
		if err := <-ran; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("run %s: %v", d.key, err)
		}
		if err := d.Provider.Close(); err != nil {
			t.Errorf("close %s: %v", d.key, err)
		}
		connection.Close()
	}
	t.Cleanup(d.stop)
}

// Stop ends the provider, as a process would end.
func (d *Desk) Stop() { d.stop() }

// As is the context of a call by an advisor of the provider.
func (d *Desk) As(advisor string) context.Context {
	return d.WithRole(advisor, policyv1.Role_ROLE_ADVISOR)
}

// AsLead is the context of a call by a lead of the provider.
func (d *Desk) AsLead(advisor string) context.Context {
	return d.WithRole(advisor, policyv1.Role_ROLE_LEAD)
}

// WithRole is the context of a call by somebody of the provider.
func (d *Desk) WithRole(advisor string, role policyv1.Role) context.Context {
	return d.with(d.hub.Token(d.key, advisor, role))
}

// AsStranger is the context of a call by an advisor of another provider.
func (d *Desk) AsStranger() context.Context {
	other := name.Providers[0]
	if other == d.key {
		other = name.Providers[1]
	}
	return d.with(d.hub.Token(other, "a1", policyv1.Role_ROLE_ADVISOR))
}

func (d *Desk) with(text string) context.Context {
	return metadata.AppendToOutgoingContext(d.hub.t.Context(), "authorization", "Bearer "+text)
}

// Await returns when the inbox has read a fact of a request.
func (d *Desk) Await(t testing.TB, advisor string, scope name.Scope, sequence uint64) {
	t.Helper()
	_, err := d.ListRequests(d.As(advisor), &providerv1.ListRequestsRequest{
		Parent: name.Provider(d.key), PageSize: 1, MinRevision: revision.Encode(bus.StreamCases, sequence, scope.String()),
	})
	if err != nil {
		t.Fatalf("the inbox has not read fact %d of %s: %v", sequence, scope, err)
	}
}
