package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/bus"
)

func TestDrafts(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me, other := w.company("p1", bakery), w.company("p2", bakery)
	save := func(id, content, etag string) (*casesv1.SaveDraftResponse, error) {
		return n.cases.SaveDraft(me, &casesv1.SaveDraftRequest{RequestId: id, Draft: &casesv1.Draft{Key: "bakery", Content: content, Etag: etag}})
	}
	read := func() *casesv1.Draft {
		t.Helper()
		return get[*casesv1.GetDraftResponse](t)(n.cases.GetDraft(me, &casesv1.GetDraftRequest{Key: "bakery"})).Draft
	}
	_, err := n.cases.GetDraft(me, &casesv1.GetDraftRequest{Key: "bakery"})
	refused(t, err, codes.NotFound, "NOT_FOUND")

	ids := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	first := get[*casesv1.SaveDraftResponse](t)(save(ids[0], "one", "")).Draft
	if got := read(); got.Content != "one" || got.Etag != first.Etag || got.Etag == "" {
		t.Errorf("saved %v, read %v", first, got)
	}
	// Nobody else's key leads there.
	_, err = n.cases.GetDraft(other, &casesv1.GetDraftRequest{Key: "bakery"})
	refused(t, err, codes.NotFound, "NOT_FOUND")
	second := get[*casesv1.SaveDraftResponse](t)(save(ids[1], "two", first.Etag)).Draft
	_, err = save(ids[2], "three", first.Etag)
	if fields := refused(t, err, codes.Aborted, "STALE_ETAG"); len(fields) != 1 || fields[0] != "draft.etag" {
		t.Errorf("fields %v", fields)
	}
	// A repeat changes nothing, also one that comes late.
	for _, id := range ids[:2] {
		content, etag := "one", ""
		if id == ids[1] {
			content, etag = "two", first.Etag
		}
		if again := get[*casesv1.SaveDraftResponse](t)(save(id, content, etag)).Draft; again.Etag != second.Etag || again.Content != "two" {
			t.Errorf("the repeat answers %v", again)
		}
	}
	_, err = save(ids[1], "other", first.Etag)
	refused(t, err, codes.AlreadyExists, "REQUEST_ID_REUSED")
	// Without an etag it replaces what is there, whoever saves at the same time.
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			if _, err := save(uuid.NewString(), fmt.Sprint("at once ", i), ""); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := read().Content; !strings.HasPrefix(got, "at once") {
		t.Errorf("after four at once it is %q", got)
	}
	_, err = n.cases.SaveDraft(w.operator(), &casesv1.SaveDraftRequest{RequestId: uuid.NewString(), Draft: &casesv1.Draft{Key: "x"}})
	refused(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")

	// They are listed for their owner alone, the newest first, and deleted for good.
	get[*casesv1.SaveDraftResponse](t)(n.cases.SaveDraft(me, &casesv1.SaveDraftRequest{RequestId: uuid.NewString(), Draft: &casesv1.Draft{Key: "second", DisplayName: "Toinen", Content: "x"}}))
	list := func(as context.Context) (keys string) {
		t.Helper()
		for _, d := range get[*casesv1.ListDraftsResponse](t)(n.cases.ListDrafts(as, &casesv1.ListDraftsRequest{})).Drafts {
			if d.Content != "" || d.Etag == "" || d.UpdatedAt.AsTime().IsZero() {
				t.Errorf("listed as %v", d)
			}
			keys += d.Key + " " + d.DisplayName + ","
		}
		return keys
	}
	if got := list(me) + list(other); got != "second Toinen,bakery ," {
		t.Errorf("the lists are %q", got)
	}
	gone := &casesv1.DeleteDraftRequest{Key: "second", RequestId: uuid.NewString()}
	get[*casesv1.DeleteDraftResponse](t)(n.cases.DeleteDraft(other, gone))
	if got := list(me); !strings.Contains(got, "second") {
		t.Errorf("another deleted it; the list is %q", got)
	}
	get[*casesv1.DeleteDraftResponse](t)(n.cases.DeleteDraft(me, gone))
	_, err = n.cases.GetDraft(me, &casesv1.GetDraftRequest{Key: "second"})
	refused(t, err, codes.NotFound, "NOT_FOUND")
	// A repeat spares what was saved since.
	get[*casesv1.SaveDraftResponse](t)(n.cases.SaveDraft(me, &casesv1.SaveDraftRequest{RequestId: uuid.NewString(), Draft: &casesv1.Draft{Key: "second", Content: "again"}}))
	get[*casesv1.DeleteDraftResponse](t)(n.cases.DeleteDraft(me, gone))
	if got := list(me); got != "second ,bakery ," {
		t.Errorf("after a repeat the list is %q", got)
	}

	// Neither the person nor the key can be read from where it is kept.
	bucket := get[*bus.Bucket](t)(w.hub.Bucket(t.Context(), bus.BucketDrafts))
	for _, key := range get[[]string](t)(bucket.Keys(t.Context(), "")) {
		if strings.Contains(key, "bakery") || strings.Contains(key, "p1") {
			t.Errorf("a draft is kept under %s", key)
		}
	}
}
