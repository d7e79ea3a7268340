package directory

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
)

// TextBlocks are the phrases of one provider, as of a place in the log.
type TextBlocks struct {
	// Last is the sequence of the last fact of them; 0 when there is none.
	Last uint64
	// Blocks are by id, without those that were taken out.
	Blocks map[string]*eventsv1.TextBlockChanged
	// calls are the request ids that changed them.
	calls map[string]textCall
}

// textCall is a call that changed a text block.
type textCall struct {
	digest   []byte
	changed  *eventsv1.TextBlockChanged
	sequence uint64
}

// Scope is where the facts of a provider's text blocks stand.
func (TextBlocks) Scope(provider string) string { return "staff." + provider + ".texts" }

// Call answers what a call changed before and where that stands, and whether it asked
// for the same then.
func (t TextBlocks) Call(requestID string, digest []byte) (changed *eventsv1.TextBlockChanged, sequence uint64, same bool) {
	call := t.calls[requestID]
	return call.changed, call.sequence, bytes.Equal(call.digest, digest)
}

// Sorted lists the text blocks by title.
func (t TextBlocks) Sorted() []*eventsv1.TextBlockChanged {
	list := make([]*eventsv1.TextBlockChanged, 0, len(t.Blocks))
	for _, block := range t.Blocks {
		list = append(list, block)
	}
	slices.SortFunc(list, func(a, b *eventsv1.TextBlockChanged) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), cmp.Compare(a.Id, b.Id))
	})
	return list
}

// TextBlocks answers a provider's text blocks. The answer is the caller's own.
func (d *Directory) TextBlocks(provider string) TextBlocks {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := d.texts[provider]
	out := TextBlocks{Last: known.Last, Blocks: make(map[string]*eventsv1.TextBlockChanged, len(known.Blocks)), calls: make(map[string]textCall, len(known.calls))}
	for id, block := range known.Blocks {
		out.Blocks[id] = block
	}
	for id, call := range known.calls {
		out.calls[id] = call
	}
	return out
}

// takeText folds one fact of a provider's text blocks.
func (d *Directory) takeText(e bus.Event, f *eventsv1.Fact) {
	provider, _, _ := strings.Cut(strings.TrimPrefix(e.Subject, "staff."), ".")
	changed := f.GetTextBlockChanged()
	d.mu.Lock()
	defer d.mu.Unlock()
	known, ok := d.texts[provider]
	if !ok {
		known = TextBlocks{Blocks: map[string]*eventsv1.TextBlockChanged{}, calls: map[string]textCall{}}
	}
	known.Last = e.Sequence
	known.calls[f.RequestId] = textCall{f.CommandDigest, changed, e.Sequence}
	if changed.Removed {
		delete(known.Blocks, changed.Id)
	} else {
		known.Blocks[changed.Id] = changed
	}
	d.texts[provider] = known
}
