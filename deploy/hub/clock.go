package hub

import (
	"fmt"
	"sync"
	"time"
)

// clock is the hub's time: real time, or for a demo real time and an offset that
// is kept in the data folder, so that time never goes back.
type clock struct {
	folder Folder

	mu     sync.RWMutex
	offset time.Duration
}

// clockState is the content of demo-clock.json.
type clockState struct {
	// OffsetSeconds is how far the demo's time is ahead of real time; negative
	// when it is behind.
	OffsetSeconds int64 `json:"offset_seconds"`
}

// openClock reads the clock of a folder. A folder whose clock was moved ahead is
// refused without demo: facts would be dated in the future.
func openClock(folder Folder, demo bool) (*clock, error) {
	c := &clock{folder: folder}
	var state clockState
	if err := folder.readJSON(clockFile, &state); err != nil {
		return nil, err
	}
	c.offset = time.Duration(state.OffsetSeconds) * time.Second
	if c.offset > 0 && !demo {
		return nil, fmt.Errorf("hub: the clock of %s was moved ahead by %s: it is a demo's folder, so start it with --demo", folder.dir, c.offset)
	}
	if !demo {
		c.offset = 0
	}
	return c, nil
}

// Now is the hub's time, in UTC.
func (c *clock) Now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return time.Now().Add(c.offset).UTC()
}

// Advance moves the clock ahead and returns the new time. A move that cannot be
// kept still counts until the process ends.
func (c *clock) Advance(by time.Duration) time.Time {
	c.mu.Lock()
	c.offset += by.Truncate(time.Second)
	c.mu.Unlock()
	_ = c.keep()
	return c.Now()
}

// set moves the clock of a folder that is still empty.
func (c *clock) set(offset time.Duration) error {
	c.mu.Lock()
	c.offset = offset.Truncate(time.Second)
	c.mu.Unlock()
	return c.keep()
}

func (c *clock) keep() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.folder.writeJSON(clockFile, clockState{OffsetSeconds: int64(c.offset / time.Second)})
}

// Now is the time of the hub that keeps the folder: real time, unless a demo has
// moved its clock.
func (f Folder) Now() (time.Time, error) {
	var state clockState
	if err := f.readJSON(clockFile, &state); err != nil {
		return time.Time{}, err
	}
	return time.Now().Add(time.Duration(state.OffsetSeconds) * time.Second).UTC(), nil
}
