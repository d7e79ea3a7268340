package e2e

import (
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
)

// rightsSamples are those of what people and companies may have of their data.
var rightsSamples = map[string]sample{
	"DataRightsService/ExportData": {role: "company", valid: func(*fixture) proto.Message { return &rightsv1.ExportDataRequest{Language: "sv"} }},
	"DataRightsService/DeleteDrafts": {role: "drafter", alone: true, valid: func(f *fixture) proto.Message {
		drafter := f.w.Company(f.t, sample{role: "drafter"}.caller())
		f.mustCall(drafter.Calls.SaveDraft(drafter.Context(), &casesv1.SaveDraftRequest{RequestId: newID(), Draft: &casesv1.Draft{Key: newID(), Content: "{}"}}))
		return &rightsv1.DeleteDraftsRequest{RequestId: newID()}
	}},
	"DataRightsService/Erase": {
		role:  "operator",
		valid: func(f *fixture) proto.Message { return erasing(f.open().Name) },
		state: func(f *fixture) proto.Message { return erasing(f.onHold().Case) },
		change: func(m proto.Message) {
			m.(*rightsv1.EraseRequest).Ground = &rightsv1.Ground{Law: "GDPR", Section: "17(1)(d)", Reason: "It was unlawful."}
		},
	},
	"DataRightsService/RedactFact": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			c := f.open()
			c.Write("omnia-1", "Kirjoitin liikaa")
			return redacting(c, casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED)
		},
		state: func(f *fixture) proto.Message {
			c := f.open()
			c.Withdraw("omnia-1", "")
			return redacting(c, casesv1.EntryKind_ENTRY_KIND_WITHDRAWN)
		},
		change: func(m proto.Message) { m.(*rightsv1.RedactFactRequest).Ground = ground },
	},
	"DataRightsService/CorrectText": {
		role:   "company",
		valid:  func(f *fixture) proto.Message { return correcting(f.open(), "A better title") },
		change: func(m proto.Message) { m.(*rightsv1.CorrectTextRequest).Text = "Another title" },
	},
	"DataRightsService/GetErasure": {role: "operator", valid: func(f *fixture) proto.Message {
		answer, err := f.rights().Erase(f.w.As(f.t, world.Operator()), erasing(f.open().Name))
		f.mustCall(answer, err)
		req := &rightsv1.GetErasureRequest{Name: answer.Erasure.Name}
		world.Await(f.t, "the erasure to be done", func() error {
			answer, err := f.rights().GetErasure(f.w.As(f.t, world.Operator()), req)
			if err != nil || answer.Erasure.State != rightsv1.ErasureState_ERASURE_STATE_DONE {
				return world.Not("%v, %v", answer, err)
			}
			return nil
		})
		return req
	}},
	"DataRightsService/ListErasures": {role: "operator", valid: func(*fixture) proto.Message { return &rightsv1.ListErasuresRequest{} }},
	"DataRightsService/HoldCase": {role: "operator", valid: func(f *fixture) proto.Message {
		return &rightsv1.HoldCaseRequest{RequestId: newID(), Case: f.open().Name, Reason: "An appeal is open."}
	}},
	"DataRightsService/ReleaseCase": {role: "operator", alone: true, valid: func(f *fixture) proto.Message {
		return &rightsv1.ReleaseCaseRequest{RequestId: newID(), Case: f.onHold().Case}
	}},
}

func (f *fixture) rights() rightsv1.DataRightsServiceClient {
	return rightsv1.NewDataRightsServiceClient(f.w.Conn(f.t, f.w.At.GRPC))
}

// onHold holds a case that was just opened.
func (f *fixture) onHold() *rightsv1.HoldCaseRequest {
	f.t.Helper()
	req := &rightsv1.HoldCaseRequest{RequestId: newID(), Case: f.open().Name, Reason: "An appeal is open."}
	f.mustCall(f.rights().HoldCase(f.w.As(f.t, world.Operator()), req))
	return req
}

// correcting corrects the title of a case.
func correcting(c *world.Case, title string) *rightsv1.CorrectTextRequest {
	return &rightsv1.CorrectTextRequest{RequestId: newID(), Case: c.Name, Revision: c.View().Timeline[0].Revision, Field: "title", Text: title}
}

func erasing(caseName string) *rightsv1.EraseRequest {
	return &rightsv1.EraseRequest{RequestId: newID(), Case: caseName, Ground: ground}
}

// redacting redacts what the timeline of a case shows last of a kind.
func redacting(c *world.Case, kind casesv1.EntryKind) *rightsv1.RedactFactRequest {
	req := &rightsv1.RedactFactRequest{RequestId: newID(), Case: c.Name}
	c.Await("the entry", func(v *casesv1.Case) bool {
		for _, entry := range v.Timeline {
			if entry.Kind == kind {
				req.Revision = entry.Revision
			}
		}
		return req.Revision != ""
	})
	return req
}
