package matrix

import (
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

const (
	company      = "9000007-0"
	otherCompany = "9000005-4"
	// owner is the provider whose request is looked at.
	owner = "chamber"
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

// plant opens a case of who, with a request to the owner and, unless empty, another
// service, and lets the owner work on it.
func plant(t *testing.T, w *world.World, who *world.Company, businessID, another string) *story {
	t.Helper()
	s := &story{t: t, w: w, owner: owner, markers: map[string]*world.Marker{}}
	for _, class := range marked {
		s.markers[class] = world.NewMarker(class)
	}
	opening := world.Opening{Need: "Vienti Intiaan " + s.word("need"), Services: []string{owner + "/trade-advice"}, Company: businessID}
	opening.Answers = world.Answers{owner + "/trade-advice": {"question": "Mitä papereita? " + s.word("application")}}
	if another != "" {
		opening.Services = append(opening.Services, another)
	}
	message := opening.Message(t, w)
	message.Title = "Vienti " + s.word("header")
	opened, err := who.Calls.OpenCase(who.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	s.caseName, s.code, s.secret, s.began = opened.Case.Name, opened.Case.Code, opened.Secret, opened.Revision
	s.request = s.caseName + "/requests/" + owner + "-1"
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
	advisor := s.w.Advisor(s.t, owner, world.FirstAdvisor)
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
	return false
}

var _ = name.Providers
