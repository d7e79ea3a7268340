package omnia

import (
	"context"
	"time"

	"google.golang.org/grpc"

	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	omniav1 "github.com/businessespoo/hub/proto/businessespoo/omnia/v1"
	"github.com/businessespoo/hub/services/kit/assessment"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/rule"
	"github.com/businessespoo/hub/services/provider"
)

// register registers Omnia's own service beside what all providers have.
func register(r grpc.ServiceRegistrar, a provider.Access) {
	amounts := func() []catalogue.Amount { return a.Catalogue.Amounts }
	omniav1.RegisterApprenticeshipServiceServer(r, NewApprenticeshipService(amounts, a.Clock))
}

// mostHours is how many hours a week has.
const mostHours = 7 * 24

// ApprenticeshipServer answers businessespoo.omnia.v1.ApprenticeshipService. It
// keeps nothing of what it is asked.
type ApprenticeshipServer struct {
	omniav1.UnsafeApprenticeshipServiceServer

	amounts func() []catalogue.Amount
	now     func() time.Time
}

// NewApprenticeshipService returns the server. Amounts gives Omnia's reference
// data, which may be newer with each call; now is the clock.
func NewApprenticeshipService(amounts func() []catalogue.Amount, now func() time.Time) *ApprenticeshipServer {
	return &ApprenticeshipServer{amounts: amounts, now: now}
}

// CheckApprenticeship tells whether an employment may become an apprenticeship.
func (s *ApprenticeshipServer) CheckApprenticeship(_ context.Context, request *omniav1.CheckApprenticeshipRequest) (*omniav1.CheckApprenticeshipResponse, error) {
	var r assessment.Reader
	on := r.Today("date", request.GetDate(), s.now())
	e := employmentOf(&r, request)
	if err := r.Err(); err != nil {
		return nil, err
	}
	a := Apprenticeship(e, s.amounts(), on)
	return &omniav1.CheckApprenticeshipResponse{
		Service: name.Service("omnia", ServiceApprenticeship),
		Date:    string(a.On),
		Verdict: assessment.Verdict(a.Verdict),
		Reasons: assessment.Reasons(a.Reasons),
		Missing: a.Missing,
		Figures: assessment.Figures(a.Figures),
	}, nil
}

func employmentOf(r *assessment.Reader, request *omniav1.CheckApprenticeshipRequest) Employment {
	e := Employment{
		Entrepreneur:   request.GetEntrepreneur(),
		WeeklyHours:    r.Decimal("weekly_hours", request.GetWeeklyHours(), 1, rule.Whole(mostHours)),
		Age:            r.Number("age", request.GetAge(), 1, 100),
		Contract:       r.Answer("employment_contract", request.GetEmploymentContract()),
		Instructor:     r.Answer("instructor_named", request.GetInstructorNamed()),
		TasksMatch:     r.Answer("tasks_match", request.GetTasksMatch()),
		PayByAgreement: r.Answer("pay_by_collective_agreement", request.GetPayByCollectiveAgreement()),
		OnLeave:        r.Answer("on_leave", request.GetOnLeave()),
		CompetencePlan: r.Answer("competence_plan_made", request.GetCompetencePlanMade()),
	}
	if !e.Entrepreneur {
		return e
	}
	for _, fact := range []struct {
		field  string
		answer assessmentv1.Answer
	}{
		{"employment_contract", request.GetEmploymentContract()},
		{"pay_by_collective_agreement", request.GetPayByCollectiveAgreement()},
		{"on_leave", request.GetOnLeave()},
	} {
		if fact.answer == assessmentv1.Answer_ANSWER_YES {
			r.Wrong(fact.field, "is yes, but an entrepreneur is not employed: leave it out, or set entrepreneur to false")
		}
	}
	return e
}
