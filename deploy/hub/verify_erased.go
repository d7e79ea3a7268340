package hub

import (
	"bytes"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// newVerifier begins at the first sequence that a log should hold; of one that never held a
// fact, the server says 0.
func newVerifier(erased []uint64, first uint64) *verifier {
	v := &verifier{
		heads: map[name.Scope]head{}, erased: erased, next: max(first, 1), gone: map[uint64]bool{}, told: map[uint64]string{},
		kept:   map[name.Scope]map[uint64][]byte{},
		report: Report{Erased: map[string]int{}, Redacted: map[string]int{}},
	}
	for sequence := uint64(1); sequence < first; sequence++ { // the log does not say that they were there
		v.gone[sequence] = true
	}
	return v
}

// namedHead is what a closing fact says of the end of a scope.
type namedHead struct {
	at   uint64 // of the closing fact
	in   name.Scope
	head *eventsv1.ScopeHead
}

// accounts takes a fact that tells of an erasure or of a redaction. It is false for
// all others.
func (v *verifier) accounts(e bus.Event, scope name.Scope, f *eventsv1.Fact, hash []byte) bool {
	if gone := f.GetScopeErased(); gone != nil {
		v.tell(gone.Sequences, scope)
		v.report.Erased[scope.Resource()] += len(gone.Sequences)
		v.heads[scope] = head{hash: hash, sequence: e.Sequence}
		return true
	}
	record := f.GetFactRedacted()
	if record == nil {
		return false
	}
	v.report.Redacted[scope.Resource()] += len(record.Sequences)
	last := v.inRecord(e, scope, record)
	if !bytes.Equal(f.PreviousHash, last) {
		v.fault("the redaction %d in %s follows on %.16x, but what it keeps ends with %.16x: one of them was changed", e.Sequence, scope, f.PreviousHash, last)
	}
	v.heads[scope] = head{hash: hash, sequence: e.Sequence}
	return true
}

// inRecord checks the chain that a redaction keeps, and answers its end.
func (v *verifier) inRecord(e bus.Event, scope name.Scope, record *eventsv1.FactRedacted) []byte {
	var before []byte
	for _, k := range record.Facts {
		v.tell([]uint64{k.Sequence}, scope)
		kept := &eventsv1.Fact{}
		if err := proto.Unmarshal(k.Body, kept); err != nil {
			v.fault("the redaction %d in %s keeps no fact at %d: %v", e.Sequence, scope, k.Sequence, err)
			continue
		}
		if hash := fact.Hash(scope.Subject(k.Author), k.Body); !k.Redacted && !bytes.Equal(hash, k.Hash) {
			v.fault("fact %d in %s, which the redaction %d keeps, has the hash %.16x and not %.16x: it was changed", k.Sequence, scope, e.Sequence, hash, k.Hash)
		}
		if !bytes.Equal(kept.PreviousHash, before) {
			v.fault("fact %d in %s, which the redaction %d keeps, follows on %.16x, but the one before it has the hash %.16x", k.Sequence, scope, e.Sequence, kept.PreviousHash, before)
		}
		before = k.Hash
		if v.kept[scope] == nil {
			v.kept[scope] = map[uint64][]byte{}
		}
		v.kept[scope][k.Sequence] = k.Hash
		v.closing(k.Sequence, kept)
	}
	return before
}

// tell notes that a fact tells what became of others.
func (v *verifier) tell(sequences []uint64, scope name.Scope) {
	for _, sequence := range sequences {
		v.told[sequence] = scope.Resource()
	}
}

// closing compares the heads that a closing fact names with the log, or leaves that
// to the end where a scope has been erased or redacted since.
func (v *verifier) closing(at uint64, f *eventsv1.Fact) {
	for _, named := range f.GetCaseClosed().GetHeads() {
		of, _, err := name.ParseSubject(named.Scope + "." + name.ByHub)
		if err != nil {
			v.fault("closing fact %d names the scope %q: %v", at, named.Scope, err)
			continue
		}
		if have := v.heads[of]; have.sequence > named.Sequence || have.sequence == named.Sequence && bytes.Equal(have.hash, named.Hash) {
			continue
		}
		v.named = append(v.named, namedHead{at: at, in: of, head: named})
	}
}

// finish compares what can only be compared once everything is read.
func (v *verifier) finish() {
	for _, sequence := range slices.Sorted(maps.Keys(v.gone)) {
		if v.told[sequence] == "" {
			v.fault("fact %d was removed, and no fact tells of it", sequence)
		}
	}
	for _, sequence := range slices.Sorted(maps.Keys(v.told)) {
		if !v.gone[sequence] {
			v.fault("fact %d in %s was to be removed and is still there: start the hub, which goes on with it", sequence, v.told[sequence])
		}
	}
	for _, n := range v.named {
		have := v.heads[n.in]
		_, erased := v.report.Erased[n.in.Resource()]
		if kept := v.kept[n.in][n.head.Sequence]; erased || kept != nil && bytes.Equal(kept, n.head.Hash) {
			continue
		}
		v.fault("closing fact %d says that %s ended with fact %d (%.16x), but the log has %d (%.16x)",
			n.at, n.head.Scope, n.head.Sequence, n.head.Hash, have.sequence, have.hash)
	}
}
