package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/tlsfile"
	"github.com/businessespoo/hub/services/kit/tlsfile/tlsfiletest"
)

// Nine processes trust each other by their certificates, and get new ones without
// a restart.
func TestNineProcessesOverTLS(t *testing.T) {
	dir := t.TempDir()
	parties := append([]string{"", "nats", name.Hub}, name.Providers...)
	certify := func() map[string]tlsfile.Files {
		authority, files := tlsfiletest.New(t), map[string]tlsfile.Files{}
		for _, party := range parties {
			folder := filepath.Join(dir, "of-"+party)
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			files[party], _ = authority.Write(t, folder)
		}
		return files
	}
	files := certify()
	w := world.ApartOverTLS(t, &binaries, func(party string) tlsfile.Files { return files[party] })
	w.Hire(t)
	owner := w.Company(t, world.CompanyUser("aino"))
	play := func(need string) {
		t.Helper()
		c := owner.Open(world.Opening{Need: need, Services: []string{"omnia/apprenticeship"}})
		desk := w.Advisor(t, "omnia", world.FirstAdvisor) // through the gateway
		desk.Receives(c.Request("omnia-1"))
		desk.PickUp(c.Request("omnia-1"))
		w.Desk(t, world.AdvisorOf("omnia", world.FirstAdvisor), w.At.Providers["omnia"]).Reply(c.Request("omnia-1"), "Hei")
		w.Browser(t).Open("/").Has("Business Espoo")
	}
	play("oppisopimus")

	trusting, err := credentials.NewClientTLSFromFile(files[""].CA, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := reach(t, w.At.GRPC, trusting); err != nil {
		t.Errorf("the gateway refuses a caller that has a token and no certificate: %v", err)
	}
	for _, c := range []struct {
		who, address string
		with         credentials.TransportCredentials
	}{
		{"a caller of a provider without a certificate", w.At.Providers["omnia"], trusting},
		{"a caller of a provider without TLS", w.At.Providers["omnia"], insecure.NewCredentials()},
		{"a caller of the gateway without TLS", w.At.GRPC, insecure.NewCredentials()},
	} {
		if err := reach(t, c.address, c.with); status.Code(err) != codes.Unavailable {
			t.Errorf("%s got %v", c.who, err)
		}
	}

	// An authority takes the place of the other. Omnia, which starts again, knows the
	// new one alone; the gateway, which does not, must have taken it too.
	certify()
	if err := w.Process("nats-server").Reload(); err != nil {
		t.Fatal(err)
	}
	w.Kill(t, "omnia")
	w.Start(t, "omnia")
	play("toinen oppisopimus")
}

// reach calls without a token, over a connection of its own.
func reach(t *testing.T, address string, c credentials.TransportCredentials) error {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(c))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = healthv1.NewHealthClient(connection).Check(ctx, &healthv1.HealthCheckRequest{})
	return err
}
