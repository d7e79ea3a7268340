package host_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

const (
	otherCase = "cases/bbbbbbbbbbbbbbbbbbbbbbbbbb"
	thirdCase = "cases/cccccccccccccccccccccccccc"
)

const requestName = caseName + "/requests/chamber-1"

// What each method leaves in the access log when it is carried out: a row that names
// the case, the case with its request, or neither ("nothing"); or no row at all, for
// what anybody may see.
var leaves = map[string]string{
	"AccessService.ListAccess": "case", "AccessService.ListProviderAccess": "case",

	"AdminService.AddStaff": "nothing", "AdminService.RemoveStaff": "nothing", "AdminService.ListStaff": "nothing", "AdminService.ListDeadLetters": "nothing",
	"AdminService.ReplayDeadLetter": "nothing", "AdminService.DropDeadLetter": "nothing", "AdminService.AdvanceClock": "nothing",

	"CaseService.SuggestServices": "no row", "CaseService.OpenCase": "request", "CaseService.GetCase": "request", "CaseService.ListCases": "request",
	"CaseService.WatchCase": "watch", "CaseService.WatchEvents": "watch", "CaseService.PostMessage": "request", "CaseService.AnswerSupplement": "request",
	"CaseService.AnswerReferral": "request", "CaseService.AddRequest": "request", "CaseService.WithdrawRequest": "request", "CaseService.CloseCase": "request",
	"CaseService.ReopenCase": "request", "CaseService.ConfirmCase": "request", "CaseService.RateRequest": "request", "CaseService.SaveDraft": "nothing",
	"CaseService.GetDraft": "nothing", "CaseService.ListDrafts": "nothing", "CaseService.DeleteDraft": "nothing", "CaseService.LinkCompany": "request",

	"SharedCaseService.GetSharedCase": "request", "SharedCaseService.ListSharedCases": "request", "SharedCaseService.WatchSharedCase": "watch",
	"SharedCaseService.ListLegalGrounds": "nothing", "SharedCaseService.RecordDisclosure": "case",

	"ConsentService.ListConsents": "case", "ConsentService.GrantConsent": "case", "ConsentService.WithdrawConsent": "case",

	"SessionService.ListSessions": "nothing", "SessionService.RevokeSession": "nothing", "SessionService.RevokeAllSessions": "nothing",

	"KeyService.IssueKey": "nothing", "KeyService.ListKeys": "nothing", "KeyService.RevokeKey": "nothing",

	"GrantService.ListIntegrators": "nothing", "GrantService.GrantAccess": "nothing", "GrantService.ListGrants": "nothing", "GrantService.WithdrawGrant": "nothing",

	"DataRightsService.ExportData": "nothing", "DataRightsService.DeleteDrafts": "nothing", "DataRightsService.Erase": "case", "DataRightsService.RedactFact": "case", "DataRightsService.CorrectText": "case",
	"DataRightsService.GetErasure": "nothing", "DataRightsService.ListErasures": "nothing", "DataRightsService.HoldCase": "case", "DataRightsService.ReleaseCase": "case",

	"CatalogueService.ListProviders": "no row", "CatalogueService.GetProvider": "no row", "CatalogueService.ListServices": "no row",
	"CatalogueService.GetService": "no row", "CatalogueService.ListNeeds": "no row", "CatalogueService.ListJourneys": "no row",

	"CompanyService.LookupCompany": "nothing",

	"ApprenticeshipService.CheckApprenticeship": "no row", "ExportDocumentService.ListOriginEvidence": "no row", "ExportDocumentService.CheckOriginEvidence": "no row",
	"ExportDocumentService.PlanCarnet": "no row", "SupportService.AssessStartupGrant": "no row", "SupportService.AssessPaySubsidy": "no row",
	"SupportService.AssessEmployment55": "no row",

	"ProviderService.ListRequests": "request", "ProviderService.GetRequest": "request", "ProviderService.PickUp": "request", "ProviderService.HandBack": "request",
	"ProviderService.Assign": "request", "ProviderService.Reply": "request", "ProviderService.AskSupplement": "request", "ProviderService.Decline": "request",
	"ProviderService.Refer": "request", "ProviderService.Decide": "request", "ProviderService.Complete": "request", "ProviderService.AddNote": "confidential",
	"ProviderService.ListNotes": "confidential", "ProviderService.RecordContact": "request", "ProviderService.CorrectText": "request", "ProviderService.OpenCaseOnBehalf": "case",
	"ProviderService.WatchRequests": "watch", "ProviderService.ListAdvisors": "nothing",
	"ProviderService.ListTextBlocks": "nothing", "ProviderService.SetTextBlock": "nothing", "ProviderService.DeleteTextBlock": "nothing",
}

