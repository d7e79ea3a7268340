package provider

import (
	"sync"

	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// mostStates bounds each of the two generations of remembered states. Seven
// providers may live in one process, and what is not remembered is one read of
// the inbox away.
const mostStates = 512

// held is a request as far as this process knows the log.
type held struct {
	// state is folded from the facts of the scope. It is shared: clone it before
	// folding on.
	state *statev1.RequestState
	// id is the row of the request in the inbox: the sequence of the fact that made it.
	id uint64
	// last is the end of the scope in the log, which the next append must expect.
	// It is past the state's own sequence after a fact that became a dead letter.
	last uint64
}

// states remembers the newest states, so that a command right after another
// need not wait for the inbox to have read the first one's fact. Whatever comes
// later in the log wins.
type states struct {
	mutex      sync.Mutex
	young, old map[string]held
}

func newStates() *states {
	return &states{young: map[string]held{}}
}

// get answers the state of a request by its name.
func (s *states) get(name string) (held, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if h, ok := s.young[name]; ok {
		return h, true
	}
	h, ok := s.old[name]
	if ok {
		s.remember(name, h)
	}
	return h, ok
}

// put remembers a state unless a later one is known.
func (s *states) put(name string, h held) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known, ok := s.young[name]
	if !ok {
		known, ok = s.old[name]
	}
	if ok && known.last > h.last {
		return
	}
	s.remember(name, h)
}

// remember drops the older generation when the younger is full. The caller
// holds the mutex.
func (s *states) remember(name string, h held) {
	if len(s.young) >= mostStates {
		s.old, s.young = s.young, make(map[string]held)
	}
	s.young[name] = h
}

// drop forgets a state.
func (s *states) drop(name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.young, name)
	delete(s.old, name)
}

// clear forgets everything: the log is not the one that it came from.
func (s *states) clear() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.young, s.old = map[string]held{}, nil
}
