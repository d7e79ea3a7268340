package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
)

// TestNobodyCanDoMoreThanItsRights goes around the bus: as each provider it says
// on the wire what the rights do not name, embedded and external, and looks at
// the log for traces.
func TestNobodyCanDoMoreThanItsRights(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		server, hub := startLog(t)
		tryAll(t, hub, func(party string, log *slog.Logger) *bus.Bus {
			o := server.BusOptions(party)
			o.Log = log
			return connectWith(t, o)
		})
	})
	t.Run("external", func(t *testing.T) {
		file, seeds := writeConfig(t)
		url := startExternal(t, file).ClientURL()
		to := func(party string, log *slog.Logger) *bus.Bus {
			return connectWith(t, bus.Options{Party: party, Seed: seeds[party], URLs: url, Log: log})
		}
		hub := to(bus.Hub, quietLog())
		if err := hub.EnsureTopology(t.Context()); err != nil {
			t.Fatal(err)
		}
		tryAll(t, hub, to)
	})
}

func tryAll(t *testing.T, hub *bus.Bus, to func(party string, log *slog.Logger) *bus.Bus) {
	background(t, hub.ServeConsumers)
	publish(t, hub, "kv.HUB.key", "secret")
	buses, said := map[string]*bus.Bus{bus.Hub: hub}, map[string]*violations{}
	for _, party := range bus.Providers() {
		said[party] = newViolations()
		buses[party] = to(party, slog.New(said[party]))
		// Something of its own on every stream, and consumers that exist: a
		// refusal must not come from there being nothing.
		publish(t, hub, "case.a."+party+".1.hub", "to "+party)
		publish(t, hub, "people."+party+".x", "known to "+party)
		publish(t, hub, "keys."+party+".a.issued", "key of "+party)
		publish(t, buses[party], "private."+party+".note", "note of "+party)
		for _, stream := range []string{bus.StreamCases, bus.StreamPeople, bus.StreamKeys, bus.PrivateStream(party)} {
			question := fmt.Appendf(nil, `{"stream":%q,"replica":0,"from":1}`, stream)
			if _, err := buses[party].Ask(t.Context(), "consumer", question); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, party := range bus.Providers() {
		t.Run(party, func(t *testing.T) {
			allowed(t, buses[party])
			before := footprint(t, hub)
			refusedSubjects(t, buses, said[party], party, slices.Sorted(maps.Keys(before)))
			refusedStores(t, buses[party])
			refusedHeaders(t, buses[party])
			if after := footprint(t, hub); !maps.Equal(before, after) {
				t.Errorf("%s left traces: before %v, after %v", party, before, after)
			}
			refusedSubscriptions(t, buses, said[party], party)
			refusedReplies(t, hub, buses[party])
			for _, other := range others(party) {
				refusedQuestions(t, buses[party], other)
			}
		})
	}
}

// allowed shows that the rights hold what they name: else the refusals below
// would prove nothing.
func allowed(t *testing.T, b *bus.Bus) {
	p := b.Party()
	for _, subject := range []string{"case.a." + p + ".1.own", "company.c." + p, "private." + p + ".x.y", "catalogue." + p, "staff." + p + ".x", "dead." + p + ".x", "access." + p + ".x.y", "heads." + p + ".x"} {
		if _, err := b.Publish(t.Context(), bus.Message{Subject: subject}); err != nil {
			t.Errorf("%s may not write to %s: %v", p, subject, err)
		}
	}
	var events []string
	for _, stream := range []string{bus.StreamCases, bus.StreamStaff, bus.StreamPeople, bus.StreamKeys, bus.StreamCompany, bus.PrivateStream(p)} {
		own := 0
		done := errors.New("done")
		err := b.Follow(t.Context(), stream, 0, 10, func(_ context.Context, batch []bus.Event) error {
			for _, e := range batch {
				events = append(events, e.Subject)
				own++
			}
			if len(batch) == 0 {
				return done
			}
			return nil
		})
		if !errors.Is(err, done) || own == 0 {
			t.Errorf("%s followed %d events of %s: %v", p, own, stream, err)
		}
	}
	for _, subject := range events {
		if !strings.Contains("."+subject+".", "."+p+".") {
			t.Errorf("%s was shown %s", p, subject)
		}
	}
}

// footprint counts what each stream holds and who consumes from it.
func footprint(t *testing.T, hub *bus.Bus) map[string]string {
	t.Helper()
	reply, err := bus.Conn(hub).Request("$JS.API.STREAM.LIST", nil, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Streams []struct {
			Config struct{ Name string }
			State  struct {
				Messages uint64 `json:"messages"`
				Last     uint64 `json:"last_seq"`
			}
		}
	}
	if err := json.Unmarshal(reply.Data, &list); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for _, s := range list.Streams {
		names, err := bus.Conn(hub).Request("$JS.API.CONSUMER.NAMES."+s.Config.Name, nil, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		var consumers struct{ Consumers []string }
		if err := json.Unmarshal(names.Data, &consumers); err != nil {
			t.Fatal(err)
		}
		found[s.Config.Name] = fmt.Sprint(s.State.Messages, s.State.Last, len(consumers.Consumers))
	}
	return found
}
