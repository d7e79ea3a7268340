package omnia_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	omniav1 "github.com/businessespoo/hub/proto/businessespoo/omnia/v1"
	"github.com/businessespoo/hub/services/kit/assessment/assessmenttest"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/omnia"
	"github.com/businessespoo/hub/services/provider"
)

const (
	yes = assessmentv1.Answer_ANSWER_YES
	no  = assessmentv1.Answer_ANSWER_NO
)

// dial serves Omnia's own service as its definition registers it, on 31 March 2026.
func dial(t *testing.T) omniav1.ApprenticeshipServiceClient {
	t.Helper()
	definition := omnia.Definition()
	access := provider.Access{
		Catalogue: &catalogue.Provider{Amounts: reference(t)},
		Clock:     func() time.Time { return time.Date(2026, 3, 31, 9, 0, 0, 0, time.UTC) },
	}
	return omniav1.NewApprenticeshipServiceClient(assessmenttest.Dial(t, func(r grpc.ServiceRegistrar) { definition.Register(r, access) }))
}

// bakery is an employment that may become an apprenticeship.
func bakery() *omniav1.CheckApprenticeshipRequest {
	return &omniav1.CheckApprenticeshipRequest{
		WeeklyHours: "37,5", Age: 19, EmploymentContract: yes, InstructorNamed: yes, TasksMatch: yes,
		PayByCollectiveAgreement: yes, OnLeave: no, CompetencePlanMade: yes,
	}
}

