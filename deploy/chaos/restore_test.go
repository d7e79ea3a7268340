package chaos

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/name"
)

// openings appends n openings of cases while the hub is stopped, as if it had been
// killed right behind each, and answers the names of the cases. They are like the
// case of the scope, under other ids.
func openings(t *testing.T, data string, like name.Scope, n int) []string {
	t.Helper()
	server, err := embedded.Start(embedded.Options{Dir: data, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown()
	b, err := bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	first, err := b.LastOn(t.Context(), bus.StreamCases, name.CaseScope(like.Case).Subject(name.ByHub))
	if err != nil {
		t.Fatal(err)
	}
	f := &eventsv1.Fact{}
	if err := proto.Unmarshal(first.Data, f); err != nil || f.GetCaseOpened() == nil {
		t.Fatalf("the last fact of %s is no opening: %v", like.Case, err)
	}
	var names []string
	for i := range n {
		id := fmt.Sprintf("%s%c%c", like.Case[:name.CaseIDLength-2], 'a'+i/26, 'a'+i%26)
		m := first.Message
		m.Subject = name.CaseScope(id).Subject(name.ByHub)
		if _, err := b.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		names = append(names, name.Case(id))
	}
	return names
}

// arrived waits until the inbox shows the requests of all the cases.
func arrived(ctx context.Context, re reader, key string, cases []string) error {
	for began := time.Now(); ; {
		listed, err := re.inbox(ctx, key)
		if err != nil {
			return err
		}
		there := map[string]bool{}
		for _, request := range listed {
			caseName, _, _ := strings.Cut(request.Name, "/requests/")
			there[caseName] = true
		}
		missing := 0
		for _, c := range cases {
			if !there[c] {
				missing++
			}
		}
		if missing == 0 {
			return nil
		}
		if time.Since(began) > arriving {
			return fmt.Errorf("%d of %d cases have not reached %s after %s", missing, len(cases), key, arriving)
		}
		if err := rest(ctx, 20*retryPause); err != nil {
			return err
		}
	}
}

// TestAnOlderLog puts back a log from before cases were routed, under projections
// that show them routed, as one who restores a backup does. The projections give
// way to the log, and the cases are routed anew.
func TestAnOlderLog(t *testing.T) {
	ctx, data := t.Context(), filepath.Join(t.TempDir(), "data")
	h := newHubProcess(t, data)
	tg := begin(t, h, newLine())
	re := reader{tg, openPeople(t, data)}
	if err := hire(ctx, tg, re.people); err != nil {
		t.Fatal(err)
	}
	scope := half(ctx, t, re)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	cases := openings(t, data, scope, 60)
	log := filepath.Join(data, "jetstream")
	backup := filepath.Join(copyOf(t, data), "jetstream")
	re.target = begin(t, h, newLine())
	if err := arrived(ctx, re, scope.Party, cases); err != nil {
		t.Fatal(err)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(log); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(log, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	re.target = begin(t, h, newLine())
	if err := arrived(ctx, re, scope.Party, cases); err != nil {
		t.Error(err)
	}
	got, err := re.cases.GetCase(re.people.company(ctx, "checker"), &casesv1.GetCaseRequest{Name: cases[0]})
	if err != nil || len(got.GetCase().GetTimeline()) != 2 {
		t.Errorf("the first case: %v, %v; want its opening and its request", got, err)
	}
}
