// Package powercut shows what a power cut would leave of a log that is in use. It
// is for tests.
package powercut

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// Copy copies what a power cut at some moment of the call would leave of the log
// at dir into the folder left, which it makes. Of each file of messages that is at
// least what synced tells, and of what was written after it any part or none; a file
// that was never synced is there or not. Other files are copied whole, or cut in
// the same way when all is set.
//
// The copy takes time, in which the log is written on. So the places of consumers
// are copied first: they then name no message that was synced only later. And a
// stream is copied again when the server has put a rewritten file in place of one
// meanwhile: it syncs such a file first, with all that it holds, so what was synced
// before tells nothing of it.
func Copy(r *rand.Rand, dir, left string, synced func() map[string]int64, all bool) error {
	c := copier{r: r, dir: dir, left: left, all: all}
	folders, err := c.others(synced())
	if err != nil {
		return err
	}
	for _, folder := range folders {
		for whole := false; !whole; {
			if whole, err = c.blocks(folder, synced); err != nil {
				return err
			}
		}
	}
	return nil
}

type copier struct {
	r         *rand.Rand
	dir, left string
	all       bool
}

// others copies all but the files of messages, and answers the folders of those.
func (c copier) others(lengths map[string]int64) (folders []string, err error) {
	err = filepath.WalkDir(c.dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // the server removed it just now
		case err != nil:
			return err
		case entry.IsDir():
			if entry.Name() == "msgs" {
				folders = append(folders, path)
			}
			return os.MkdirAll(c.target(path), 0o700)
		case filepath.Ext(path) == ".blk":
			return nil
		}
		body, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && c.all {
			body = c.cut(body, path, lengths)
		}
		if body == nil || err != nil {
			return err
		}
		return os.WriteFile(c.target(path), body, 0o600)
	})
	return folders, err
}

// blocks copies the files of messages of one stream; false when the server has
// replaced or removed one meanwhile.
func (c copier) blocks(folder string, synced func() map[string]int64) (whole bool, err error) {
	before, err := list(folder)
	if err != nil {
		return false, err
	}
	lengths := synced()
	bodies := make([][]byte, len(before))
	for i, info := range before {
		if bodies[i], err = os.ReadFile(filepath.Join(folder, info.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	after, err := list(folder)
	if err != nil || len(after) < len(before) || !slices.EqualFunc(before, after[:len(before)], os.SameFile) {
		return false, err
	}
	for i, info := range before {
		path := filepath.Join(folder, info.Name())
		if body := c.cut(bodies[i], path, lengths); body != nil {
			if err := os.WriteFile(c.target(path), body, 0o600); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// list answers the files of messages in a folder, the oldest first.
func list(folder string) (blocks []os.FileInfo, err error) {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".blk" {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, info)
	}
	// The names are numbers.
	slices.SortFunc(blocks, func(a, b os.FileInfo) int {
		if len(a.Name()) != len(b.Name()) {
			return len(a.Name()) - len(b.Name())
		}
		return slices.Compare([]byte(a.Name()), []byte(b.Name()))
	})
	return blocks, err
}

// cut answers what is left of a file; nil when it is not there.
func (c copier) cut(body []byte, path string, lengths map[string]int64) []byte {
	length, known := lengths[path]
	if !known && c.r.IntN(2) == 0 {
		return nil
	}
	if more := int64(len(body)) - length; more > 0 {
		if c.r.IntN(2) == 0 {
			length += c.r.Int64N(more + 1)
		}
		body = body[:length]
	}
	return body
}

func (c copier) target(path string) string {
	relative, err := filepath.Rel(c.dir, path)
	if err != nil {
		panic(err) // both are below the same folder
	}
	return filepath.Join(c.left, relative)
}
