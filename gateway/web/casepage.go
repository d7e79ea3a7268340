package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// caseView is one case as its company sees it.
type caseView struct {
	*frame
	Case *casesv1.Case
	// Opened is set once, right after a case without a name was opened.
	Opened *holder
	// Asks come first: what the company is asked to do now.
	Asks     []askView
	Notices  []*casesv1.Notice
	Requests []requestView
	// Finished of how many requests have ended, for the bar.
	Finished int
	// Actions are the steps on the case as a whole, but for Reopen, which undoes a closing.
	Actions  []form
	Reopen   *form
	Timeline []entryView
	// More leads to the part of the timeline that is not on the page.
	More moreView
	// Filters are the parts of the timeline to look at.
	Filters []viewLink
	// Journey is the requests in their order; nil for fewer than two.
	Journey *journeyView
	News    newsView
	// Next is by when the company hears something next, while it has nothing to do.
	Next string
	Add  string
	// Seen is who may see the case; nil for who may not change that.
	Seen *seenView
	Live liveView
}

// askView is one thing that is asked of the company.
type askView struct {
	*casesv1.Ask
	Heading string
	About   string
	// How says how it is done, and When how long there is.
	How, When string
	// Form answers it on this page; Link leads to where it is answered.
	Form *form
	Link string
	// Official is where to apply.
	Official *casesv1.Official
}

// requestView is one request with what can be done with it.
type requestView struct {
	*casesv1.Request
	Title, ProviderName string
	Steps               []step
	Actions             []form
	Answers             []AnswerView
	// Corrections correct the answers; Own leads to them.
	Corrections []form
	Own         string
	// Apply is where to apply, while that is still to be done.
	Apply *casesv1.Official
	// Expect says what to expect and when.
	Expect string
	// New: something happened in it since the visitor's last visit.
	New bool
	// Rate is the form to rate it, while it is the time to do so.
	Rate *form
}

// step is one step of a request's way.
type step struct{ Label, State, StateText string }

// liveView lets the visitor have the page reload itself.
type liveView struct{ On, Off string }

// refreshSeconds is how often a page that is kept fresh asks for itself.
const refreshSeconds = 20

func (f *frame) live() liveView {
	if f.query.Get("fresh") == "yes" {
		f.Refresh = refreshSeconds
		return liveView{Off: f.link(map[string]string{"fresh": "", "done": ""})}
	}
	return liveView{On: f.link(map[string]string{"fresh": "yes", "done": ""})}
}

func (s *server) casePage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showCase(w, r, f, http.StatusOK, nil)
}

// casePace is the least time between two looks of an open case: short enough that a reply is
// there within a second.
const casePace = 300 * time.Millisecond

func (s *server) readCase(ctx context.Context, f *frame, id string) (*casesv1.Case, error) {
	if f.Session == nil && (f.Holder == nil || f.Holder.Case != id) {
		return nil, errSignIn()
	}
	read := func(revision string) (*casesv1.GetCaseResponse, error) {
		return s.Cases.GetCase(f.holding(ctx, id), &casesv1.GetCaseRequest{Name: "cases/" + id, MinRevision: revision})
	}
	if f.Holder != nil && f.Holder.Case == id && f.query.Get("rev") != "" {
		read = onceThere(ctx, problem.Unauthenticated, read)
	}
	answer, err := newest(f.query.Get("rev"), read)
	if err != nil {
		return nil, fmt.Errorf("web: read case: %w", err)
	}
	f.speak(answer.GetCase().GetContactLanguage(), answer.GetCase().GetLanguage())
	return answer.GetCase(), nil
}

func (s *server) showCase(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	c, err := s.readCase(r.Context(), f, r.PathValue("case"))
	if err != nil {
		return err
	}
	f.Title = c.GetTitle()
	f.Watch, f.After, f.Pace = c.GetName(), c.GetRevision(), casePace
	beside := s.readBesideCase(r, f, c)
	f.sent = was
	view := caseView{
		frame: f, Case: c, Notices: c.GetNotices(), Finished: f.Finished(c), Timeline: f.timeline(c.GetTimeline(), c.GetRequests(), c.GetLanguage()),
		Opened: s.justOpened(w, r, f, c), Live: f.live(),
	}
	for _, ask := range c.GetAsks() {
		a, err := s.ask(r, f, c, ask, was)
		if err != nil {
			return err
		}
		if ask.GetKind() != casesv1.AskKind_ASK_KIND_RATE { // an offer: it stands with its request
			view.Asks = append(view.Asks, a)
		}
	}
	answered, unasked := 0, unrated(r)
	for _, request := range c.GetRequests() {
		one := f.requestView(c, request, was)
		if slices.Contains(unasked, unratedMark(request.GetName())) && (was == nil || one.Rate == nil || was.form != one.Rate.ID) {
			one.Rate = nil
		}
		if answered += one.weight(); answered > mostAnswers && one.Own != "" {
			one.Answers = nil // a link leads to them
		}
		view.Requests = append(view.Requests, one)
		if due := request.GetDueDate(); due >= f.today() && !ended(request.GetStatus()) && (view.Next == "" || due < view.Next) {
			view.Next = due
		}
	}
	if c.GetStatus() == casesv1.CaseStatus_CASE_STATUS_OPEN {
		view.Add = caseLink(c.GetName()) + "/add"
	}
	view.Actions = f.caseActions(c, was)
	if i := slices.IndexFunc(view.Actions, func(fm form) bool { return fm.Do == "reopen" }); i >= 0 {
		view.Reopen, view.Actions = &view.Actions[i], slices.Delete(slices.Clone(view.Actions), i, i+1)
	}
	f.ownWords(view.Timeline, c, was)
	f.sides(view.Timeline, c)
	view.News = f.news(r, beside)
	view.News.mark(view.Timeline, view.Requests)
	view.Timeline, view.Filters = f.story(view.Timeline)
	view.Timeline, view.More = f.newest(view.Timeline)
	view.Journey = f.journey(c)
	if view.Seen, err = f.seen(beside, c, was); err != nil {
		return fmt.Errorf("web: list consents: %w", err)
	}
	return s.render(w, "case", code, view)
}

