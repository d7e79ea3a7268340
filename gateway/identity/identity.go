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
	"slices"
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

// Load reads the keys, and makes the first one in an empty hub. A key that is added
// counts from the next start of each gateway: start them all again at once, since
// two gateways with different newest keys open two cases for one repeated call.
func Load(ctx context.Context, b Bucket) (*Keys, error) {
	for range 3 {
		entry, err := b.Get(ctx, bucketKey)
		if err == nil {
			return read(entry.Value)
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

func read(value []byte) (*Keys, error) {
	k := &Keys{}
	short := func(key []byte) bool { return len(key) < keyLength }
	if err := json.Unmarshal(value, &k.keys); err != nil || len(k.keys) == 0 || slices.ContainsFunc(k.keys, short) {
		return nil, fmt.Errorf("identity: the hub's keys, %s, are damaged; restore them from a backup", bucketKey)
	}
	return k, nil
}

// Case is what a case is known by.
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
		cases = append(cases, Case{
			ID:     lower.EncodeToString(mac("case", 16)),
			Code:   written(spoken.EncodeToString(mac("code", 5))),
			Secret: spoken.EncodeToString(mac("secret", 15)),
		})
	}
	return cases
}

// For answers keys for another purpose, of 32 bytes, the newest first.
func (k *Keys) For(purpose string) [][]byte {
	var keys [][]byte
	for _, key := range slices.Backward(k.keys) {
		h := hmac.New(sha256.New, key)
		h.Write([]byte("for\x00" + purpose))
		keys = append(keys, h.Sum(nil))
	}
	return keys
}

const codePrefix = "BE-"

func written(code string) string { return codePrefix + code[:4] + "-" + code[4:] }

// ReadCode reads a code as people write it, in small letters and with spaces, into
// the form in which it was shown. What is no code stays as it is.
func ReadCode(text string) string {
	code := strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, text))
	prefix := strings.TrimSuffix(codePrefix, "-")
	if len(code) == len(prefix)+8 {
		code = strings.TrimPrefix(code, prefix)
	}
	if len(code) != 8 {
		return text
	}
	return written(code)
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
