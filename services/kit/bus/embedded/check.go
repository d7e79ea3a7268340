package embedded

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/minio/highwayhash"
	"github.com/nats-io/nats-server/v2/server"
)

// A Damage is a place in the files of the log that cannot be what the server
// wrote.
//
// The server meets such a place by cutting off the rest of its file, sound facts
// included, or, where a sequence is wrong, by filling the gap in memory until
// there is none left. So it must not see the file at all.
type Damage struct {
	// Stream is the stream that the file belongs to.
	Stream string
	// File is the path of the file, and Offset the byte where the record begins.
	File   string
	Offset int64
	// After is the sequence of the last sound record before the place, 0 where
	// there is none in the file.
	After uint64
	// Reason says what is wrong.
	Reason string
	// Next is the sequence of the first sound record behind the place, 0 where there
	// is none in the file.
	Next uint64
	// Torn says that nothing sound follows, in one of the two files that the server
	// wrote to last: what a power cut leaves of writes under way looks like this.
	// They were never acknowledged, and the server cuts them off at its next start.
	Torn bool
}

func (d Damage) String() string {
	return fmt.Sprintf("%s: %s at byte %d, after fact %d: %s", d.Stream, d.File, d.Offset, d.After, d.Reason)
}

// DamagedError says that the files of the log are damaged and were left as they are.
type DamagedError struct{ Damages []Damage }

// Error tells the first damage, how many there are, and what helps.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("embedded: the log is damaged (files: %d) and was left untouched, because the server would cut off all that follows; "+
		"bring back the files from a copy, or run hub repair. The first: %s", len(e.Damages), e.Damages[0])
}

// Check reads every record of a stopped log and answers the damaged places, in
// the order of streams and files, the first of each file. It changes nothing.
//
// The checksums do not tell of a record missing at the very end, of a change made
// by somebody who knows how to compute them, and of the length of the subject in
// a message without headers. The hash chains of the facts tell.
func Check(dir string) ([]Damage, error) {
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	if lock != nil {
		defer func() { _ = lock.Close() }()
	}
	return checkStreams(dir)
}

// checkStreams is Check for whoever holds the lock.
func checkStreams(dir string) ([]Damage, error) {
	blocks, err := findBlocks(dir)
	if err != nil {
		return nil, err
	}
	var (
		mu      sync.Mutex
		found   []Damage
		failed  error
		next    = make(chan block)
		workers sync.WaitGroup
	)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			var content []byte
			for b := range next {
				damage, err := b.check(&content)
				mu.Lock()
				if damage != nil {
					found = append(found, *damage)
				}
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	for _, b := range blocks {
		next <- b
	}
	close(next)
	workers.Wait()
	slices.SortFunc(found, func(a, b Damage) int { return cmp.Compare(a.File, b.File) })
	return found, failed
}

// block is one file of a stream.
type block struct {
	stream, path string
	number       uint64
	recent       bool // the server may have been writing to it at the end
}

func findBlocks(dir string) ([]block, error) {
	paths, err := filepath.Glob(filepath.Join(dir, server.JetStreamStoreDir, "*", "streams", "*", "msgs", "*.blk"))
	if err != nil {
		return nil, fmt.Errorf("embedded: list the files of the log: %w", err)
	}
	newest := make(map[string]uint64) // by folder, the highest number of a block
	var blocks []block
	for _, path := range paths {
		b, err := blockAt(path)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
		folder := filepath.Dir(path)
		newest[folder] = max(newest[folder], b.number)
	}
	for i, b := range blocks {
		// The system may put the beginning of the newest on disk before the end of
		// the one before it.
		blocks[i].recent = b.number+1 >= newest[filepath.Dir(b.path)]
	}
	return blocks, nil
}

func blockAt(path string) (block, error) {
	number, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(path), ".blk"), 10, 32)
	if err != nil {
		return block{}, fmt.Errorf("embedded: %s is not a file of the log, move it elsewhere: %w", path, err)
	}
	return block{stream: filepath.Base(filepath.Dir(filepath.Dir(path))), path: path, number: number}, nil
}

