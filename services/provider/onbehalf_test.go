package provider_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

func onBehalf() *providerv1.OpenCaseOnBehalfRequest {
	return &providerv1.OpenCaseOnBehalfRequest{
		Parent: parent, RequestId: call(), NeedText: "They want an apprentice", Kind: casesv1.ContactKind_CONTACT_KIND_VISIT,
		Company:  &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: "9000001-1"},
		Services: []*providerv1.Choice{{Service: parent + "/services/apprenticeship"}},
	}
}

func TestACaseIsOpenedByTheHub(t *testing.T) {
	h, d := open(t)
	asked := make(chan *providerv1.OpenOnBehalfAsk, 10)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		answered <- h.Bus.Answer(ctx, "open-case", func(_ context.Context, party string, data []byte) ([]byte, error) {
			ask := &providerv1.OpenOnBehalfAsk{}
			if err := proto.Unmarshal(data, ask); err != nil || party != key {
				return nil, err
			}
			asked <- ask
			answer := &providerv1.OpenOnBehalfAnswer{Response: &providerv1.OpenCaseOnBehalfResponse{CaseName: "cases/" + h.Case(), ConfirmBy: "2026-12-07"}}
			if ask.Request.NeedText == "refuse" {
				refusal, err := proto.Marshal(problem.New(problem.Invalid, "SERVICE_UNKNOWN", "no such service").Field("services[0].service", "unknown").GRPCStatus().Proto())
				if err != nil {
					return nil, err
				}
				answer = &providerv1.OpenOnBehalfAnswer{Status: refusal}
			}
			return proto.Marshal(answer)
		})
	}()
	in := onBehalf()
	opened := must(d.OpenCaseOnBehalf(d.As("a1"), in))(t)
	ask := <-asked
	if !proto.Equal(ask.Request, in) || ask.Actor.Advisor != "a1" || ask.Actor.Provider != key || ask.Actor.Party != casesv1.Party_PARTY_PROVIDER {
		t.Errorf("the hub was asked %v", ask)
	}
	if opened.ConfirmBy != "2026-12-07" {
		t.Errorf("the answer is %v", opened)
	}
	refusal := onBehalf()
	refusal.NeedText = "refuse"
	_, err := d.OpenCaseOnBehalf(d.As("a1"), refusal)
	refused(t, "what the hub refuses", err, codes.InvalidArgument, "SERVICE_UNKNOWN")
	if p := problem.From(err); len(p.Violations) != 1 || p.Violations[0].Field != "services[0].service" {
		t.Errorf("the field is lost: %+v", p.Violations)
	}
	cancel()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNoCaseIsOpenedWhileTheHubIsAway(t *testing.T) {
	t.Parallel()
	_, d := open(t)
	_, err := d.OpenCaseOnBehalf(d.As("a1"), onBehalf())
	refused(t, "without an answer", err, codes.Unavailable, "HUB_AWAY")
	if problem.From(err).RetryAfter == 0 {
		t.Error("the caller is not told when to come back")
	}
}
