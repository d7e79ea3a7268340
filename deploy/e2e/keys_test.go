package e2e

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/systemkey"
)

// TestKeysEndAtOnce: a key that is revoked, and a grant that is withdrawn, end calls and
// watches at once, at the gateway and at the provider's own door.
func TestKeysEndAtOnce(t *testing.T) {
	for name, start := range map[string]func(*testing.T) *world.World{
		"one process": func(t *testing.T) *world.World { return world.Single(t, &binaries) },
		"apart":       func(t *testing.T) *world.World { return world.Apart(t, &binaries) },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.Hire(t)
			keysEnd(t, w)
		})
	}
}

func keysEnd(t *testing.T, w *world.World) {
	c := w.Company(t, world.CompanyUser("owner", mine)).Open(world.Opening{Need: "Tarvitsen oppisopimuksen", Company: mine, Services: []string{service}})
	w.Advisor(t, "omnia", world.FirstAdvisor).Receives(c.Request("omnia-1"))
	omnia := w.IssueKey(t, "providers/omnia", systemkey.ProviderScopes()...)
	reader := w.IssueKey(t, "providers/omnia", systemkey.RequestRead)
	watches := map[string]func() error{}
	for where, address := range map[string]string{"the gateway": w.At.GRPC, "the provider": w.At.Providers["omnia"]} {
		desk := providerv1.NewProviderServiceClient(w.Conn(t, address))
		list := func(key, provider string) error {
			_, err := desk.ListRequests(world.Authorized(t.Context(), "Key "+key), &providerv1.ListRequestsRequest{Parent: "providers/" + provider})
			return err
		}
		if err := list(omnia, "omnia"); err != nil {
			t.Errorf("%s: %v", where, err)
		}
		_, err := desk.Decide(world.Authorized(t.Context(), "Key "+reader), &providerv1.DecideRequest{})
		world.Refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")
		stream, err := desk.WatchRequests(world.Authorized(patient(t), "Key "+omnia), &providerv1.WatchRequestsRequest{Parent: "providers/omnia"})
		if err == nil {
			_, err = stream.Header()
		}
		if err != nil {
			t.Fatal(err)
		}
		watches["the desk at "+where] = func() error {
			for {
				if _, err := stream.Recv(); err != nil {
					return err
				}
			}
		}
		defer func() { world.Refused(t, list(omnia, "omnia"), codes.Unauthenticated, "KEY_REVOKED") }()
	}
	// Another provider knows nothing of it.
	chamber := providerv1.NewProviderServiceClient(w.Conn(t, w.At.Providers["chamber"]))
	_, err := chamber.ListRequests(world.Authorized(t.Context(), "Key "+omnia), &providerv1.ListRequestsRequest{Parent: "providers/chamber"})
	world.Refused(t, err, codes.Unauthenticated, "KEY_WRONG")
	_, err = w.Desks(t).ListRequests(world.Authorized(t.Context(), "Key "+omnia), &providerv1.ListRequestsRequest{Parent: "providers/chamber"})
	world.Refused(t, err, codes.PermissionDenied, "OTHER_PROVIDER")
	allEnd(t, watches, codes.Unauthenticated, func() { w.Revoke(t, omnia) })

	bank := w.Company(t, world.Integrator("bank", mine, theirs))
	watch, err := bank.Calls.WatchCase(world.Authorized(patient(t), w.Authorization(t, world.Integrator("bank", mine, theirs))), &casesv1.WatchCaseRequest{Name: c.Name})
	if err == nil {
		_, err = watch.Recv()
	}
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string]func() error{"the case": func() error {
		for {
			if _, err := watch.Recv(); err != nil {
				return err
			}
		}
	}}
	allEnd(t, ends, codes.NotFound, func() { w.Withdraw(t, mine, "bank") })
	_, err = bank.Calls.GetCase(bank.Context(), &casesv1.GetCaseRequest{Name: c.Name})
	world.Refused(t, err, codes.NotFound, "NOT_FOUND")
}

// patient is a context that outlives every right end of a watch.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// allEnd checks that watches end with a code, before their own time is over.
func allEnd(t *testing.T, watches map[string]func() error, code codes.Code, end func()) {
	t.Helper()
	end()
	for what, watch := range watches {
		if err := watch(); world.Read(err).Code != code {
			t.Errorf("%s ended with %v, want %s", what, err, code)
		}
	}
}

// TestKeysAreNowhere: a key, also a wrong one, is in no file of the hub and in nothing
// that it says; wrong keys are counted as wrong codes are.
func TestKeysAreNowhere(t *testing.T) {
	w := world.Single(t, &binaries, "--log-level", "debug")
	w.Hire(t)
	key := w.IssueKey(t, "providers/omnia", systemkey.ProviderScopes()...)
	wrong := systemkey.Make(world.KeyID(key))
	for _, address := range []string{w.At.GRPC, w.At.Providers["omnia"]} {
		desk := providerv1.NewProviderServiceClient(w.Conn(t, address))
		call := func(key string) error {
			_, err := desk.ListRequests(world.Authorized(t.Context(), "Key "+key), &providerv1.ListRequestsRequest{Parent: "providers/omnia"})
			return err
		}
		if err := call(key); err != nil {
			t.Error(err)
		}
		reasons := map[string]int{}
		for range 40 {
			reasons[world.Read(call(wrong)).Reason]++
		}
		if reasons["KEY_WRONG"] < 20 || reasons["RATE_LIMITED"] < 10 {
			t.Errorf("wrong keys are answered %v", reasons)
		}
	}
	w.Revoke(t, key)
	said := w.Process("gateway").Log()
	for what, secret := range map[string]string{"the key": key[21:], "a wrong key": wrong[21:]} {
		if strings.Contains(said, secret) {
			t.Errorf("the hub said %s", what)
		}
		files := 0
		if err := filepath.WalkDir(w.Data, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if files++; strings.Contains(string(data), secret) {
				t.Errorf("%s holds %s", path, what)
			}
			return err
		}); err != nil || files < 20 {
			t.Errorf("%d files: %v", files, err)
		}
	}
}
