package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// Report is what Verify found.
type Report struct {
	// Facts and Scopes are how many were checked.
	Facts, Scopes int
	// Faults say what is missing or was changed, one line each, at most mostFaults.
	Faults []string
	// Erased are the scopes that were erased, and Redacted those from which words were
	// removed, each with how many facts that took.
	Erased, Redacted map[string]int
}

// mostFaults bounds a report: one broken disk breaks every scope.
const mostFaults = 100

// errRead ends following once the log is read.
var errRead = errors.New("hub: the log is read")

// stalled is how long the log may hand over nothing before what is left of it
// counts as damaged: the server passes over what it cannot read.
const stalled = 10 * time.Second

// Verify reads the log of a data folder. It checks the bytes of every stream, and
// stops there when some are damaged; then that each fact of a case can be
// read and carries the hash of the one before it in its scope, and that each
// closing of a case names facts that are there. So it finds what was damaged or
// changed, and what is missing from the middle of a scope or was removed without a
// fact that tells of it; the end of an open case has no fact after it that could tell
// when its bytes were cut off. The folder's hub must not run.
func Verify(ctx context.Context, dir string, log *slog.Logger) (Report, error) {
	folder, err := openLog(dir)
	if err != nil {
		return Report{}, err
	}
	// A server would cut off what follows a damaged place, so it comes second.
	damages, err := embedded.Check(folder.dir)
	if err != nil {
		return Report{}, err
	}
	if len(damages) > 0 {
		return damaged(damages), nil
	}
	server, err := embedded.Start(embedded.Options{Dir: folder.dir, Log: log})
	if err != nil {
		return Report{}, err
	}
	defer server.Shutdown()
	b, err := bus.Connect(ctx, server.BusOptions(bus.Hub))
	if err != nil {
		return Report{}, err
	}
	defer b.Close()
	extent, err := b.Extent(ctx, bus.StreamCases)
	if err != nil {
		return Report{}, err
	}
	v := newVerifier(extent.Erased, extent.First)
	if err := v.read(ctx, b, extent.Last); err != nil {
		return Report{}, err
	}
	v.unreadable(extent.Last + 1)
	v.finish()
	v.report.Scopes = len(v.heads)
	return v.report, nil
}

// openLog opens a folder that must hold a log.
func openLog(dir string) (Folder, error) {
	if known, err := (Folder{dir: dir}).hasLog(); err != nil || !known {
		return Folder{}, errors.Join(fmt.Errorf("hub: %s holds no log; name the data folder that hub run uses with --data", dir), err)
	}
	return OpenFolder(dir)
}

// Repair sets the damaged places of a stopped hub's log aside and answers them.
func Repair(dir string) ([]embedded.Repaired, error) {
	folder, err := openLog(dir)
	if err != nil {
		return nil, err
	}
	return embedded.Repair(folder.dir)
}

// damaged reports places that cannot be read at all. Nothing else was checked.
func damaged(damages []embedded.Damage) Report {
	v := &verifier{}
	for _, d := range damages {
		if d.Torn {
			v.fault("%s. Nothing sound follows: either a power cut broke off a write, which nobody was told is kept and which hub run cuts off, or the last facts are damaged", d)
			continue
		}
		v.fault("%s. No power cut leaves this, so it is damage: bring the file back from a copy, or run hub repair", d)
	}
	return v.report
}

// read checks every fact that the log hands over, up to the last one or until
// nothing comes any more.
func (v *verifier) read(ctx context.Context, b *bus.Bus, last uint64) error {
	if v.next > last {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stalled, func() { cancel(errRead) })
	defer watchdog.Stop()
	err := b.Follow(ctx, bus.StreamCases, v.next, 500, func(_ context.Context, events []bus.Event) error {
		watchdog.Reset(stalled)
		for _, e := range events {
			v.unreadable(e.Sequence)
			v.check(e)
			v.next = e.Sequence + 1
		}
		if v.next > last {
			return errRead
		}
		return nil
	})
	if errors.Is(err, errRead) || errors.Is(context.Cause(ctx), errRead) {
		return nil
	}
	return fmt.Errorf("hub: read the log: %w", err)
}

// unreadable tells of the facts before a sequence that were neither read nor
// erased.
func (v *verifier) unreadable(before uint64) {
	for ; v.next < before; v.next++ {
		if _, erased := slices.BinarySearch(v.erased, v.next); erased {
			v.gone[v.next] = true
		} else {
			v.fault("fact %d cannot be read: its bytes in the log are damaged", v.next)
		}
	}
}

// head is the last fact of a scope.
type head struct {
	hash     []byte
	sequence uint64
}

// verifier keeps the end of each scope. A closing fact comes after all the facts
// that its heads name, so one pass is enough.
type verifier struct {
	report Report
	heads  map[name.Scope]head
	erased []uint64 // sequences that may be missing
	next   uint64   // the sequence that comes next, unless it was erased
	// gone are the sequences that were erased, until a fact tells of them, and told
	// those that a fact tells of.
	gone map[uint64]bool
	told map[uint64]string
	// kept are the hashes of facts that redactions hold, by scope and sequence, and
	// named what closing facts say of a scope, to be compared at the end.
	kept  map[name.Scope]map[uint64][]byte
	named []namedHead
}

func (v *verifier) fault(format string, values ...any) {
	if len(v.report.Faults) < mostFaults {
		v.report.Faults = append(v.report.Faults, fmt.Sprintf(format, values...))
	}
}

func (v *verifier) check(e bus.Event) {
	v.report.Facts++
	scope, _, err := name.ParseSubject(e.Subject)
	if err != nil {
		v.fault("fact %d: %v", e.Sequence, err)
		return
	}
	f, hash, err := fact.Decode(e)
	if err != nil {
		v.fault("fact %d in %s: %v", e.Sequence, scope, err)
		return
	}
	if v.accounts(e, scope, f, hash) {
		return
	}
	switch before := v.heads[scope]; {
	case bytes.Equal(f.PreviousHash, before.hash):
	case before.hash == nil:
		v.fault("fact %d in %s follows on %.16x, but no fact of this scope comes before it: the one before is missing, or this one was changed",
			e.Sequence, scope, f.PreviousHash)
	default:
		v.fault("fact %d in %s follows on %.16x, but the fact before it, %d, has the hash %.16x: one between them is missing, or it was changed",
			e.Sequence, scope, f.PreviousHash, before.sequence, before.hash)
	}
	v.heads[scope] = head{hash: hash, sequence: e.Sequence}
	v.closing(e.Sequence, f)
}
