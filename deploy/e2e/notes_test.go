package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

func TestNotesStayOneProcess(t *testing.T) {
	t.Setenv("HUB_LOG_LEVEL", "debug")
	notesStay(t, world.Single(t, &binaries))
}

func TestNotesStayNineProcesses(t *testing.T) {
	t.Setenv("HUB_LOG_LEVEL", "debug")
	notesStay(t, world.Apart(t, &binaries))
}

// hundred is how many notes are added: enough for every count and page to show it.
const hundred = 100

// notesStay: notes are added in every way there is. Nobody outside of the provider
// sees that anything happened, not by a byte, and nothing that leaves it holds a
// word of them.
func notesStay(t *testing.T, w *world.World) {
	w.Hire(t)
	company := identifier.NewTestBusinessID(150)
	owner := w.Company(t, world.CompanyUser("saara", company))
	c := owner.Open(world.Opening{Need: "oppisopimus ja koulutus", Company: company, Services: []string{"omnia/apprenticeship", "chamber/training"}})
	request := c.Request("omnia-1")
	ville, chamber := w.Advisor(t, "omnia", world.FirstAdvisor), w.Advisor(t, "chamber", world.FirstAdvisor)
	ville.PickUp(request)
	chamber.PickUp(c.Request("chamber-1"))
	c.Await("all to be told that is due soon", toldOfDates)

	front, own := w.Tap(t, w.At.GRPC), w.Tap(t, w.At.Providers["omnia"])
	var all []*onlooker
	for who, p := range map[string]principal{
		"the company": world.CompanyUser("saara", company), "its integrator": world.Integrator("ledger", company),
		"another company": world.CompanyUser("rival", identifier.NewTestBusinessID(151)), "a stranger": {},
		"another provider's advisor": world.AdvisorOf("chamber", world.FirstAdvisor), "another provider's lead": world.LeadOf("chamber", world.Lead),
		"the provider's system": world.SystemOf("omnia"), "an operator": world.Operator(),
	} {
		all = append(all, newOnlooker(t, w, who, p, front))
		if who != "its integrator" { // no provider knows an integrator's key, and wrong ones are counted
			all = append(all, newOnlooker(t, w, who+" at the provider", p, own))
		}
	}
	// The provider's own see the notes when they ask for them, and in no other way.
	inside := newOnlooker(t, w, "an advisor of the provider", world.AdvisorOf("omnia", world.FirstAdvisor), w.Tap(t, w.At.GRPC))
	theCase, theEvents := watchCase(t, owner, c.Name, ""), watchEvents(t, owner, "")
	theirInbox, ownInbox := watchRequests(t, chamber, ""), watchRequests(t, ville, "")
	for _, begun := range []*watch{theCase, theirInbox, ownInbox} {
		begun.next(t)
	}

	p := planting{t: t, w: w, request: request}
	look := func() map[string]string {
		saw := inside.sees(t, request, "omnia", p.word(), "ListNotes")
		for _, o := range all {
			for _, provider := range []string{"omnia", "chamber"} {
				maps.Copy(saw, o.sees(t, request, provider, p.word()))
			}
		}
		return saw
	}
	p.prepare()
	before := look()
	p.notes(hundred)
	p.refused(front, own)
	same(t, "a hundred notes", before, look())
	// What the watches send next is what happens next.
	c.Write("chamber-1", "Onko paikkoja?")
	c.Write("omnia-1", "Milloin alkaa?")
	wrote := func(s step, key string) {
		t.Helper()
		if s.entry.GetText() == "" || s.entry.GetRequest() != c.Request(key) {
			t.Errorf("a watch sent %v where the message to %s is next", s, key)
		}
	}
	for _, both := range []*watch{theCase, theEvents} {
		wrote(both.next(t), "chamber-1")
		wrote(both.next(t), "omnia-1")
	}
	wrote(theirInbox.next(t), "chamber-1")
	wrote(ownInbox.next(t), "omnia-1")

	if !w.IsSingle() {
		p.away()
		p.poison(front)
	}
	p.kept(ville)
	p.staysIn(all, []*world.Tap{front, own, inside.tap})
}

// planting adds notes, each with a marker.
type planting struct {
	t       *testing.T
	w       *world.World
	request string
	// known are in notes; lost in calls that were refused and in what is no note.
	known, lost []*world.Marker
}

func (p *planting) word() string { return p.known[0].Word() }

// prepare makes the markers of the notes to come, so that one can be searched for
// before it is there.
func (p *planting) prepare() {
	for _, planted := range []string{"note at the provider's port", "note through the gateway", "note on the page"} {
		p.known = append(p.known, world.NewMarker(planted))
	}
}

