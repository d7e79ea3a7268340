package provider_test

import (
	"testing"
	"time"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// BenchmarkReply is one durable step: decided, appended, folded and answered.
func BenchmarkReply(b *testing.B) {
	h, d := open(b)
	scope := request(b, h, d, nil)
	ctx := d.As("a1")
	must(d.PickUp(ctx, &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}))(b)
	for b.Loop() {
		must(d.Reply(ctx, &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "On our way"}))(b)
	}
}

// BenchmarkRebuild fills an inbox from a log, in events per second.
func BenchmarkRebuild(b *testing.B) {
	const requests = 3000
	h, d := open(b)
	ctx := d.As("a1")
	var last string
	for range requests {
		scope, sequence := h.Request(key, "apprenticeship", nil)
		d.Await(b, "a1", scope, sequence)
		must(d.PickUp(ctx, &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}))(b)
		must(d.Reply(ctx, &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "We can help with the apprenticeship next week."}))(b)
		last = must(d.Complete(ctx, &providerv1.CompleteRequest{Name: scope.Resource(), RequestId: call(), Summary: "All is said."}))(b).Revision
	}
	must(d.ListRequests(ctx, &providerv1.ListRequestsRequest{Parent: parent, MinRevision: last}))(b)
	b.ResetTimer()
	began := time.Now()
	for b.Loop() {
		h.Open(definition(b), b.TempDir(), 1).Stop()
	}
	b.ReportMetric(float64(4*requests*b.N)/time.Since(began).Seconds(), "events/s")
}
