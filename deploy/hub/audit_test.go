package hub

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

const messagesEach = 5

// seen is a row by an advisor of a provider, or by a company at the hub.
func seen(party string, n int) *accessv1.AccessRow {
	row := &accessv1.AccessRow{
		Person: fmt.Sprint("person-", n), Role: policyv1.Role_ROLE_ADVISOR, Organisations: []string{party}, Advisor: "a1", Method: "ProviderService.GetRequest",
		Shown: []*accessv1.Shown{{Case: "cases/" + strings.Repeat("a", 26), Requests: []string{party + "-1"}}},
	}
	if party == bus.Hub {
		row.Role, row.Organisations = policyv1.Role_ROLE_COMPANY, []string{"9000007-0"}
	}
	return row
}

// recordedLog is a stopped log in which the hub and a provider have written rows,
// the provider confidential ones too, with a head each, and the file of the heads.

func recordedLog(t *testing.T) (dir, heads string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	if _, err := OpenFolder(dir); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	server, err := embedded.Start(embedded.Options{Dir: dir, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown()
	connect := func(party string) *bus.Bus {
		b, err := bus.Connect(t.Context(), server.BusOptions(party))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		return b
	}
	hub := connect(bus.Hub)
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	for party, b := range map[string]*bus.Bus{bus.Hub: hub, "omnia": connect("omnia")} {
		key, err := access.OpenKey(filepath.Join(dir, keysDir, party))
		if err != nil {
			t.Fatal(err)
		}
		for _, confidential := range []bool{false, true} {
			if confidential && party == bus.Hub {
				continue
			}
			writeRows(t, access.New(access.Options{Bus: b, Key: key, Confidential: confidential, Log: quiet}), party)
		}
	}
	heads = filepath.Join(dir, auditDir, headsFile)
	ctx, cancel := context.WithCancel(t.Context())
	copied := make(chan error, 1)
	go func() { copied <- access.CopyHeads(ctx, hub, heads, quiet) }()
	for text := ""; strings.Count(text, "\n") < 2; {
		content, err := os.ReadFile(heads)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		text = string(content)
	}
	cancel()
	if err := <-copied; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	return dir, heads
}

// writeRows runs a log until a few messages and its last head are written.
func writeRows(t *testing.T, log *access.Log, party string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- log.Run(ctx) }()
	for n := range messagesEach {
		if err := log.Record(t.Context(), seen(party, n)); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func audit(t *testing.T, dir, heads string) access.Report {
	t.Helper()
	report, err := Audit(t.Context(), dir, heads, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Every way to change an access log after the fact is found, by what finds it.
func TestAuditFindsWhatWasChanged(t *testing.T) {
	sound, _ := recordedLog(t)
	of := func(prefix string, r record) bool { return strings.HasPrefix(string(r.subject), prefix) }
	// without drops the messages of a chain for which drop answers true, by their
	// place in it.
	without := func(prefix string, drop func(n int) bool) func([]record) []record {
		return func(records []record) []record {
			n := 0
			return slices.DeleteFunc(records, func(r record) bool {
				if !of(prefix, r) {
					return false
				}
				n++
				return drop(n)
			})
		}
	}
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		want   string // in a fault; empty for a sound log
	}{
		"nothing": {func(*testing.T, string) {}, ""},
		"a byte, as a disk or a stranger would": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, logDir, bus.Account, "streams", bus.StreamAccess, "msgs", "1.blk")
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			content[len(content)/2] ^= 1
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "checksum"},
		"a byte, with its checksum": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.StreamAccess, func(records []record) []record {
				for i, r := range records {
					if of("access.omnia.", r) {
						records[i].body = []byte(strings.Replace(string(r.body), "person-0", "person-9", 1))
						break
					}
				}
				return records
			})
		}, "one of the two was changed"},
		"the last message": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.StreamAccess, func(records []record) []record {
				last := &records[len(records)-1]
				last.body = []byte(strings.Replace(string(last.body), "person-4", "person-9", 1))
				return records
			})
		}, "is not the one that was signed"},
		"a message from the middle": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.StreamAccess, without("access.omnia.", func(n int) bool { return n == 3 }))
		}, "was removed"},
		"the end of the rows": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.StreamAccess, without("access.omnia.", func(n int) bool { return n > 3 }))
		}, "the rest was cut off"},
		"a whole chain": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.StreamAccess, without("access.omnia.", func(int) bool { return true }))
		}, "missing as a whole"},
		"the end of the rows and of the heads": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.StreamAccess, without("access.omnia.", func(n int) bool { return n > 3 }))
			tamper(t, dir, bus.StreamHeads, without("heads.omnia.", func(int) bool { return true }))
		}, "is not in the log: heads were cut off"},
		"a chain for another one": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.StreamAccess, replaceChain("access.omnia."))
		}, "the chain was replaced"},
		"a head": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.StreamHeads, func(records []record) []record {
				head := &accessv1.AccessHead{}
				if err := proto.Unmarshal(records[0].body, head); err != nil {
					t.Fatal(err)
				}
				head.Number--
				body, err := proto.Marshal(head)
				if err != nil {
					t.Fatal(err)
				}
				records[0].body = body
				return records
			})
		}, "its signature is not by the key"},
		"the end of the confidential rows": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.PrivateStream("omnia"), without("private.omnia.access.", func(n int) bool { return n > 3 }))
		}, "the rest was cut off"},
		"a row that is not its writer's": {func(t *testing.T, dir string) {
			tamper(t, dir, bus.StreamAccess, func(records []record) []record {
				for i, r := range records {
					if of("access.omnia.", r) {
						records[i].body = []byte(strings.Replace(string(r.body), "\"\x05omnia", "\"\x05other", 1))
						break
					}
				}
				return records
			})
		}, "is not omnia's to say"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
				t.Fatal(err)
			}
			c.change(t, dir)
			report := audit(t, dir, "")
			if c.want == "" {
				if len(report.Faults) > 0 {
					t.Errorf("a sound log has faults: %q", report.Faults)
				}
				return
			}
			if !slices.ContainsFunc(report.Faults, func(fault string) bool { return strings.Contains(fault, c.want) }) {
				t.Errorf("the faults are %q, want one that says %q", report.Faults, c.want)
			}
		})
	}
}

