package web_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/web"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// heldID is a case without a name.
const heldID = "cccccccc-0000-4000-8000-000000000001"

// WatchEvents tells of one change after a while: of the case that a code opens, or of the
// company's.
func (f *fake) WatchEvents(_ *casesv1.WatchEventsRequest, stream grpc.ServerStreamingServer[casesv1.WatchEventsResponse]) error {
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	select {
	case <-time.After(500 * time.Millisecond):
	case <-stream.Context().Done():
		return stream.Context().Err()
	}
	name := "cases/" + caseID
	if md, _ := metadata.FromIncomingContext(stream.Context()); strings.HasPrefix(strings.Join(md.Get("authorization"), ", "), "Case ") {
		name = "cases/" + heldID
	}
	if err := stream.Send(&casesv1.WatchEventsResponse{Revision: "rev-9", Entry: &casesv1.TimelineEntry{CaseName: name}}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return stream.Context().Err()
}

// TestAStreamOutlivesASlowForm: the time that a form may take to arrive does not end a
// stream, which receives nothing more.
func TestAStreamOutlivesASlowForm(t *testing.T) {
	b := newBrowser(t, func(o *web.Options) { o.SlowestForm = 100 * time.Millisecond })
	b.signIn(companyToken())
	b.hears(t, "data: cases/"+caseID)
}

// TestNobodyIsToldThatItEnded: who is not signed in any more is told so, and not merely
// nothing: a browser takes that for a connection that is lost.
func TestNobodyIsToldThatItEnded(t *testing.T) {
	b := newBrowser(t)
	b.hears(t, "event: ended")
	away := errors.New("the sessions are away")
	b = newBrowser(t, func(o *web.Options) {
		o.Token = func(context.Context, *session.Session, time.Duration) (string, error) { return "", away }
	})
	b.signIn(companyToken())
	if p := b.get("/live"); strings.Contains(p.body, "ended") {
		t.Errorf("while nobody can say: %q", p.body)
	}
}

// TestWhoHoldsACaseToo: somebody who is signed in and has come back to a case without a
// name hears of both.
func TestWhoHoldsACaseToo(t *testing.T) {
	b := newBrowser(t)
	b.post("/open-code", url.Values{"form": {"open"}, "do": {"open"}, "code": {"BE-AAAA-BBBB"}, "secret": {"THESECRETOFACASE"}})
	b.hears(t, "data: cases/"+heldID)
	b.signIn(companyToken())
	b.hears(t, "data: cases/"+caseID, "data: cases/"+heldID)
}

// hears fails unless the stream of the browser tells each of the lines soon.
func (b *browser) hears(t *testing.T, wants ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	for len(wants) > 0 && lines.Scan() {
		wants = slices.DeleteFunc(wants, func(want string) bool { return lines.Text() == want })
	}
	if len(wants) > 0 {
		t.Errorf("the stream ended before it told %q: %v", wants, lines.Err())
	}
}
