package e2e

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/businessespoo/hub/deploy/e2e/world"
	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	chamberv1 "github.com/businessespoo/hub/proto/businessespoo/chamber/v1"
	employmentv1 "github.com/businessespoo/hub/proto/businessespoo/employment/v1"
	omniav1 "github.com/businessespoo/hub/proto/businessespoo/omnia/v1"
)

// ownServices: Omnia, the chamber and the employment area each answer what they
// alone know, on their own port and without sign-in.
func ownServices(t *testing.T, w *world.World) {
	t.Run("omnia", func(t *testing.T) {
		client := omniav1.NewApprenticeshipServiceClient(w.Conn(t, w.At.Providers["omnia"]))
		may := &omniav1.CheckApprenticeshipRequest{
			WeeklyHours: "37.5", Age: 30, EmploymentContract: yes, InstructorNamed: yes, TasksMatch: yes, PayByCollectiveAgreement: yes, OnLeave: no, CompetencePlanMade: yes,
		}
		answer, err := client.CheckApprenticeship(t.Context(), may)
		if err != nil || answer.Verdict != assessmentv1.Verdict_VERDICT_POSSIBLE {
			t.Errorf("all conditions are met: %v %v", answer, err)
		}
		may.WeeklyHours = "24"
		if answer, err = client.CheckApprenticeship(t.Context(), may); err != nil || answer.Verdict != assessmentv1.Verdict_VERDICT_NOT_POSSIBLE {
			t.Errorf("24 hours a week: %v %v", answer, err)
		}
		may.WeeklyHours, may.InstructorNamed = "25", unknown
		if answer, err = client.CheckApprenticeship(t.Context(), may); err != nil || answer.Verdict != assessmentv1.Verdict_VERDICT_UNCERTAIN || len(answer.Missing) != 1 {
			t.Errorf("no instructor yet: %v %v", answer, err)
		}
		_, err = client.CheckApprenticeship(t.Context(), &omniav1.CheckApprenticeshipRequest{WeeklyHours: "many"})
		if refused := world.Refused(t, err, codes.InvalidArgument, "INVALID_FIELDS"); !refused.Names("weekly_hours") {
			t.Errorf("hours that are no number name %v", refused.Fields)
		}
	})
	t.Run("chamber", func(t *testing.T) {
		client := chamberv1.NewExportDocumentServiceClient(w.Conn(t, w.At.Providers["chamber"]))
		lists, err := client.ListOriginEvidence(t.Context(), &chamberv1.ListOriginEvidenceRequest{})
		if err != nil || len(lists.Lists) < 2 {
			t.Fatalf("lists %v %v", lists, err)
		}
		authorised := []*chamberv1.Authorisation{{ValidFrom: world.InDays(-30), NamesAdministrator: yes}}
		enough, err := client.CheckOriginEvidence(t.Context(), &chamberv1.CheckOriginEvidenceRequest{Evidence: lists.Lists[0].All, Authorisations: authorised})
		if err != nil || enough.Verdict != assessmentv1.Verdict_VERDICT_POSSIBLE || enough.Matched == nil {
			t.Errorf("a whole list: %v %v", enough, err)
		}
		short, err := client.CheckOriginEvidence(t.Context(), &chamberv1.CheckOriginEvidenceRequest{Evidence: lists.Lists[0].All[:1], Authorisations: authorised})
		if err != nil || short.Verdict == assessmentv1.Verdict_VERDICT_POSSIBLE || len(short.Missing) == 0 {
			t.Errorf("a part of a list: %v %v", short, err)
		}
		plan, err := client.PlanCarnet(t.Context(), &chamberv1.PlanCarnetRequest{
			Use: chamberv1.CarnetUse_CARNET_USE_FAIR, Processed: no, Repaired: no, Consumed: no, GivenAway: no,
			Countries: []string{"Switzerland"}, Departs: world.InDays(20), Returns: world.InDays(40),
		})
		if err != nil || plan.LastDay == "" || len(plan.Deadlines) == 0 || plan.Verdict == assessmentv1.Verdict_VERDICT_NOT_POSSIBLE {
			t.Errorf("a fair in Switzerland: %v %v", plan, err)
		}
	})
	t.Run("employment", func(t *testing.T) {
		client := employmentv1.NewSupportServiceClient(w.Conn(t, w.At.Providers["employment"]))
		begun, err := client.AssessStartupGrant(t.Context(), &employmentv1.AssessStartupGrantRequest{Founder: &employmentv1.Founder{
			Municipality: employmentv1.Municipality_MUNICIPALITY_ESPOO, Situation: employmentv1.Situation_SITUATION_UNEMPLOYED,
			FullTime: yes, Applied: world.InDays(0), Start: world.InDays(-10),
		}})
		if err != nil || begun.Assessment.Verdict != assessmentv1.Verdict_VERDICT_NOT_POSSIBLE {
			t.Errorf("started before the application: %v %v", begun, err)
		}
		hiring := &employmentv1.Hiring{
			Employer: employmentv1.EmployerKind_EMPLOYER_KIND_COMPANY, Contract: employmentv1.ContractKind_CONTRACT_KIND_AGREED_HOURS,
			WeeklyHours: "37.5", FullTimeHours: "37.5", MonthlyPay: "2500", Jobseeker: yes, NeedAssessed: yes, WorkStart: world.InDays(40),
		}
		subsidy, err := client.AssessPaySubsidy(t.Context(), &employmentv1.AssessPaySubsidyRequest{Hiring: hiring})
		if err != nil || subsidy.Assessment.Support.GetPerMonthMax() == "" {
			t.Errorf("a pay subsidy: %v %v", subsidy, err)
		}
		hiring.Age = 30
		older, err := client.AssessEmployment55(t.Context(), &employmentv1.AssessEmployment55Request{Hiring: hiring})
		if err != nil || older.Assessment.Verdict != assessmentv1.Verdict_VERDICT_NOT_POSSIBLE {
			t.Errorf("30 is no 55: %v %v", older, err)
		}
	})
}

