package access

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// Key signs the heads of one party's chains. It is a key of its own and not that of
// the party's connection: that one is replaced by rotation and is in memory only
// where all runs in one process, and a head must still be provable after years.
type Key struct{ key *token.Key }

// OpenKey reads the key in a folder, which only its owner may read, or makes folder
// and key.
func OpenKey(folder string) (*Key, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("access: make the folder of the key: %w", err)
	}
	key, err := token.OpenKey(filepath.Join(folder, "access.key"))
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	return &Key{key: key}, nil
}

func (k *Key) sign(head *accessv1.AccessHead) *accessv1.AccessHead {
	head.Key = k.key.Public()
	head.Signature = k.key.SignBytes(statement(head))
	return head
}

// statement is what is signed: lines, so that it does not hang on how messages are
// encoded.
func statement(head *accessv1.AccessHead) []byte {
	return []byte(strings.Join([]string{
		"access head", head.Chain, strconv.FormatUint(head.Number, 10), hex.EncodeToString(head.Hash),
		strconv.FormatInt(head.Time.AsTime().UnixNano(), 10), "",
	}, "\n"))
}

// checkHead tells whether a head is signed by the key that it names.
func checkHead(head *accessv1.AccessHead) error {
	switch {
	case len(head.Key) != ed25519.PublicKeySize:
		return errors.New("it names no key")
	case !ed25519.Verify(head.Key, statement(head), head.Signature):
		return errors.New("its signature is not by the key that it names")
	}
	return nil
}
