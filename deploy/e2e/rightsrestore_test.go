package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// A copy of the log from before an erasure is put back: what was erased and redacted
// is erased and redacted again before anybody is served. The hub is killed while it
// erases, and goes on at its next start.
func TestErasedStaysErasedAfterARestore(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	p := &personal{t: t, w: w, company: identifier.NewTestBusinessID(172), other: world.NewMarker("nobody's words")}
	p.play()
	kept := p.owner.Open(world.Opening{Need: "koulutus", Company: p.company, Services: []string{"chamber/training"}})
	w.Advisor(t, "chamber", world.FirstAdvisor).Receives(kept.Request("chamber-1"))
	kept.Write("chamber-1", p.redactable())
	copied := copyLog(t, w)

	entry := entryOf(t, kept, p.message)
	answer, err := p.rights().RedactFact(p.owner.Context(), &rightsv1.RedactFactRequest{RequestId: newID(), Case: kept.Name, Revision: entry.Revision})
	if err != nil {
		t.Fatal(err)
	}
	p.done(answer.Erasure.Name)
	if _, err := p.rights().DeleteDrafts(p.owner.Context(), &rightsv1.DeleteDraftsRequest{RequestId: newID()}); err != nil {
		t.Fatal(err)
	}
	ordered, err := p.rights().Erase(w.As(t, world.Operator()), &rightsv1.EraseRequest{RequestId: newID(), Case: p.c.Name, Ground: ground})
	if err != nil {
		t.Fatal(err)
	}
	w.Kill(t, "hub")
	w.Start(t, "hub")
	p.done(ordered.Erasure.Name)
	all := append(p.all(), p.message)
	p.foundNowhere("after a kill", all...)
	if out, err := w.Hub(t.Context(), "erasures", "show", ordered.Erasure.Name, "--data", w.Data, "--gateway", w.At.GRPC); err != nil || !strings.Contains(out, "Done everywhere") {
		t.Errorf("hub erasures show: %v\n%s", err, out)
	}

	w.Stop(t, "hub")
	if err := os.RemoveAll(w.Log); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(w.Log, os.DirFS(copied)); err != nil {
		t.Fatal(err)
	}
	if len(p.found(p.markers[0])) == 0 {
		t.Fatal("the copy does not hold what was erased, so it proves nothing")
	}
	w.Start(t, "hub")
	_, err = p.owner.Calls.GetCase(p.owner.Context(), &casesv1.GetCaseRequest{Name: p.c.Name})
	world.Refused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = p.owner.Calls.GetDraft(p.owner.Context(), &casesv1.GetDraftRequest{Key: "new"})
	world.Refused(t, err, codes.NotFound, "NOT_FOUND")
	for _, name := range []string{answer.Erasure.Name, ordered.Erasure.Name} {
		p.done(name)
	}
	p.foundNowhere("after the restore", all...)
	if view := kept.View(); len(view.Requests) != 1 || len(view.Timeline) < 4 {
		t.Errorf("the other case is shown as %v", view)
	}
	w.Stop(t, "hub")
	if out, err := w.Hub(t.Context(), "verify", "--data", w.Data); err != nil {
		t.Errorf("hub verify: %v\n%s", err, out)
	}
}

// redactable makes the marker of the message that is redacted.
func (p *personal) redactable() string {
	p.message = world.NewMarker("message to redact")
	return p.message.Text()
}

// entryOf answers the entry of a timeline that holds a marker.
func entryOf(t *testing.T, c *world.Case, m *world.Marker) *casesv1.TimelineEntry {
	t.Helper()
	for _, e := range c.View().Timeline {
		if m.In([]byte(e.Text)) != "" {
			return e
		}
	}
	t.Fatalf("no entry holds the %s", m.Planted)
	return nil
}

// copyLog copies the log as an operator does: the hub is stopped meanwhile.
func copyLog(t *testing.T, w *world.World) string {
	t.Helper()
	w.Stop(t, "hub")
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(w.Log)); err != nil {
		t.Fatal(err)
	}
	w.Start(t, "hub")
	return copied
}
