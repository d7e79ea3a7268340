// Package limit counts what each caller asks for and says when they may ask
// again: Buckets for calls over time, Places for what is held open. It keeps no
// clock, and no more than a bounded number of callers.
package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// mostKept bounds each of the two generations of buckets. Who can call from more
// addresses than this has as many buckets anyhow.
const mostKept = 1 << 15

// Buckets are token buckets, one for each caller: so many calls a second over
// time, and some more at once after a pause. A nil *Buckets limits nothing.
type Buckets struct {
	rate  rate.Limit
	burst int
	// refill is after how long a bucket is full again, and so as good as a new one.
	refill time.Duration

	mutex      sync.Mutex
	young, old map[string]*rate.Limiter
	turned     time.Time // when the generations last changed
}

// NewBuckets makes buckets; nil, which limits nothing, when perSecond is not above 0.
func NewBuckets(perSecond float64, burst int) *Buckets {
	if perSecond <= 0 {
		return nil
	}
	return &Buckets{
		rate: rate.Limit(perSecond), burst: burst, refill: time.Duration(float64(burst) / perSecond * float64(time.Second)),
		young: map[string]*rate.Limiter{},
	}
}

// Take takes one from the caller's bucket. It answers 0, or how long it takes
// until there is one.
func (b *Buckets) Take(caller string, now time.Time) time.Duration {
	if b == nil {
		return 0
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	bucket := b.of(caller, now)
	if bucket.AllowN(now, 1) {
		return 0
	}
	return b.until(bucket, now)
}

// Wait answers how long it takes until there is one, and takes nothing.
func (b *Buckets) Wait(caller string, now time.Time) time.Duration {
	if b == nil {
		return 0
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.until(b.of(caller, now), now)
}

// Charge takes one also where there is none: the caller waits the longer. It is for
// what is known only afterwards, such as that an attempt was wrong.
func (b *Buckets) Charge(caller string, now time.Time) {
	if b == nil {
		return
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.of(caller, now).ReserveN(now, 1)
}

// Kept is how many callers are remembered.
func (b *Buckets) Kept() int {
	if b == nil {
		return 0
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return len(b.young) + len(b.old)
}

// until is how long it takes until a bucket holds one; at least a millisecond when
// it holds none, so that who waits that long does not come too early.
func (b *Buckets) until(bucket *rate.Limiter, now time.Time) time.Duration {
	missing := 1 - bucket.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	wait := time.Duration(missing / float64(b.rate) * float64(time.Second))
	return wait.Truncate(time.Millisecond) + time.Millisecond
}

// of finds the caller's bucket or makes one. Buckets live in two generations: the
// older is dropped once all in it had the time to fill up, or when the younger is
// full, so that nothing needs to be swept.
func (b *Buckets) of(caller string, now time.Time) *rate.Limiter {
	bucket, ok := b.young[caller]
	if now.Sub(b.turned) > b.refill || !ok && len(b.young) >= mostKept {
		b.old, b.young, b.turned = b.young, map[string]*rate.Limiter{}, now
	} else if ok {
		return bucket
	}
	if bucket, ok = b.old[caller]; ok {
		delete(b.old, caller)
	} else {
		bucket = rate.NewLimiter(b.rate, b.burst)
	}
	b.young[caller] = bucket
	return bucket
}

// Places bound how many things each caller holds at a time.
type Places struct {
	most int

	mutex sync.Mutex
	taken map[string]int
}

// NewPlaces gives each caller so many places.
func NewPlaces(most int) *Places { return &Places{most: most, taken: map[string]int{}} }

// Take takes a place; false when the caller has all of theirs. Each place that was
// taken is given back with Leave.
func (p *Places) Take(caller string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.taken[caller] >= p.most {
		return false
	}
	p.taken[caller]++
	return true
}

// Leave gives a place back.
func (p *Places) Leave(caller string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.taken[caller]--; p.taken[caller] <= 0 {
		delete(p.taken, caller)
	}
}

// Kept is how many callers hold a place.
func (p *Places) Kept() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return len(p.taken)
}
