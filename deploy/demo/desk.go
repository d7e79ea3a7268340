package demo

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// What the advisor of a request does. Requests are given as provider-n.

func (p *play) pickUp(day int, request string) {
	p.byAdvisor(day, "pick up", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.PickUp(ctx, &providerv1.PickUpRequest{Name: p.request(request), RequestId: call})
		return err
	})
}

func (p *play) assign(day int, request string) {
	provider := request[:strings.LastIndex(request, "-")]
	p.add(day, "assign", func(ctx context.Context, call string) error {
		return insist(ctx, func(ctx context.Context) error {
			_, err := p.fill.desk.Assign(p.fill.callers.as(ctx, lead(provider).Principal()), &providerv1.AssignRequest{
				Name: p.request(request), RequestId: call, Advisor: name.Advisor(provider, p.advisor(provider).ID),
			})
			return err
		})
	})
}

func (p *play) handBack(day int, request string) {
	p.byAdvisor(day, "hand back", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.HandBack(ctx, &providerv1.HandBackRequest{Name: p.request(request), RequestId: call, Reason: handBackText.in(p.language)})
		return err
	})
}

func (p *play) reply(day int, request string) {
	p.byAdvisor(day, "reply", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.Reply(ctx, &providerv1.ReplyRequest{Name: p.request(request), RequestId: call, Text: replyText.in(p.language)})
		return err
	})
}

func (p *play) contact(day int, request string) {
	p.byAdvisor(day, "record a contact", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.RecordContact(ctx, &providerv1.RecordContactRequest{
			Name: p.request(request), RequestId: call, Kind: casesv1.ContactKind_CONTACT_KIND_CALL, Summary: contactText.in(p.language),
		})
		return err
	})
}

func (p *play) note(day int, request string) {
	p.byAdvisor(day, "add a note", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.AddNote(ctx, &providerv1.AddNoteRequest{Name: p.request(request), RequestId: call, Text: noteText.in(p.language)})
		return err
	})
}

// ask asks for a supplement, to be answered within 21 days.
func (p *play) ask(day int, request string) {
	p.byAdvisor(day, "ask", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.AskSupplement(ctx, &providerv1.AskSupplementRequest{
			Name: p.request(request), RequestId: call, Question: questionText.in(p.language),
			DueDate: p.fill.Began.AddDate(0, 0, day+21).Format(time.DateOnly),
		})
		return err
	})
}

func (p *play) refer(day int, request, service string) {
	p.byAdvisor(day, "refer", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.Refer(ctx, &providerv1.ReferRequest{
			Name: p.request(request), RequestId: call, Service: resource(service), Reason: casesv1.ReferralReason_REFERRAL_REASON_EXPERTISE,
			Text: referText.in(p.language), Handover: handoverText.in(p.language),
		})
		return err
	})
}

func (p *play) decline(day int, request string) {
	p.byAdvisor(day, "decline", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.Decline(ctx, &providerv1.DeclineRequest{
			Name: p.request(request), RequestId: call, Reason: casesv1.DeclineReason_DECLINE_REASON_NOT_ELIGIBLE, Text: declineText.in(p.language),
		})
		return err
	})
}

func (p *play) decide(day int, request string) {
	p.byAdvisor(day, "decide", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.Decide(ctx, &providerv1.DecideRequest{Name: p.request(request), RequestId: call, Decision: &casesv1.Decision{
			Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: decisionTitle.in(p.language),
			Reasons: decisionReasons.in(p.language), Appeal: appealText.in(p.language), Reference: "DEMO-" + call[:8],
		}})
		return err
	})
}

func (p *play) complete(day int, request string) {
	p.byAdvisor(day, "complete", request, func(ctx context.Context, call string) error {
		_, err := p.fill.desk.Complete(ctx, &providerv1.CompleteRequest{Name: p.request(request), RequestId: call, Summary: summaryText.in(p.language)})
		return err
	})
}

// What the company does.

// asCompany is the company that opened the case, or the holder of its code.
func (p *play) asCompany(ctx context.Context) context.Context {
	if p.who.Subject == "" && p.code != "" {
		return metadata.AppendToOutgoingContext(ctx, "authorization", "Case "+p.code+":"+p.pass)
	}
	return p.fill.callers.as(ctx, p.who)
}

func (p *play) message(day int, request string) {
	p.byCompany(day, "message", func(ctx context.Context, call string) error {
		_, err := p.fill.cases.PostMessage(ctx, &casesv1.PostMessageRequest{Name: p.request(request), RequestId: call, Text: messageText.in(p.language)})
		return err
	})
}

