package casework

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// dice turns the bytes of a fuzzer into small choices; used up, it answers 0.
type dice struct{ data []byte }

func (d *dice) roll(sides int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % sides
}

func (d *dice) left() bool { return len(d.data) > 0 }

func pick[T any](d *dice, from ...T) T { return from[d.roll(len(from))] }

// text is valid UTF-8: gRPC refuses all else before any of our code runs.
func (d *dice) text() string { return pick(d, "", " ", "Hello", "ä", "-1", "2026-03-20") }

func (d *dice) date() string {
	return pick(d, "", "2026-03-02", "2026-03-20", "2026-03-01", "9999-12-31", "soon", "2026-02-30", "-1")
}

func (d *dice) provider() string { return pick(d, "omnia", "chamber", "employment", "espoo-city", "") }

func (d *dice) number() int32 { return int32(d.roll(4)) - 1 + int32(d.roll(2))*int32(d.roll(3)) }

func (d *dice) actor() *eventsv1.Actor {
	return pick(d, company(), hub(), advisor("omnia", "aino"), advisor("omnia", "ville"), lead("omnia", "liisa"), lead("omnia", ""),
		&eventsv1.Actor{Party: casesv1.Party_PARTY_PROVIDER, Provider: "omnia", Role: policyv1.Role_ROLE_PROVIDER_SYSTEM},
		advisor("chamber", "kai"), nil)
}

func (d *dice) company() *casesv1.Company {
	return pick(d, nil, aCompany, &casesv1.Company{}, &casesv1.Company{Id: d.text()})
}

func (d *dice) planned() *eventsv1.PlannedRequest {
	if d.roll(6) == 0 {
		return nil
	}
	p := planned(d.provider(), pick(d, "apprenticeship", "co", ""), pick(d, "advice", "decision", "certificate", ""), d.date())
	if d.roll(3) == 0 {
		p.Terms = nil
	} else if d.roll(3) == 0 {
		p.Terms.Official = &casesv1.Official{DisplayName: "Elsewhere"}
	}
	if d.roll(3) == 0 {
		p.InvitedToProvider = d.provider()
	}
	return p
}

func (d *dice) consents() []*casesv1.Consent {
	return pick(d, nil, consents("omnia", "chamber", "employment", "espoo-city", ""), consents("omnia"), consents(d.provider()))
}

func (d *dice) requestCommand() RequestCommand {
	switch d.roll(23) {
	case 0:
		return MakeRequest{&eventsv1.RequestMade{Request: d.planned(), Company: d.company(), Unconfirmed: d.roll(2) == 1}}
	case 1:
		return ConfirmRequest{}
	case 2:
		return LinkRequest{d.company()}
	case 3:
		return RecordReferralAnswer{&eventsv1.ReferralAnswered{Provider: d.provider(), Number: d.number(), Agreed: d.roll(2) == 1, Request: d.planned()}}
	case 4:
		return WarnDueSoon{}
	case 5:
		return MarkOverdue{}
	case 6:
		return PostMessage{d.text()}
	case 7:
		return AnswerSupplement{Number: d.number(), Text: d.text()}
	case 8:
		return WithdrawRequest{Reason: d.text(), CaseEnded: d.roll(2) == 1}
	case 9:
		return RateRequest{Stars: d.number() * 2, Comment: d.text()}
	case 10:
		return PickUp{[]string{d.text()}}
	case 11:
		return HandBack{d.text()}
	case 12:
		return Assign{pick(d, "", "aino", "ville"), nil}
	case 13:
		return Reply{d.text()}
	case 14:
		return AskSupplement{d.text(), d.date()}
	case 15:
		return Decline{casesv1.DeclineReason(d.roll(9)), d.text()}
	case 16:
		return Refer{Provider: d.provider(), Service: d.text(), Reason: casesv1.ReferralReason(d.roll(7))}
	case 17:
		return Decide{pick(d, nil, decision(), &casesv1.Decision{
			Result: casesv1.DecisionResult(d.roll(6)), Title: d.text(), Reasons: d.text(), Reference: d.text(),
			DecidedOn: d.date(), ValidTo: d.date(), AmountCents: int64(d.number()),
		})}
	case 18:
		return Complete{d.text()}
	case 21:
		return RepeatCorrection{From: uint64(d.roll(9)), Field: pick(d, "title", "need_text"), Text: d.text()}
	case 22:
		return d.correction()
	case 20:
		return EndConsent{Consent: caseName + "/consents/1", KeptByLaw: d.roll(2) == 1}
	}
	return RecordContact{pick(d, nil, &eventsv1.ContactRecorded{
		Kind: casesv1.ContactKind(d.roll(7)), OccurredAt: pick(d, nil, timestamppb.New(time.Unix(0, 0)), &timestamppb.Timestamp{Seconds: 1 << 60}),
	})}
}

