package hub

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/minio/highwayhash"

	"github.com/businessespoo/hub/services/kit/bus"
)

// record is a message in a file of the log, in the form that the server writes:
// length (with a flag for headers), sequence, time, length of the subject, subject,
// headers with their length, body, checksum.
type record struct {
	sequence, time         uint64
	subject, headers, body []byte
}

const hasHeaders = 1 << 31

// tamper changes the messages of a stream in the files of a stopped log, as somebody
// would who knows the form: with checksums that are right.
func tamper(t *testing.T, dir, stream string, change func([]record) []record) {
	t.Helper()
	folder := filepath.Join(dir, logDir, bus.Account, "streams", stream, "msgs")
	path := filepath.Join(folder, "1.blk")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var records []record
	for rest := content; len(rest) > 0; {
		flagged, subject := binary.LittleEndian.Uint32(rest), 22+int(binary.LittleEndian.Uint16(rest[20:]))
		length := flagged &^ hasHeaders
		one := rest[:length]
		r := record{sequence: binary.LittleEndian.Uint64(one[4:]), time: binary.LittleEndian.Uint64(one[12:]), subject: one[22:subject], body: one[subject : length-8]}
		if flagged != length {
			headers := binary.LittleEndian.Uint32(r.body)
			r.headers, r.body = r.body[4:4+headers], r.body[4+headers:]
		}
		records = append(records, r)
		rest = rest[length:]
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s-%d", stream, 1))
	var written bytes.Buffer
	for _, r := range change(records) {
		length, headers := uint32(22+len(r.subject)+len(r.body)+8), []byte(nil)
		if len(r.headers) > 0 {
			headers = binary.LittleEndian.AppendUint32(nil, uint32(len(r.headers)))
			length = (length + 4 + uint32(len(r.headers))) | hasHeaders
		}
		head := binary.LittleEndian.AppendUint32(nil, length)
		head = binary.LittleEndian.AppendUint64(head, r.sequence)
		head = binary.LittleEndian.AppendUint64(head, r.time)
		head = binary.LittleEndian.AppendUint16(head, uint16(len(r.subject)))
		digest, err := highwayhash.New64(key[:])
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range [][]byte{head[4:20], r.subject, r.headers, r.body} {
			_, _ = digest.Write(part)
		}
		for _, part := range [][]byte{head, r.subject, headers, r.headers, r.body, digest.Sum(nil)} {
			written.Write(part)
		}
	}
	if err := os.WriteFile(path, written.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	// The server has noted what it wrote; it reads the files anew without the note.
	if err := os.RemoveAll(filepath.Join(folder, "index.db")); err != nil {
		t.Fatal(err)
	}
}
