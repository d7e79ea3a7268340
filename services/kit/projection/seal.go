package projection

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// sealSuffix is the suffix of the file that says what a projection held when it
// was closed: its length and its CRC-32C, 8 and 4 bytes, big-endian.
//
// SQLite has no checksums, so a bit that flips within a row is served as if it had
// always been so. What was closed in good order is therefore compared before it is
// opened again. After a crash there is no seal: what SQLite itself finds is all
// that is found then.
const sealSuffix = "-seal"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sealOf reads the whole file.
func sealOf(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	sum := crc32.New(castagnoli)
	length, err := io.CopyBuffer(sum, struct{ io.Reader }{file}, make([]byte, 1<<20))
	if err != nil {
		return nil, err
	}
	seal := binary.BigEndian.AppendUint64(nil, uint64(length))
	return binary.BigEndian.AppendUint32(seal, sum.Sum32()), nil
}

// seal says what a closed file holds. A file with a write-ahead log beside it
// gets none: it is not all that there is.
func seal(path string) error {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return nil
	}
	content, err := sealOf(path)
	if err == nil {
		err = os.WriteFile(path+sealSuffix, content, 0o600)
	}
	if err != nil {
		return fmt.Errorf("seal the file: %w", err)
	}
	return nil
}

// intact compares a file with its seal. Without a seal there is nothing to compare.
func intact(path string) (bool, error) {
	want, err := os.ReadFile(path + sealSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	have, err := sealOf(path)
	return string(have) == string(want), err
}

// breakSeal takes the seal away before the file changes.
func breakSeal(path string) error {
	if err := os.Remove(path + sealSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
