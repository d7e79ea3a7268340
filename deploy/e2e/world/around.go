package world

import (
	"path/filepath"
	"testing"

	"github.com/businessespoo/hub/services/kit/token"
)

// Around answers the world of a hub that the test runs itself, on a data folder.
func Around(t testing.TB, data string, at Addresses) *World {
	t.Helper()
	w := prepare(t, nil, data)
	w.single, w.Log, w.At = true, filepath.Join(data, "jetstream"), at
	var err error
	w.Key, err = token.OpenKey(filepath.Join(data, "keys", "token.key"))
	must(t, err)
	return w
}
