package e2e

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

func TestRightsOneProcess(t *testing.T) {
	t.Parallel()
	rights(t, world.Single(t, &binaries))
}

func TestRightsNineProcesses(t *testing.T) {
	t.Parallel()
	rights(t, world.Apart(t, &binaries))
}

// rights: words are written wherever people can write. The company takes all of
// them along. Then one message is redacted and at last the case erased, and no file
// holds a word of it any more, also not after restarts; another case stays whole.
func rights(t *testing.T, w *world.World) {
	w.Hire(t)
	p := &personal{t: t, w: w, company: identifier.NewTestBusinessID(170)}
	p.play()
	p.other = world.NewMarker("another company's need")
	rival := w.Company(t, world.CompanyUser("rival", identifier.NewTestBusinessID(171)))
	kept := rival.Open(world.Opening{Need: p.other.Text(), Company: identifier.NewTestBusinessID(171), Services: []string{"chamber/training"}})
	w.Advisor(t, "chamber", world.FirstAdvisor).Receives(kept.Request("chamber-1"))
	p.exported()
	p.corrected()
	p.redacted()
	p.holds()

	theCase, theEvents, theInbox := watchCase(t, p.owner, p.c.Name, ""), watchEvents(t, p.owner, ""), watchRequests(t, p.desk, "")
	theCase.next(t)
	p.erased()
	p.watchersAreTold(theCase, theEvents, theInbox)
	_, err := p.owner.Calls.GetCase(p.owner.Context(), &casesv1.GetCaseRequest{Name: p.c.Name})
	world.Refused(t, err, codes.NotFound, "NOT_FOUND")
	p.foundNowhere("after the erasure", p.all()...)

	for _, process := range w.Processes() {
		w.Stop(t, process.Name)
	}
	p.foundNowhere("after a stop in good order", p.all()...)
	if w.IsSingle() {
		if out, err := w.Hub(t.Context(), "verify", "--data", w.Data); err != nil || !strings.Contains(out, p.c.Name+" was erased") {
			t.Errorf("hub verify: %v\n%s", err, out)
		}
	}
	for _, folder := range w.Projections() {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
	}
	p.start()
	p.foundNowhere("after everything was built again", p.all()...)
	if view := kept.View(); !strings.Contains(view.NeedText, p.other.Word()) {
		t.Errorf("the other case lost its need: %q", view.NeedText)
	}
	_, err = p.owner.Calls.OpenCase(p.owner.Context(), p.opening)
	world.Refused(t, err, codes.FailedPrecondition, "CASE_ERASED")
}

// personal is what a company and its advisors wrote.
type personal struct {
	t       *testing.T
	w       *world.World
	company string
	owner   *world.Company
	desk    *world.Advisor
	c       *world.Case
	opening *casesv1.OpenCaseRequest
	// markers are what the company may see, notes what it may not.
	markers, notes []*world.Marker
	message, other *world.Marker
}

func (p *personal) all() []*world.Marker {
	return append(append([]*world.Marker(nil), p.markers...), p.notes...)
}

// write makes a marker for a text that the company may see.
func (p *personal) write(what string) string {
	m := world.NewMarker(what)
	p.markers = append(p.markers, m)
	return m.Text()
}

// play writes something in every place of a case.
func (p *personal) play() {
	t, w := p.t, p.w
	t.Helper()
	p.owner = w.Company(t, world.CompanyUser("saara", p.company))
	p.desk = w.Advisor(t, "omnia", world.FirstAdvisor)
	services := []string{"omnia/apprenticeship", "chamber/trade-advice"}
	p.opening = world.Opening{
		Need: p.write("need"), Company: p.company, Services: services,
		Answers: world.Answers{"chamber/trade-advice": {"question": p.write("answer to a question")}},
	}.Message(t, w)
	p.write("title")
	p.opening.Title = p.markers[len(p.markers)-1].Word()
	opened, err := p.owner.Calls.OpenCase(p.owner.Context(), p.opening)
	if err != nil {
		t.Fatal(err)
	}
	p.c = p.owner.Case(opened.Case.Name)
	omnia, chamber := p.c.Request("omnia-1"), p.c.Request("chamber-1")
	p.desk.PickUp(omnia)
	p.desk.Reply(omnia, p.write("reply"))
	p.desk.Ask(omnia, p.write("question of an advisor"))
	p.c.Supplement("omnia-1", 1, p.write("supplement"))
	p.c.Write("omnia-1", p.write("message"))
	p.message = p.markers[len(p.markers)-1]
	p.desk.Refer(omnia, "employment/vacancy", p.write("referral"), p.write("handover"))
	p.c.Agree("omnia-1", 1, nil)
	w.Advisor(t, "employment", world.FirstAdvisor).Receives(p.c.Request("employment-1"))
	p.desk.Contact(omnia, casesv1.ContactKind_CONTACT_KIND_CALL, p.write("contact"))
	expert := w.Advisor(t, "chamber", world.FirstAdvisor)
	expert.PickUp(chamber)
	expert.HandBack(chamber, p.write("reason to hand back"))
	expert.PickUp(chamber)
	expert.Complete(chamber, p.write("summary"))
	p.c.Rate("chamber-1", 4, p.write("comment"))
	p.c.Withdraw("employment-1", p.write("reason to withdraw"))
	note := world.NewMarker("note")
	p.notes = append(p.notes, note)
	p.desk.Note(omnia, note.Text())
	for _, content := range []string{p.draft("first draft"), p.write("draft")} {
		if _, err := p.owner.Calls.SaveDraft(p.owner.Context(), &casesv1.SaveDraftRequest{RequestId: newID(), Draft: &casesv1.Draft{Key: "new", Content: content}}); err != nil {
			t.Fatal(err)
		}
	}
}