const (
	unknown = assessmentv1.Answer_ANSWER_UNSPECIFIED
	yes     = assessmentv1.Answer_ANSWER_YES
	no      = assessmentv1.Answer_ANSWER_NO
)

// everyPort: reflection and grpc.health.v1 answer on the gateway and on each
// provider, without sign-in.
func everyPort(t *testing.T, w *world.World) {
	ports := map[string]string{"gateway": w.At.GRPC}
	for key, address := range w.At.Providers {
		ports[key] = address
	}
	want := map[string][]string{
		"gateway": {
			"businessespoo.admin.v1.AdminService", "businessespoo.cases.v1.CaseService",
			"businessespoo.catalogue.v1.CatalogueService", "businessespoo.provider.v1.ProviderService",
		},
		"omnia":      {"businessespoo.omnia.v1.ApprenticeshipService", "businessespoo.provider.v1.ProviderService"},
		"chamber":    {"businessespoo.chamber.v1.ExportDocumentService", "businessespoo.provider.v1.ProviderService"},
		"employment": {"businessespoo.employment.v1.SupportService", "businessespoo.provider.v1.ProviderService"},
	}
	for part, address := range ports {
		t.Run(part, func(t *testing.T) {
			conn := w.Conn(t, address)
			health, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{})
			if err != nil || health.Status != healthv1.HealthCheckResponse_SERVING {
				t.Errorf("health is %v %v", health, err)
			}
			services := reflected(t, w, address)
			expected := want[part]
			if expected == nil {
				expected = []string{"businessespoo.provider.v1.ProviderService"}
			}
			for _, service := range append(expected, "grpc.health.v1.Health") {
				if !slices.Contains(services, service) {
					t.Errorf("reflection lists %v, and not %s", services, service)
				}
			}
		})
	}
}

// reflected lists the services that an address tells of, and fails the test when
// it does not hold the files that describe them.
func reflected(t *testing.T, w *world.World, address string) []string {
	t.Helper()
	stream, err := reflectionv1.NewServerReflectionClient(w.Conn(t, address)).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(request *reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse {
		t.Helper()
		if err := stream.Send(request); err != nil {
			t.Fatal(err)
		}
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	var services []string
	listed := ask(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	for _, s := range listed.GetListServicesResponse().GetService() {
		file := ask(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: s.Name}})
		if len(file.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
			t.Errorf("%s is not described: %v", s.Name, file.GetErrorResponse())
		}
		services = append(services, s.Name)
	}
	return services
}
