// Package seal keeps small values secret and whole that leave the hub's hands for a
// while: in a visitor's cookie, or in the log.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// Box seals and opens values of one purpose. It is safe for concurrent use.
type Box struct {
	seals []cipher.AEAD // the newest first
	label []byte
}

// New makes a box that seals with the first key, and opens what any of them sealed.
// Each has 32 bytes. The purpose keeps a value that was sealed for something else from
// being opened here.
func New(purpose string, keys ...[]byte) (*Box, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("seal: %s needs a key", purpose)
	}
	b := &Box{label: []byte(purpose)}
	for _, key := range keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("seal: %s: a key must have 32 bytes: %w", purpose, err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("seal: %s: %w", purpose, err)
		}
		b.seals = append(b.seals, aead)
	}
	return b, nil
}

// Random makes a box with a key that ends with the process.
func Random(purpose string) *Box {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	b, err := New(purpose, key)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	return b
}

// Seal writes a value as JSON, sealed, in characters that a cookie may hold. at binds it
// to a place, such as the key under which it is kept.
func (b *Box) Seal(at string, value any) (string, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("seal: %s: %w", b.label, err)
	}
	nonce := make([]byte, b.seals[0].NonceSize())
	_, _ = rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(b.seals[0].Seal(nonce, nonce, plain, b.bound(at))), nil
}

// Open reads what Seal wrote for the same place into value, and tells whether it was that.
func (b *Box) Open(at, text string, value any) bool {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return false
	}
	for _, aead := range b.seals {
		if len(sealed) < aead.NonceSize() {
			return false
		}
		plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], b.bound(at))
		if err == nil {
			return json.Unmarshal(plain, value) == nil
		}
	}
	return false
}

func (b *Box) bound(at string) []byte { return append(append([]byte{}, b.label...), "\x00"+at...) }
