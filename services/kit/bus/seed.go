package bus

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/nats-io/nkeys"
)

// maxSeedFile is more than a seed and the lines around it take, in bytes.
const maxSeedFile = 1 << 10

// errNoSeed says what would be right and not what was there: that may be a secret
// all the same.
var errNoSeed = errors.New("it is no seed of a user: one line that begins with SU would be, such as hub nats-config writes")

// Seed answers the secret half of a user's nkey: its text, which begins with SU.
// It is asked at each connect, so that it can be another one than before. Whoever
// asks wipes what it gets.
type Seed func() ([]byte, error)

// NewSeed makes the secret half of a new key, for a party that may then prove with
// it who it is. The server needs only what PublicKey tells of it.
func NewSeed() ([]byte, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return nil, fmt.Errorf("bus: make a key: %w", err)
	}
	defer pair.Wipe()
	seed, err := pair.Seed()
	if err != nil {
		return nil, fmt.Errorf("bus: make a key: %w", err)
	}
	return bytes.Clone(seed), nil // the pair wipes what it gave
}

// PublicKey is the half of a key that everybody may know: its text, which begins
// with U. The seed stays as it is.
func PublicKey(seed []byte) (string, error) {
	pair, err := pairOf(seed)
	if err != nil {
		return "", err
	}
	defer pair.Wipe()
	return publicOf(pair)
}

// SeedFile is a seed that lies in a file and is read at each connect, so that a
// file put in its place takes effect without a restart. White space around the
// seed is passed over.
func SeedFile(path string) Seed {
	return func() ([]byte, error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("bus: read the seed: %w", err)
		}
		defer clear(text)
		if len(text) > maxSeedFile {
			return nil, fmt.Errorf("bus: %s holds %d bytes: %w", path, len(text), errNoSeed)
		}
		seed := bytes.Clone(bytes.TrimSpace(text))
		if _, err := PublicKey(seed); err != nil {
			clear(seed)
			return nil, fmt.Errorf("bus: read %s: %w", path, errNoSeed)
		}
		return seed, nil
	}
}

// with lends the key to use and wipes it afterwards.
func (s Seed) with(use func(pair nkeys.KeyPair) error) error {
	seed, err := s()
	if err != nil {
		return err
	}
	defer clear(seed)
	pair, err := pairOf(seed)
	if err != nil {
		return err
	}
	defer pair.Wipe()
	return use(pair)
}

// public is the public half of the seed as it is at this moment.
func (s Seed) public() (string, error) {
	var public string
	err := s.with(func(pair nkeys.KeyPair) error {
		var err error
		public, err = publicOf(pair)
		return err
	})
	return public, err
}

func pairOf(seed []byte) (nkeys.KeyPair, error) {
	prefix, raw, err := nkeys.DecodeSeed(seed)
	clear(raw)
	if err != nil || prefix != nkeys.PrefixByteUser {
		return nil, fmt.Errorf("bus: read a seed: %w", errNoSeed)
	}
	pair, err := nkeys.FromSeed(seed)
	if err != nil {
		return nil, fmt.Errorf("bus: read a seed: %w", errNoSeed)
	}
	return pair, nil
}

func publicOf(pair nkeys.KeyPair) (string, error) {
	public, err := pair.PublicKey()
	if err != nil {
		return "", fmt.Errorf("bus: work out a public key: %w", err)
	}
	return public, nil
}
