package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

const deskRequestPattern = "/desk/{provider}/requests/{case}/{request}"

// deskRequestView is one request as its provider sees it.
type deskRequestView struct {
	*frame
	Request      *casesv1.Request
	RequestTitle string
	ProviderName string
	Inbox        string
	// WholeCase leads to the others' parts; empty for who may never see them.
	WholeCase string
	Answers   []AnswerView
	// Mine tells whether the visitor works on it.
	Mine bool
	// Actions are what the state invites, the likeliest first.
	Actions  []form
	Timeline []entryView
	More     moreView
	// Notes are the team's own; NotesDenied says that the visitor may not read them.
	Notes       []*providerv1.Note
	NotesDenied bool
	AddNote     form
	Live        liveView
	// Now is what is asked of the provider at this moment, the most urgent first.
	Now []string
	// LastWords are what the company wrote last, while it waits for an answer.
	LastWords string
	// Undo takes the step back that was just taken; nil when there is no way back. Amend
	// leads to where the words of that step are corrected.
	Undo  *form
	Amend string
	// Next and Previous lead to the others that the inbox lists.
	Next, Previous string
	// Shared are the others' parts of the case, as far as the provider may see them.
	Shared sharedParts
	// Blocks are the text blocks in the company's language, which is BlockLanguage.
	Blocks        []choice
	BlockLanguage string
	Keyboard      keyboard
}

func (s *server) deskRequestPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showDeskRequest(w, r, f, http.StatusOK, nil)
}

func deskRequestName(r *http.Request) string {
	return "cases/" + r.PathValue("case") + "/requests/" + r.PathValue("request")
}

func (s *server) showDeskRequest(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	if f.Session == nil {
		return errSignIn()
	}
	name, ctx := deskRequestName(r), f.as(r.Context())
	if providerOfKey(r.PathValue("request")) != r.PathValue("provider") {
		return problem.New(problem.NotFound, "NO_SUCH_PAGE", "the request %.60q belongs to another provider", r.PathValue("request"))
	}
	read := func(revision string) (*providerv1.GetRequestResponse, error) {
		return s.Provider.GetRequest(ctx, &providerv1.GetRequestRequest{Name: name, MinRevision: revision})
	}
	if f.query.Get("done") == "behalf" {
		read = onceThere(ctx, problem.NotFound, read)
	}
	answer, err := newest(f.query.Get("rev"), read)
	if err != nil {
		return fmt.Errorf("web: read request: %w", err)
	}
	request := answer.GetRequest()
	f.Title = f.requestTitle(request)
	f.speak(request.GetContactLanguage(), request.GetLanguage())
	f.Watch, f.After = request.GetName(), answer.GetRevision()
	f.sent = was
	view := deskRequestView{
		frame: f, Request: request, RequestTitle: f.Title, ProviderName: f.Provider(request.GetProvider()),
		Inbox: "/desk/" + r.PathValue("provider"), Answers: f.Answers(request.GetService(), request.GetInputs()),
		Mine:     request.GetAdvisor().GetName() != "" && request.GetAdvisor().GetName() == f.Session.Advisor(),
		Timeline: f.timeline(answer.GetTimeline(), nil, answer.GetRequest().GetLanguage()), Live: f.live(),
	}
	beside, err := s.readBeside(ctx, f, request)
	if err != nil {
		return err
	}
	view.NotesDenied, view.Notes = beside.notesDenied, beside.notes
	view.AddNote = f.deskForm("note", request, nil).finish(was)
	f.deskWords(view.Timeline, request, was)
	view.Blocks, view.BlockLanguage = f.blockChoices(beside.blocks, request)
	for _, do := range f.offered(request) {
		fm := f.deskForm(do, request, beside.staff)
		fm.offerBlocks(view.Blocks)
		fm = fm.finish(was)
		fm.Main = len(view.Actions) == 0
		view.Actions = append(view.Actions, fm)
	}
	view.Now, view.LastWords = f.askedNow(request, answer.GetTimeline(), view.Mine)
	view.undo(f.query.Get("done"))
	view.Timeline, view.More = f.newest(view.Timeline)
	view.Shared = f.sharedParts(beside, request)
	if f.Session.Advisor() != "" {
		view.WholeCase = view.Inbox + "/cases/" + r.PathValue("case")
	}
	view.Next = f.within(view.Inbox+"/next", url.Values{"of": {request.GetName()}})
	view.Previous = f.within(view.Inbox+"/next", url.Values{"of": {request.GetName()}, "to": {"previous"}})
	view.Inbox = f.within(view.Inbox, nil)
	view.Keyboard = f.keyboard(r, requestKeys)
	return s.render(w, "deskrequest", code, view)
}

// offered lists the steps that a request's state invites, the likeliest first.
// It is what the page shows; what is allowed the API decides.
func (f *frame) offered(r *casesv1.Request) []string {
	mine := f.Session.Advisor() != "" && r.GetAdvisor().GetName() == f.Session.Advisor()
	var steps []string
	switch r.GetStatus() {
	case casesv1.RequestStatus_REQUEST_STATUS_NEW:
		steps = []string{"pickup"}
	case casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS:
		steps = []string{"reply", "ask", "refer", "decide", "complete", "contact", "decline", "handback"}
	case casesv1.RequestStatus_REQUEST_STATUS_WAITING:
		steps = []string{"reply", "ask", "refer", "decide", "contact", "decline", "handback"}
	case casesv1.RequestStatus_REQUEST_STATUS_DECIDED:
		steps = []string{"complete", "reply", "contact", "handback"}
	default:
		return nil
	}
	// Another advisor's request: only a lead may step in.
	if r.GetStatus() != casesv1.RequestStatus_REQUEST_STATUS_NEW && !mine && !f.Session.Lead() {
		return nil
	}
	if f.Session.Lead() {
		steps = append(steps, "assign")
	}
	return steps
}

// deskRequestAction takes one step on a request and shows the request after it.
func (s *server) deskRequestAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	was := sentForm(r.PostForm)
	do := was.values.Get("do")
	if do == "shortcuts" && f.Session != nil {
		f.setShortcuts(w, r)
		return nil
	}
	if field := was.values.Get("insert"); field != "" {
		if err := s.insertBlock(f.as(r.Context()), f, deskRequestName(r), field, was); err != nil {
			return err
		}
		return s.showDeskRequest(w, r, f, http.StatusOK, was)
	}
	f.check(was, f.deskFields(do, nil, nil))
	if was.failed() {
		return s.showDeskRequest(w, r, f, http.StatusUnprocessableEntity, was)
	}
	revision, err := s.deskStep(f.as(r.Context()), do, deskRequestName(r), was.values)
	if err != nil {
		if err := f.refused(was, err, func(path string) string { return strings.TrimSuffix(path, "_cents") }); err != nil {
			return err
		}
		return s.showDeskRequest(w, r, f, problem.From(err).HTTPStatus(), was)
	}
	query := url.Values{"done": {do}}
	if revision != "" {
		query.Set("rev", revision)
	}
	http.Redirect(w, r, f.within(f.path, query), http.StatusSeeOther)
	return nil
}
