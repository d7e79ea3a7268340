package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"sync"
)

// groupCommit puts the log on disk for many waiting publishers at once.
//
// With one replica the server has written a message into a block file before it
// acknowledges, but has not synced it. So a publisher that has its
// acknowledgement joins the next round, and a round syncs the block files of the
// streams that somebody waits for. While one round runs the next fills up.
//
// What the server does with its files (nats-server 2.15, filestore.go), on which
// this rests:
//
//   - A stream's messages are in msgs/<n>.blk, and it appends only to the block
//     with the highest n. A full block (8 MB) is written out before n+1 is made.
//   - Erasing a message rewrites its block: a temporary file is synced and
//     renamed over the block. The folder is not synced; blockFiles and sync do.
//   - Compacting a block renames an unsynced file over it. That is safe only
//     where the file system writes a file's data before such a rename counts,
//     see groupCommitUnfit.
//   - index.db and consumer state carry checksums and are built anew from the
//     blocks when they do not fit.
type groupCommit struct {
	root  string
	fatal func(error)
	off   bool

	kick chan struct{}
	quit chan struct{}
	done chan struct{}
	once sync.Once // closes quit

	mu      sync.Mutex
	next    *round
	durable map[string]uint64
	failed  error
	lengths map[string]int64

	files *storeFiles // used by the one goroutine of run only
}

// round is what a set of callers waits for together.
type round struct {
	want map[string]uint64 // stream: sequence
	tree map[string]bool   // streams of which every file is wanted; "" is all
	done chan struct{}
	err  error // set before done is closed
}

func newRound() *round {
	return &round{want: make(map[string]uint64), tree: make(map[string]bool), done: make(chan struct{})}
}

var errStopped = errors.New("embedded: the log is closed")

func newGroupCommit(root string, fatal func(error)) *groupCommit {
	g := &groupCommit{
		root: root, fatal: fatal,
		kick: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
		next: newRound(), durable: make(map[string]uint64), lengths: make(map[string]int64),
	}
	g.files = newStoreFiles(root, g.synced)
	return g
}

func (g *groupCommit) start() { go g.run() }

// stop ends the rounds. Who still waits gets an error.
func (g *groupCommit) stop() {
	g.once.Do(func() { close(g.quit) })
	<-g.done
}

// Commit implements bus.Durability.
func (g *groupCommit) Commit(ctx context.Context, stream string, sequence uint64) error {
	if g.off {
		return nil
	}
	g.mu.Lock()
	if g.durable[stream] >= sequence {
		g.mu.Unlock()
		return nil
	}
	r := g.next
	r.want[stream] = max(r.want[stream], sequence)
	g.mu.Unlock()
	return g.await(ctx, r)
}

// Durable implements bus.Durability.
func (g *groupCommit) Durable(stream string) uint64 {
	if g.off {
		return math.MaxUint64
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.durable[stream]
}

// Sync implements bus.Durability.
func (g *groupCommit) Sync(ctx context.Context, stream string) error {
	if g.off {
		return nil
	}
	return g.sync(ctx, stream)
}

func (g *groupCommit) sync(ctx context.Context, stream string) error {
	g.mu.Lock()
	r := g.next
	r.tree[stream] = true
	g.mu.Unlock()
	return g.await(ctx, r)
}

func (g *groupCommit) await(ctx context.Context, r *round) error {
	select {
	case g.kick <- struct{}{}:
	default:
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	case <-g.done:
		return g.end()
	}
}

func (g *groupCommit) end() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed != nil {
		return g.failed
	}
	return errStopped
}

func (g *groupCommit) run() {
	defer close(g.done)
	defer g.files.close()
	for {
		select {
		case <-g.quit:
			return
		case <-g.kick:
		}
		g.mu.Lock()
		r := g.next
		g.next = newRound()
		g.mu.Unlock()
		if err := g.files.syncRound(r); err != nil {
			// The system may have dropped the pages that it could not write, so
			// a second sync that succeeds would prove nothing.
			err = fmt.Errorf("embedded: sync the log: %w", err)
			g.mu.Lock()
			g.failed = err
			g.mu.Unlock()
			r.err = err
			close(r.done)
			g.fatal(err)
			return
		}
		g.mu.Lock()
		for stream, sequence := range r.want {
			g.durable[stream] = max(g.durable[stream], sequence)
		}
		g.mu.Unlock()
		close(r.done)
	}
}

// synced remembers a file's length at a sync.
func (g *groupCommit) synced(path string, length int64) {
	g.mu.Lock()
	g.lengths[path] = length
	g.mu.Unlock()
}

func (g *groupCommit) syncedLengths() map[string]int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.lengths)
}