func (p *planting) notes(n int) {
	p.t.Helper()
	ville := world.AdvisorOf("omnia", world.FirstAdvisor)
	desks := []*world.Advisor{p.w.Desk(p.t, ville, p.w.At.Providers["omnia"]), p.w.Desk(p.t, ville, p.w.At.GRPC)}
	for i := range n - 1 {
		desks[i%2].Note(p.request, fmt.Sprint(i, " ", p.known[i%2].Text()))
	}
	browser := p.w.Browser(p.t)
	browser.SignIn(p.w.Token(p.t, ville))
	page := browser.Open("/desk/omnia/requests/" + strings.Replace(strings.TrimPrefix(p.request, "cases/"), "/requests", "", 1))
	page = page.Form("form-note").Fill("text", p.known[2].Text()).Send("").Has(p.known[2].Text())
	if kept := string(page.Raw); !strings.Contains(kept, "no-store") {
		p.t.Errorf("a browser may keep the page of the notes: %s", page)
	}
}

// lose makes a marker for a text that must go nowhere at all.
func (p *planting) lose(planted string) string {
	m := world.NewMarker(planted)
	p.lost = append(p.lost, m)
	return m.Text()
}

// refused makes calls that are refused; the taps hear why.
func (p *planting) refused(taps ...*world.Tap) {
	p.t.Helper()
	ville := world.AdvisorOf("omnia", world.FirstAdvisor)
	nowhere := strings.Replace(p.request, p.request[len("cases/"):len("cases/")+4], "zzzz", 1)
	for i, tap := range taps {
		desk := providerv1.NewProviderServiceClient(tap)
		for _, bad := range []struct {
			what string
			who  principal
			call *providerv1.AddNoteRequest
			code codes.Code
		}{
			{"note that is too long", ville, &providerv1.AddNoteRequest{Name: p.request, RequestId: newID(), Text: strings.Repeat("-", 5000)}, codes.InvalidArgument},
			{"note with a bad field", ville, &providerv1.AddNoteRequest{Name: p.request, RequestId: "?"}, codes.InvalidArgument},
			{"note on no request", ville, &providerv1.AddNoteRequest{Name: nowhere, RequestId: newID()}, codes.NotFound},
			{"note of another provider", world.AdvisorOf("chamber", world.FirstAdvisor), &providerv1.AddNoteRequest{Name: p.request, RequestId: newID()}, codes.NotFound},
			{"note of an operator", world.Operator(), &providerv1.AddNoteRequest{Name: p.request, RequestId: newID()}, codes.PermissionDenied},
		} {
			bad.call.Text = p.lose(fmt.Sprint(bad.what, ", ", i)) + bad.call.Text
			_, err := desk.AddNote(p.w.As(p.t, bad.who), bad.call)
			if got := world.Read(err); got.Code != bad.code {
				p.t.Errorf("a %s is answered %v", bad.what, err)
			}
		}
		// No text of the protocol: the transport refuses it, in its own words.
		_, err := desk.AddNote(p.w.As(p.t, ville), &providerv1.AddNoteRequest{Name: p.request, RequestId: newID(), Text: p.lose("note in no UTF-8") + "\xff"})
		if err == nil {
			p.t.Error("a note that is no text is taken")
		}
	}
}

// kept checks that the search would find a note: it is where it belongs.
func (p *planting) kept(ville *world.Advisor) {
	p.t.Helper()
	var listed strings.Builder
	answer, err := ville.Calls.ListNotes(ville.Context(), &providerv1.ListNotesRequest{Parent: p.request, PageSize: 200})
	if err != nil || len(answer.Notes) < hundred {
		p.t.Fatalf("%d notes are listed, %v", len(answer.GetNotes()), err)
	}
	for _, n := range answer.Notes {
		listed.WriteString(n.Text)
	}
	files, err := world.FoundInFiles(p.w.Log, func(path string) bool { return !p.private(path) }, p.known)
	if err != nil {
		p.t.Fatal(err)
	}
	rows, err := world.FoundInFiles(p.w.Data, func(path string) bool { return !strings.HasPrefix(filepath.Base(path), "notes.db") }, p.known)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range p.known {
		if m.In([]byte(listed.String())) == "" || !strings.Contains(fmt.Sprint(files), m.Planted) || !strings.Contains(fmt.Sprint(rows), m.Planted) {
			p.t.Errorf("the %s is not where it belongs; listed: %t, in %v and in %v", m.Planted, m.In([]byte(listed.String())) != "", files, rows)
		}
	}
}

// private tells which files may hold notes: the provider's private stream, and
// its own projection of the notes.
func (p *planting) private(path string) bool {
	return strings.Contains(path, "/PRIVATE_OMNIA/") || strings.HasPrefix(path, filepath.Join(p.w.Projection("omnia"), "notes.db"))
}
