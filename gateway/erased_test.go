package gateway_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/erasure"
)

// A provider tells that its part of an erasure is done. Its word counts for what was ordered
// alone: it writes nothing else into the protocol of another case's erasure.
func TestAProviderConfirmsWhatWasOrderedAlone(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	company := w.company("aino", bakery)
	ordered, other := n.open(company, opening(bakery, "espoo-city/pilot")), n.open(company, opening(bakery, "omnia/apprenticeship"))
	rights := rightsv1.NewDataRightsServiceClient(n.conn)
	order := get[*rightsv1.EraseResponse](t)(rights.Erase(w.operator(), &rightsv1.EraseRequest{
		RequestId: uuid.NewString(), Case: ordered.Name, Ground: &rightsv1.Ground{Law: "GDPR", Section: "17", Reason: "Asked for"},
	})).Erasure
	for _, done := range []erasure.Done{
		{Request: other.Name + "/requests/omnia-1", Erasure: strings.TrimPrefix(order.Name, "erasures/"), Rows: 7},
		{Request: ordered.Name + "/requests/espoo-city-1", Erasure: strings.TrimPrefix(order.Name, "erasures/"), Rows: 1},
	} {
		body := get[[]byte](t)(done.Encode())
		party := scopeOf(t, done.Request).Party
		w.eventually(party+" is answered", func() bool { _, err := w.parties[party].Ask(t.Context(), erasure.Topic, body); return err == nil })
	}
	w.eventually("the erasure is done", func() bool {
		shown := get[*rightsv1.GetErasureResponse](t)(rights.GetErasure(w.operator(), &rightsv1.GetErasureRequest{Name: order.Name})).Erasure
		for _, removed := range shown.Removed {
			if removed.Party == "omnia" {
				t.Fatalf("the protocol tells of %v", removed)
			}
		}
		return shown.State == rightsv1.ErasureState_ERASURE_STATE_DONE
	})
	if got := n.read(company, other.Name); got.Name != other.Name {
		t.Errorf("the other case is %v", got)
	}
}
