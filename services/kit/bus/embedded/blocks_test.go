package embedded

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/bus"
)

// disk is the folder of one stream as the server would write it, and what of it
// has been synced.
type disk struct {
	t       *testing.T
	dir     string
	files   *storeFiles
	synced  map[string]string // content by name
	folders int
	during  func(name string) // called in the middle of a file's sync
}

func newDisk(t *testing.T) *disk {
	d := &disk{t: t, dir: filepath.Join(t.TempDir(), "S", "msgs"), synced: make(map[string]string)}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	d.files = newStoreFiles(filepath.Dir(filepath.Dir(d.dir)), func(string, int64) {})
	d.files.data, d.files.all = d.sync, d.sync
	t.Cleanup(d.files.close)
	return d
}

// sync reads what the open file holds, which is not what its name holds after a
// rename.
func (d *disk) sync(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		if file.Name() == d.dir {
			d.folders++
		}
		return nil
	}
	content := make([]byte, info.Size())
	if _, err := file.ReadAt(content, 0); err != nil {
		return err
	}
	name := filepath.Base(file.Name())
	d.synced[name] = string(content)
	if d.during != nil {
		d.during(name)
	}
	return nil
}

func (d *disk) append(name, text string) {
	d.t.Helper()
	file, err := os.OpenFile(filepath.Join(d.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) replace(name, text string) {
	d.t.Helper()
	d.append("new", text)
	if err := os.Rename(filepath.Join(d.dir, "new"), filepath.Join(d.dir, name)); err != nil {
		d.t.Fatal(err)
	}
}

// round syncs once, and wants the files to be on disk as they are now.
func (d *disk) round() {
	d.t.Helper()
	want := make(map[string]string)
	for name := range d.present() {
		content, err := os.ReadFile(filepath.Join(d.dir, name))
		if err != nil {
			d.t.Fatal(err)
		}
		want[name] = string(content)
	}
	if err := d.files.stream("S").sync(); err != nil {
		d.t.Fatal(err)
	}
	if diff := cmp.Diff(want, d.synced); diff != "" {
		d.t.Error(diff)
	}
}

func (d *disk) present() map[string]bool {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, entry := range entries {
		names[entry.Name()] = true
	}
	maps.DeleteFunc(d.synced, func(name, _ string) bool { return !names[name] })
	return names
}

func TestBlocksAreSyncedAsTheServerChangesThem(t *testing.T) {
	d := newDisk(t)
	d.append("1.blk", "a")
	d.append("index.db", "i")
	d.round()
	steps := []struct {
		name   string
		do     func()
		folder bool // a name is new, so the folder must be synced too
	}{
		{"appended", func() { d.append("1.blk", "b") }, false},
		{"a new block", func() { d.append("1.blk", "c"); d.append("2.blk", "d") }, true},
		{"two new blocks", func() { d.append("2.blk", "e"); d.append("3.blk", "f"); d.append("4.blk", "g") }, true},
		{"rewritten", func() { d.replace("4.blk", "erased") }, true},
		{"appended to the rewritten", func() { d.append("4.blk", "i") }, false},
		{"the folder anew", func() { _ = os.RemoveAll(d.dir); _ = os.Mkdir(d.dir, 0o700); d.append("7.blk", "h") }, true},
	}
	for _, step := range steps {
		before := d.folders
		step.do()
		d.round()
		if synced := d.folders > before; synced != step.folder {
			t.Errorf("%s: folder synced %t, want %t", step.name, synced, step.folder)
		}
	}
}

func TestABlockCompletedDuringItsSyncIsSyncedAgain(t *testing.T) {
	d := newDisk(t)
	d.append("1.blk", "a")
	d.round()
	d.append("1.blk", "b")
	d.during = func(string) {
		d.during = nil
		d.append("1.blk", "c")
		d.append("2.blk", "d")
	}
	if err := d.files.stream("S").sync(); err != nil {
		t.Fatal(err)
	}
	d.round()
}

func TestAFailedSyncEndsTheProcess(t *testing.T) {
	broken := errors.New("the disk is broken")
	fatal := make(chan error, 1)
	server, err := Start(Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler), Fatal: func(err error) { fatal <- err }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	hub, err := bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := bus.Message{Subject: "case.a.hub.0.hub"}
	if _, err := hub.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	tries := 0
	server.commit.files.data = func(*os.File) error {
		tries++
		return broken
	}
	for range 2 {
		if _, err := hub.Publish(t.Context(), m); !errors.Is(err, broken) {
			t.Errorf("published with a broken disk: %v", err)
		}
	}
	select {
	case err := <-fatal:
		if !errors.Is(err, broken) {
			t.Errorf("the process ends with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the process does not end")
	}
	if tries != 1 {
		t.Errorf("%d syncs were tried, want 1", tries)
	}
	if got := server.commit.Durable(bus.StreamCases); got != 1 {
		t.Errorf("the watermark is %d, want 1", got)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	o := Options{Dir: dir, Log: slog.New(slog.DiscardHandler)}
	first, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := Start(o); err == nil {
		second.Shutdown()
		t.Error("two processes opened one log")
	}
	first.Shutdown()
	again, err := Start(o)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	again.Shutdown()
}

func TestServerSpeaksInTheProcessLog(t *testing.T) {
	var text bytes.Buffer
	l := &logger{log: slog.New(slog.NewTextHandler(&text, nil))}
	l.Noticef("quiet")
	l.Warnf("disk %d%% full", 90)
	if got := text.String(); !bytes.Contains(text.Bytes(), []byte("disk 90% full")) || bytes.Contains(text.Bytes(), []byte("quiet")) {
		t.Errorf("logged %q", got)
	}
}

func TestTheStreamsAreWhereTheGroupCommitLooks(t *testing.T) {
	dir := t.TempDir()
	server, err := Start(Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	hub, err := bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	paths := slices.Collect(maps.Keys(server.SyncedLengths()))
	for _, want := range []string{"meta.inf", "meta.sum", "msgs/1.blk"} {
		if path := filepath.Join(storeDir(dir), bus.StreamCases, want); !slices.Contains(paths, path) {
			t.Errorf("%s was not synced with the topology", path)
		}
	}
}
