package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/businessespoo/hub/services/kit/bus"
)

// draft is what is kept of an unfinished case.
type draft struct {
	RequestID string `json:"request_id"`
	Digest    []byte `json:"digest"`
	Content   string `json:"content"`
}

func readDraft(value []byte) (draft, error) {
	if len(value) == 0 {
		return draft{}, nil
	}
	var d draft
	if err := json.Unmarshal(value, &d); err != nil {
		return draft{}, fmt.Errorf("api: read a draft: %w", err)
	}
	return d, nil
}

func writeDraft(d draft) []byte {
	value, err := json.Marshal(d)
	if err != nil {
		panic("api: a draft is plain text: " + err.Error()) // no input makes this fail
	}
	return value
}

func etagOf(revision uint64) string {
	if revision == 0 {
		return ""
	}
	return strconv.FormatUint(revision, 36)
}

// hashed makes a key of any text; the text itself is not in the log.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

func isNotFound(err error) bool { return errors.Is(err, bus.ErrNotFound) }

func isConflict(err error) bool {
	var conflict *bus.ConflictError
	return errors.As(err, &conflict)
}