// check reads the file into content, which it may grow, and answers the first
// damage in it.
func (b block) check(content *[]byte) (*Damage, error) {
	file, err := os.Open(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("embedded: check the log: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("embedded: check the log: %w", err)
	}
	*content = slices.Grow((*content)[:0], int(info.Size()))[:info.Size()]
	if _, err := file.ReadAt(*content, 0); err != nil {
		return nil, fmt.Errorf("embedded: check the log: %s: %w", b.path, err)
	}
	r, err := newRecords(b, *content)
	if err != nil {
		return nil, err
	}
	return r.damage(), nil
}

// The form of a record, as the server's file store writes it: length with a flag
// for headers (4 bytes), sequence with flags (8), time (8), length of the subject
// (2), subject, length of the headers (4) and headers if there are any, body,
// checksum (8). All little endian.
const (
	recordHead     = 22
	recordChecksum = 8
	flagHeaders    = 1 << 31 // in the length
	flagErased     = 1 << 63 // in the sequence: the content was overwritten with noise
	flagTombstone  = 1 << 62 // in the sequence: tells that another record was removed
)

// records walks the records of one block.
type records struct {
	block   block
	content []byte
	digest  *highwayhash.Digest64
	sum     [highwayhash.Size64]byte
}

func newRecords(b block, content []byte) (*records, error) {
	key := sha256.Sum256(fmt.Appendf(nil, "%s-%d", b.stream, b.number))
	digest, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		return nil, fmt.Errorf("embedded: check the log: %w", err)
	}
	return &records{block: b, content: content, digest: digest}, nil
}

// damage answers the first record that is not sound.
func (r *records) damage() *Damage {
	var last uint64
	for at := 0; at < len(r.content); {
		length, sequence, reason := r.record(at)
		if reason == "" && sequence&flagTombstone == 0 {
			if sequence &^= flagErased; sequence != 0 && sequence <= last {
				reason = fmt.Sprintf("its sequence is %d, which does not follow", sequence)
			} else {
				last = max(last, sequence)
			}
		}
		if reason != "" {
			_, next := r.soundFrom(at+1, last)
			return &Damage{
				Stream: r.block.stream, File: r.block.path, Offset: int64(at), After: last, Next: next,
				Reason: reason, Torn: r.block.recent && next == 0,
			}
		}
		at += length
	}
	return nil
}

// soundFrom looks for the first sound record at or after a place: a mark of removal,
// or a message with a sequence above last. It answers where that is, or the end of
// the file, and the sequence of the first such message, or 0.
func (r *records) soundFrom(at int, last uint64) (place int, sequence uint64) {
	place = len(r.content)
	for ; at+recordHead+recordChecksum <= len(r.content); at++ {
		_, flagged, reason := r.record(at)
		mark, sequence := flagged&flagTombstone != 0, flagged&^flagErased
		if reason != "" || !mark && sequence <= last {
			continue
		}
		if place = min(place, at); !mark {
			return place, sequence
		}
	}
	return place, 0
}

// record reads the record at a place: its length in bytes, its sequence with the
// flags, and what is wrong with it, if anything.
func (r *records) record(at int) (length int, sequence uint64, reason string) {
	rest := r.content[at:]
	if len(rest) < recordHead+recordChecksum {
		return 0, 0, fmt.Sprintf("%d bytes are too few for a record", len(rest))
	}
	flagged := binary.LittleEndian.Uint32(rest)
	length = int(flagged &^ flagHeaders)
	subject := int(binary.LittleEndian.Uint16(rest[20:]))
	if length < recordHead+subject+recordChecksum || length > len(rest) {
		return 0, 0, fmt.Sprintf("its length says %d bytes, with a subject of %d; %d are left in the file", length, subject, len(rest))
	}
	record, flaggedSequence := rest[:length], binary.LittleEndian.Uint64(rest[4:])
	if flaggedSequence&(flagErased|flagTombstone) != 0 && subject != 0 {
		return 0, 0, "it is marked as removed and still has a subject"
	}
	body := record[recordHead+subject : length-recordChecksum]
	if flagged&flagHeaders != 0 {
		if len(body) < 4 {
			return 0, 0, "its headers have no length"
		}
		headers := binary.LittleEndian.Uint32(body)
		body = body[4:]
		if uint64(headers) > uint64(len(body)) || !bytes.HasSuffix(body[:headers], []byte("\r\n\r\n")) {
			return 0, 0, fmt.Sprintf("its headers do not end after the %d bytes that it says", headers)
		}
	}
	r.digest.Reset()
	_, _ = r.digest.Write(record[4:20])
	_, _ = r.digest.Write(record[recordHead : recordHead+subject])
	_, _ = r.digest.Write(body)
	if sum := r.digest.Sum(r.sum[:0]); !bytes.Equal(sum, record[length-recordChecksum:]) {
		return 0, 0, "its checksum is wrong"
	}
	return length, flaggedSequence, ""
}
