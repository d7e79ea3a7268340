package ytj

import (
	"container/list"
	"sync"
	"time"

	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
)

const (
	// freshFor is how long what the register said is answered without asking again, and
	// noneFor the same for its word that there is no such company: one may be founded today.
	freshFor, noneFor = 12 * time.Hour, 10 * time.Minute
	// oldFor is how long it is answered while the register is away.
	oldFor = 7 * 24 * time.Hour
	// mostKept is how many companies are remembered; some 2 KB each.
	mostKept = 2000
)

// kept is what was read lately, in memory alone.
type kept struct {
	mu    sync.Mutex
	byID  map[string]*list.Element
	order *list.List // of keptOne, the one that was asked for last first
}

type keptOne struct {
	id      string
	company *companyv1.Company // nil: there is none
	at      time.Time
}

func newKept() *kept { return &kept{byID: map[string]*list.Element{}, order: list.New()} }

// get answers what is known of a company: whether there is anything, and whether it is
// new enough to be told without asking. It must not be changed.
func (k *kept) get(id string, now time.Time) (company *companyv1.Company, old, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	place, ok := k.byID[id]
	if !ok {
		return nil, false, false
	}
	one := place.Value.(keptOne)
	age, life := now.Sub(one.at), freshFor
	if one.company == nil {
		life = noneFor
	}
	if age >= oldFor || one.company == nil && age >= life {
		k.order.Remove(place)
		delete(k.byID, id)
		return nil, false, false
	}
	k.order.MoveToFront(place)
	return one.company, true, age < life
}

// put remembers what was read, and forgets what was not asked for the longest.
func (k *kept) put(id string, company *companyv1.Company, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if place, ok := k.byID[id]; ok {
		k.order.Remove(place)
	}
	k.byID[id] = k.order.PushFront(keptOne{id: id, company: company, at: now})
	for k.order.Len() > mostKept {
		last := k.order.Back()
		k.order.Remove(last)
		delete(k.byID, last.Value.(keptOne).id)
	}
}
