package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	// draftCalls is how many calls a draft remembers, so that a late repeat of an
	// older one does not undo a newer one.
	draftCalls = 20
	// draftTries is how often a draft is saved when others save it too.
	draftTries = 5
)

// draft is what is kept of an unfinished case.
type draft struct {
	// Key is the caller's own.
	Key     string      `json:"key"`
	Name    string      `json:"name,omitempty"`
	Content string      `json:"content"`
	Calls   []draftCall `json:"calls"`
}

// draftCall is a call that saved the draft.
type draftCall struct {
	RequestID string `json:"request_id"`
	Digest    []byte `json:"digest"`
}

// draftKey is where a caller's draft is kept: nobody else's key leads there, and
// neither the person nor the key can be read from it.
func draftKey(person, key string) string {
	return draftsOf(person) + hashed(key)
}

// draftsOf is how the keys of a person's drafts begin.
func draftsOf(person string) string { return "draft-" + hashed(person) + "-" }

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// SaveDraft keeps an unfinished case.
func (s *Cases) SaveDraft(ctx context.Context, req *casesv1.SaveDraftRequest) (*casesv1.SaveDraftResponse, error) {
	for range draftTries {
		saved, err := s.saveDraft(ctx, req)
		if conflict, ok := errors.AsType[*bus.ConflictError](err); ok {
			if req.Draft.Etag == "" {
				continue // it replaces whatever is there
			}
			return nil, staleDraft(req.Draft.Etag, etagOf(conflict.Last))
		}
		if err != nil {
			return nil, err
		}
		return &casesv1.SaveDraftResponse{Draft: saved}, nil
	}
	return nil, problem.New(problem.Conflict, "BUSY", "draft %s is being saved by others at this moment; try again", req.Draft.Key).Retry(100 * time.Millisecond)
}

func (s *Cases) saveDraft(ctx context.Context, req *casesv1.SaveDraftRequest) (*casesv1.Draft, error) {
	key := draftKey(token.From(ctx).Subject, req.Draft.Key)
	kept, revision, err := s.readDraft(ctx, key)
	if err != nil {
		return nil, err
	}
	digest, err := fact.Digest(req)
	if err != nil {
		return nil, err
	}
	for _, call := range kept.Calls {
		if call.RequestID != req.RequestId {
			continue
		}
		if !slices.Equal(call.Digest, digest) {
			return nil, requestIDReused(req.RequestId)
		}
		return &casesv1.Draft{Key: req.Draft.Key, DisplayName: kept.Name, Content: kept.Content, Etag: etagOf(revision)}, nil
	}
	if etag := etagOf(revision); req.Draft.Etag != "" && req.Draft.Etag != etag {
		return nil, staleDraft(req.Draft.Etag, etag)
	}
	kept.Key, kept.Name, kept.Content = req.Draft.Key, req.Draft.DisplayName, req.Draft.Content
	kept.Calls = append(kept.Calls, draftCall{RequestID: req.RequestId, Digest: digest})
	kept.Calls = kept.Calls[max(0, len(kept.Calls)-draftCalls):]
	value, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("api: write a draft: %w", err)
	}
	next, err := s.Drafts.Put(ctx, key, value, revision)
	if err != nil {
		return nil, err
	}
	return &casesv1.Draft{Key: req.Draft.Key, DisplayName: kept.Name, Content: kept.Content, Etag: etagOf(next)}, nil
}

// GetDraft answers a draft that the caller saved.
func (s *Cases) GetDraft(ctx context.Context, req *casesv1.GetDraftRequest) (*casesv1.GetDraftResponse, error) {
	kept, revision, err := s.readDraft(ctx, draftKey(token.From(ctx).Subject, req.Key))
	if err != nil {
		return nil, err
	}
	if revision == 0 {
		return nil, problem.New(problem.NotFound, "NOT_FOUND", "you have no draft %s; it may have lapsed, a draft is kept for 30 days", req.Key)
	}
	return &casesv1.GetDraftResponse{Draft: &casesv1.Draft{Key: req.Key, DisplayName: kept.Name, Content: kept.Content, Etag: etagOf(revision)}}, nil
}

// mostDrafts is how many drafts are listed.
const mostDrafts = 50

// ListDrafts answers the drafts of the caller, without what is in them.
func (s *Cases) ListDrafts(ctx context.Context, _ *casesv1.ListDraftsRequest) (*casesv1.ListDraftsResponse, error) {
	keys, err := s.Drafts.Keys(ctx, draftsOf(token.From(ctx).Subject))
	if err != nil {
		return nil, err
	}
	var list []*casesv1.Draft
	for _, key := range keys {
		entry, err := s.Drafts.Get(ctx, key)
		if errors.Is(err, bus.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		var kept draft
		if err := json.Unmarshal(entry.Value, &kept); err != nil {
			return nil, fmt.Errorf("api: read a draft: %w", err)
		}
		if kept.Key != "" {
			list = append(list, &casesv1.Draft{Key: kept.Key, DisplayName: kept.Name, Etag: etagOf(entry.Revision), UpdatedAt: timestamppb.New(entry.Time)})
		}
	}
	slices.SortFunc(list, func(a, b *casesv1.Draft) int { return b.UpdatedAt.AsTime().Compare(a.UpdatedAt.AsTime()) })
	return &casesv1.ListDraftsResponse{Drafts: list[:min(len(list), mostDrafts)]}, nil
}

// DeleteDraft erases a draft of the caller. A late repeat does not erase one that was
// saved again meanwhile.
func (s *Cases) DeleteDraft(ctx context.Context, req *casesv1.DeleteDraftRequest) (*casesv1.DeleteDraftResponse, error) {
	person := token.From(ctx).Subject
	answer := &casesv1.DeleteDraftResponse{}
	call := "deleted-" + hashed(person) + "-" + strings.ToLower(req.RequestId)
	return answer, once(ctx, s.Drafts, call, req, answer, func() error { return s.Drafts.Delete(ctx, draftKey(person, req.Key)) })
}

// readDraft answers the draft at a key and its revision, which is 0 when there is none.
func (s *Cases) readDraft(ctx context.Context, key string) (draft, uint64, error) {
	var kept draft
	entry, err := s.Drafts.Get(ctx, key)
	if errors.Is(err, bus.ErrNotFound) {
		return kept, 0, nil
	}
	if err != nil {
		return kept, 0, err
	}
	if err := json.Unmarshal(entry.Value, &kept); err != nil {
		return kept, 0, fmt.Errorf("api: read a draft: %w", err)
	}
	return kept, entry.Revision, nil
}

// etagOf names a revision of a draft; empty for none.
func etagOf(revision uint64) string {
	if revision == 0 {
		return ""
	}
	return strconv.FormatUint(revision, 36)
}

func staleDraft(given, newest string) error {
	now := "it has lapsed, a draft is kept for 30 days; save it without an etag"
	if newest != "" {
		now = fmt.Sprintf("the newest is %s; read it again, and save again", newest)
	}
	return problem.New(problem.Conflict, "STALE_ETAG", "draft.etag %s names an older draft, %s", given, now).
		Field("draft.etag", "names an older draft; read it again").Meta("etag", newest)
}

// requestIDReused is the refusal of a request_id that came with another body before.
func requestIDReused(id string) error {
	const right = "was used for another call; take a new UUID for a new call, and the same body to repeat one"
	return problem.New(problem.Exists, "REQUEST_ID_REUSED", "request_id %s %s", id, right).Field("request_id", right)
}
