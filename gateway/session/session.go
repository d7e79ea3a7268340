// Package session keeps who is signed in to the pages: on the server, in the hub's
// log, so that every gateway knows of it and anybody who may can end it. A browser
// holds a random name of its session and nothing else.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/businessespoo/hub/gateway/seal"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	// Idle is how long a session lasts that nobody uses.
	Idle = 30 * time.Minute
	// Absolute is how long any session lasts.
	Absolute = 12 * time.Hour
	// touchEvery is how exactly the last use is written down.
	touchEvery = time.Minute
	// awayAfter is how long a page waits for the log before it goes by what it knows.
	awayAfter = 2 * time.Second
)

// ErrNone says that there is no such session, or no longer.
var ErrNone = errors.New("session: there is no such session")

// Session is one sign-in of one person in one browser.
type Session struct {
	// ID names it: a hash of what the browser holds.
	ID string `json:"-"`
	// Issuer is who said who it is, by its id in the configuration.
	Issuer string `json:"issuer"`
	// Principal is who it is, without a company.
	Principal token.Principal `json:"principal"`
	// Representations are those that the person may choose from, Acting the company of
	// the chosen one; empty for oneself.
	Representations []token.Representation `json:"representations,omitempty"`
	Acting          string                 `json:"acting,omitempty"`
	// Dropped are what the issuer told of and does not hold.
	Dropped []Dropped `json:"dropped,omitempty"`
	// Access, Refresh and Expires are the issuer's tokens, to ask it again.
	Access  string    `json:"access,omitempty"`
	Refresh string    `json:"refresh,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	// Began is when it began, Seen about when it was last used.
	Began time.Time `json:"began"`
	Seen  time.Time `json:"seen"`
	// Ended tells that it is over.
	Ended bool `json:"ended,omitempty"`

	revision uint64
}

// Dropped is a representation that does not hold.
type Dropped struct {
	// Company as the issuer wrote it, at most 80 characters.
	Company string `json:"company"`
	// Why is expired, invalid or ended.
	Why string `json:"why"`
}

// Representation is the one that the person has chosen, and whether there is one.
func (s Session) Representation() (token.Representation, bool) {
	i := slices.IndexFunc(s.Representations, func(r token.Representation) bool { return s.Acting != "" && r.Company == s.Acting })
	if i < 0 {
		return token.Representation{}, false
	}
	return s.Representations[i], true
}

// Drop takes a representation away, and remembers why.
func (s *Session) Drop(company, why string) {
	s.Representations = slices.DeleteFunc(s.Representations, func(r token.Representation) bool { return r.Company == company })
	s.Dropped = append(s.Dropped, Dropped{Company: company, Why: why})
	if s.Acting == company {
		s.Acting = ""
	}
}

// Bucket is where sessions are kept; *bus.Bucket is one.
type Bucket interface {
	Get(ctx context.Context, key string) (bus.Entry, error)
	Create(ctx context.Context, key string, value []byte) (uint64, error)
	Put(ctx context.Context, key string, value []byte, expected uint64) (uint64, error)
	Keys(ctx context.Context, prefix string) ([]string, error)
	Follow(ctx context.Context, handle func(entries []bus.Entry) error) error
}

// Store keeps sessions. It is safe for concurrent use.
type Store struct {
	bucket Bucket
	box    *seal.Box
	now    func() time.Time

	mutex sync.Mutex
	// known are the sessions as they were last told, also while the log is away.
	known map[string]Session
}

const (
	sessionPrefix = "s."
	subjectPrefix = "by."
	usedPrefix    = "used."
)

// New makes a store that seals what it keeps with the keys, of 32 bytes each, the newest
// first. now is the clock by which sessions end.
func New(b Bucket, keys [][]byte, now func() time.Time) (*Store, error) {
	box, err := seal.New("hub session 2", keys...)
	if err != nil {
		return nil, err
	}
	return &Store{bucket: b, box: box, now: now, known: map[string]Session{}}, nil
}

// Begin keeps a new session, and answers what the browser is to hold.
func (s *Store) Begin(ctx context.Context, made Session) (string, Session, error) {
	cookie := rand.Text() + rand.Text()
	made.ID, made.Ended, made.Began, made.Seen = idOf(cookie), false, s.now(), s.now()
	// First that it can be found and ended, then that it is one.
	if _, err := s.bucket.Create(ctx, subjectKey(made.Principal.Subject, made.ID), []byte("1")); err != nil {
		return "", Session{}, fmt.Errorf("session: begin: %w", err)
	}
	err := s.put(ctx, &made)
	return cookie, made, err
}

// Peek answers the session of what a browser holds. It does not count as use.
func (s *Store) Peek(ctx context.Context, cookie string) (Session, error) {
	if cookie == "" || len(cookie) > 100 {
		return Session{}, ErrNone
	}
	return s.Get(ctx, idOf(cookie))
}

// Find answers the session of what a browser holds, and notes that it was used.
func (s *Store) Find(ctx context.Context, cookie string) (Session, error) {
	found, err := s.Peek(ctx, cookie)
	if err != nil || s.now().Sub(found.Seen) < touchEvery {
		return found, err
	}
	used := found
	used.Seen = s.now()
	// Somebody else may have noted it, or ended it; a log that is away takes no note.
	var faster *bus.ConflictError
	switch err := s.put(ctx, &used); {
	case errors.As(err, &faster):
		return s.Get(ctx, found.ID)
	case err != nil:
		return found, nil
	}
	return used, nil
}

// Get answers a session by its id. While the log is away it answers what this process
// knows of it.
func (s *Store) Get(ctx context.Context, id string) (Session, error) {
	limited, cancel := context.WithTimeout(ctx, awayAfter)
	defer cancel()
	entry, err := s.bucket.Get(limited, sessionPrefix+id)
	var found Session
	switch {
	case err == nil:
		found = s.open(entry)
	case errors.Is(err, bus.ErrNotFound):
		return Session{}, ErrNone
	default:
		s.mutex.Lock()
		known, ok := s.known[id]
		s.mutex.Unlock()
		if !ok {
			return Session{}, fmt.Errorf("session: read: %w", err)
		}
		found = known
	}
	if found.ID == "" || s.over(found) || s.Ended(id) {
		return Session{}, ErrNone
	}
	return found, nil
}

// over tells whether a session is no longer one.
func (s *Store) over(found Session) bool {
	now := s.now()
	return found.Ended || now.Sub(found.Seen) >= Idle || now.Sub(found.Began) >= Absolute
}

// Change changes a session, again when somebody was faster.
func (s *Store) Change(ctx context.Context, id string, change func(*Session)) (Session, error) {
	for {
		found, err := s.Get(ctx, id)
		if err != nil {
			return Session{}, err
		}
		found.Representations, found.Dropped = slices.Clone(found.Representations), slices.Clone(found.Dropped)
		change(&found)
		var faster *bus.ConflictError
		if err = s.put(ctx, &found); !errors.As(err, &faster) {
			return found, err
		}
	}
}

// End ends a session, here at once and elsewhere as soon as the log has told it. One
// that is over already is no error.
func (s *Store) End(ctx context.Context, id string) error {
	s.mutex.Lock()
	known := s.known[id]
	known.ID, known.Ended, known.Seen = id, true, s.now()
	s.known[id] = known
	s.mutex.Unlock()
	for {
		entry, err := s.bucket.Get(ctx, sessionPrefix+id)
		if errors.Is(err, bus.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("session: end: %w", err)
		}
		// Nothing of the person or of the issuer's tokens is kept of what is over.
		ended := Session{ID: id, Ended: true, Seen: s.now(), revision: entry.Revision}
		var faster *bus.ConflictError
		if err = s.put(ctx, &ended); !errors.As(err, &faster) {
			return err
		}
	}
}

// List answers the sessions of a person, the one that was used last first.
func (s *Store) List(ctx context.Context, subject string) ([]Session, error) {
	keys, err := s.bucket.Keys(ctx, subjectKey(subject, ""))
	if err != nil {
		return nil, fmt.Errorf("session: list: %w", err)
	}
	var list []Session
	for _, key := range keys {
		found, err := s.Get(ctx, key[len(subjectKey(subject, "")):])
		if errors.Is(err, ErrNone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if found.Principal.Subject == subject {
			list = append(list, found)
		}
	}
	slices.SortFunc(list, func(a, b Session) int { return b.Seen.Compare(a.Seen) })
	return list, nil
}

// Everybody answers the ids of all sessions that are going on.
func (s *Store) Everybody(ctx context.Context) ([]string, error) {
	return s.those(ctx, func(Session) bool { return true })
}

// EndOf ends the sessions of a member of a provider's staff.
func (s *Store) EndOf(ctx context.Context, provider, advisor string) error {
	ids, err := s.those(ctx, func(one Session) bool {
		return one.Principal.Advisor != "" && one.Principal.Provider == provider && one.Principal.Advisor == advisor
	})
	for _, id := range ids {
		err = errors.Join(err, s.End(ctx, id))
	}
	return err
}

// those answers the ids of the sessions that are going on and pass.
func (s *Store) those(ctx context.Context, pass func(Session) bool) ([]string, error) {
	keys, err := s.bucket.Keys(ctx, sessionPrefix)
	if err != nil {
		return nil, fmt.Errorf("session: list: %w", err)
	}
	var ids []string
	for _, key := range keys {
		found, err := s.Get(ctx, key[len(sessionPrefix):])
		if err != nil && !errors.Is(err, ErrNone) {
			return nil, err
		}
		if err == nil && pass(found) {
			ids = append(ids, found.ID)
		}
	}
	return ids, nil
}

// Once answers nil the first time that it is called with a value, at any gateway, and
// ErrNone after that.
func (s *Store) Once(ctx context.Context, value string) error {
	var used *bus.ConflictError
	_, err := s.bucket.Create(ctx, usedPrefix+idOf(value), []byte("1"))
	if errors.As(err, &used) {
		return ErrNone
	}
	if err != nil {
		return fmt.Errorf("session: use once: %w", err)
	}
	return nil
}

// Ended tells whether a session was ended, as far as this process knows.
func (s *Store) Ended(id string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.known[id].Ended
}

// Run follows what other gateways do, until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	return s.bucket.Follow(ctx, func(entries []bus.Entry) error {
		for _, entry := range entries {
			s.learn(s.open(entry))
		}
		return nil
	})
}

// learn keeps what is newer than what is known, and forgets what nobody can show any more.
func (s *Store) learn(told Session) {
	if told.ID == "" {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if known := s.known[told.ID]; known.Ended || known.revision > told.revision {
		return
	}
	s.known[told.ID] = told
	if len(s.known)%1000 == 0 {
		for id, known := range s.known {
			if s.now().Sub(known.Seen) > bus.SessionLife {
				delete(s.known, id)
			}
		}
	}
}

func (s *Store) put(ctx context.Context, changed *Session) error {
	text, err := s.box.Seal(changed.ID, changed)
	if err != nil {
		return err
	}
	if changed.revision, err = s.bucket.Put(ctx, sessionPrefix+changed.ID, []byte(text), changed.revision); err != nil {
		return fmt.Errorf("session: keep: %w", err)
	}
	s.learn(*changed)
	return nil
}

// open reads an entry; the zero Session for anything else than a session.
func (s *Store) open(entry bus.Entry) Session {
	id, ok := cutPrefix(entry.Key, sessionPrefix)
	var found Session
	if !ok || !s.box.Open(id, string(entry.Value), &found) {
		return Session{}
	}
	found.ID, found.revision = id, entry.Revision
	return found
}

func cutPrefix(key, prefix string) (string, bool) {
	if len(key) <= len(prefix) || key[:len(prefix)] != prefix {
		return "", false
	}
	return key[len(prefix):], true
}

// idOf names a session: who reads the log learns nothing to show.
func idOf(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return hex.EncodeToString(sum[:20])
}

func subjectKey(subject, id string) string { return subjectPrefix + idOf(subject) + "." + id }