func (p *play) answer(day int, request string) {
	p.byCompany(day, "answer", func(ctx context.Context, call string) error {
		_, err := p.fill.cases.AnswerSupplement(ctx, &casesv1.AnswerSupplementRequest{Name: p.request(request), RequestId: call, Number: 1, Text: answerText.in(p.language)})
		return err
	})
}

// agree agrees to the referral of a request to a service.
func (p *play) agree(day int, request, service string) {
	p.byCompany(day, "agree", func(ctx context.Context, call string) error {
		_, err := p.fill.cases.AnswerReferral(ctx, &casesv1.AnswerReferralRequest{
			Name: p.request(request), RequestId: call, Number: 1, Agree: true, Inputs: p.inputs(service, day), Consents: p.consents(service),
		})
		return err
	})
}

func (p *play) withdraw(day int, request string) {
	p.byCompany(day, "withdraw", func(ctx context.Context, call string) error {
		_, err := p.fill.cases.WithdrawRequest(ctx, &casesv1.WithdrawRequestRequest{Name: p.request(request), RequestId: call, Reason: withdrawText.in(p.language)})
		return err
	})
}

func (p *play) rate(day int, request string, stars int32) {
	p.byCompany(day, "rate", func(ctx context.Context, call string) error {
		_, err := p.fill.cases.RateRequest(ctx, &casesv1.RateRequestRequest{Name: p.request(request), RequestId: call, Stars: stars, Comment: ratingText.in(p.language)})
		return err
	})
}

func (p *play) closeCase(day int) {
	p.byCompany(day, "close", func(ctx context.Context, call string) error {
		_, err := p.fill.cases.CloseCase(ctx, &casesv1.CloseCaseRequest{Name: p.name, RequestId: call, Reason: closeText.in(p.language)})
		return err
	})
}

// reopen reopens the case and asks for its first service again.
func (p *play) reopen(day int) {
	p.await(day, casesv1.CaseStatus_CASE_STATUS_CLOSED)
	p.byCompany(day, "reopen", func(ctx context.Context, call string) error {
		_, err := p.fill.cases.ReopenCase(ctx, &casesv1.ReopenCaseRequest{Name: p.name, RequestId: call})
		return err
	})
	p.byCompany(day, "ask again", func(ctx context.Context, call string) error {
		service := p.story.services[0]
		_, err := p.fill.cases.AddRequest(ctx, &casesv1.AddRequestRequest{
			Name: p.name, RequestId: call, Consents: p.consents(service),
			Service: &casesv1.ServiceChoice{Service: resource(service), Inputs: p.inputs(service, day)},
		})
		return err
	})
}

func (p *play) confirm(day int) {
	p.byCompany(day, "confirm", func(ctx context.Context, call string) error {
		_, err := p.fill.cases.ConfirmCase(ctx, &casesv1.ConfirmCaseRequest{Name: p.name, RequestId: call, Consents: p.consents(p.story.services...)})
		return err
	})
}

// link links the case to a company that was founded meanwhile; from then on the
// company acts in it.
func (p *play) link(day int, c Company) {
	p.byCompany(day, "link", func(ctx context.Context, call string) error {
		_, err := p.fill.cases.LinkCompany(ctx, &casesv1.LinkCompanyRequest{Name: p.name, RequestId: call, Company: c.message()})
		return err
	})
}

// await waits until the case is in a state that the hub brings about.
func (p *play) await(day int, want casesv1.CaseStatus) {
	p.byCompany(day, "await "+want.String(), func(ctx context.Context, _ string) error {
		out, err := p.fill.cases.GetCase(ctx, &casesv1.GetCaseRequest{Name: p.name})
		if err == nil && out.Case.Status != want {
			return errNotYet
		}
		return err
	})
}

// awaitOverdue waits until the hub has noticed that a request is late.
func (p *play) awaitOverdue(day int, request string) {
	p.byCompany(day, "await overdue", func(ctx context.Context, _ string) error {
		out, err := p.fill.cases.GetCase(ctx, &casesv1.GetCaseRequest{Name: p.name})
		if err != nil {
			return err
		}
		for _, r := range out.Case.Requests {
			if r.Name == p.request(request) && r.Overdue {
				return nil
			}
		}
		return errNotYet
	})
}

// awaitRequests waits until each request of the case has reached its provider.
func (p *play) awaitRequests(day int) {
	p.byCompany(day, "await the requests", func(ctx context.Context, _ string) error {
		out, err := p.fill.cases.GetCase(ctx, &casesv1.GetCaseRequest{Name: p.name})
		if err != nil {
			return err
		}
		for _, r := range out.Case.Requests {
			if r.Status == casesv1.RequestStatus_REQUEST_STATUS_PLANNED {
				return errNotYet
			}
		}
		return nil
	})
}
