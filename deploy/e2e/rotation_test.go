package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/name"
)

// All nine processes go over to other keys, as deploy/README.md says, while a
// company opens cases: no call fails, and every request arrives.
func TestKeysAreRotatedWithoutAStop(t *testing.T) {
	w := world.Apart(t, &binaries)
	w.Hire(t)
	mine := identifier.NewTestBusinessID(160)
	owner := w.Company(t, world.CompanyUser("aatu", mine))
	var asked []string
	// openUntil fails the test when one call fails.
	openUntil := func(what string, so func() bool) {
		t.Helper()
		deadline := time.Now().Add(2 * time.Minute)
		for least := len(asked) + 5; len(asked) < least || !so(); {
			c := owner.Open(world.Opening{Need: fmt.Sprint("asia ", len(asked)), Company: mine, Services: []string{"omnia/staff-training"}})
			asked = append(asked, c.Request("omnia-1"))
			if time.Now().After(deadline) {
				t.Fatalf("not within two minutes: %s", what)
			}
		}
	}
	logs := func(part, text string) int { return strings.Count(w.Process(part).Log(), text) }
	parties := append([]string{"gateway"}, name.Providers...)
	step := func(flag string) {
		t.Helper()
		if out, err := w.Hub(t.Context(), "nats-config", "--data", w.Data, flag, "all"); err != nil {
			t.Fatalf("hub nats-config %s all: %v\n%s", flag, err, out)
		}
	}
	reload := func() {
		t.Helper()
		reloads := logs("nats-server", "Reloaded server configuration")
		if err := w.Process("nats-server").Reload(); err != nil {
			t.Fatal(err)
		}
		openUntil("the nats-server has read its configuration again", func() bool { return logs("nats-server", "Reloaded server configuration") > reloads })
	}
	seed := func() string {
		text, err := os.ReadFile(filepath.Join(w.Data, "seeds", "omnia"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	former := seed()
	openUntil("five cases", func() bool { return true })
	step("--rotate")
	reload()
	step("--retire")
	for _, party := range parties {
		openUntil(party+" has moved to its next key", func() bool { return logs(party, "event=bus_key_changed") == 1 })
	}
	reload()
	if seed() == former {
		t.Error("omnia's seed is what it was")
	}
	for _, party := range parties {
		if n := logs(party, "refuse") + logs(party, "Authorization"); n != 0 {
			t.Errorf("%s was refused %d times", party, n)
		}
	}
	desk := w.Advisor(t, "omnia", world.FirstAdvisor)
	desk.Open()
	for _, request := range asked {
		desk.Receives(request)
	}
	t.Logf("%d cases were opened meanwhile", len(asked))
}