// justOpened shows code and secret once: they are in the visitor's own cookie,
// and in no address.
func (s *server) justOpened(w http.ResponseWriter, r *http.Request, f *frame, c *casesv1.Case) *holder {
	cookie, err := r.Cookie(cookieName(r, openedCookie))
	if err != nil || f.Holder == nil || cookie.Value != f.Holder.Case || c.GetName() != "cases/"+cookie.Value {
		return nil
	}
	dropCookie(w, r, openedCookie)
	return f.Holder
}

func (f *frame) requestView(c *casesv1.Case, r *casesv1.Request, was *sent) requestView {
	v := requestView{
		Request: r, Title: f.requestTitle(r), ProviderName: f.Provider(r.GetProvider()), Steps: f.steps(r.GetStatus()),
		Answers: f.Answers(r.GetService(), r.GetInputs()),
	}
	v.Corrections, v.Own = f.answerCorrections(c, r, v.Answers, was)
	v.Expect = f.expect(r)
	if slices.ContainsFunc(c.GetAsks(), func(a *casesv1.Ask) bool {
		return a.GetKind() == casesv1.AskKind_ASK_KIND_RATE && a.GetRequest() == r.GetName()
	}) && f.ratable(r) {
		fm := f.caseForm("rate", r, c).finish(was)
		v.Rate = &fm
	}
	if r.GetOfficial() != nil && r.GetDecision() == nil && !ended(r.GetStatus()) {
		v.Apply = f.official(r, nil)
	}
	if c.GetStatus() != casesv1.CaseStatus_CASE_STATUS_OPEN {
		return v
	}
	if !ended(r.GetStatus()) && r.GetStatus() != casesv1.RequestStatus_REQUEST_STATUS_PLANNED {
		v.Actions = append(v.Actions, f.caseForm("message", r, nil).finish(was), f.caseForm("withdraw", r, nil).asked(was))
	}
	return v
}

// mostAnswers bounds the answers that a page holds unasked, in bytes.
const mostAnswers = 5000

// weight is how long the answers are.
func (v requestView) weight() int {
	n := 0
	for _, a := range v.Answers {
		n += len(a.Question) + len(a.Answer)
	}
	return n
}

// requestTitle is the service's name in the page's language, or as it was when
// asked when the catalogue no longer knows it.
func (f *frame) requestTitle(r *casesv1.Request) string {
	if f.dir.service[r.GetService()] != nil {
		return f.ServiceName(r.GetService())
	}
	if r.GetServiceDisplayName() != "" {
		return r.GetServiceDisplayName()
	}
	return f.ServiceName(r.GetService())
}

// steps is the way of a request: sent, received, in work, done.
func (f *frame) steps(status casesv1.RequestStatus) []step {
	labels := []string{"sent", "received", "in_work", "done"}
	at := map[casesv1.RequestStatus]int{
		casesv1.RequestStatus_REQUEST_STATUS_PLANNED: 0, casesv1.RequestStatus_REQUEST_STATUS_NEW: 1,
		casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS: 2, casesv1.RequestStatus_REQUEST_STATUS_WAITING: 2,
		casesv1.RequestStatus_REQUEST_STATUS_DECIDED: 2, casesv1.RequestStatus_REQUEST_STATUS_COMPLETED: len(labels),
	}
	now, going := at[status]
	if !going { // declined or withdrawn: it stopped, and the way says no more
		return nil
	}
	steps := make([]step, len(labels))
	for i, label := range labels {
		state := "ahead"
		switch {
		case i < now:
			state = "past"
		case i == now:
			state = "now"
		}
		steps[i] = step{Label: f.T("step." + label), State: state, StateText: f.T("step." + state)}
	}
	return steps
}

func ended(status casesv1.RequestStatus) bool {
	return slices.Contains([]casesv1.RequestStatus{
		casesv1.RequestStatus_REQUEST_STATUS_COMPLETED, casesv1.RequestStatus_REQUEST_STATUS_DECLINED,
		casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN,
	}, status)
}

// Status is where a request stands, as the company reads it.
func (f *frame) Status(status casesv1.RequestStatus) string {
	return f.Enum("status", status, "REQUEST_STATUS_")
}

// Class is the style of a value of the contract: request-status-new, party-company.
func (f *frame) Class(value interface{ String() string }) string {
	return strings.ReplaceAll(strings.ToLower(value.String()), "_", "-")
}

// CaseStatus is where a case stands.
func (f *frame) CaseStatus(status casesv1.CaseStatus) string {
	return f.Enum("case_status", status, "CASE_STATUS_")
}

// Result is the result of a decision.
func (f *frame) Result(result casesv1.DecisionResult) string {
	return f.Enum("result", result, "DECISION_RESULT_")
}

// DeclineReason is why a request was declined.
func (f *frame) DeclineReason(reason casesv1.DeclineReason) string {
	return f.Enum("decline", reason, "DECLINE_REASON_")
}

// ReferralReason is why another service was proposed.
func (f *frame) ReferralReason(reason casesv1.ReferralReason) string {
	return f.Enum("referral", reason, "REFERRAL_REASON_")
}

// decisionView is a decision with the page it is shown on.
type decisionView struct {
	F *frame
	D *casesv1.Decision
}

// Decided lets the template of a decision ask the page for texts.
func (f *frame) Decided(d *casesv1.Decision) decisionView { return decisionView{F: f, D: d} }