// correction is of words that may be anybody's.
func (d *dice) correction() CorrectText {
	of := pick(d, nil, posted(), &eventsv1.Fact{Actor: d.actor(), Event: &eventsv1.Fact_CaseOpened{CaseOpened: &eventsv1.CaseOpened{}}},
		&eventsv1.Fact{Actor: d.actor(), Event: &eventsv1.Fact_SupplementAnswered{SupplementAnswered: &eventsv1.SupplementAnswered{Number: d.number()}}},
		&eventsv1.Fact{Actor: d.actor(), Event: &eventsv1.Fact_DecisionRecorded{}},
		&eventsv1.Fact{Actor: d.actor(), Event: &eventsv1.Fact_RequestMade{RequestMade: &eventsv1.RequestMade{Request: d.planned()}}})
	return CorrectText{Sequence: uint64(d.roll(9)), Of: of, Field: pick(d, "", "text", "title", "need_text", "reasons", "input.", "input.a"), Text: d.text()}
}

func (d *dice) caseCommand(w *world) CaseCommand {
	switch d.roll(13) {
	case 0:
		o := &eventsv1.CaseOpened{Consents: d.consents(), OnBehalfBy: pick(d, "", "", "omnia"), ConfirmBy: d.date(), Company: d.company()}
		for range d.roll(4) {
			if p := d.planned(); p != nil {
				o.Requests = append(o.Requests, p)
			}
		}
		return OpenCase{pick(d, o, nil)}
	case 1:
		return ConfirmCase{d.consents()}
	case 2:
		return LapseCase{}
	case 3:
		return AddRequest{d.planned(), d.planned(), d.consents()}
	case 4:
		key := RequestKey{d.provider(), 1 + d.roll(2)}
		number := d.number()
		return AnswerReferral{
			FromProvider: key.Provider, FromNumber: key.Number, Referral: referral(w.requests[key].GetRequest(), number), Number: number,
			Agree: d.roll(2) == 1, Request: d.planned(), Invitation: d.planned(), Consents: d.consents(),
		}
	case 5:
		return LinkCompany{d.company()}
	case 6:
		return CloseCase{d.text()}
	case 7:
		return FinishClosing{}
	case 11:
		return d.correction()
	case 8:
		return GrantConsent{pick(d, nil, sharing(d.provider()), consents("omnia")[0])}
	case 9:
		return WithdrawConsent{Consent: fmt.Sprintf("%s/consents/%d", caseName, d.number()), KeptByLaw: d.roll(2) == 1}
	case 10:
		return RecordDisclosure{pick(d, nil, disclosure(d.provider()), &casesv1.Disclosure{})}
	}
	return ReopenCase{d.text()}
}

// seeds are rolls that lead somewhere, so that the fuzzer begins in the middle of lives.
func seeds(f *testing.F) {
	f.Helper()
	for i := range 40 {
		seed := make([]byte, 120)
		for j := range seed {
			seed[j] = byte(j*(2*i+1) + i)
		}
		f.Add(seed)
	}
}

