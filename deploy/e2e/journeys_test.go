package e2e

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/token"
)

// Short names for what the stories use all the time.
type (
	principal      = token.Principal
	protocmpOption = cmp.Option
)

// The companies of the stories. They do not exist.
var (
	cafe     = identifier.NewTestBusinessID(101)
	workshop = identifier.NewTestBusinessID(102)
	other    = identifier.NewTestBusinessID(103)
)

// notices are those of a case with a code.
func notices(c *casesv1.Case, code string) []*casesv1.Notice {
	var found []*casesv1.Notice
	for _, n := range c.Notices {
		if n.Code == code {
			found = append(found, n)
		}
	}
	return found
}

// choiceOf is a choice that a question of a service offers.
func choiceOf(t *testing.T, w *world.World, service, question string, which int) string {
	t.Helper()
	for _, field := range w.Service(t, service).Inputs {
		if field.Id == question {
			return field.Choices[which].Id
		}
	}
	t.Fatalf("%s does not ask %s", service, question)
	return ""
}

// decideOfficially reports a decision that was made in an official service.
func decideOfficially(t *testing.T, desk *world.Advisor, request, reference string, cents int64) {
	t.Helper()
	r := desk.Decide(request, &casesv1.Decision{
		Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Myönnetty", Reasons: "Edellytykset täyttyvät.",
		Provisions: "Laki työvoimapalveluiden järjestämisestä 380/2023", Appeal: "Hallinto-oikeus, 30 päivää", Reference: reference, AmountCents: cents,
	})
	if r.Status != casesv1.RequestStatus_REQUEST_STATUS_DECIDED || !r.Decision.GetReported() {
		t.Errorf("%s is %s with the decision %v", request, r.Status, r.Decision)
	}
}

// holdsJourney fails the test when the case has not passed through every step of
// the journey that is a service: of those that are alternatives of each other, one.
func holdsJourney(t *testing.T, w *world.World, c *casesv1.Case, id string) {
	t.Helper()
	answer, err := w.Catalogue(t).ListJourneys(t.Context(), &cataloguev1.ListJourneysRequest{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(answer.Journeys, func(j *cataloguev1.Journey) bool { return j.Id == id })
	if i < 0 {
		t.Fatalf("there is no journey %s", id)
	}
	asked := map[string]int{}
	for _, r := range c.Requests {
		asked[r.Service]++
	}
	choices := map[string]bool{}
	steps := 0
	for _, step := range answer.Journeys[i].Steps {
		if step.Service == "" {
			continue
		}
		steps++
		passed := false
		for _, service := range append([]string{step.Service}, step.Alternatives...) {
			passed = passed || asked[service] > 0
		}
		if step.OneOf != "" {
			choices[step.OneOf] = choices[step.OneOf] || passed
		} else if !passed {
			t.Errorf("the case did not pass the step %s (%s) of %s", step.Id, step.Service, id)
		}
	}
	for choice, passed := range choices {
		if !passed {
			t.Errorf("the case chose none of %s of %s", choice, id)
		}
	}
	if steps == 0 {
		t.Errorf("the journey %s has no service", id)
	}
}
