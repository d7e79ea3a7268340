package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
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
}

// mostFaults bounds a report: one broken disk breaks every scope.
const mostFaults = 100

// errRead ends following once the log is read.
var errRead = errors.New("hub: the log is read")

// Verify reads the log of cases of a data folder and checks that each fact
// carries the hash of the one before it in its scope, and that each closing of a
// case names facts that are there. So it finds what was changed, and what is
// missing from the middle of a scope; the end of an open case has no fact after
// it that could tell. The folder's hub must not run.
func Verify(ctx context.Context, dir string, log *slog.Logger) (Report, error) {
	folder := Folder{dir: dir}
	if known, err := folder.hasLog(); err != nil || !known {
		return Report{}, errors.Join(fmt.Errorf("hub: %s holds no log to verify", dir), err)
	}
	folder, err := OpenFolder(dir)
	if err != nil {
		return Report{}, err
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
	v := &verifier{heads: map[name.Scope]head{}}
	err = b.Follow(ctx, bus.StreamCases, 1, 500, func(_ context.Context, events []bus.Event) error {
		if len(events) == 0 {
			return errRead
		}
		for _, e := range events {
			v.check(e)
		}
		return nil
	})
	if !errors.Is(err, errRead) {
		return Report{}, fmt.Errorf("hub: read the log: %w", err)
	}
	v.report.Scopes = len(v.heads)
	return v.report, nil
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
	if before := v.heads[scope]; !bytes.Equal(f.PreviousHash, before.hash) {
		v.fault("fact %d in %s follows on %.16x, but the fact before it, %d, has the hash %.16x: one between them is missing, or it was changed",
			e.Sequence, scope, f.PreviousHash, before.sequence, before.hash)
	}
	v.heads[scope] = head{hash: hash, sequence: e.Sequence}
	for _, named := range f.GetCaseClosed().GetHeads() {
		v.checkHead(e.Sequence, named)
	}
}

// checkHead compares a head that a closing fact names with the log.
func (v *verifier) checkHead(at uint64, named *eventsv1.ScopeHead) {
	scope, _, err := name.ParseSubject(named.Scope + "." + name.ByHub)
	if err != nil {
		v.fault("closing fact %d names the scope %q: %v", at, named.Scope, err)
		return
	}
	if have := v.heads[scope]; have.sequence < named.Sequence || have.sequence == named.Sequence && !bytes.Equal(have.hash, named.Hash) {
		v.fault("closing fact %d says that %s ended with fact %d (%.16x), but the log has %d (%.16x)",
			at, named.Scope, named.Sequence, named.Hash, have.sequence, have.hash)
	}
}