// Any command, by anybody, in any state: one fact or one refusal, the state is
// left alone (world checks both), and what was decided folds into a state that holds.
func FuzzDecideRequest(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice{data}
		w := newWorld(t, "2026-03-02")
		must(w.on(hub(), "omnia", 1, MakeRequest{&eventsv1.RequestMade{Request: planned("omnia", "apprenticeship", pick(d, "advice", "decision"), d.date()), Unconfirmed: d.roll(2) == 1}}))
		must(w.on(advisor("omnia", "aino"), "omnia", 1, PickUp{}))
		for range 300 {
			if !d.left() {
				break
			}
			w.now = w.now.Add(time.Duration(d.roll(3)) * 20 * time.Hour)
			_, _ = w.on(d.actor(), "omnia", pick(d, 1, 1, 1, 2), d.requestCommand())
			checkInvariants(t, w)
		}
	})
}

// The same for the case, with the router at work in between: whatever was
// decided on the case, the router can carry out.
func FuzzDecideCase(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice{data}
		w := newWorld(t, "2026-03-02")
		for range 300 {
			if !d.left() {
				break
			}
			w.now = w.now.Add(time.Duration(d.roll(3)) * 20 * time.Hour)
			switch {
			case d.roll(4) > 0:
				_, _ = w.onCase(d.actor(), d.caseCommand(w))
			case d.roll(2) == 0 && w.c.Case != nil:
				w.route()
			default:
				p := d.provider()
				if w.requests[RequestKey{p, 1}].GetRequest() != nil {
					_, _ = w.on(lead(p, "aino"), p, 1, pick[RequestCommand](d, PickUp{}, refer(), Complete{}, Decline{Reason: 1}, AskSupplement{"?", "2026-03-20"}))
				}
			}
			checkInvariants(t, w)
			if w.c.Case != nil {
				Asks(w.c.Case, w.views())
			}
		}
	})
}

// Any facts, also such as nobody should have written: an error changes nothing,
// and what is folded holds.
func FuzzEvolve(f *testing.F) {
	for _, life := range lives {
		tr := &transcript{world: newWorld(f, "2026-03-02")}
		life.play(tr)
		var log bytes.Buffer
		for _, e := range tr.log {
			if _, err := protodelim.MarshalTo(&log, e.fact); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(log.Bytes(), []byte(life.name))
	}
	f.Fuzz(func(t *testing.T, facts, order []byte) {
		w := newWorld(t, "2026-03-02")
		d := &dice{order}
		source := bytes.NewReader(facts)
		var read []*eventsv1.Fact
		for range 100 {
			fact := &eventsv1.Fact{}
			if protodelim.UnmarshalFrom(source, fact) != nil {
				break
			}
			read = append(read, fact)
		}
		for i := range read {
			foldAnywhere(t, w, read[i], uint64(i))
		}
		for range 2 * len(read) { // and once more, out of order
			foldAnywhere(t, w, read[d.roll(len(read))], 1000)
		}
	})
}

// foldAnywhere tries a fact on the case and on a request.
func foldAnywhere(t *testing.T, w *world, fact *eventsv1.Fact, sequence uint64) {
	t.Helper()
	for _, scope := range []RequestKey{hubScope, {"yritysespoo", 1}, {"omnia", 1}} {
		var before, after proto.Message = proto.Clone(w.c), w.c
		if scope != hubScope {
			before, after = proto.Clone(w.request(scope)), w.request(scope)
		}
		err := w.fold(entry{scope: scope, fact: fact, seq: sequence, hash: []byte("hash")})
		if err != nil && !proto.Equal(before, after) {
			t.Fatalf("%v, and yet the state changed from\n%v\nto\n%v", err, before, after)
		}
		EntryOf(fact, caseName, requestNameOf(scope))
	}
	checkInvariants(t, w)
	if w.c.Case != nil {
		Asks(w.c.Case, w.views())
	}
}
