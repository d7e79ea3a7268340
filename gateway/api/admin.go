package api

import (
	"context"
	"errors"
	"strconv"
	"time"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/kit/token"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Admin is the operators' service.
type Admin struct {
	adminv1.UnsafeAdminServiceServer
	Bus       *bus.Bus
	Directory *directory.Directory
	Now       func() time.Time
	// Advance moves the clock of a demo or a test; nil keeps real time.
	Advance func(time.Duration) time.Time
}

// AddStaff adds a member of staff or changes one: first the name, then what
// they can do, so that nobody works without a name.
func (s *Admin) AddStaff(ctx context.Context, req *adminv1.AddStaffRequest) (*adminv1.AddStaffResponse, error) {
	provider, resource := directory.Operators, "operators/"+req.AdvisorId
	if req.Parent != "" {
		key, err := name.ParseProvider(req.Parent)
		if err != nil {
			return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("parent", err.Error())
		}
		provider, resource = key, name.Advisor(key, req.AdvisorId)
	}
	operator := req.Role == policyv1.Role_ROLE_OPERATOR
	staff := req.Role == policyv1.Role_ROLE_ADVISOR || req.Role == policyv1.Role_ROLE_LEAD
	if operator != (req.Parent == "") || !operator && !staff {
		const right = "give ROLE_ADVISOR or ROLE_LEAD with a parent, or ROLE_OPERATOR without one"
		return nil, problem.New(problem.Invalid, "ROLE_INVALID", "role is %s and parent is %q; %s", req.Role, req.Parent, right).Field("role", right)
	}
	body, err := proto.Marshal(&eventsv1.Person{DisplayName: req.DisplayName})
	if err != nil {
		return nil, err
	}
	if _, err := s.Bus.PutPerson(ctx, bus.Message{Subject: "people." + provider + "." + req.AdvisorId, Data: body}); err != nil {
		return nil, err
	}
	sequence, err := s.publish(ctx, req, &eventsv1.StaffChanged{
		Provider: provider, Advisor: req.AdvisorId, Role: req.Role, Languages: req.Languages, Competences: req.Competences,
	})
	if err != nil {
		return nil, err
	}
	return &adminv1.AddStaffResponse{Name: resource, Revision: revision.Encode(bus.StreamStaff, sequence, "")}, nil
}

// RemoveStaff removes a member of staff, and erases the name.
func (s *Admin) RemoveStaff(ctx context.Context, req *adminv1.RemoveStaffRequest) (*adminv1.RemoveStaffResponse, error) {
	provider, advisor, err := name.ParseAdvisor(req.Name)
	if err != nil {
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("name", err.Error())
	}
	member, ok := s.Directory.Member(provider, advisor)
	if !ok {
		return nil, notFound(req.Name)
	}
	if _, err := s.publish(ctx, req, &eventsv1.StaffChanged{Provider: provider, Advisor: advisor, Role: member.Role, Removed: true}); err != nil {
		return nil, err
	}
	return &adminv1.RemoveStaffResponse{}, s.Bus.PurgePerson(ctx, "people."+provider+"."+advisor)
}

func (s *Admin) publish(ctx context.Context, req mutation, changed *eventsv1.StaffChanged) (uint64, error) {
	digest, err := digestOf(req)
	if err != nil {
		return 0, err
	}
	who := token.From(ctx)
	f := &eventsv1.Fact{
		Id: uuid.NewString(), Time: timestamppb.New(s.Now().UTC()), RequestId: req.GetRequestId(), CommandDigest: digest, TraceParent: host.Trace(ctx).String(),
		Actor: &eventsv1.Actor{Person: who.Subject, Role: who.Role, Party: casesv1.Party_PARTY_HUB},
		Event: &eventsv1.Fact_StaffChanged{StaffChanged: changed},
	}
	m, err := fact.Encode("staff."+changed.Provider+"."+changed.Advisor, name.Hub, f)
	if err != nil {
		return 0, err
	}
	return s.Bus.Publish(ctx, m)
}

// ListDeadLetters lists what handlers could not take in.
func (s *Admin) ListDeadLetters(ctx context.Context, req *adminv1.ListDeadLettersRequest) (*adminv1.ListDeadLettersResponse, error) {
	place, err := paging.Decode(req, req.PageToken, 1)
	if err != nil {
		return nil, err
	}
	var after uint64
	if place != nil {
		if after, err = strconv.ParseUint(place[0], 10, 64); err != nil {
			return nil, problem.New(problem.Invalid, "PAGE_TOKEN_INVALID", "page_token is damaged").Field("page_token", "is damaged; begin anew without it")
		}
	}
	size := paging.Size(req.PageSize, 50)
	letters, err := s.Bus.DeadLetters(ctx, "", after, size+1)
	if err != nil {
		return nil, err
	}
	answer := &adminv1.ListDeadLettersResponse{}
	if len(letters) > size {
		letters = letters[:size]
		if answer.NextPageToken, err = paging.Encode(req, strconv.FormatUint(letters[size-1].Sequence, 10)); err != nil {
			return nil, err
		}
	}
	for _, l := range letters {
		answer.DeadLetters = append(answer.DeadLetters, &adminv1.DeadLetter{
			Sequence: l.Sequence, Party: l.Party, Handler: l.Handler, Reason: l.Reason, Subject: l.Event.Subject, Stream: l.Event.Stream,
			EventSequence: l.Event.Sequence, Time: timestamppb.New(l.Event.Time), Size: int32(len(l.Event.Data)),
		})
	}
	return answer, nil
}

// ReplayDeadLetter hands a dead letter to its handler again.
func (s *Admin) ReplayDeadLetter(ctx context.Context, req *adminv1.ReplayDeadLetterRequest) (*adminv1.ReplayDeadLetterResponse, error) {
	err := s.Bus.Replay(ctx, req.Sequence)
	var refused *bus.RefusedError
	switch {
	case errors.Is(err, bus.ErrNotFound):
		return nil, problem.New(problem.NotFound, "NOT_FOUND", "there is no dead letter %d; it may have been replayed already", req.Sequence)
	case errors.As(err, &refused):
		return nil, problem.New(problem.State, "REPLAY_FAILED", "the handler refused dead letter %d again: %s", req.Sequence, refused.Reason)
	case err != nil:
		return nil, err
	}
	return &adminv1.ReplayDeadLetterResponse{}, nil
}

// AdvanceClock moves the clock of a demo or a test ahead.
func (s *Admin) AdvanceClock(_ context.Context, req *adminv1.AdvanceClockRequest) (*adminv1.AdvanceClockResponse, error) {
	if s.Advance == nil {
		return nil, problem.New(problem.State, "REAL_TIME", "this hub keeps real time; only a demo or a test moves its clock")
	}
	return &adminv1.AdvanceClockResponse{Time: timestamppb.New(s.Advance(time.Duration(req.Seconds) * time.Second))}, nil
}
