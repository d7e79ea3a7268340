// Package systemkey knows the keys of systems, and what companies let integrators
// do: from the log, in memory, read anew at every start.
//
// A key is hub_<id>_<secret>. The log holds a digest of it, so that whoever reads
// the log, a backup or a memory dump of tomorrow gets no key. A plain SHA-256 is
// enough: slow digests guard passwords, which can be guessed; 130 random bits cannot.
package systemkey

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"regexp"
	"strings"

	"github.com/businessespoo/hub/services/kit/problem"
)

// Scheme is the kind of authorization that a key is sent as.
const Scheme = "Key"

const (
	idLength     = 16 // 80 bits, and no secret
	secretLength = 26 // 130 bits
	sumLength    = 7  // a CRC-32, so that scanners of sources report no chance finds
)

var (
	letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	form    = regexp.MustCompile(`^hub_([a-z2-7]{16})_([a-z2-7]{26})([a-z2-7]{7})$`)
)

// ID makes the id of the key that a call leads to: the same for a repeat.
func ID(caller, requestID string) string {
	sum := sha256.Sum256([]byte("key\n" + caller + "\n" + strings.ToLower(requestID)))
	return letters.EncodeToString(sum[:])[:idLength]
}

// Make makes a key with an id.
func Make(id string) string {
	random := make([]byte, 17)
	_, _ = rand.Read(random) // it never fails
	secret := letters.EncodeToString(random)[:secretLength]
	return "hub_" + id + "_" + secret + checksum(id+"_"+secret)
}

// Hash is what is kept of a key.
func Hash(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

func opens(key string, hash []byte) bool { return subtle.ConstantTimeCompare(Hash(key), hash) == 1 }

// parse answers the id of a key.
func parse(key string) (string, error) {
	parts := form.FindStringSubmatch(key)
	if parts == nil || checksum(parts[1]+"_"+parts[2]) != parts[3] {
		return "", problem.New(problem.Unauthenticated, "KEY_MALFORMED",
			"the authorization Key is followed by no whole key; send it as it was shown when it was issued, hub_, an id and a secret")
	}
	return parts[1], nil
}

func checksum(text string) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text)))
	return letters.EncodeToString(sum)[:sumLength]
}
