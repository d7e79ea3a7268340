package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

const (
	// topicOpenCase is the question with which a provider opens a case.
	topicOpenCase = "open-case"
	// openPatience is how long a call waits for the hub to open one.
	openPatience = 5 * time.Second
)

// OpenCaseOnBehalf asks the hub to open a case for a company: a provider cannot
// write in the scope of a case.
func (d desk) OpenCaseOnBehalf(ctx context.Context, in *providerv1.OpenCaseOnBehalfRequest) (*providerv1.OpenCaseOnBehalfResponse, error) {
	who, err := d.admit(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.ownProvider(who, in.Parent); err != nil {
		return nil, err
	}
	ask, err := deterministic.Marshal(&providerv1.OpenOnBehalfAsk{Actor: who.actor, Request: in})
	if err != nil {
		return nil, fmt.Errorf("provider: ask to open a case: %w", err)
	}
	patience, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	data, err := d.bus.Ask(patience, topicOpenCase, ask)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, problem.New(problem.Unavailable, "HUB_AWAY",
			"the hub does not answer now, so no case could be opened; try the same call again with the same request_id").Retry(time.Second).Because(err)
	}
	answer := &providerv1.OpenOnBehalfAnswer{}
	if err := proto.Unmarshal(data, answer); err != nil {
		return nil, fmt.Errorf("provider: read the answer about a case: %w", err)
	}
	if len(answer.Status) > 0 {
		refused := &spb.Status{}
		if err := proto.Unmarshal(answer.Status, refused); err != nil {
			return nil, fmt.Errorf("provider: read why no case was opened: %w", err)
		}
		return nil, status.FromProto(refused).Err()
	}
	if answer.Response == nil {
		return nil, errors.New("provider: the answer about a case holds neither a case nor a reason")
	}
	return answer.Response, nil
}
