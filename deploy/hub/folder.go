package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/businessespoo/hub/services/kit/token"
)

// Format is the version of a data folder's layout that this code knows.
const Format = 1

// The names within a data folder. The log adds "jetstream" and "LOCK", which
// keeps a second process out.
const (
	versionFile    = "VERSION"
	logDir         = "jetstream"
	keysDir        = "keys"
	projectionsDir = "projections"
	auditDir       = "audit"
	headsFile      = "heads.jsonl"
	erasuresFile   = "erasures.json"
	demoFile       = "demo.json"
	clockFile      = "demo-clock.json"
)

// Folder is a data folder of a hub: its log, its keys, and projections, which
// can be deleted at any time.
type Folder struct{ dir string }

// version is the content of VERSION.
type version struct {
	Format int `json:"format"`
}

// OpenFolder opens a data folder, or makes a new one. It refuses a folder of a
// newer format, and one that holds something else, and changes neither.
func OpenFolder(dir string) (Folder, error) {
	folder := Folder{dir: dir}
	data, err := os.ReadFile(folder.path(versionFile))
	switch {
	case err == nil:
		return folder, checkVersion(dir, data)
	case !errors.Is(err, fs.ErrNotExist):
		return Folder{}, fmt.Errorf("hub: read the version of the data folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Folder{}, fmt.Errorf("hub: open the data folder: %w", err)
	}
	if len(entries) > 0 {
		return Folder{}, fmt.Errorf("hub: %s is no data folder of a hub: it has no file %s, but holds %s; name an empty or a new folder",
			dir, versionFile, entries[0].Name())
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Folder{}, fmt.Errorf("hub: make the data folder: %w", err)
	}
	return folder, folder.writeJSON(versionFile, version{Format: Format})
}

// FindFolder opens a data folder that must be there: what a command looks for in a
// folder that it would have to make cannot be in it.
func FindFolder(dir string) (Folder, error) {
	if _, err := os.Stat(filepath.Join(dir, versionFile)); errors.Is(err, fs.ErrNotExist) {
		return Folder{}, fmt.Errorf("hub: there is no data folder of a hub at %s; name the one that hub run uses, or start hub run, which makes it", dir)
	}
	return OpenFolder(dir)
}

func checkVersion(dir string, data []byte) error {
	var v version
	if err := json.Unmarshal(data, &v); err != nil || v.Format < 1 {
		return fmt.Errorf("hub: %s is damaged: it should hold {\"format\":%d} or a lower number", filepath.Join(dir, versionFile), Format)
	}
	if v.Format > Format {
		return fmt.Errorf("hub: %s has format %d, and this version of the hub knows formats up to %d: start the newer version; nothing was changed",
			dir, v.Format, Format)
	}
	return nil
}

func (f Folder) path(parts ...string) string {
	return filepath.Join(append([]string{f.dir}, parts...)...)
}

// TokenKey opens the key that signs tokens, or makes it.
func (f Folder) TokenKey() (*token.Key, error) {
	if err := os.MkdirAll(f.path(keysDir), 0o700); err != nil {
		return nil, fmt.Errorf("hub: make the folder of the keys: %w", err)
	}
	return token.OpenKey(f.path(keysDir, "token.key"))
}

// hasLog tells whether a hub has run on the folder.
func (f Folder) hasLog() (bool, error) { return f.has(logDir) }

func (f Folder) has(name string) (bool, error) {
	there, err := exists(f.path(name))
	if err != nil {
		return false, fmt.Errorf("hub: look into the data folder: %w", err)
	}
	return there, nil
}

// readJSON reads a file of the folder; when there is none it changes nothing.
func (f Folder) readJSON(name string, into any) error {
	data, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return fmt.Errorf("hub: read %s: %w", f.path(name), err)
	}
	return nil
}

// writeJSON puts a whole file in place at once, readable by its owner only.
func (f Folder) writeJSON(name string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("hub: write %s: %w", name, err)
	}
	if err := writeFile(f.path(name), append(data, '\n')); err != nil {
		return fmt.Errorf("hub: write %s: %w", f.path(name), err)
	}
	return nil
}

// writeFile writes beside the file first, so that nobody reads half of it and a
// crash leaves the old one.
func writeFile(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
