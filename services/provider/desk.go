package provider

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

// desk serves ProviderService. Its methods read the call, name the command and
// answer; what is allowed is decided in casework.
type desk struct {
	providerv1.UnsafeProviderServiceServer
	*Provider
}

// act admits the caller and carries out the command that plan makes of the call.
func (d desk) act(ctx context.Context, in mutation, plan func(who caller) (casework.RequestCommand, error)) (*casesv1.Request, string, error) {
	who, err := d.admit(ctx)
	if err != nil {
		return nil, "", err
	}
	// Before anything else is looked at: a request of others does not exist.
	scope, err := d.ownRequest(who, in.GetName())
	if err != nil {
		return nil, "", err
	}
	cmd, err := plan(who)
	if err != nil {
		return nil, "", err
	}
	return d.command(ctx, who, scope, in, cmd)
}

// plain is the plan of a command that the call states by itself.
func plain(cmd casework.RequestCommand) func(caller) (casework.RequestCommand, error) {
	return func(caller) (casework.RequestCommand, error) { return cmd, nil }
}

// PickUp takes a new request.
func (d desk) PickUp(ctx context.Context, in *providerv1.PickUpRequest) (*providerv1.PickUpResponse, error) {
	r, rev, err := d.act(ctx, in, func(who caller) (casework.RequestCommand, error) {
		return casework.PickUp{Languages: who.member.Languages}, nil
	})
	if err != nil {
		return nil, err
	}
	return &providerv1.PickUpResponse{Request: r, Revision: rev}, nil
}

// HandBack puts a request back into the inbox.
func (d desk) HandBack(ctx context.Context, in *providerv1.HandBackRequest) (*providerv1.HandBackResponse, error) {
	r, rev, err := d.act(ctx, in, plain(casework.HandBack{Reason: in.Reason}))
	if err != nil {
		return nil, err
	}
	return &providerv1.HandBackResponse{Request: r, Revision: rev}, nil
}

// Assign gives a request to an advisor of the provider.
func (d desk) Assign(ctx context.Context, in *providerv1.AssignRequest) (*providerv1.AssignResponse, error) {
	r, rev, err := d.act(ctx, in, func(caller) (casework.RequestCommand, error) {
		provider, advisor, err := name.ParseAdvisor(in.Advisor)
		if err != nil {
			return nil, problem.New(problem.Invalid, "ADVISOR_NAME_INVALID", "advisor: %s", err.Error()).Field("advisor", err.Error())
		}
		m, ok := directory.Member{}, false
		if provider == d.key {
			if m, ok, err = d.advisor(ctx, advisor); err != nil {
				return nil, err
			}
		}
		if !ok {
			const right = "name one that ListAdvisors lists"
			return nil, problem.New(problem.Invalid, "ADVISOR_UNKNOWN", "advisor %s is not on the staff of %s; %s", in.Advisor, name.Provider(d.key), right).
				Field("advisor", "is not on the staff; "+right)
		}
		return casework.Assign{Advisor: m.Advisor, Languages: m.Languages}, nil
	})
	if err != nil {
		return nil, err
	}
	return &providerv1.AssignResponse{Request: r, Revision: rev}, nil
}

// Reply writes to the company.
func (d desk) Reply(ctx context.Context, in *providerv1.ReplyRequest) (*providerv1.ReplyResponse, error) {
	r, rev, err := d.act(ctx, in, plain(casework.Reply{Text: in.Text}))
	if err != nil {
		return nil, err
	}
	return &providerv1.ReplyResponse{Request: r, Revision: rev}, nil
}

// AskSupplement asks the company for something that is missing.
func (d desk) AskSupplement(ctx context.Context, in *providerv1.AskSupplementRequest) (*providerv1.AskSupplementResponse, error) {
	r, rev, err := d.act(ctx, in, plain(casework.AskSupplement{Question: in.Question, DueDate: in.DueDate}))
	if err != nil {
		return nil, err
	}
	return &providerv1.AskSupplementResponse{Request: r, Revision: rev}, nil
}

// Decline ends a request that the provider does not take.
func (d desk) Decline(ctx context.Context, in *providerv1.DeclineRequest) (*providerv1.DeclineResponse, error) {
	r, rev, err := d.act(ctx, in, plain(casework.Decline{Reason: in.Reason, Text: in.Text}))
	if err != nil {
		return nil, err
	}
	return &providerv1.DeclineResponse{Request: r, Revision: rev}, nil
}

// Refer proposes another provider's service to the company.
func (d desk) Refer(ctx context.Context, in *providerv1.ReferRequest) (*providerv1.ReferResponse, error) {
	r, rev, err := d.act(ctx, in, func(caller) (casework.RequestCommand, error) {
		provider, service, err := name.ParseService(in.Service)
		if err != nil {
			return nil, problem.New(problem.Invalid, "SERVICE_NAME_INVALID", "service: %s", err.Error()).Field("service", err.Error())
		}
		if why := d.notOffered(ctx, in.Service); why != "" {
			return nil, problem.New(problem.Invalid, "SERVICE_UNKNOWN", "service: %s", why).Field("service", why)
		}
		return casework.Refer{Provider: provider, Service: service, Reason: in.Reason, Text: in.Text, Handover: in.Handover}, nil
	})
	if err != nil {
		return nil, err
	}
	return &providerv1.ReferResponse{Request: r, Revision: rev}, nil
}

const (
	// topicOffered is the question whether a service can be asked for.
	topicOffered = "offered"
	// offeredPatience is how long a referral waits for the answer.
	offeredPatience = 300 * time.Millisecond
)

// notOffered says why another provider's service cannot be asked for; nothing when
// it can. Only the hub knows the others' catalogues. While it does not answer a
// referral goes through, and the company's agreement finds out.
func (d desk) notOffered(ctx context.Context, service string) string {
	patience, cancel := context.WithTimeout(ctx, offeredPatience)
	defer cancel()
	why, err := d.bus.Ask(patience, topicOffered, []byte(service))
	if err != nil {
		return ""
	}
	return string(why)
}

// Decide records the decision.
func (d desk) Decide(ctx context.Context, in *providerv1.DecideRequest) (*providerv1.DecideResponse, error) {
	r, rev, err := d.act(ctx, in, plain(casework.Decide{Decision: in.Decision}))
	if err != nil {
		return nil, err
	}
	return &providerv1.DecideResponse{Request: r, Revision: rev}, nil
}

// Complete ends a request whose work is done.
func (d desk) Complete(ctx context.Context, in *providerv1.CompleteRequest) (*providerv1.CompleteResponse, error) {
	r, rev, err := d.act(ctx, in, plain(casework.Complete{Summary: in.Summary}))
	if err != nil {
		return nil, err
	}
	return &providerv1.CompleteResponse{Request: r, Revision: rev}, nil
}

// RecordContact records a call, a visit or a meeting with the company.
func (d desk) RecordContact(ctx context.Context, in *providerv1.RecordContactRequest) (*providerv1.RecordContactResponse, error) {
	contact := &eventsv1.ContactRecorded{Kind: in.Kind, OccurredAt: in.OccurredAt, Summary: in.Summary}
	if contact.OccurredAt == nil {
		contact.OccurredAt = timestamppb.New(d.clock())
	}
	r, rev, err := d.act(ctx, in, plain(casework.RecordContact{Contact: contact}))
	if err != nil {
		return nil, err
	}
	return &providerv1.RecordContactResponse{Request: r, Revision: rev}, nil
}
