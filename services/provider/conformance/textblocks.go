package conformance

import (
	"testing"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// textBlocks: a lead keeps them at whichever replica, once for each call; advisors of the
// provider read them, also after a rebuild, and nobody else does.
func textBlocks(t *testing.T, s suite) {
	h, first := s.open(t)
	second := h.Open(s.definition, t.TempDir(), 1)
	parent := name.Provider(s.definition.Key)
	hello := &providerv1.SetTextBlockRequest{Parent: parent, RequestId: call(), Title: "Tervehdys", Fi: "Hei {company}", Sv: "Hej {company}", En: "Hello {company}"}
	added := must[*providerv1.SetTextBlockResponse](t)(first.SetTextBlock(first.AsLead("lead"), hello))
	// The second replica may not have read the first's change yet.
	again := must[*providerv1.SetTextBlockResponse](t)(second.SetTextBlock(second.AsLead("lead"), hello))
	same(t, "a repeat at the other replica", added, again)
	other := must[*providerv1.SetTextBlockResponse](t)(second.SetTextBlock(second.AsLead("lead"), &providerv1.SetTextBlockRequest{
		Parent: parent, RequestId: call(), Title: "Ajanvaraus", Fi: "Varaa aika", Sv: "Boka tid", En: "Book a time",
	}))
	changed := must[*providerv1.SetTextBlockResponse](t)(first.SetTextBlock(first.AsLead("lead"), &providerv1.SetTextBlockRequest{
		Parent: parent, RequestId: call(), Id: added.TextBlock.Id, Title: "Alku", Fi: "Päivää", Sv: "God dag", En: "Good day",
	}))
	read := func(d *Desk, revision string) []*providerv1.TextBlock {
		return must[*providerv1.ListTextBlocksResponse](t)(d.ListTextBlocks(d.As("a1"), &providerv1.ListTextBlocksRequest{Parent: parent, MinRevision: revision})).TextBlocks
	}
	for _, d := range []*Desk{first, second} {
		if blocks := read(d, changed.Revision); len(blocks) != 2 || blocks[0].Id != other.TextBlock.Id || blocks[1].Fi != "Päivää" {
			t.Errorf("the text blocks are %v", blocks)
		}
	}
	reused := &providerv1.SetTextBlockRequest{Parent: parent, RequestId: hello.RequestId, Title: "x", Fi: "x", Sv: "x", En: "x"}
	_, err := first.SetTextBlock(first.AsLead("lead"), reused)
	refused(t, "another change with the same request_id", err, "REQUEST_ID_REUSED")
	deletion := &providerv1.DeleteTextBlockRequest{Parent: parent, RequestId: call(), Id: added.TextBlock.Id}
	gone := must[*providerv1.DeleteTextBlockResponse](t)(second.DeleteTextBlock(second.AsLead("lead"), deletion))
	same(t, "a repeated deletion", gone, must[*providerv1.DeleteTextBlockResponse](t)(first.DeleteTextBlock(first.AsLead("lead"), deletion)))
	_, err = first.DeleteTextBlock(first.AsLead("lead"), &providerv1.DeleteTextBlockRequest{Parent: parent, RequestId: call(), Id: added.TextBlock.Id})
	refused(t, "a text block that was deleted", err, "TEXT_BLOCK_NOT_FOUND")
	_, err = first.SetTextBlock(first.As("a1"), reused)
	refused(t, "an advisor", err, "ROLE_NOT_ALLOWED")
	_, err = first.ListTextBlocks(first.AsStranger(), &providerv1.ListTextBlocksRequest{Parent: parent})
	refused(t, "another provider's advisor", err, "OTHER_PROVIDER")
	if blocks := read(h.Open(s.definition, t.TempDir(), 2), gone.Revision); len(blocks) != 1 || blocks[0].Title != "Ajanvaraus" {
		t.Errorf("after a rebuild the text blocks are %v", blocks)
	}
}
