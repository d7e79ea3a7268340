package embedded

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// damagedDir holds the files that Repair replaced, below the directory of the log.
const damagedDir = "damaged"

// A Repaired is a place that Repair has set aside.
type Repaired struct {
	Damage
	// Copy is the path of the file as it was.
	Copy string
}

// Repair sets the damaged places of a stopped log aside, so that the server keeps
// all the rest: each becomes one record marked as erased. The messages that were
// there are lost unless a copy has them, and whatever follows on one of them tells
// of the gap. The files as they were are kept in the folder "damaged". Torn ends
// are left to the server. It answers what it replaced, in the order of Check.
func Repair(dir string) ([]Repaired, error) {
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	if lock != nil {
		defer func() { _ = lock.Close() }()
	}
	var done []Repaired
	for {
		damages, err := checkStreams(dir)
		if err != nil {
			return done, err
		}
		before := len(done)
		for _, d := range damages {
			if d.Torn {
				continue
			}
			copied, err := repair(dir, d)
			if err != nil {
				return done, err
			}
			done = append(done, Repaired{Damage: d, Copy: copied})
		}
		if len(done) == before { // the next look may find another place in the same file
			return done, nil
		}
	}
}

// repair replaces one damaged place and answers where the file is kept as it was.
func repair(dir string, d Damage) (string, error) {
	b, err := blockAt(d.File)
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(d.File)
	if err != nil {
		return "", fmt.Errorf("embedded: repair the log: %w", err)
	}
	copied, err := keep(filepath.Join(dir, damagedDir), fmt.Sprintf("%s-%d-*.blk", b.stream, b.number), content)
	if err != nil {
		return "", fmt.Errorf("embedded: keep the damaged file: %w", err)
	}
	r, err := newRecords(b, content)
	if err != nil {
		return "", err
	}
	end, _ := r.soundFrom(int(d.Offset)+1, d.After)
	sequence := d.After + 1
	switch {
	case d.Next == d.After+1:
		sequence = 0 // no message was there, but a mark that one was removed
	case d.After == 0 && d.Next > 0:
		sequence = d.Next - 1 // the first records of a later file: the server counts on from here
	}
	r.erase(int(d.Offset), end, sequence)
	// The server's index tells of the file as it was; it makes it again.
	index := filepath.Join(filepath.Dir(d.File), "index.db")
	if err := os.Remove(index); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("embedded: repair the log: %w", err)
	}
	if err := replace(d.File, r.content); err != nil {
		return "", fmt.Errorf("embedded: repair the log: %w", err)
	}
	return copied, nil
}

// erase writes one record marked as erased from one place to another. Bytes too
// few for a record, which only the end of a file can have, are cut off.
func (r *records) erase(from, to int, sequence uint64) {
	if to-from < recordHead+recordChecksum {
		r.content = append(r.content[:from:from], r.content[to:]...)
		return
	}
	record := r.content[from:to]
	_, _ = rand.Read(record)
	binary.LittleEndian.PutUint32(record, uint32(len(record)))
	binary.LittleEndian.PutUint64(record[4:], sequence|flagErased)
	binary.LittleEndian.PutUint64(record[12:], 0)
	binary.LittleEndian.PutUint16(record[20:], 0)
	r.digest.Reset()
	_, _ = r.digest.Write(record[4:20])
	_, _ = r.digest.Write(record[recordHead : len(record)-recordChecksum])
	r.digest.Sum(record[len(record)-recordChecksum : len(record)-recordChecksum])
}

// replace puts other content in place of a file, whole or not at all.
func replace(path string, content []byte) error {
	written, err := keep(filepath.Dir(path), "repair-*", content)
	if err != nil {
		return err
	}
	if err := os.Rename(written, path); err != nil {
		return errors.Join(err, os.Remove(written))
	}
	return syncDir(filepath.Dir(path))
}

// keep puts content on disk as a new file of a folder and answers its path.
func keep(dir, pattern string, content []byte) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return "", err
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close(), syncDir(dir)); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

func syncDir(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