// replaceChain makes the messages of a chain anew, with other people, each with the
// right hash of the one before it.
func replaceChain(prefix string) func([]record) []record {
	return func(records []record) []record {
		var before []byte
		for i, r := range records {
			if !strings.HasPrefix(string(r.subject), prefix) {
				continue
			}
			batch := &accessv1.AccessBatch{}
			if err := proto.Unmarshal(r.body, batch); err != nil {
				panic(err)
			}
			batch.PreviousHash = before
			for _, row := range batch.Rows {
				row.Person = "somebody-else"
			}
			body, err := proto.Marshal(batch)
			if err != nil {
				panic(err)
			}
			sum := sha256.Sum256(body)
			records[i].body, before = body, sum[:]
		}
		return records
	}
}

// What cannot be proven is said: without the file, a cut of rows and heads alike
// shows nothing, and the report says that it would not.
func TestAuditSaysWhatItCannotProve(t *testing.T) {
	dir, heads := recordedLog(t)
	if err := os.Remove(heads); err != nil {
		t.Fatal(err)
	}
	mine := func(prefix string) func([]record) []record {
		return func(records []record) []record {
			return slices.DeleteFunc(records, func(r record) bool { return strings.HasPrefix(string(r.subject), prefix) })
		}
	}
	tamper(t, dir, bus.StreamAccess, mine("access.omnia."))
	tamper(t, dir, bus.StreamHeads, mine("heads.omnia."))
	report := audit(t, dir, "")
	if len(report.Faults) > 0 || !strings.Contains(strings.Join(report.Unproven, "\n"), "cut off both ends at once") {
		t.Errorf("faults %q, not proven %q", report.Faults, report.Unproven)
	}
	for _, line := range report.Checked {
		if strings.Contains(line, "omnia") {
			t.Errorf("the report tells of the confidential chain of omnia: %s", line)
		}
	}
}
