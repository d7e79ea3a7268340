package matrix

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/businessespoo/hub/deploy/e2e/world"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

const (
	company      = "9000007-0"
	otherCompany = "9000005-4"
)

// story is one case with something of every class in it.
type story struct {
	t *testing.T
	w *world.World
	// owner is the provider of the request that is looked at.
	owner             string
	caseName, request string
	code, secret      string
	// began is a revision from before anything of it happened.
	began string
	// markers are the words planted, by class.
	markers map[string]*world.Marker
}

// marked are the classes that are words; the others are known by their form.
var marked = []string{"header", "need", "application", "title", "decision", "conversation", "note"}

// questions are one free-text question of each service whose request is looked at.
var questions = map[string]string{"chamber/trade-advice": "question", "omnia/apprenticeship": "tasks"}

// plant opens a case of who, with a service of the owner and perhaps others, and lets
// the owner work on it.
func plant(t *testing.T, w *world.World, who *world.Company, businessID, service string, others ...string) *story {
	t.Helper()
	s := &story{t: t, w: w, owner: providerOf(service), markers: map[string]*world.Marker{}}
	for _, class := range marked {
		s.markers[class] = world.NewMarker(class)
	}
	opening := world.Opening{
		Need: "Vienti Intiaan " + s.word("need"), Services: append([]string{service}, others...), Company: businessID,
		Answers: world.Answers{service: {questions[service]: "Tiedot " + s.word("application")}},
	}
	message := opening.Message(t, w)
	message.Title = "Vienti " + s.word("header")
	opened, err := who.Calls.OpenCase(who.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	s.caseName, s.code, s.secret, s.began = opened.Case.Name, opened.Case.Code, opened.Secret, opened.Revision
	s.request = s.caseName + "/requests/" + s.owner + "-1"
	s.work(who)
	return s
}

// word is the marker of a class as a single word.
func (s *story) word(class string) string { return s.markers[class].Word() }

// words are all of them.
func (s *story) words() []string {
	var words []string
	for _, class := range marked {
		words = append(words, s.word(class))
	}
	return words
}

// work does what advisor and company do with a request, a bit of everything.
func (s *story) work(who *world.Company) {
	s.t.Helper()
	if s.code != "" {
		who = s.w.Holder(s.t, s.code, s.secret)
	}
	advisor := s.w.Advisor(s.t, s.owner, world.FirstAdvisor)
	advisor.Receives(s.request)
	advisor.PickUp(s.request)
	advisor.Reply(s.request, "Hei, "+s.word("conversation"))
	advisor.Note(s.request, "Omaan käyttöön "+s.word("note"))
	_, err := who.Calls.PostMessage(who.Context(), &casesv1.PostMessageRequest{
		Name: s.request, RequestId: uuid.NewString(), Text: "Kiitos " + s.word("conversation"),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	advisor.Decide(s.request, &casesv1.Decision{
		Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Myönnetty " + s.word("title"),
		Reasons: "Perustelut " + s.word("decision"), DecidedOn: world.InDays(0),
	})
}

// tellsOfAccess tells whether a message is a row of the access log about the case.
func (s *story) tellsOfAccess(m protoreflect.Message) bool {
	seen, ok := m.Interface().(*accessv1.Access)
	return ok && slices.ContainsFunc(seen.GetRow().GetShown(), func(shown *accessv1.Shown) bool { return shown.Case == s.caseName })
}

// ends waits until the owner's request has ended, and its desk knows it.
func (s *story) ends(who *world.Company) {
	s.t.Helper()
	ended := who.Case(s.caseName).Await("the request to end", func(c *casesv1.Case) bool {
		return c.Requests[0].Status == casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN
	})
	revision := ""
	for _, e := range ended.Timeline {
		if e.Request == s.request {
			revision = e.Revision // of the request's own scope: its desk waits for no other
		}
	}
	desk := s.w.Advisor(s.t, s.owner, world.FirstAdvisor)
	world.Await(s.t, "the desk to know it", func() error {
		_, err := desk.Calls.GetRequest(desk.Context(), &providerv1.GetRequestRequest{Name: s.request, MinRevision: revision})
		return err
	})
}
