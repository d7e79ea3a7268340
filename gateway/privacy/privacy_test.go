package privacy

import (
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

func records(t *testing.T) []Record {
	t.Helper()
	register, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return register.Records
}

// unused are streams in which nothing is kept. A record is due once something is.
var unused = []string{bus.StreamCompany, bus.StreamAccess}

// Everything that the hub keeps stands in a record, and nothing that it does not
// keep: compared with the folders of a real log.
func TestEveryStreamHasARecord(t *testing.T) {
	dir := t.TempDir()
	server, err := embedded.Start(embedded.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
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
	folders, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*"))
	if err != nil || len(folders) < 10 {
		t.Fatalf("the log has %d streams: %v", len(folders), err)
	}
	var exist, told []string
	for _, folder := range folders {
		stream := filepath.Base(folder)
		if strings.HasPrefix(stream, "PRIVATE_") {
			stream = "PRIVATE_*"
		}
		exist = append(exist, stream)
	}
	for _, r := range records(t) {
		told = append(told, r.KeptIn...)
	}
	for _, stream := range exist {
		if !slices.Contains(told, stream) && !slices.Contains(unused, stream) {
			t.Errorf("the log keeps %s, of which no record tells", stream)
		}
	}
	for _, stream := range told {
		if !slices.Contains(exist, stream) || slices.Contains(unused, stream) {
			t.Errorf("a record tells of %s, where nothing is kept", stream)
		}
	}
}

func TestEveryClassHasARecord(t *testing.T) {
	for number, name := range policyv1.DataClass_name {
		class := strings.ToLower(strings.TrimPrefix(name, "DATA_CLASS_"))
		if number != 0 && !slices.ContainsFunc(records(t), func(r Record) bool { return string(r.Class) == class }) {
			t.Errorf("no record tells of data of class %s", class)
		}
	}
}

// What the page promises to remove is what the program removes.
func TestRetentionIsTheProgrammed(t *testing.T) {
	for _, r := range records(t) {
		want := 0
		if slices.Contains(r.KeptIn, "KV_"+bus.BucketDrafts) {
			want = int(bus.DraftLife / (24 * time.Hour))
		}
		if slices.Contains(r.KeptIn, "KV_"+bus.BucketSessions) {
			want = int(bus.SessionLife / (24 * time.Hour))
		}
		if r.Days != want {
			t.Errorf("%s is removed after %d days, the page says %d", r.ID, want, r.Days)
		}
		number := strconv.Itoa(want) + " d"
		if want == 0 {
			number = "30"
		}
		for _, text := range []string{strings.NewReplacer(" päivää", " d", " vuorokauden", " d").Replace(r.Retention.FI), r.Retention.SV, r.Retention.EN} {
			if (r.Days > 0) != strings.Contains(text, number) {
				t.Errorf("%s: %q does not fit %d days", r.ID, text, r.Days)
			}
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	whole := string(data)
	for _, c := range []struct{ from, to, want string }{
		{"controller: joint", "controller: somebody", `"somebody"`},
		{"class: case", "class: open", `"open"`},
		{`confirmed: ""`, `confirmed: "soon"`, `"soon"`},
		{"- id: draft", "- id: case", "case"},
		{"kept_in: [DEAD]", "kept_in: []", "kept_in"},
		{"    days: 30", "    days: -1", "-1"},
	} {
		if !strings.Contains(whole, c.from) {
			t.Fatalf("the file has no %q", c.from)
		}
		if _, err := load("privacy.yaml", []byte(strings.Replace(whole, c.from, c.to, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %q instead of %q: %v", c.to, c.from, err)
		}
	}
}
