package bus_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/businessespoo/hub/services/kit/bus"
)

// refusedSubjects sends a request on all that the party has no right to. The
// server must say of each that it is refused, and nobody may hear or answer it.
func refusedSubjects(t *testing.T, buses map[string]*bus.Bus, said *violations, p string, streams []string) {
	heard := make(chan *nats.Msg, 1000)
	for _, other := range append(others(p), bus.Hub) {
		// What the hub listens to anyway would be heard as an answer.
		listen := []string{"_INBOX_hub.>"}
		if other != bus.Hub {
			rights := rightsOf(t, other)
			listen = append(rights.Serve, rights.Receive)
		}
		for _, subject := range listen {
			subscription, err := bus.Conn(buses[other]).ChanSubscribe(subject, heard)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = subscription.Unsubscribe() }()
		}
		if err := bus.Conn(buses[other]).Flush(); err != nil {
			t.Fatal(err)
		}
	}
	nc := bus.Conn(buses[p])
	inbox := nc.NewInbox()
	answers, err := nc.SubscribeSync(inbox + ".*")
	if err != nil {
		t.Fatal(err)
	}
	subjects := forbiddenToWrite(t, p, streams)
	said.clear()
	for i, subject := range subjects {
		body := []byte(`{"name":"EVIL","subjects":["evil.>"],"stream_name":"CASES","config":{"name":"evil","ack_policy":"none"},"seq":1,"batch":1,"mark":"evil"}`)
		if err := nc.PublishMsg(&nats.Msg{Subject: subject, Reply: fmt.Sprint(inbox, ".", i), Data: body}); err != nil {
			t.Fatal(err)
		}
	}
	expectSilence(t, nc, answers, subjects)
	said.expect(t, "Publish", subjects)
	for _, b := range buses {
		if err := bus.Conn(b).Flush(); err != nil {
			t.Fatal(err)
		}
	}
	for len(heard) > 0 {
		if m := <-heard; strings.Contains(string(m.Data), `"mark":"evil"`) {
			t.Errorf("%s reached another on %s", p, m.Subject)
		}
	}
}

// expectSilence takes any answer at all for one too many, unless it says that
// there is nobody to answer.
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

// refusedStores tries what the client offers beyond the bus, at once, because a
// refusal is silence. What it sends is also in forbiddenToWrite; here the client
// itself makes it.
func refusedStores(t *testing.T, b *bus.Bus) {
	own, err := jetstream.New(bus.Conn(b))
	if err != nil {
		t.Fatal(err)
	}
	renamed, err := jetstream.NewWithAPIPrefix(bus.Conn(b), "log")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var trying sync.WaitGroup
	for name, js := range map[string]jetstream.JetStream{"$JS.API": own, "log": renamed} {
		for what, try := range stores {
			trying.Go(func() {
				if err := try(ctx, js); err == nil {
					t.Errorf("%s could %s through %s", b.Party(), what, name)
				}
			})
		}
	}
	trying.Wait()
}

// refusedSubscriptions listens to what is others', while that is sent.
func refusedSubscriptions(t *testing.T, buses map[string]*bus.Bus, said *violations, p string) {
	nc := bus.Conn(buses[p])
	heard := make(chan *nats.Msg, 1000)
	subjects := forbiddenToHear(t, p)
	said.clear()
	for _, subject := range subjects {
		subscription, err := nc.ChanSubscribe(subject, heard)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = subscription.Unsubscribe() }()
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	said.expect(t, "Subscription", subjects)
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
		`{"stream":"ACCESS","replica":0,"from":1}`, `{"stream":"HEADS","replica":0,"from":1}`, `{"stream":"DEAD","replica":0,"from":1}`, `{"stream":"NOSUCH","replica":0,"from":1}`,
		`{"stream":"CASES","replica":8,"from":1}`, `{"stream":"CASES","replica":-1,"from":1}`, `not json`,
	} {
		var refused *bus.RefusedError
		if _, err := b.Ask(t.Context(), "consumer", []byte(question)); !errors.As(err, &refused) {
			t.Errorf("%s asked for %s: %v, want a refusal", b.Party(), question, err)
		}
	}
}
