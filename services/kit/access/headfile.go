package access

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/proto"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	"github.com/businessespoo/hub/services/kit/bus"
)

// headLine is a head in a file outside of the log, one line of JSON each. The head
// itself is the message; the rest is for people.
type headLine struct {
	Sequence uint64    `json:"sequence"`
	Subject  string    `json:"subject"`
	Number   uint64    `json:"number"`
	Time     time.Time `json:"time"`
	Head     []byte    `json:"head"`
}

// mostLine is more than a line takes, in bytes.
const mostLine = 64 << 10

// Follower is what heads are read from; *bus.Bus is one.
type Follower interface {
	Follow(ctx context.Context, stream string, from uint64, max int, handle func(ctx context.Context, events []bus.Event) error) error
}

// CopyHeads appends the heads that all processes sign to a file outside of the log,
// until ctx ends. It goes on behind the last line. Put the file where who can
// change the log cannot change it: it is what finds a log whose ends were all cut.
func CopyHeads(ctx context.Context, from Follower, path string, log *slog.Logger) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("access: make the folder of the heads: %w", err)
	}
	lines, err := readHeads(path)
	if err != nil {
		return err
	}
	next := uint64(1)
	if len(lines) > 0 {
		next = lines[len(lines)-1].Sequence + 1
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("access: open the file of the heads: %w", err)
	}
	defer func() { _ = file.Close() }()
	copyFrom := func(next uint64) error {
		return from.Follow(ctx, bus.StreamHeads, next, 100, func(_ context.Context, events []bus.Event) error {
			return appendHeads(file, events)
		})
	}
	err = copyFrom(next)
	if short, ok := errors.AsType[*bus.ShortLogError](err); ok {
		log.ErrorContext(ctx, "the log holds fewer heads of the access log than the file beside it: something was cut off; see hub audit verify", "file", path, "log", short.Last, "copied", next-1)
		err = copyFrom(short.Last + 1)
	}
	return err
}

func appendHeads(file *os.File, events []bus.Event) error {
	if len(events) == 0 {
		return nil
	}
	var text []byte
	for _, e := range events {
		head := &accessv1.AccessHead{}
		if err := proto.Unmarshal(e.Data, head); err != nil {
			head = &accessv1.AccessHead{} // copied all the same: the verifier says what is wrong
		}
		line, err := json.Marshal(headLine{Sequence: e.Sequence, Subject: e.Subject, Number: head.Number, Time: head.Time.AsTime(), Head: e.Data})
		if err != nil {
			return fmt.Errorf("access: copy head %d: %w", e.Sequence, err)
		}
		text = append(append(text, line...), '\n')
	}
	if _, err := file.Write(text); err != nil {
		return fmt.Errorf("access: copy heads: %w", err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("access: copy heads: %w", err)
	}
	return nil
}

// readHeads reads a file of heads. A last line that a crash broke off is cut off the
// file: it comes again.
func readHeads(path string) ([]headLine, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("access: read the heads: %w", err)
	}
	defer func() { _ = file.Close() }()
	lines, sound, err := parseHeads(file)
	if err != nil {
		return nil, fmt.Errorf("access: read %s: %w", path, err)
	}
	if err := file.Truncate(sound); err != nil {
		return nil, fmt.Errorf("access: read the heads: %w", err)
	}
	return lines, nil
}

// parseHeads answers the lines, and the length of the sound part: all but a last
// line without an end.
func parseHeads(file *os.File) (lines []headLine, sound int64, err error) {
	reader := bufio.NewReaderSize(file, mostLine)
	for {
		text, err := reader.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				return nil, 0, fmt.Errorf("line %d is no head: it is longer than %d bytes", len(lines)+1, mostLine)
			}
			return lines, sound, nil // the end
		}
		var line headLine
		if err := json.Unmarshal(text, &line); err != nil {
			return nil, 0, fmt.Errorf("line %d is no head: %w", len(lines)+1, err)
		}
		lines, sound = append(lines, line), sound+int64(len(text))
	}
}
