package host_test

import (
	"context"
	"errors"
	"sync"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
)

// rows is an access log in memory.
type rows struct {
	mu   sync.Mutex
	kept []*accessv1.AccessRow
	// away tells that nothing can be written, full that nothing can be kept either; early
	// is called before a row is taken.
	away, full bool
	early      func()
	followed   int // rows that nobody waited for
}

func (r *rows) Record(_ context.Context, row *accessv1.AccessRow) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return errors.New("the disk is full")
	}
	if r.early != nil {
		r.early()
	}
	r.kept = append(r.kept, row)
	return nil
}

func (r *rows) Keep(_ context.Context, row *accessv1.AccessRow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, row)
}

func (r *rows) Follow(row *accessv1.AccessRow) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full {
		return errors.New("too many wait")
	}
	r.kept, r.followed = append(r.kept, row), r.followed+1
	return nil
}

// take answers the rows since the last time.
func (r *rows) take() []*accessv1.AccessRow {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.kept
	r.kept = nil
	return taken
}
