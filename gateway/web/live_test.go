package web_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/businessespoo/hub/gateway/web"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// WatchEvents tells of one change after a while.
func (f *fake) WatchEvents(_ *casesv1.WatchEventsRequest, stream grpc.ServerStreamingServer[casesv1.WatchEventsResponse]) error {
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	select {
	case <-time.After(500 * time.Millisecond):
	case <-stream.Context().Done():
		return stream.Context().Err()
	}
	if err := stream.Send(&casesv1.WatchEventsResponse{Revision: "rev-9", Entry: &casesv1.TimelineEntry{CaseName: "cases/" + caseID}}); err != nil {
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
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: cases/") {
			return
		}
	}
	t.Errorf("the stream ended before it told anything: %v", lines.Err())
}
