package web_test

import (
	"context"

	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
)

// fakeRights is the fake's service about what is kept of somebody.
type fakeRights struct {
	rightsv1.UnimplementedDataRightsServiceServer
	fake *fake
}

func (r fakeRights) ListErasures(context.Context, *rightsv1.ListErasuresRequest) (*rightsv1.ListErasuresResponse, error) {
	return &rightsv1.ListErasuresResponse{Erasures: r.fake.admin.erasures}, nil
}

func (fakeRights) Erase(context.Context, *rightsv1.EraseRequest) (*rightsv1.EraseResponse, error) {
	return &rightsv1.EraseResponse{Erasure: &rightsv1.Erasure{Name: "erasures/1"}}, nil
}

func (fakeRights) CorrectText(context.Context, *rightsv1.CorrectTextRequest) (*rightsv1.CorrectTextResponse, error) {
	return &rightsv1.CorrectTextResponse{Revision: "rev-2"}, nil
}

func (fakeRights) RedactFact(context.Context, *rightsv1.RedactFactRequest) (*rightsv1.RedactFactResponse, error) {
	return &rightsv1.RedactFactResponse{Erasure: &rightsv1.Erasure{Name: "erasures/1"}}, nil
}
