package api

import (
	"context"
	"log/slog"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/kit/security"
	"github.com/businessespoo/hub/services/kit/token"
)

// AddStaff adds a member of staff or changes one: first the name, then what
// they can do, so that nobody works without a name.
func (s *Admin) AddStaff(ctx context.Context, req *adminv1.AddStaffRequest) (*adminv1.AddStaffResponse, error) {
	provider, resource := directory.Operators, name.Operator(req.AdvisorId)
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
	answer := &adminv1.AddStaffResponse{}
	return answer, s.once(ctx, req, answer, func() error {
		body, err := proto.Marshal(&eventsv1.Person{DisplayName: req.DisplayName})
		if err != nil {
			return err
		}
		if _, err := s.Bus.PutPerson(ctx, bus.Message{Subject: personSubject(provider, req.AdvisorId), Data: body}); err != nil {
			return err
		}
		sequence, err := s.publish(ctx, req, &eventsv1.StaffChanged{
			Provider: provider, Advisor: req.AdvisorId, Role: req.Role, Languages: req.Languages, Competences: req.Competences,
		})
		answer.Name, answer.Revision = resource, revision.Encode(bus.StreamStaff, sequence, "")
		return err
	})
}

// RemoveStaff removes a member of staff: it erases the name first, so that the
// same call can be tried again until both is done.
func (s *Admin) RemoveStaff(ctx context.Context, req *adminv1.RemoveStaffRequest) (*adminv1.RemoveStaffResponse, error) {
	provider, advisor, err := name.ParseStaff(req.Name)
	if err != nil {
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("name", err.Error())
	}
	answer := &adminv1.RemoveStaffResponse{}
	return answer, s.once(ctx, req, answer, func() error {
		member, err := s.member(ctx, provider, advisor)
		if err != nil {
			return err
		}
		if err := s.Bus.PurgePerson(ctx, personSubject(provider, advisor)); err != nil {
			return err
		}
		_, err = s.publish(ctx, req, &eventsv1.StaffChanged{Provider: provider, Advisor: advisor, Role: member.Role, Removed: true})
		if err == nil && s.Left != nil {
			s.Left(ctx, provider, advisor)
		}
		return err
	})
}

// ListStaff lists the staff of a provider, or the operators.
func (s *Admin) ListStaff(_ context.Context, req *adminv1.ListStaffRequest) (*adminv1.ListStaffResponse, error) {
	provider, resource := directory.Operators, name.Operator
	if req.Parent != "" {
		key, err := name.ParseProvider(req.Parent)
		if err != nil {
			return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("parent", err.Error())
		}
		provider, resource = key, func(id string) string { return name.Advisor(key, id) }
	}
	answer := &adminv1.ListStaffResponse{}
	for _, m := range s.Directory.List(provider) {
		answer.Staff = append(answer.Staff, &adminv1.StaffMember{
			Name: resource(m.Advisor), DisplayName: m.DisplayName, Role: m.Role, Languages: m.Languages, Competences: m.Competences,
		})
	}
	return answer, nil
}

func personSubject(provider, advisor string) string { return "people." + provider + "." + advisor }

// member answers a member of staff as the log has them now: whoever was added a
// moment ago, perhaps by another gateway, is found.
func (s *Admin) member(ctx context.Context, provider, advisor string) (directory.Member, error) {
	last, err := s.Bus.Last(ctx, bus.StreamStaff)
	if err != nil {
		return directory.Member{}, err
	}
	wait, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	if err := s.Directory.Wait(wait, last); err != nil {
		return directory.Member{}, err
	}
	member, ok := s.Directory.Member(provider, advisor)
	if !ok {
		resource := name.Advisor(provider, advisor)
		if provider == directory.Operators {
			resource = name.Operator(advisor)
		}
		return directory.Member{}, problem.New(problem.NotFound, "NOT_FOUND", "there is no %s; ListStaff lists those of a provider, and the operators", resource)
	}
	return member, nil
}

func (s *Admin) publish(ctx context.Context, req mutation, changed *eventsv1.StaffChanged) (uint64, error) {
	digest, err := fact.Digest(req)
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
	s.tell(ctx, security.StaffChanged, slog.String("provider", changed.Provider), slog.String("advisor", changed.Advisor),
		slog.String("role", token.RoleName(changed.Role)), slog.Bool("removed", changed.Removed))
	return s.Bus.Publish(ctx, m)
}
