package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/gateway/identity"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
)

// bucket is a bucket in memory.
type bucket struct {
	mu     sync.Mutex
	value  []byte
	before func() // runs before the first Create
	err    error
}

func (b *bucket) Get(context.Context, string) (bus.Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return bus.Entry{}, b.err
	}
	if b.value == nil {
		return bus.Entry{}, fmt.Errorf("get: %w", bus.ErrNotFound)
	}
	return bus.Entry{Value: b.value, Revision: 1}, nil
}

func (b *bucket) Create(_ context.Context, _ string, value []byte) (uint64, error) {
	if b.before != nil {
		b.before()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.value != nil {
		return 0, fmt.Errorf("create: %w", &bus.ConflictError{Last: 1})
	}
	b.value = value
	return 1, nil
}

func load(t *testing.T, b *bucket) *identity.Keys {
	t.Helper()
	keys, err := identity.Load(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

const call = "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11"

func TestCasesAreKeyedHashes(t *testing.T) {
	b := &bucket{}
	one := load(t, b).Cases("person", call)[0]
	if _, err := name.ParseCase(name.Case(one.ID)); err != nil {
		t.Error(err)
	}
	if !regexp.MustCompile(`^BE-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$`).MatchString(one.Code) || len(one.Secret) != 24 {
		t.Errorf("code %s, secret of %d characters", one.Code, len(one.Secret))
	}
	if diff := cmp.Diff(one, load(t, b).Cases("person", strings.ToUpper(call))[0]); diff != "" {
		t.Errorf("the same call, told in capitals, after a restart\n%s", diff)
	}
	others := map[string]identity.Case{
		"another person":   load(t, b).Cases("other", call)[0],
		"another call":     load(t, b).Cases("person", call[:35]+"2")[0],
		"another hub":      load(t, &bucket{}).Cases("person", call)[0],
		"shifted together": load(t, b).Cases("person\x00"+call, "")[0],
	}
	for what, other := range others {
		if other.ID == one.ID || other.Code == one.Code || other.Secret == one.Secret {
			t.Errorf("%s leads to %v too", what, one)
		}
	}
}

func TestLoad(t *testing.T) {
	key := strings.Repeat("k", 32)
	value := func(keys ...string) []byte {
		var raw [][]byte
		for _, k := range keys {
			raw = append(raw, []byte(k))
		}
		text, err := json.Marshal(raw)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for what, b := range map[string]*bucket{
		"no JSON":          {value: []byte("x")},
		"no keys":          {value: []byte("[]")},
		"a short key":      {value: value("short")},
		"a short new key":  {value: value(key, "short")},
		"the log is away":  {err: errors.New("away")},
		"it loses the key": {value: []byte("null")},
	} {
		if _, err := identity.Load(t.Context(), b); err == nil {
			t.Errorf("%s: loaded", what)
		}
	}
	// The newest key comes first, the older ones after it.
	old, both := load(t, &bucket{value: value(key)}).Cases("p", call), load(t, &bucket{value: value(key, strings.Repeat("n", 32))}).Cases("p", call)
	if len(both) != 2 || both[0] == old[0] || both[1] != old[0] {
		t.Errorf("with a new key: %v, before: %v", both, old)
	}
	// Two gateways that make the first key at once agree.
	b := &bucket{}
	b.before = func() {
		b.before = nil
		if _, err := b.Create(t.Context(), "", value(key)); err != nil {
			t.Error(err)
		}
	}
	if got := load(t, b).Cases("p", call)[0]; got != old[0] {
		t.Error("the second gateway took its own key")
	}
}

func TestReadCode(t *testing.T) {
	for text, want := range map[string]string{
		"BE-AB23-CD45": "BE-AB23-CD45", "be-ab23-cd45": "BE-AB23-CD45", " BE AB23 CD45 ": "BE-AB23-CD45", "AB23CD45": "BE-AB23-CD45",
		"BEAB23CD45": "BE-AB23-CD45", "BE23CD45": "BE-BE23-CD45", "": "", "short": "short", "BE-AB23-CD456": "BE-AB23-CD456",
	} {
		if got := identity.ReadCode(text); got != want {
			t.Errorf("ReadCode(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestOpens(t *testing.T) {
	hash := identity.HashSecret("AB23")
	for secret, want := range map[string]bool{"AB23": true, " ab23\n": true, "AB2": false, "": false} {
		if got := identity.Opens(secret, hash); got != want {
			t.Errorf("Opens(%q) = %v", secret, got)
		}
	}
	if identity.Opens("", nil) || identity.Opens("", identity.HashSecret("")[:0]) {
		t.Error("a case without a secret opens")
	}
}
