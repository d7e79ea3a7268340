package provider_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// Notes of several at once, at two replicas, are all kept, each with a number.
func TestNotesAreNumberedInTheirOrder(t *testing.T) {
	h, first := open(t)
	second := h.Open(definition(t), t.TempDir(), 1)
	scope := request(t, h, first, nil)
	second.Await(t, "a1", scope, 1)
	const each = 4
	var writers sync.WaitGroup
	failures := make(chan error, 2*each)
	for i := range 2 * each {
		d := first
		if i%2 == 1 {
			d = second
		}
		ctx, in := d.As("a1"), &providerv1.AddNoteRequest{Name: scope.Resource(), RequestId: call(), Text: fmt.Sprint("note ", i)}
		writers.Go(func() {
			_, err := d.AddNote(ctx, in)
			for try := 0; err != nil && try < 10; try++ { // told to try again
				_, err = d.AddNote(ctx, in)
			}
			failures <- err
		})
	}
	writers.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			t.Fatal(err)
		}
	}
	// What the other replica wrote comes by way of the log.
	deadline := time.Now().Add(10 * time.Second)
	for len(must(first.ListNotes(first.As("a2"), &providerv1.ListNotesRequest{Parent: scope.Resource(), PageSize: 200}))(t).Notes) < 2*each {
		if time.Now().After(deadline) {
			t.Fatal("the notes of the other replica did not come")
		}
	}
	seen := map[string]bool{}
	in := &providerv1.ListNotesRequest{Parent: scope.Resource(), PageSize: 3}
	for number := int32(1); ; {
		page := must(first.ListNotes(first.As("a2"), in))(t)
		for _, n := range page.Notes {
			if n.Number != number || seen[n.Text] || n.Advisor.DisplayName != "Advisor a1" {
				t.Errorf("note %v where %d is next", n, number)
			}
			seen[n.Text] = true
			number++
		}
		if in.PageToken = page.NextPageToken; in.PageToken == "" {
			break
		}
	}
	if len(seen) != 2*each {
		t.Errorf("%d notes, want %d", len(seen), 2*each)
	}
}

func TestNotesThatAreRefused(t *testing.T) {
	h, d := open(t)
	scope := request(t, h, d, nil)
	nowhere := name.Request(h.Case(), key, 1)
	_, err := d.AddNote(d.As("a1"), &providerv1.AddNoteRequest{Name: nowhere, RequestId: call(), Text: "Lost"})
	refused(t, "a note on a request that is not there", err, codes.NotFound, "REQUEST_NOT_FOUND")
	_, err = d.ListNotes(d.As("a1"), &providerv1.ListNotesRequest{Parent: nowhere})
	refused(t, "the notes of a request that is not there", err, codes.NotFound, "REQUEST_NOT_FOUND")
	system := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Key "+issue(t, h.Bus, key))
	_, err = d.ListNotes(system, &providerv1.ListNotesRequest{Parent: scope.Resource()})
	refused(t, "the provider's system", err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
	_, err = d.ListNotes(d.As("a1"), &providerv1.ListNotesRequest{Parent: scope.Resource(), PageToken: "2"})
	refused(t, "no cursor", err, codes.InvalidArgument, "PAGE_TOKEN_INVALID")
}