// Each fact reaches the rule it is meant for: changing it alone changes the
// reason of that rule alone.
func TestCheckApprenticeship(t *testing.T) {
	client := dial(t)
	for _, test := range []struct {
		name    string
		change  func(*omniav1.CheckApprenticeshipRequest)
		verdict assessmentv1.Verdict
		code    string
		effect  assessmentv1.Effect
		missing []string
	}{
		{"all in order", func(*omniav1.CheckApprenticeshipRequest) {}, assessmentv1.Verdict_VERDICT_POSSIBLE, "competence_plan", assessmentv1.Effect_EFFECT_MET, nil},
		{"25 hours", func(r *omniav1.CheckApprenticeshipRequest) { r.WeeklyHours = "25" }, assessmentv1.Verdict_VERDICT_POSSIBLE, "weekly_hours", assessmentv1.Effect_EFFECT_MET, nil},
		{"24.99 hours", func(r *omniav1.CheckApprenticeshipRequest) { r.WeeklyHours = "24.99" }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "weekly_hours", assessmentv1.Effect_EFFECT_BLOCKS, nil},
		{"hours not known", func(r *omniav1.CheckApprenticeshipRequest) { r.WeeklyHours = "" }, assessmentv1.Verdict_VERDICT_UNCERTAIN, "weekly_hours", assessmentv1.Effect_EFFECT_MISSING, []string{"weekly_hours"}},
		{"14 years", func(r *omniav1.CheckApprenticeshipRequest) { r.Age = 14 }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "age", assessmentv1.Effect_EFFECT_BLOCKS, nil},
		{"no contract yet", func(r *omniav1.CheckApprenticeshipRequest) { r.EmploymentContract = no }, assessmentv1.Verdict_VERDICT_UNCERTAIN, "employment_contract", assessmentv1.Effect_EFFECT_MISSING, []string{"employment_contract"}},
		{"no instructor yet", func(r *omniav1.CheckApprenticeshipRequest) { r.InstructorNamed = no }, assessmentv1.Verdict_VERDICT_UNCERTAIN, "workplace_instructor", assessmentv1.Effect_EFFECT_MISSING, []string{"workplace_instructor"}},
		{"other tasks", func(r *omniav1.CheckApprenticeshipRequest) { r.TasksMatch = no }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "tasks", assessmentv1.Effect_EFFECT_BLOCKS, nil},
		{"pay below the agreement", func(r *omniav1.CheckApprenticeshipRequest) { r.PayByCollectiveAgreement = no }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "pay", assessmentv1.Effect_EFFECT_BLOCKS, nil},
		{"on leave", func(r *omniav1.CheckApprenticeshipRequest) { r.OnLeave = yes }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "leave", assessmentv1.Effect_EFFECT_BLOCKS, nil},
		{"no plan yet", func(r *omniav1.CheckApprenticeshipRequest) { r.CompetencePlanMade = no }, assessmentv1.Verdict_VERDICT_POSSIBLE, "competence_plan", assessmentv1.Effect_EFFECT_NOTE, nil},
		{"an entrepreneur without a mentor", func(r *omniav1.CheckApprenticeshipRequest) {
			r.Entrepreneur, r.EmploymentContract, r.PayByCollectiveAgreement, r.InstructorNamed = true, no, 0, no
		}, assessmentv1.Verdict_VERDICT_UNCERTAIN, "mentor", assessmentv1.Effect_EFFECT_MISSING, []string{"mentor"}},
		{"before there were figures", func(r *omniav1.CheckApprenticeshipRequest) { r.Date = "2017-12-31" }, assessmentv1.Verdict_VERDICT_UNCERTAIN, "figure_unknown", assessmentv1.Effect_EFFECT_MISSING, []string{"figure_unknown"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := bakery()
			test.change(request)
			got, err := client.CheckApprenticeship(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			assessmenttest.Complete(t, got)
			if got.GetVerdict() != test.verdict || !assessmenttest.Has(got.GetReasons(), test.code, test.effect) {
				t.Errorf("%s with %v, want %s with %s %s", got.GetVerdict(), got.GetReasons(), test.verdict, test.code, test.effect)
			}
			if diff := cmp.Diff(test.missing, got.GetMissing()); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

// Nobody told anything: nothing is refused, everything is asked for, and the
// date is today's.
func TestCheckApprenticeshipOfNothing(t *testing.T) {
	got, err := dial(t).CheckApprenticeship(t.Context(), &omniav1.CheckApprenticeshipRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetVerdict() != assessmentv1.Verdict_VERDICT_UNCERTAIN || len(got.GetMissing()) != 7 || got.GetDate() != "2026-03-31" {
		t.Errorf("%s on %s, missing %v", got.GetVerdict(), got.GetDate(), got.GetMissing())
	}
	if got.GetService() != "providers/omnia/services/apprenticeship" || len(got.GetFigures()) != 2 {
		t.Errorf("%s with figures %v", got.GetService(), got.GetFigures())
	}
}

func TestCheckApprenticeshipRefuses(t *testing.T) {
	client := dial(t)
	for _, test := range []struct {
		name    string
		request *omniav1.CheckApprenticeshipRequest
		want    []string
	}{
		{"no date", &omniav1.CheckApprenticeshipRequest{Date: "2026-02-30"}, []string{"date"}},
		{"a date out of range", &omniav1.CheckApprenticeshipRequest{Date: "9999-12-31"}, []string{"date"}},
		{"no hours at all", &omniav1.CheckApprenticeshipRequest{WeeklyHours: "0"}, []string{"weekly_hours"}},
		{"negative hours", &omniav1.CheckApprenticeshipRequest{WeeklyHours: "-25"}, []string{"weekly_hours"}},
		{"more hours than a week has", &omniav1.CheckApprenticeshipRequest{WeeklyHours: "168.01"}, []string{"weekly_hours"}},
		{"words for hours", &omniav1.CheckApprenticeshipRequest{WeeklyHours: "full-time"}, []string{"weekly_hours"}},
		{"a long text for hours", &omniav1.CheckApprenticeshipRequest{WeeklyHours: "000000000000000000030"}, []string{"weekly_hours"}},
		{"a negative age", &omniav1.CheckApprenticeshipRequest{Age: -1}, []string{"age"}},
		{"an age of 101", &omniav1.CheckApprenticeshipRequest{Age: 101}, []string{"age"}},
		{"an answer that does not exist", &omniav1.CheckApprenticeshipRequest{OnLeave: 3}, []string{"on_leave"}},
		{
			"an entrepreneur who is employed", &omniav1.CheckApprenticeshipRequest{Entrepreneur: true, EmploymentContract: yes, PayByCollectiveAgreement: yes, OnLeave: yes},
			[]string{"employment_contract", "pay_by_collective_agreement", "on_leave"},
		},
	} {
		_, err := client.CheckApprenticeship(t.Context(), test.request)
		if diff := cmp.Diff(test.want, assessmenttest.WrongFields(t, err)); diff != "" {
			t.Errorf("%s: wrong fields (-want +got):\n%s", test.name, diff)
		}
	}
}
