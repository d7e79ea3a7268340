package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/gateway/session"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// Sessions shows and ends the sign-ins to the pages.
type Sessions struct {
	identityv1.UnsafeSessionServiceServer
	Store *session.Store
	// Calls is where calls are remembered, so that a repeat is known.
	Calls Drafts
}

// once carries a call of a person out, and answers a repeat as the first one.
func (s *Sessions) once(ctx context.Context, req mutation, answer proto.Message, do func() error) error {
	sum := sha256.Sum256([]byte(token.From(ctx).Subject + "\x00" + strings.ToLower(req.GetRequestId())))
	return once(ctx, s.Calls, "session-call-"+hex.EncodeToString(sum[:16]), req, answer, do)
}

// whose answers the person that a caller names: themselves, or for operators anybody.
func whose(ctx context.Context, person string) (string, error) {
	who := token.From(ctx)
	if person == "" || person == who.Subject {
		return who.Subject, nil
	}
	if who.Role != policyv1.Role_ROLE_OPERATOR {
		const right = "is somebody else; leave it empty for yourself, operators alone name others"
		return "", problem.New(problem.Denied, "NOT_YOURS", "person %s", right).Field("person", right)
	}
	return person, nil
}

// ListSessions lists the sessions of a person.
func (s *Sessions) ListSessions(ctx context.Context, req *identityv1.ListSessionsRequest) (*identityv1.ListSessionsResponse, error) {
	person, err := whose(ctx, req.Person)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.List(ctx, person)
	if err != nil {
		return nil, err
	}
	answer := &identityv1.ListSessionsResponse{}
	for _, one := range list {
		answer.Sessions = append(answer.Sessions, &identityv1.Session{
			Id: one.ID, Person: one.Principal.Subject, Issuer: one.Issuer, Role: one.Principal.Role,
			BeginTime: timestamppb.New(one.Began), UseTime: timestamppb.New(one.Seen),
		})
	}
	return answer, nil
}

var sessionID = regexp.MustCompile(`^[0-9a-f]{40}$`)

// RevokeSession ends a session of the caller, or for operators of anybody.
func (s *Sessions) RevokeSession(ctx context.Context, req *identityv1.RevokeSessionRequest) (*identityv1.RevokeSessionResponse, error) {
	if !sessionID.MatchString(req.Id) {
		const right = "is no id of a session: 40 characters of 0-9 and a-f, as ListSessions answers them"
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "id %s", right).Field("id", right)
	}
	answer := &identityv1.RevokeSessionResponse{}
	return answer, s.once(ctx, req, answer, func() error {
		found, err := s.Store.Get(ctx, req.Id)
		if errors.Is(err, session.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		who := token.From(ctx)
		if found.Principal.Subject != who.Subject && who.Role != policyv1.Role_ROLE_OPERATOR {
			return nil // as if there were none: whose it is, is not told
		}
		return s.Store.End(ctx, req.Id)
	})
}

// RevokeAllSessions ends all sessions of a person, or of everybody.
func (s *Sessions) RevokeAllSessions(ctx context.Context, req *identityv1.RevokeAllSessionsRequest) (*identityv1.RevokeAllSessionsResponse, error) {
	person, err := whose(ctx, req.Person)
	if err != nil {
		return nil, err
	}
	answer := &identityv1.RevokeAllSessionsResponse{}
	return answer, s.once(ctx, req, answer, func() error {
		ids, err := s.sessionsOf(ctx, person)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.Store.End(ctx, id); err != nil {
				return err
			}
			answer.Ended++
		}
		return nil
	})
}

// everybody stands for all people.
const everybody = "-"

func (s *Sessions) sessionsOf(ctx context.Context, person string) ([]string, error) {
	if person == everybody {
		return s.Store.Everybody(ctx)
	}
	list, err := s.Store.List(ctx, person)
	ids := make([]string, len(list))
	for i, one := range list {
		ids[i] = one.ID
	}
	return ids, err
}
