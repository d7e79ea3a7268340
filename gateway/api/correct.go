package api

import (
	"context"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
)

// Correct puts other words in the place of the caller's own, and answers where that
// stands in the log.
func (s *Cases) Correct(ctx context.Context, req *rightsv1.CorrectTextRequest) (string, error) {
	id, err := s.mineToChange(ctx, req.Case)
	if err != nil {
		return "", err
	}
	call, err := s.call(ctx, req)
	if err != nil {
		return "", err
	}
	scope, cmd, err := s.correction(ctx, id, req)
	if err != nil {
		return "", err
	}
	if scope.IsCase() {
		state, err := s.Writer.Case(ctx, id, call, func(*statev1.CaseState) (casework.CaseCommand, error) { return cmd, nil })
		return revisionOf(scope, state.GetScope()), err
	}
	request, err := s.View.Request(ctx, scope)
	if err != nil {
		return "", err
	}
	if input, ok := strings.CutPrefix(cmd.Field, "input."); ok && !repeats(request.GetScope(), req.RequestId) {
		if _, err := s.furtherInputs(request.GetRequest(), []*casesv1.Input{{Id: input, Value: cmd.Text}}); err != nil {
			return "", problem.New(problem.Invalid, "ANSWER_INVALID", "text is no answer to %s; %s", input, problem.From(err).Violations[0].Description).
				Field("text", problem.From(err).Violations[0].Description)
		}
	}
	state, err := s.Writer.Request(ctx, scope, call, cmd)
	return revisionOf(scope, state.GetScope()), err
}

// correction finds the fact whose words a call corrects, and its scope.
func (s *Cases) correction(ctx context.Context, id string, req *rightsv1.CorrectTextRequest) (name.Scope, casework.CorrectText, error) {
	cmd := casework.CorrectText{Field: req.Field, Text: req.Text, Reason: req.Reason}
	place, err := revision.Decode("revision", req.Revision)
	if err != nil {
		return name.Scope{}, cmd, err
	}
	scope, _, err := name.ParseSubject(place.Scope + "." + name.ByHub)
	if err != nil || scope.Case != id || place.Stream != bus.StreamCases {
		const right = "take the revision of an entry in the case's timeline"
		return name.Scope{}, cmd, problem.New(problem.Invalid, "REVISION_INVALID", "nothing of the case stands at this revision; %s", right).Field("revision", right)
	}
	cmd.Sequence = place.Sequence
	if cmd.Of, err = s.factAt(ctx, scope, place.Sequence); err == nil && cmd.Of == nil {
		if _, err = s.Writer.CatchUp(ctx, scope); err == nil { // seen by the caller before it came to this view
			cmd.Of, err = s.factAt(ctx, scope, place.Sequence)
		}
	}
	if req.RemoveOld && cmd.Of != nil && !casework.Alone(cmd.Of) {
		const right = "leave remove_old out, or have all words of the entry removed by RedactFact"
		err = problem.New(problem.State, "OTHER_WORDS", "the entry holds other words too, which would be removed with these; %s", right)
	}
	return scope, cmd, err
}

// factAt answers the fact of a scope at a sequence as far as the view shows it, or nil.
func (s *Cases) factAt(ctx context.Context, scope name.Scope, sequence uint64) (*eventsv1.Fact, error) {
	if sequence == 0 {
		return nil, nil
	}
	facts, err := s.View.Timeline(ctx, scope.Case, sequence-1, sequence)
	if err != nil || len(facts) == 0 || facts[0].Scope != scope {
		return nil, err
	}
	return facts[0].Fact, nil
}