// draft is a text that is replaced at once: it must be nowhere from then on.
func (p *personal) draft(what string) string {
	m := world.NewMarker(what)
	p.notes = append(p.notes, m)
	return m.Text()
}

func (p *personal) rights() rightsv1.DataRightsServiceClient {
	return rightsv1.NewDataRightsServiceClient(p.w.Conn(p.t, p.w.At.GRPC))
}

// exported reads the archive: it holds all that the company wrote and was told, who
// has seen it, the same each time, and no note.
func (p *personal) exported() {
	t := p.t
	t.Helper()
	archive := p.archive()
	files, again := p.unpack(archive), p.unpack(p.archive())
	var all []byte
	for path, data := range files {
		all = append(all, data...)
		// An archive is an access too, and a use of the session.
		moves := strings.HasPrefix(path, "access/") || strings.HasPrefix(path, "sessions/") || path == "manifest.json"
		if !moves && again[path] != data {
			t.Errorf("two archives of the same data differ in %s", path)
		}
	}
	browser := p.w.Browser(t)
	browser.SignIn(p.w.Token(t, world.CompanyUser("saara", p.company)))
	page := browser.Open("/data/archive")
	if !bytes.HasPrefix(page.Raw, archive[:4]) || len(page.Raw) < len(archive)*9/10 {
		t.Errorf("the page sends %d bytes for an archive of %d", len(page.Raw), len(archive))
	}
	// Who has seen the case stands in the archive, who may act, and who is signed in.
	seen := files["access/"+strings.TrimPrefix(p.c.Name, "cases/")+".json"]
	if !strings.Contains(seen, "providers/omnia/advisors/"+world.FirstAdvisor) || files["grants/grants.json"] != "[]\n" {
		t.Errorf("the archive tells of access %s, of grants %s", seen, files["grants/grants.json"])
	}
	if sessions := p.unpack(page.Raw)["sessions/sessions.json"]; !strings.Contains(sessions, "beginTime") {
		t.Errorf("the archive tells of sessions %s", sessions)
	}
	for _, m := range p.markers {
		if m.In(all) == "" {
			t.Errorf("the archive lacks the %s", m.Planted)
		}
	}
	for _, m := range append(p.notes, p.other) {
		if m.In(all) != "" {
			t.Errorf("the archive holds the %s", m.Planted)
		}
	}
}

// unpack answers the files of an archive by their paths.
func (p *personal) unpack(archive []byte) map[string]string {
	p.t.Helper()
	read, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		p.t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range read.File {
		content, err := f.Open()
		if err != nil {
			p.t.Fatal(err)
		}
		data, err := io.ReadAll(content)
		if err != nil {
			p.t.Fatal(err)
		}
		files[f.Name] = string(data)
	}
	return files
}

func (p *personal) archive() []byte {
	p.t.Helper()
	stream, err := p.rights().ExportData(p.owner.Context(), &rightsv1.ExportDataRequest{Language: "en"})
	if err != nil {
		p.t.Fatal(err)
	}
	var archive []byte
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return archive
		}
		if err != nil {
			p.t.Fatal(err)
		}
		archive = append(archive, piece.Chunk...)
	}
}

// redacted: the company has one message of its own removed, and nothing else goes.
func (p *personal) redacted() {
	t := p.t
	t.Helper()
	var entry, theirs *casesv1.TimelineEntry
	for _, e := range p.c.View().Timeline {
		switch {
		case p.message.In([]byte(e.Text)) != "":
			entry = e
		case e.Kind == casesv1.EntryKind_ENTRY_KIND_REPLIED:
			theirs = e
		}
	}
	_, err := p.rights().RedactFact(p.owner.Context(), &rightsv1.RedactFactRequest{RequestId: newID(), Case: p.c.Name, Revision: theirs.Revision})
	world.Refused(t, err, codes.PermissionDenied, "NOT_YOUR_WORDS")
	answer, err := p.rights().RedactFact(p.owner.Context(), &rightsv1.RedactFactRequest{RequestId: newID(), Case: p.c.Name, Revision: entry.Revision})
	if err != nil {
		t.Fatal(err)
	}
	p.done(answer.Erasure.Name)
	p.foundNowhere("after the redaction", p.message)
	p.stillThere()
	p.desk.Reply(p.c.Request("omnia-1"), p.write("reply after the redaction"))
}

