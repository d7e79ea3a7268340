package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
)

// dataView is the page "your data".
type dataView struct {
	*frame
	// Known tells that the visitor is signed in, or holds the code of a case.
	Known bool
	// RequestID is that of the button that deletes drafts.
	RequestID string
}

func (s *server) dataPage(w http.ResponseWriter, _ *http.Request, f *frame) error {
	f.Title = f.T("data.title")
	return s.render(w, "data", http.StatusOK, dataView{frame: f, Known: f.Session != nil || f.Holder != nil, RequestID: newRequestID()})
}

// dataArchive sends all that is kept of the visitor as a file.
func (s *server) dataArchive(w http.ResponseWriter, r *http.Request, f *frame) error {
	ctx := f.as(r.Context())
	switch {
	case f.Session == nil && f.Holder == nil:
		return errSignIn()
	case f.Session == nil:
		ctx = f.holding(r.Context(), f.Holder.Case)
	}
	stream, err := s.Rights.ExportData(ctx, &rightsv1.ExportDataRequest{Language: f.Lang})
	if err != nil {
		return fmt.Errorf("web: export: %w", err)
	}
	piece, err := stream.Recv()
	if err != nil {
		return fmt.Errorf("web: export: %w", err)
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="business-espoo.zip"`)
	w.Header().Set("Cache-Control", "no-store")
	for ; err == nil; piece, err = stream.Recv() {
		if _, err := w.Write(piece.Chunk); err != nil {
			return nil // the visitor has gone
		}
	}
	if !errors.Is(err, io.EOF) {
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
	return nil
}

// dataAction deletes the visitor's drafts.
func (s *server) dataAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.Session == nil {
		return errSignIn()
	}
	if _, err := s.Rights.DeleteDrafts(f.as(r.Context()), &rightsv1.DeleteDraftsRequest{RequestId: r.PostFormValue("request_id")}); err != nil {
		return fmt.Errorf("web: delete drafts: %w", err)
	}
	http.Redirect(w, r, "/data?done=drafts_deleted", http.StatusSeeOther)
	return nil
}
