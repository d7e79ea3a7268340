package employment

import (
	"context"
	"time"

	"google.golang.org/grpc"

	employmentv1 "github.com/businessespoo/hub/proto/businessespoo/employment/v1"
	"github.com/businessespoo/hub/services/kit/assessment"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/rule"
	"github.com/businessespoo/hub/services/provider"
)

// register registers the employment area's own service beside what all
// providers have.
func register(r grpc.ServiceRegistrar, a provider.Access) {
	amounts := func() []catalogue.Amount { return a.Catalogue.Amounts }
	employmentv1.RegisterSupportServiceServer(r, NewSupportService(amounts, a.Clock))
}

// SupportServer answers businessespoo.employment.v1.SupportService. It keeps
// nothing of what it is asked.
type SupportServer struct {
	employmentv1.UnsafeSupportServiceServer

	amounts func() []catalogue.Amount
	now     func() time.Time
}

// NewSupportService returns the server. Amounts gives the employment area's
// reference data, which may be newer with each call; now is the clock.
func NewSupportService(amounts func() []catalogue.Amount, now func() time.Time) *SupportServer {
	return &SupportServer{amounts: amounts, now: now}
}

// AssessStartupGrant tells whether a founder could get the start-up grant.
func (s *SupportServer) AssessStartupGrant(_ context.Context, request *employmentv1.AssessStartupGrantRequest) (*employmentv1.AssessStartupGrantResponse, error) {
	var r assessment.Reader
	on := r.Today("date", request.GetDate(), s.now())
	f := founderOf(&r, request.GetFounder(), on)
	if err := r.Err(); err != nil {
		return nil, err
	}
	a := StartupGrant(f, s.amounts(), on)
	return &employmentv1.AssessStartupGrantResponse{Assessment: wireAssessment(a, wireGrant(a.Support))}, nil
}

// AssessPaySubsidy tells whether a hiring could get the pay subsidy.
func (s *SupportServer) AssessPaySubsidy(_ context.Context, request *employmentv1.AssessPaySubsidyRequest) (*employmentv1.AssessPaySubsidyResponse, error) {
	assessed, err := s.hiring(request, PaySubsidy)
	if err != nil {
		return nil, err
	}
	return &employmentv1.AssessPaySubsidyResponse{Assessment: assessed}, nil
}

// AssessEmployment55 tells whether a hiring could get the employment subsidy for
// people aged 55 or over.
func (s *SupportServer) AssessEmployment55(_ context.Context, request *employmentv1.AssessEmployment55Request) (*employmentv1.AssessEmployment55Response, error) {
	assessed, err := s.hiring(request, Employment55)
	if err != nil {
		return nil, err
	}
	return &employmentv1.AssessEmployment55Response{Assessment: assessed}, nil
}

// hiringRequest is what the requests about a hiring have in common.
type hiringRequest interface {
	GetDate() string
	GetHiring() *employmentv1.Hiring
}

func (s *SupportServer) hiring(request hiringRequest, assess func(Hiring, []catalogue.Amount, catalogue.Date) Assessment) (*employmentv1.Assessment, error) {
	var r assessment.Reader
	on := r.Today("date", request.GetDate(), s.now())
	amounts := s.amounts()
	h := hiringOf(&r, request.GetHiring(), amounts, on)
	if err := r.Err(); err != nil {
		return nil, err
	}
	a := assess(h, amounts, on)
	return wireAssessment(a, wireSubsidy(a.Support, h)), nil
}

// wireAssessment writes the assessment with its support, which is left out when
// it cannot be had.
func wireAssessment(a Assessment, support *employmentv1.Support) *employmentv1.Assessment {
	if a.Verdict == rule.NotPossible {
		support = nil
	}
	return &employmentv1.Assessment{
		Service:   name.Service("employment", a.Service),
		Date:      string(a.On),
		Verdict:   assessment.Verdict(a.Verdict),
		Reasons:   assessment.Reasons(a.Reasons),
		Support:   support,
		Deadlines: assessment.Deadlines(a.Deadlines),
		Figures:   assessment.Figures(a.Figures),
	}
}

// wireGrant writes a grant that is paid by the day.
func wireGrant(s Support) *employmentv1.Support {
	return &employmentv1.Support{
		PerDay:      sum(s.PerDay, s.PerDay > 0),
		DaysPerWeek: int32(s.DaysPerWeek),
		PerMonthMin: sum(s.PerMonthMin, s.PerDay > 0),
		PerMonthMax: sum(s.PerMonthMax, s.PerDay > 0),
		MonthsMin:   int32(s.MonthsMin),
		MonthsMax:   int32(s.MonthsMax),
	}
}

// wireSubsidy writes a part of the wage costs. Nothing a month is an answer when
// the pay is known: other compensation may leave no room.
func wireSubsidy(s Support, h Hiring) *employmentv1.Support {
	counted := s.Percent > 0 && h.MonthlyPay > 0
	return &employmentv1.Support{
		Percent:       sum(s.Percent, s.Percent > 0),
		PerMonthMin:   sum(s.PerMonthMin, counted),
		PerMonthMax:   sum(s.PerMonthMax, counted),
		MonthsMin:     int32(s.MonthsMin),
		MonthsMax:     int32(s.MonthsMax),
		WholeTraining: s.MonthsMin > 0 && s.MonthsMax == 0,
	}
}

// sum writes a number that is known, and nothing for one that is not.
func sum(d rule.Decimal, known bool) string {
	if !known {
		return ""
	}
	return d.String()
}
