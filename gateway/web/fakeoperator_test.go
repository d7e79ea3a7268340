package web_test

import (
	"context"

	"google.golang.org/protobuf/proto"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// sessionID is a session of the person whom the fake knows.
const sessionID = "00112233445566778899aabbccddeeff00112233"

// fakeAdmin is the fake's service for operators. A test says which letters are refused.
type fakeAdmin struct {
	adminv1.UnimplementedAdminServiceServer
	letters  []*adminv1.DeadLetter
	staff    []*adminv1.StaffMember
	erasures []*rightsv1.Erasure
	refuse   map[uint64]error
}

func newFakeAdmin() *fakeAdmin {
	return &fakeAdmin{
		letters: []*adminv1.DeadLetter{
			{Sequence: 4, Party: "hub", Handler: "view", Reason: "field 999 is <b>unknown</b>", Subject: "case.abcdefghijklmnopqrstuvwxyz.omnia.1.own", Stream: "CASES", EventSequence: 12, Time: at(3), Size: 40},
			{Sequence: 5, Party: "omnia", Handler: "inbox", Reason: "no fact", Subject: "case.abcdefghijklmnopqrstuvwxyz.hub.0.hub", Stream: "CASES", EventSequence: 13, Time: at(2), Size: 1},
			{Sequence: 6, Party: "omnia", Handler: "inbox", Reason: "no fact", Subject: "staff.omnia.a9", Stream: "STAFF", EventSequence: 14, Time: at(2), Size: 1},
			{Sequence: 7, Party: "omnia", Handler: "inbox", Reason: "no fact", Subject: "catalogue.omnia", Stream: "CATALOGUE", EventSequence: 15, Time: at(1), Size: 1},
		},
		staff: []*adminv1.StaffMember{
			{Name: "providers/omnia/advisors/maija", DisplayName: "Maija <b>Meri</b>", Role: policyv1.Role_ROLE_ADVISOR, Languages: []string{"fi"}, Competences: []string{"permits"}},
			{Name: "providers/omnia/advisors/kalle", DisplayName: "Kalle Koski", Role: policyv1.Role_ROLE_LEAD},
		},
		erasures: []*rightsv1.Erasure{
			{
				Name: "erasures/e1", State: rightsv1.ErasureState_ERASURE_STATE_WAITING, Ground: &rightsv1.Ground{Law: "GDPR", Section: "17(1)(b)", Reason: "The consent was withdrawn."},
				OrderedBy: "o1", OrderedAt: at(5), Cases: []string{"cases/abcdefghijklmnopqrstuvwxyz"}, WaitingFor: []string{"omnia"},
				Removed: []*rightsv1.Removed{{Party: "hub", Place: "CASES", Count: 9}, {Party: "chamber", Place: "notes"}},
			},
			{Name: "erasures/e2", State: rightsv1.ErasureState_ERASURE_STATE_DONE, Ground: &rightsv1.Ground{Law: "GDPR", Section: "16", Reason: "r"}, OrderedBy: "company", OrderedAt: at(9), DoneAt: at(8), Redaction: true},
		},
		refuse: map[uint64]error{},
	}
}

// texts are the messages whose texts the pages show.
func (a *fakeAdmin) texts() []proto.Message {
	var all []proto.Message
	for _, m := range a.letters {
		all = append(all, m)
	}
	for _, m := range a.staff {
		all = append(all, m)
	}
	for _, m := range a.erasures {
		all = append(all, m)
	}
	return all
}

func (a *fakeAdmin) ListDeadLetters(context.Context, *adminv1.ListDeadLettersRequest) (*adminv1.ListDeadLettersResponse, error) {
	return &adminv1.ListDeadLettersResponse{DeadLetters: a.letters}, nil
}

func (a *fakeAdmin) ReplayDeadLetter(_ context.Context, req *adminv1.ReplayDeadLetterRequest) (*adminv1.ReplayDeadLetterResponse, error) {
	if err := a.refuse[req.Sequence]; err != nil {
		return nil, problem.From(err).GRPCStatus().Err()
	}
	return &adminv1.ReplayDeadLetterResponse{}, nil
}

func (a *fakeAdmin) DropDeadLetter(context.Context, *adminv1.DropDeadLetterRequest) (*adminv1.DropDeadLetterResponse, error) {
	return &adminv1.DropDeadLetterResponse{}, nil
}

func (a *fakeAdmin) ListStaff(context.Context, *adminv1.ListStaffRequest) (*adminv1.ListStaffResponse, error) {
	return &adminv1.ListStaffResponse{Staff: a.staff}, nil
}

func (a *fakeAdmin) AddStaff(context.Context, *adminv1.AddStaffRequest) (*adminv1.AddStaffResponse, error) {
	return &adminv1.AddStaffResponse{}, nil
}

func (a *fakeAdmin) RemoveStaff(context.Context, *adminv1.RemoveStaffRequest) (*adminv1.RemoveStaffResponse, error) {
	return &adminv1.RemoveStaffResponse{}, nil
}

// fakeSessions is the fake's service about sessions.
type fakeSessions struct {
	identityv1.UnimplementedSessionServiceServer
}

func (fakeSessions) ListSessions(_ context.Context, req *identityv1.ListSessionsRequest) (*identityv1.ListSessionsResponse, error) {
	answer := &identityv1.ListSessionsResponse{}
	if req.Person == "p1" {
		answer.Sessions = append(answer.Sessions, &identityv1.Session{Id: sessionID, Person: "p1", Issuer: "omnia", Role: policyv1.Role_ROLE_ADVISOR, BeginTime: at(2), UseTime: at(1)})
	}
	return answer, nil
}

func (fakeSessions) RevokeSession(context.Context, *identityv1.RevokeSessionRequest) (*identityv1.RevokeSessionResponse, error) {
	return &identityv1.RevokeSessionResponse{}, nil
}

func (fakeSessions) RevokeAllSessions(context.Context, *identityv1.RevokeAllSessionsRequest) (*identityv1.RevokeAllSessionsResponse, error) {
	return &identityv1.RevokeAllSessionsResponse{Ended: 1}, nil
}