// roleOf is somebody who may call a method.
func roleOf(m protoreflect.MethodDescriptor) policyv1.Role {
	access, _ := proto.GetExtension(m.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
	for _, role := range access.GetRoles() {
		if role != policyv1.Role_ROLE_CASE_HOLDER {
			return role
		}
	}
	return policyv1.Role_ROLE_COMPANY
}

func shownCase(requests ...string) []*accessv1.Shown {
	return []*accessv1.Shown{{Case: caseName, Requests: requests}}
}

// Every method of the contract leaves exactly one row with what it showed, a watch
// one when it opens and one for a case that is new to it. A method that is missing
// from the table fails the test.
func TestEveryMethodLeavesItsRow(t *testing.T) {
	c := newContract(t)
	known := 0
	for _, methods := range methods(t) {
		for _, m := range methods {
			name := string(m.Parent().Name() + "." + m.Name())
			t.Run(name, func(t *testing.T) {
				want, ok := leaves[name]
				if !ok {
					t.Fatal("the table does not say what it leaves in the access log: add it")
				}
				known++
				if err := c.call(t, m, roleOf(m)); err != nil {
					t.Fatal(err)
				}
				open, private := c.open.take(), c.private.take()
				var expected [][]*accessv1.Shown
				switch want {
				case "no row":
				case "nothing":
					expected = [][]*accessv1.Shown{nil}
				case "case":
					expected = [][]*accessv1.Shown{shownCase()}
				case "watch":
					expected = [][]*accessv1.Shown{nil, shownCase("chamber-1")}
					if asked := m.Input().Fields().ByName("name"); asked != nil { // the one case that was asked for
						expected[0] = shownCase()
					}
				default:
					expected = [][]*accessv1.Shown{shownCase("chamber-1")}
				}
				rows := open
				if want == "confidential" {
					rows = private
				}
				if len(open)+len(private) != len(expected) || len(rows) != len(expected) {
					t.Fatalf("%d rows and %d confidential ones, want %d", len(open), len(private), len(expected))
				}
				for i, row := range rows {
					if diff := cmp.Diff(expected[i], row.Shown, protocmp.Transform()); diff != "" {
						t.Errorf("row %d shows (-want +got):\n%s", i, diff)
					}
					if row.Method != name || row.Person != "someone" || row.Role != roleOf(m) || row.Refused != "" || row.GetBasis().GetPurpose() == 0 {
						t.Errorf("the row is %v", row)
					}
				}
			})
		}
	}
	if known != len(leaves) {
		t.Errorf("the table knows %d methods, the contract %d", len(leaves), known)
	}
}

// A refused call leaves one row that says why, with what it asked for; one of a
// stranger leaves none.
func TestRefusalsLeaveTheirRow(t *testing.T) {
	c := newContract(t)
	c.fail = problem.New(problem.NotFound, "NOT_FOUND", "there is none")
	for _, methods := range methods(t) {
		for _, m := range methods {
			name := string(m.Parent().Name() + "." + m.Name())
			if leaves[name] == "no row" {
				continue
			}
			if err := c.call(t, m, roleOf(m)); status.Code(err) != codes.NotFound {
				t.Errorf("%s: %v", name, err)
			}
			rows := append(c.open.take(), c.private.take()...)
			if len(rows) != 1 || rows[0].Refused != "NOT_FOUND" {
				t.Errorf("%s leaves %v", name, rows)
				continue
			}
			asked := instance(m.Input()).ProtoReflect().Descriptor().Fields().ByName("name")
			if asked != nil && strings.HasPrefix(sample(asked).String(), "cases/") && (len(rows[0].Shown) != 1 || rows[0].Shown[0].Case != caseName) {
				t.Errorf("%s: the row does not say what was asked for: %v", name, rows[0])
			}
		}
	}
	get := methods(t)["businessespoo.provider.v1.ProviderService"][1]
	if err := c.call(t, get, policyv1.Role_ROLE_OPERATOR); status.Code(err) != codes.PermissionDenied {
		t.Fatal(err)
	}
	if rows := c.open.take(); len(rows) != 1 || rows[0].Refused != "ROLE_NOT_ALLOWED" || rows[0].Role != policyv1.Role_ROLE_OPERATOR {
		t.Errorf("a role that may not call leaves %v", rows)
	}
	if err := c.conn.Invoke(t.Context(), path(get), filled(get.Input()), instance(get.Output())); status.Code(err) != codes.Unauthenticated {
		t.Fatal(err)
	}
	if rows := c.open.take(); len(rows) != 0 {
		t.Errorf("a stranger leaves %v", rows)
	}
}
