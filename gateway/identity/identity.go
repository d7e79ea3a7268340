// Package identity makes the ids of cases, and the code and secret of a case
// that was opened without a name. All are keyed hashes of who opens and of the
// request_id: opening twice gives the same case for ever, and nobody guesses one.
package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/businessespoo/hub/services/kit/bus"
)

const (
	// bucketKey is where the keys are kept, as JSON, oldest first.
	bucketKey = "case-id-keys"
	keyLength = 32
)

var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// spoken leaves out characters that are mistaken for others when said or written.
var spoken = base32.NewEncoding("23456789ABCDEFGHJKLMNPQRSTUVWXYZ").WithPadding(base32.NoPadding)

// Keys are the hub's keys, shared by all gateways: the newest makes ids, the
// older ones find cases that were opened before it came.
type Keys struct{ keys [][]byte }

// Bucket is where keys are kept; *bus.Bucket is one.
type Bucket interface {
	Get(ctx context.Context, key string) (bus.Entry, error)
	Create(ctx context.Context, key string, value []byte) (uint64, error)
}

// Load reads the keys, and makes the first one in an empty hub.
func Load(ctx context.Context, b Bucket) (*Keys, error) {
	for range 3 {
		entry, err := b.Get(ctx, bucketKey)
		if err == nil {
			k := &Keys{}
			if err := json.Unmarshal(entry.Value, &k.keys); err != nil || len(k.keys) == 0 || len(k.keys[0]) < keyLength {
				return nil, fmt.Errorf("identity: the hub's key %s is damaged; restore it from a backup", bucketKey)
			}
			return k, nil
		}
		if !errors.Is(err, bus.ErrNotFound) {
			return nil, fmt.Errorf("identity: read the keys: %w", err)
		}
		key := make([]byte, keyLength)
		_, _ = rand.Read(key)
		value, err := json.Marshal([][]byte{key})
		if err != nil {
			return nil, fmt.Errorf("identity: make a key: %w", err)
		}
		// Another gateway may be faster; then its key counts.
		var taken *bus.ConflictError
		if _, err := b.Create(ctx, bucketKey, value); err != nil && !errors.As(err, &taken) {
			return nil, fmt.Errorf("identity: keep the first key: %w", err)
		}
	}
	return nil, errors.New("identity: the keys could not be made")
}

// Case is who a case is opened as.
type Case struct {
	// ID is the case's id.
	ID string
	// Code and Secret open a case without a name again.
	Code, Secret string
}

// Cases answers what opener's request_id leads to, under each key, the newest
// first. opener is an opaque id; empty without sign-in.
func (k *Keys) Cases(opener, requestID string) []Case {
	var cases []Case
	for i := len(k.keys) - 1; i >= 0; i-- {
		mac := func(purpose string, n int) []byte {
			h := hmac.New(sha256.New, k.keys[i])
			h.Write([]byte(purpose + "\x00" + opener + "\x00" + strings.ToLower(requestID)))
			return h.Sum(nil)[:n]
		}
		code := spoken.EncodeToString(mac("code", 5))
		cases = append(cases, Case{
			ID:     lower.EncodeToString(mac("case", 16)),
			Code:   "BE-" + code[:4] + "-" + code[4:],
			Secret: spoken.EncodeToString(mac("secret", 15)),
		})
	}
	return cases
}

// HashSecret is what the hub keeps of a secret.
func HashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Opens tells whether a secret is the one that was kept as hash.
func Opens(secret string, hash []byte) bool {
	return len(hash) > 0 && hmac.Equal(HashSecret(strings.ToUpper(strings.TrimSpace(secret))), hash)
}
