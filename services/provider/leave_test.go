package provider_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// TestAWatchSendsNothingToWhoHasLeft: a request that changes after somebody has left is
// not sent to them, though the watch looks by itself but once an hour.
func TestAWatchSendsNothingToWhoHasLeft(t *testing.T) {
	t.Parallel()
	h, d := open(t)
	request(t, h, d, nil)
	d.Provider.CheckWatchesEvery(time.Hour)
	w := watch(t, d, "")
	w.next(1)
	h.Dismiss(key, "a1")
	for known := true; known; { // until this process has read it
		_, err := d.ListAdvisors(d.As("a1"), &providerv1.ListAdvisorsRequest{Parent: parent})
		known = err == nil
	}
	h.Request(key, "apprenticeship", nil)
	select {
	case err := <-w.failed:
		refused(t, "somebody who has left", err, codes.PermissionDenied, "STAFF_UNKNOWN")
	case step := <-w.steps:
		t.Errorf("somebody who has left is sent %v", step)
	case <-time.After(20 * time.Second):
		t.Error("the watch neither ends nor sends")
	}
}