// stillThere checks that the search finds what is not removed, so that what it does
// not find is not there.
func (p *personal) stillThere() {
	p.t.Helper()
	for _, m := range p.markers {
		if m != p.message && len(p.found(m)) == 0 {
			p.t.Errorf("the %s is in no file", m.Planted)
		}
	}
	view := p.c.View()
	if supplement := view.Requests[0].Supplements; len(supplement) != 1 || supplement[0].Answer == "" {
		p.t.Errorf("the request lost its supplement: %v", view.Requests[0])
	}
}

// holds: a case that is held is not erased.
func (p *personal) holds() {
	t, as := p.t, p.w.As(p.t, world.Operator())
	t.Helper()
	if _, err := p.rights().HoldCase(as, &rightsv1.HoldCaseRequest{RequestId: newID(), Case: p.c.Name, Reason: "An appeal is open."}); err != nil {
		t.Fatal(err)
	}
	_, err := p.rights().Erase(as, &rightsv1.EraseRequest{RequestId: newID(), Case: p.c.Name, Ground: ground})
	world.Refused(t, err, codes.FailedPrecondition, "CASE_HELD")
	if _, err := p.rights().ReleaseCase(as, &rightsv1.ReleaseCaseRequest{RequestId: newID(), Case: p.c.Name}); err != nil {
		t.Fatal(err)
	}
}

var ground = &rightsv1.Ground{Law: "GDPR", Section: "17(1)(b)", Reason: "The consent was withdrawn."}

// erased erases the company's cases and the person's drafts.
func (p *personal) erased() {
	t := p.t
	t.Helper()
	if answer, err := p.rights().DeleteDrafts(p.owner.Context(), &rightsv1.DeleteDraftsRequest{RequestId: newID()}); err != nil || answer.Drafts != 1 {
		t.Fatalf("deleted drafts: %v, %v", answer, err)
	}
	_, err := p.rights().Erase(p.owner.Context(), &rightsv1.EraseRequest{RequestId: newID(), Case: p.c.Name, Ground: ground})
	world.Refused(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
	in := &rightsv1.EraseRequest{RequestId: newID(), Company: p.company, Ground: ground}
	answer, err := p.rights().Erase(p.w.As(t, world.Operator()), in)
	if err != nil {
		t.Fatal(err)
	}
	e := p.done(answer.Erasure.Name)
	counted := map[string]int64{}
	for _, r := range e.Removed {
		counted[r.Party+" "+r.Place] = r.Count
	}
	if counted["hub CASES"] < 10 || counted["omnia inbox"] < 8 || counted["omnia notes"] != 0 {
		t.Errorf("the protocol says %v", e.Removed)
	}
	if strings.Contains(e.String(), p.company) || strings.Contains(e.String(), "saara") {
		t.Errorf("the protocol holds personal data: %v", e)
	}
	if again, err := p.rights().Erase(p.w.As(t, world.Operator()), in); err != nil || again.Erasure.Name != e.Name {
		t.Errorf("a repeat is answered %v, %v", again, err)
	}
}

// done waits until an erasure is done everywhere.
func (p *personal) done(erasure string) *rightsv1.Erasure {
	p.t.Helper()
	var e *rightsv1.Erasure
	world.Await(p.t, "the erasure to be done", func() error {
		answer, err := p.rights().GetErasure(p.w.As(p.t, world.Operator()), &rightsv1.GetErasureRequest{Name: erasure})
		if e = answer.GetErasure(); err != nil || e.State != rightsv1.ErasureState_ERASURE_STATE_DONE {
			return world.Not("%v, %v", e, err)
		}
		return nil
	})
	return e
}

// watchersAreTold: who watches learns that the case is gone, and no more.
func (p *personal) watchersAreTold(theCase, theEvents, theInbox *watch) {
	p.t.Helper()
	for what, watch := range map[string]*watch{"case": theCase, "events": theEvents, "inbox": theInbox} {
		for told := false; !told; {
			var s step
			select {
			case s = <-watch.steps:
			case <-time.After(streamPatience):
				p.t.Fatalf("the watch of the %s was told nothing", what)
			}
			told = s.gone != ""
			if told && s.gone != p.c.Name && s.gone != p.c.Request("omnia-1") && s.gone != "true" {
				p.t.Errorf("the watch of the %s says that %s is gone", what, s.gone)
			}
		}
	}
}

func (p *personal) found(markers ...*world.Marker) []string {
	p.t.Helper()
	var all []string
	for _, folder := range []string{p.w.Data, p.w.Log} {
		found, err := world.FoundInFiles(folder, func(string) bool { return false }, markers)
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, found...)
	}
	for _, process := range p.w.Processes() {
		all = append(all, world.Found("log of "+process.Name, []byte(process.Log()), markers)...)
	}
	return all
}

func (p *personal) foundNowhere(when string, markers ...*world.Marker) {
	p.t.Helper()
	for _, place := range p.found(markers...) {
		p.t.Errorf("%s: %s", when, strings.TrimPrefix(place, filepath.Dir(p.w.Data)))
	}
}

// start starts every process again: they wait for each other.
func (p *personal) start() {
	p.t.Helper()
	for _, process := range p.w.Processes() {
		if err := process.Launch(); err != nil {
			p.t.Fatal(err)
		}
	}
	p.w.Ready(p.t)
}
