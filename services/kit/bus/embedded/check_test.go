package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

// written is a stopped log with twelve facts and a name that was put twice.
func written(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	server, hub := open(t, dir, false)
	for i := range 12 {
		if _, err := hub.Publish(t.Context(), bus.Message{Subject: "case.c1.hub.0.hub", Header: map[string]string{"Kind": "x"}, Data: fmt.Appendf(nil, "fact %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		if _, err := hub.PutPerson(t.Context(), bus.Message{Subject: "people.omnia.p", Header: map[string]string{"Kind": "y"}, Data: fmt.Appendf(nil, "name %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	hub.Close()
	server.Shutdown()
	return dir
}

func blockOf(dir, stream string, number int) string {
	return filepath.Join(dir, "jetstream", bus.Account, "streams", stream, "msgs", fmt.Sprintf("%d.blk", number))
}

func check(t *testing.T, dir string) []embedded.Damage {
	t.Helper()
	damages, err := embedded.Check(dir)
	if err != nil {
		t.Fatal(err)
	}
	return damages
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCheckFindsEveryBit flips each bit of two files of the log, one at a time.
func TestCheckFindsEveryBit(t *testing.T) {
	dir := written(t)
	if damages := check(t, dir); len(damages) > 0 {
		t.Fatalf("a sound log: %v", damages)
	}
	for _, stream := range []string{bus.StreamCases, bus.StreamPeople} {
		path := blockOf(dir, stream, 1)
		sound := read(t, path)
		for i := range sound {
			for bit := range 8 {
				content := slices.Clone(sound)
				content[i] ^= 1 << bit
				write(t, path, content)
				if damages := check(t, dir); len(damages) != 1 || damages[0].File != path {
					t.Fatalf("bit %d of byte %d of %s: found %v", bit, i, stream, damages)
				}
			}
		}
		write(t, path, sound)
	}
}

// TestStartRefusesDamage flips one bit in the middle of the log. The server would
// cut off what follows it.
func TestStartRefusesDamage(t *testing.T) {
	dir := written(t)
	path := blockOf(dir, bus.StreamCases, 1)
	content := read(t, path)
	content[len(content)/2] ^= 1
	write(t, path, content)
	server, err := embedded.Start(embedded.Options{Dir: dir})
	if damaged, is := errors.AsType[*embedded.DamagedError](err); !is || len(damaged.Damages) != 1 || damaged.Damages[0].Torn {
		t.Errorf("a damaged log: %v", err)
	} else if !strings.Contains(err.Error(), path) {
		t.Errorf("the error does not name the file: %v", err)
	}
	if server != nil {
		server.Shutdown()
	}
	if !slices.Equal(read(t, path), content) {
		t.Error("the damaged file was changed")
	}
}

// TestRepairKeepsTheRest damages each byte of the log in turn. After a repair the
// server has all facts but the one that the byte belongs to.
func TestRepairKeepsTheRest(t *testing.T) {
	dir := written(t)
	path := blockOf(dir, bus.StreamCases, 1)
	sound := read(t, path)
	step := len(sound) / 12 // bytes of a fact
	for at := 0; at < len(sound); at += 5 {
		content := slices.Clone(sound)
		content[at] ^= 0x41
		write(t, path, content)
		whole := at/step == 11 // what is damaged at the end passes for a torn write
		done, err := embedded.Repair(dir)
		if err != nil || whole != (len(done) == 0) {
			t.Fatalf("byte %d: repaired %v, %v", at, done, err)
		}
		if !whole && !slices.Equal(read(t, done[0].Copy), content) {
			t.Errorf("byte %d: the copy is not the damaged file", at)
		}
		if at%75 != 0 { // a server takes long to start
			if damages := check(t, dir); !whole && len(damages) > 0 {
				t.Errorf("byte %d: after the repair: %v", at, damages)
			}
			continue
		}
		server, hub := open(t, dir, false)
		for sequence := range uint64(12) {
			event, err := hub.Get(t.Context(), bus.StreamCases, sequence+1)
			if lost := int(sequence) == at/step; lost != errors.Is(err, bus.ErrNotFound) || !lost && string(event.Data) != fmt.Sprintf("fact %d", sequence) && err == nil {
				t.Errorf("byte %d: fact %d is %q, %v", at, sequence+1, event.Data, err)
			}
		}
		hub.Close()
		server.Shutdown()
	}
}

// TestRepairOfAMarkLosesNothing damages the mark that a message was removed, which
// stands between two messages and has no sequence of its own.
func TestRepairOfAMarkLosesNothing(t *testing.T) {
	dir := t.TempDir()
	server, hub := open(t, dir, false)
	publish := func(body string) {
		t.Helper()
		if _, err := hub.Publish(t.Context(), bus.Message{Subject: "case.c1.hub.0.hub", Data: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	publish("fact 1")
	before := len(read(t, blockOf(dir, bus.StreamCases, 1)))
	publish("fact 2")
	hub.Close()
	server.Shutdown()
	// A mark as the server writes it: no subject, no body, the flag beside the sequence.
	path := blockOf(dir, bus.StreamCases, 1)
	sound := read(t, path)
	mark := make([]byte, 30)
	mark[0], mark[4], mark[11] = 30, 1, 0x40
	write(t, path, slices.Concat(sound[:before], mark, sound[before:])) // its checksum is wrong
	done, err := embedded.Repair(dir)
	if err != nil || len(done) != 1 || done[0].After != 1 || done[0].Next != 2 {
		t.Fatalf("repaired %v, %v", done, err)
	}
	server, hub = open(t, dir, false)
	defer server.Shutdown()
	defer hub.Close()
	for sequence, want := range map[uint64]string{1: "fact 1", 2: "fact 2"} {
		if event, err := hub.Get(t.Context(), bus.StreamCases, sequence); err != nil || string(event.Data) != want {
			t.Errorf("fact %d is %q, %v", sequence, event.Data, err)
		}
	}
}

// TestRepairALaterFile damages the second of several files: its first record, and
// all of it.
func TestRepairALaterFile(t *testing.T) {
	sound := t.TempDir()
	server, hub := open(t, sound, false)
	const facts = 30
	for i := range facts {
		body := append(fmt.Appendf(nil, "fact %d", i), make([]byte, 900<<10)...)
		if _, err := hub.Publish(t.Context(), bus.Message{Subject: "case.c1.hub.0.hub", Data: body}); err != nil {
			t.Fatal(err)
		}
	}
	hub.Close()
	server.Shutdown()
	for name, damage := range map[string]func(content []byte){
		"its first record": func(content []byte) { content[100] ^= 1 },
		"all of it":        func(content []byte) { clear(content) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
				t.Fatal(err)
			}
			path := blockOf(dir, bus.StreamCases, 2)
			content := read(t, path)
			damage(content)
			write(t, path, content)
			done, err := embedded.Repair(dir)
			if err != nil || len(done) != 1 {
				t.Fatalf("repaired %v, %v", done, err)
			}
			server, hub := open(t, dir, false)
			defer server.Shutdown()
			defer hub.Close()
			lost := 0
			for sequence := range uint64(facts) {
				event, err := hub.Get(t.Context(), bus.StreamCases, sequence+1)
				if errors.Is(err, bus.ErrNotFound) {
					lost++
				} else if err != nil || !strings.HasPrefix(string(event.Data), fmt.Sprintf("fact %d\x00", sequence)) {
					t.Errorf("fact %d: %v", sequence+1, err)
				}
			}
			if want := map[string]int{"its first record": 1, "all of it": len(content) / (900 << 10)}[name]; lost != want {
				t.Errorf("lost %d facts, want %d", lost, want)
			}
			if extent, err := hub.Extent(t.Context(), bus.StreamCases); err != nil || extent.Last != facts || len(extent.Erased) != lost {
				t.Errorf("the log is %+v, %v", extent, err)
			}
		})
	}
}

// TestStartCutsATornWrite ends the log in part of a record. All facts before it
// stay.
func TestStartCutsATornWrite(t *testing.T) {
	dir := written(t)
	path := blockOf(dir, bus.StreamCases, 1)
	sound := read(t, path)
	write(t, path, append(slices.Clone(sound), sound[:len(sound)/24]...))
	if damages := check(t, dir); len(damages) != 1 || !damages[0].Torn || damages[0].After != 12 {
		t.Errorf("a torn write: %v", damages)
	}
	server, hub := open(t, dir, false)
	if extent, err := hub.Extent(t.Context(), bus.StreamCases); err != nil || extent.Last != 12 {
		t.Errorf("after a torn write the log is %+v, %v", extent, err)
	}
	hub.Close()
	server.Shutdown()
	if !slices.Equal(read(t, path), sound) {
		t.Error("the sound part was changed")
	}
}

// BenchmarkCheck tells how many bytes of a sound log are checked in a second.
func BenchmarkCheck(b *testing.B) {
	dir := b.TempDir()
	server, err := embedded.Start(embedded.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	hub, err := bus.Connect(b.Context(), server.BusOptions(bus.Hub))
	if err != nil {
		b.Fatal(err)
	}
	if err := hub.EnsureTopology(b.Context()); err != nil {
		b.Fatal(err)
	}
	body := make([]byte, 900)
	for range 20000 {
		if _, err := hub.Publish(b.Context(), bus.Message{Subject: "case.c1.hub.0.hub", Data: body}); err != nil {
			b.Fatal(err)
		}
	}
	hub.Close()
	server.Shutdown()
	size := int64(0)
	for number := 1; ; number++ {
		info, err := os.Stat(blockOf(dir, bus.StreamCases, number))
		if err != nil {
			break
		}
		size += info.Size()
	}
	b.SetBytes(size)
	for b.Loop() {
		if _, err := embedded.Check(dir); err != nil {
			b.Fatal(err)
		}
	}
}
