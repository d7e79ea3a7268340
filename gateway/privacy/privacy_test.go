package privacy

import (
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/businessespoo/hub/proto/businessespoo/cases/v1" // their fields' classes
	_ "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/catalogue"
)

func records(t *testing.T) []Record {
	t.Helper()
	register, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return register.Records
}

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
		if !slices.Contains(told, stream) {
			t.Errorf("the log keeps %s, of which no record tells", stream)
		}
	}
	for _, stream := range told {
		if !slices.Contains(exist, stream) {
			t.Errorf("a record tells of %s, where nothing is kept", stream)
		}
	}
}

func TestEveryClassHasARecord(t *testing.T) {
	for number, name := range policyv1.DataClass_name {
		class := strings.ToLower(strings.TrimPrefix(name, "DATA_CLASS_"))
		has := func(r Record) bool { return slices.Contains(append(r.Also, r.Class), catalogue.DataClass(class)) }
		if number != 0 && carried(policyv1.DataClass(number)) && !slices.ContainsFunc(records(t), has) {
			t.Errorf("no record tells of data of class %s", class)
		}
	}
}

// carried tells whether any field of the contract is of a class.
func carried(class policyv1.DataClass) bool {
	found := false
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			fields := file.Messages().Get(i).Fields()
			for j := range fields.Len() {
				policy, _ := proto.GetExtension(fields.Get(j).Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
				found = found || policy.GetData() == class
			}
		}
		return !found
	})
	return found
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
