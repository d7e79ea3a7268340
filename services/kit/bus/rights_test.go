package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/businessespoo/hub/services/kit/bus"
)

// TestNobodyCanDoMoreThanItsRights goes around the bus: as each provider it says
// on the wire what the rights do not name, embedded and external, and looks at
// the log for traces.
func TestNobodyCanDoMoreThanItsRights(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		server, hub := startLog(t)
		tryAll(t, hub, func(party string) *bus.Bus { return connect(t, server, party) })
	})
	t.Run("external", func(t *testing.T) {
		file, seeds := writeConfig(t)
		url := startExternal(t, file).ClientURL()
		to := func(party string) *bus.Bus {
			return connectWith(t, bus.Options{Party: party, Seed: seeds[party], URLs: url, Log: quietLog()})
		}
		hub := to(bus.Hub)
		if err := hub.EnsureTopology(t.Context()); err != nil {
			t.Fatal(err)
		}
		tryAll(t, hub, to)
	})
}

func tryAll(t *testing.T, hub *bus.Bus, to func(party string) *bus.Bus) {
	background(t, hub.ServeConsumers)
	publish(t, hub, "kv.HUB.key", "secret")
	buses := map[string]*bus.Bus{bus.Hub: hub}
	for _, party := range bus.Providers() {
		buses[party] = to(party)
		// Something of its own on every stream, and consumers that exist: a
		// refusal must not come from there being nothing.
		publish(t, hub, "case.a."+party+".1.hub", "to "+party)
		publish(t, hub, "people."+party+".x", "known to "+party)
		publish(t, buses[party], "private."+party+".note", "note of "+party)
		for _, stream := range []string{bus.StreamCases, bus.StreamPeople, bus.PrivateStream(party)} {
			question := fmt.Appendf(nil, `{"stream":%q,"replica":0,"from":1}`, stream)
			if _, err := buses[party].Ask(t.Context(), "consumer", question); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, party := range bus.Providers() {
		other := bus.Providers()[(i+1)%len(bus.Providers())]
		t.Run(party, func(t *testing.T) {
			allowed(t, buses[party])
			refusedSubjects(t, hub, buses[party], other)
			refusedSubscriptions(t, buses, party, other)
			refusedReplies(t, hub, buses[party])
			refusedQuestions(t, buses[party], other)
		})
	}
}

// allowed shows that the rights hold what they name: else the refusals below
// would prove nothing.
func allowed(t *testing.T, b *bus.Bus) {
	p := b.Party()
	for _, subject := range []string{"case.a." + p + ".1.own", "company.c." + p, "private." + p + ".x.y", "catalogue." + p, "staff." + p + ".x", "dead." + p + ".x"} {
		if _, err := b.Publish(t.Context(), bus.Message{Subject: subject}); err != nil {
			t.Errorf("%s may not write to %s: %v", p, subject, err)
		}
	}
	events := make(chan string, 100)
	for _, stream := range []string{bus.StreamCases, bus.StreamStaff, bus.StreamPeople, bus.StreamCompany, bus.PrivateStream(p)} {
		own := 0
		done := errors.New("done")
		err := b.Follow(t.Context(), stream, 0, 10, func(_ context.Context, batch []bus.Event) error {
			for _, e := range batch {
				events <- e.Subject
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
	close(events)
	for subject := range events {
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

// refusedSubjects sends a request on all that the party has no right to.
func refusedSubjects(t *testing.T, hub, b *bus.Bus, other string) {
	p := b.Party()
	before := footprint(t, hub)
	subjects := []string{
		"case.a." + p + ".1.hub", "case.a." + p + ".1.own.x", "case.a.hub.0.hub", "case.a.hub.0.own", "case.a." + other + ".1.own", "case.a." + other + ".1.hub",
		"company.c." + other, "company.c." + p + ".x", "private." + other + ".x", "private." + p, "catalogue." + other, "catalogue." + p + ".x",
		"staff." + other + ".x", "people." + p + ".x", "people." + other + ".x", "access.x", "dead." + other + ".x", "dead.hub.x",
		"hub.ask." + other + ".consumer", "hub.ask.hub.consumer", "replay." + other + ".x", "replay." + p + ".x",
		"kv.HUB.key", "kv.DRAFTS.key", "$KV.HUB.key", "$O.x.C.y", "_R_.x", "$SRV.PING", "$JS.ACK.CASES." + p + "-0.1.1.1.1.0",
		"$JS.API.INFO", "$JS.API.ACCOUNT.INFO", "$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES", "$JS.EVENT.ADVISORY.x", "$JS.FC.x",
		"$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.JSZ", "$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.ACCOUNT.HUB.INFO", "$SYS.REQ.USER.INFO",
	}
	for stream := range before {
		for _, api := range []string{
			"STREAM.INFO.%s", "STREAM.UPDATE.%s", "STREAM.DELETE.%s", "STREAM.PURGE.%s", "STREAM.SNAPSHOT.%s", "STREAM.RESTORE.%s", "STREAM.CREATE.%s",
			"STREAM.MSG.GET.%s", "STREAM.MSG.DELETE.%s", "DIRECT.GET.%s", "DIRECT.GET.%s.x",
			"CONSUMER.LIST.%s", "CONSUMER.NAMES.%s", "CONSUMER.CREATE.%s", "CONSUMER.CREATE.%s.evil", "CONSUMER.CREATE.%s." + p + "-0", "CONSUMER.CREATE.%s." + p + "-0.case.*." + p + ".>",
			"CONSUMER.DURABLE.CREATE.%s." + p + "-0", "CONSUMER.DELETE.%s." + p + "-0", "CONSUMER.PAUSE.%s." + p + "-0", "CONSUMER.RESET.%s." + p + "-0", "CONSUMER.UNPIN.%s." + p + "-0",
			"CONSUMER.INFO.%s." + other + "-0", "CONSUMER.MSG.NEXT.%s." + other + "-0", "CONSUMER.MSG.NEXT.%s." + p + "-8", "CONSUMER.MSG.NEXT.%s.router",
		} {
			subject := fmt.Sprintf(api, stream)
			subjects = append(subjects, "$JS.API."+subject, "log."+subject)
		}
	}
	// Any answer at all is one too many, unless it says that there is no log in
	// this account. One connection, all at once: refusals are silent.
	nc := bus.Conn(b)
	inbox := nc.NewInbox()
	answers, err := nc.SubscribeSync(inbox + ".*")
	if err != nil {
		t.Fatal(err)
	}
	for i, subject := range subjects {
		body := []byte(`{"name":"EVIL","subjects":["evil.>"],"stream_name":"CASES","config":{"name":"evil","ack_policy":"none"},"seq":1,"batch":1}`)
		if err := nc.PublishMsg(&nats.Msg{Subject: subject, Reply: fmt.Sprint(inbox, ".", i), Data: body}); err != nil {
			t.Fatal(err)
		}
	}
	expectSilence(t, nc, answers, subjects)
	if after := footprint(t, hub); !maps.Equal(before, after) {
		t.Errorf("%s left traces: before %v, after %v", p, before, after)
	}
}

func expectSilence(t *testing.T, nc *nats.Conn, answers *nats.Subscription, asked []string) {
	t.Helper()
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	for {
		answer, err := answers.NextMsg(100 * time.Millisecond)
		if errors.Is(err, nats.ErrTimeout) {
			break
		}
		if errors.Is(err, nats.ErrNoResponders) {
			continue // the account has nobody for it: as good as silence
		}
		if err != nil {
			t.Fatal(err)
		}
		var i int
		if _, err := fmt.Sscan(answer.Subject[strings.LastIndex(answer.Subject, ".")+1:], &i); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s was answered: %s %v", asked[i], answer.Data, answer.Header)
	}
	if err := answers.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
}

// refusedSubscriptions listens to what is others', while that is sent.
func refusedSubscriptions(t *testing.T, buses map[string]*bus.Bus, p, other string) {
	nc := bus.Conn(buses[p])
	heard := make(chan *nats.Msg, 1000)
	for _, subject := range []string{
		">", "*", "case.>", "case.*." + p + ".>", "private.>", "people." + p + ".>", "dead.>", "kv.>", "hub.>", "hub.ask.*.consumer", "_INBOX_hub.>", "_INBOX_" + other + ".>",
		"_INBOX.>", "_R_.>", "$JS.>", "$SYS.>", "replay.>", "replay." + other + ".>", "log.>",
	} {
		subscription, err := nc.ChanSubscribe(subject, heard)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = subscription.Unsubscribe() }()
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	for name, b := range buses {
		if name == p {
			continue
		}
		author := ".1.own"
		if name == bus.Hub {
			name, author = p, ".1.hub"
		}
		publish(t, b, "case.z."+name+author, "x")
		if b.Party() != bus.Hub {
			publish(t, b, "private."+b.Party()+".x", "x")
			if _, err := b.Ask(t.Context(), "consumer", []byte(`{}`)); err == nil {
				t.Error("an empty question was answered")
			}
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-heard:
		t.Errorf("%s heard %s %q", p, m.Subject, m.Data)
	default:
	}
}

// refusedReplies lets the server send its answers where the party may not write.
func refusedReplies(t *testing.T, hub, b *bus.Bus) {
	p := b.Party()
	nc := bus.Conn(b)
	targets := []string{"case.a.hub.0.hub", "case.a." + p + ".1.hub", "people." + p + ".x", "kv.HUB.key", "$JS.API.STREAM.PURGE.CASES", "$JS.API.STREAM.CREATE.EVIL", "_INBOX_hub.x"}
	publish(t, b, "private."+p+".bait", `{"name":"EVIL","subjects":["evil.>"]}`)
	before := footprint(t, hub)
	for _, target := range targets {
		// A publish would count in the footprint, so it is one that the server
		// stores nothing of: its expected sequence is wrong.
		refused := &nats.Msg{Subject: "case.a." + p + ".1.own", Reply: target, Header: nats.Header{"Nats-Expected-Last-Sequence": {"1"}}}
		next := &nats.Msg{Subject: "log.CONSUMER.MSG.NEXT." + bus.PrivateStream(p) + "." + p + "-0", Reply: target, Data: []byte("1")}
		info := &nats.Msg{Subject: "log.CONSUMER.INFO." + bus.PrivateStream(p) + "." + p + "-0", Reply: target}
		ask := &nats.Msg{Subject: "hub.ask." + p + ".consumer", Reply: target}
		for _, m := range []*nats.Msg{refused, next, info, ask} {
			if err := nc.PublishMsg(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The answer to a question comes after those to all that was sent before.
	if _, err := b.Ask(t.Context(), "consumer", []byte(`{}`)); err == nil {
		t.Error("an empty question was answered")
	}
	if _, err := hub.Last(t.Context(), bus.StreamCases); err != nil {
		t.Fatal(err)
	}
	if after := footprint(t, hub); !maps.Equal(before, after) {
		t.Errorf("%s had the server write for it: before %v, after %v", p, before, after)
	}
}

// refusedQuestions asks for consumers that are not the party's to have.
func refusedQuestions(t *testing.T, b *bus.Bus, other string) {
	for _, question := range []string{
		`{"stream":"` + bus.PrivateStream(other) + `","replica":0,"from":1}`, `{"stream":"KV_HUB","replica":0,"from":1}`,
		`{"stream":"ACCESS","replica":0,"from":1}`, `{"stream":"DEAD","replica":0,"from":1}`, `{"stream":"NOSUCH","replica":0,"from":1}`,
		`{"stream":"CASES","replica":8,"from":1}`, `{"stream":"CASES","replica":-1,"from":1}`, `not json`,
	} {
		var refused *bus.RefusedError
		if _, err := b.Ask(t.Context(), "consumer", []byte(question)); !errors.As(err, &refused) {
			t.Errorf("%s asked for %s: %v, want a refusal", b.Party(), question, err)
		}
	}
}
