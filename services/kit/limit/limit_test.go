package limit_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/businessespoo/hub/services/kit/limit"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return noon.Add(d) }

func TestABucketEmptiesAndFillsAgain(t *testing.T) {
	b := limit.NewBuckets(10, 3)
	for i := range 3 {
		if wait := b.Take("a", noon); wait != 0 {
			t.Fatalf("call %d waits %s", i, wait)
		}
	}
	wait := b.Take("a", noon)
	if wait < 100*time.Millisecond || wait > 102*time.Millisecond {
		t.Errorf("the fourth waits %s, want a tenth of a second", wait)
	}
	if b.Take("b", noon) != 0 {
		t.Error("another caller's bucket is empty too")
	}
	if b.Take("a", at(wait)) != 0 {
		t.Error("who waited as long as they were told is refused")
	}
	if b.Take("a", at(wait)) == 0 {
		t.Error("two calls for one")
	}
	for i := range 3 {
		if b.Take("a", at(time.Hour)) != 0 {
			t.Errorf("after an hour the bucket holds %d only", i)
		}
	}
	if b.Take("a", at(time.Hour)) == 0 {
		t.Error("after an hour the bucket holds more than it can")
	}
}

func TestAWrongAttemptIsChargedAfterwards(t *testing.T) {
	b := limit.NewBuckets(1, 2)
	for range 5 { // attempts that were under way at once
		if b.Wait("a", noon) != 0 {
			break
		}
	}
	for range 5 {
		b.Charge("a", noon)
	}
	if wait := b.Wait("a", noon); wait < 4*time.Second || wait > 4*time.Second+time.Millisecond {
		t.Errorf("three attempts too many wait %s, want 4 s", wait)
	}
	if first, second := b.Wait("a", noon), b.Wait("a", noon); first != second {
		t.Error("asking takes something")
	}
}

func TestNoLimit(t *testing.T) {
	b := limit.NewBuckets(0, 5)
	b.Charge("a", noon)
	if b.Take("a", noon) != 0 || b.Wait("a", noon) != 0 || b.Kept() != 0 {
		t.Error("a rate of 0 limits")
	}
}

func TestIdleCallersAreForgotten(t *testing.T) {
	b := limit.NewBuckets(10, 10)
	for i := range 1000 {
		b.Take(strconv.Itoa(i), noon)
	}
	if b.Kept() != 1000 {
		t.Fatalf("keeps %d of 1000", b.Kept())
	}
	// One goes on calling as fast as they may: what they took is not forgotten.
	for i := range 40 {
		b.Take("busy", at(time.Duration(i)*100*time.Millisecond))
	}
	if b.Kept() > 2 {
		t.Errorf("keeps %d callers that were idle for long", b.Kept())
	}
}

func TestForgettingGivesNobodyAFullBucket(t *testing.T) {
	b := limit.NewBuckets(10, 10)
	taken := 0
	for step := range 3000 { // half a minute, every 10 ms, with others coming and going
		now := at(time.Duration(step) * 10 * time.Millisecond)
		if b.Take("greedy", now) == 0 {
			taken++
		}
		b.Take(strconv.Itoa(step), now)
	}
	if taken < 300 || taken > 311 {
		t.Errorf("got %d calls in 30 s at 10 a second and 10 at once", taken)
	}
}

func TestCallersAreBounded(t *testing.T) {
	b := limit.NewBuckets(1, 1000)
	for i := range 200_000 {
		b.Take(strconv.Itoa(i), noon)
	}
	if b.Kept() > 1<<16 {
		t.Errorf("keeps %d callers", b.Kept())
	}
}

func TestPlaces(t *testing.T) {
	p := limit.NewPlaces(50)
	var got atomic.Int64
	var waiting sync.WaitGroup
	for range 200 {
		waiting.Go(func() {
			if p.Take("a") {
				got.Add(1)
			}
		})
	}
	waiting.Wait()
	if got.Load() != 50 {
		t.Errorf("%d of 200 got one of 50 places", got.Load())
	}
	if !p.Take("b") {
		t.Error("another caller has no place")
	}
	p.Leave("a")
	if !p.Take("a") || p.Take("a") {
		t.Error("a place that was left is not free, or more than that")
	}
	for range 50 {
		p.Leave("a")
	}
	p.Leave("b")
	if p.Kept() != 0 {
		t.Errorf("%d callers hold nothing and are kept", p.Kept())
	}
}

func BenchmarkTake(b *testing.B) {
	buckets := limit.NewBuckets(1e9, 1e9)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			buckets.Take("company/p-1", noon)
		}
	})
}
