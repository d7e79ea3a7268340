package provider_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/process"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
	"github.com/businessespoo/hub/services/provider"
)

// free is an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// external runs a log that is a server of its own, with the hub's side of it,
// and answers its address and a folder with the seed of each party.
func external(t *testing.T) (url, seeds string) {
	t.Helper()
	seeds, keys := t.TempDir(), map[string][]string{}
	for _, party := range append(bus.Providers(), bus.Hub) {
		seed := must(bus.NewSeed())(t)
		keys[party] = []string{must(bus.PublicKey(seed))(t)}
		if err := os.WriteFile(filepath.Join(seeds, party), seed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	text, err := bus.ServerConfig(bus.ServerSettings{Name: "log", Listen: free(t), StoreDir: dir, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "nats-server.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := embedded.StartFromConfig(file, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	hub := must(bus.Connect(t.Context(), bus.Options{Party: bus.Hub, URLs: server.ClientURL(), Seed: bus.SeedFile(filepath.Join(seeds, bus.Hub)), Log: slog.New(slog.DiscardHandler)}))(t)
	t.Cleanup(hub.Close)
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 2)
	go func() { done <- hub.ServeConsumers(ctx) }()
	go func() {
		done <- hub.Answer(ctx, "catalogue-version", func(context.Context, string, []byte) ([]byte, error) { return nil, nil })
	}()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	})
	return server.ClientURL(), seeds
}

// issue writes the fact of a key as the hub does, and answers the key.
func issue(t *testing.T, hub *bus.Bus, provider string) string {
	t.Helper()
	id := systemkey.ID("operator", call())
	made := systemkey.Make(id)
	m := must(fact.Encode("keys."+provider+"."+id+".issued", bus.Hub, &eventsv1.Fact{Id: call(), Time: timestamppb.Now(), Event: &eventsv1.Fact_KeyIssued{
		KeyIssued: &eventsv1.KeyIssued{
			Key: id, Provider: provider, Scopes: systemkey.ProviderScopes(), KeyHash: systemkey.Hash(made), ValidTo: time.Now().AddDate(0, 1, 0).Format(time.DateOnly),
		},
	}}))(t)
	must(hub.Append(t.Context(), m, "keys."+provider+"."+id, 0))(t)
	return made
}

func TestAProviderRunsApart(t *testing.T) {
	t.Parallel()
	url, seeds := external(t)
	dir := t.TempDir()
	s := provider.Settings{
		Flags: process.Flags{
			NATS: url, SeedFile: filepath.Join(seeds, key), Data: filepath.Join(dir, "data"),
			TokenKey: filepath.Join(dir, "token.pub.pem"), LogFormat: "text", LogLevel: "error",
		},
		Listen: free(t), Health: free(t),
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- provider.RunSettings(s, ctx, definition(t)) }()
	// The key comes late, as from a gateway that starts at the same time.
	signer := must(token.OpenKey(filepath.Join(dir, "key.pem")))(t)
	if err := os.WriteFile(s.TokenKey, must(signer.PublicPEM())(t), 0o600); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for ready := false; !ready; {
		if response, err := http.Get("http://" + s.Health + "/readyz"); err == nil {
			ready = response.StatusCode == http.StatusOK
			_ = response.Body.Close()
		}
		select {
		case err := <-ended:
			t.Fatalf("the process ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("the process is not ready")
		}
	}
	conn := must(grpc.NewClient(s.Listen, grpc.WithTransportCredentials(insecure.NewCredentials())))(t)
	defer func() { _ = conn.Close() }()
	hub := must(bus.Connect(t.Context(), bus.Options{Party: bus.Hub, URLs: url, Seed: bus.SeedFile(filepath.Join(seeds, bus.Hub)), Log: slog.New(slog.DiscardHandler)}))(t)
	t.Cleanup(hub.Close)
	system := issue(t, hub, key)
	as := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Key "+system)
	list := must(providerv1.NewProviderServiceClient(conn).ListRequests(as, &providerv1.ListRequestsRequest{Parent: parent}))(t)
	if list.TotalSize != 0 {
		t.Errorf("an empty log shows %d requests", list.TotalSize)
	}
	_, err := providerv1.NewProviderServiceClient(conn).ListRequests(t.Context(), &providerv1.ListRequestsRequest{Parent: parent})
	refused(t, "without a token", err, codes.Unauthenticated, "SIGN_IN_NEEDED")
	other := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Key "+issue(t, hub, "chamber"))
	_, err = providerv1.NewProviderServiceClient(conn).ListRequests(other, &providerv1.ListRequestsRequest{Parent: parent})
	refused(t, "with the key of another provider's system", err, codes.Unauthenticated, "KEY_WRONG")
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the process ended with %v", err)
	}
}

func TestAProcessThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	url, seeds := external(t)
	dir := t.TempDir()
	signer := must(token.OpenKey(filepath.Join(dir, "key.pem")))(t)
	public := filepath.Join(dir, "token.pub.pem")
	if err := os.WriteFile(public, must(signer.PublicPEM())(t), 0o600); err != nil {
		t.Fatal(err)
	}
	right := func() provider.Settings {
		return provider.Settings{
			Flags:  process.Flags{NATS: url, SeedFile: filepath.Join(seeds, key), Data: filepath.Join(dir, "data"), TokenKey: public, LogFormat: "text", LogLevel: "error"},
			Listen: free(t), Health: free(t),
		}
	}
	unknown := filepath.Join(dir, "unknown")
	if err := os.WriteFile(unknown, must(bus.NewSeed())(t), 0o600); err != nil {
		t.Fatal(err)
	}
	mistake := definition(t)
	mistake.Catalogue = []byte(strings.Replace(string(mistake.Catalogue), "valid_from: 2019-01-01", "valid_from: 2019-13-01", 1))
	for name, test := range map[string]struct {
		definition provider.Definition
		change     func(*provider.Settings)
		want       string
	}{
		"a catalogue with a mistake": {mistake, func(*provider.Settings) {}, "omnia/catalogue.yaml"},
		"no seed":                    {definition(t), func(s *provider.Settings) { s.SeedFile = "" }, "--nats-seed-file"},
		"a seed that nobody knows":   {definition(t), func(s *provider.Settings) { s.SeedFile = unknown }, "check the seed"},
		"no such file of a seed":     {definition(t), func(s *provider.Settings) { s.SeedFile = filepath.Join(dir, "none") }, "read the seed"},
		"a file that is no seed":     {definition(t), func(s *provider.Settings) { s.SeedFile = public }, "begins with SU"},
		"a ninth replica":            {definition(t), func(s *provider.Settings) { s.Replica = 8 }, "replica 8"},
		"a private key":              {definition(t), func(s *provider.Settings) { s.TokenKey = filepath.Join(dir, "key.pem") }, "PUBLIC KEY"},
		"an address in use":          {definition(t), func(s *provider.Settings) { s.Listen = strings.TrimPrefix(url, "nats://") }, "listen for gRPC"},
	} {
		s := right()
		test.change(&s)
		err := provider.RunSettings(s, t.Context(), test.definition)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", name, err, test.want)
		}
	}
}
