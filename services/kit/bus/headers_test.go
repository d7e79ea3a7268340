package bus_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/businessespoo/hub/services/kit/bus"
)

// answerTo is what the server says to an append.
type answerTo struct {
	Stream string `json:"stream"`
	Seq    uint64 `json:"seq"`
	Error  *struct {
		Code        int    `json:"err_code"`
		Description string `json:"description"`
	} `json:"error"`
}

// reaching are headers that would reach further than the subject they are sent to,
// with the server's code for its refusal. That no stream of the table allows them
// is the wall: the rights themselves do not look at headers.
var reaching = map[string]struct {
	header nats.Header
	code   int
}{
	"a rollup of the subject": {nats.Header{"Nats-Rollup": {"sub"}}, 10111},
	"a rollup of the stream":  {nats.Header{"Nats-Rollup": {"all"}}, 10111},
	"a time to live":          {nats.Header{"Nats-TTL": {"1s"}}, 10166},
	"no end of life":          {nats.Header{"Nats-TTL": {"never"}}, 10166},
	"a schedule for the hub":  {nats.Header{"Nats-Schedule": {"@at 2000-01-01T00:00:00Z"}, "Nats-Schedule-Target": {"case.a.hub.0.hub"}}, 10188},
	"a schedule of a source":  {nats.Header{"Nats-Schedule": {"@every 1s"}, "Nats-Schedule-Target": {"case.a.hub.0.own"}, "Nats-Schedule-Source": {"case.a.hub.0.hub"}}, 10188},
	"a schedule that erases":  {nats.Header{"Nats-Schedule": {"@every 1s"}, "Nats-Schedule-Target": {"case.a.hub.0.hub"}, "Nats-Schedule-TTL": {"1s"}}, 10188},
	"a counter":               {nats.Header{"Nats-Incr": {"1"}}, 10168},
	"a batch":                 {nats.Header{"Nats-Batch-Id": {"evil"}, "Nats-Batch-Sequence": {"1"}, "Nats-Batch-Commit": {"1"}}, 10174},
}

// refusedHeaders sends them to each kind of subject that the party may write to,
// one of which is a question to the hub and is not stored.
func refusedHeaders(t *testing.T, b *bus.Bus) {
	for _, pattern := range rightsOf(t, b.Party()).Publish {
		if strings.HasPrefix(pattern, "hub.ask.") {
			continue
		}
		for name, test := range reaching {
			answer := send(t, b, &nats.Msg{Subject: one(pattern), Header: test.header, Data: []byte("1")})
			if answer.Error == nil || answer.Error.Code != test.code || answer.Seq != 0 {
				t.Errorf("%s wrote %s to %s: %+v %+v, want a refusal with code %d", b.Party(), name, one(pattern), answer, answer.Error, test.code)
			}
		}
	}
}

// The known leak: an append may name any subject of its stream as the one whose
// last sequence it expects, and the refusal tells that sequence. So who knows a
// subject learns that something is there, and when it changes. This pins what is
// told: a number, nothing of the message, and nothing of what is in other streams.
func TestARefusedAppendTellsASequenceAndNoMore(t *testing.T) {
	server, hub := startLog(t)
	omnia, chamber := connect(t, server, "omnia"), connect(t, server, "chamber")
	secret := "secret-of-chamber"
	for _, test := range []struct{ stream, own, others string }{
		{bus.StreamCases, "case.a.omnia.1.own", "case.b.chamber.1.own"},
		{bus.StreamCompany, "company.c.omnia", "company.d.chamber"},
		{bus.StreamStaff, "staff.omnia.a1", "staff.chamber.a1"},
		{bus.StreamCatalogue, "catalogue.omnia", "catalogue.chamber"},
		{bus.StreamDead, "dead.omnia.x", "dead.chamber.x"},
	} {
		publish(t, omnia, test.own, "mine")
		told := publish(t, chamber, test.others, secret)
		publish(t, omnia, test.own, "mine")
		before := footprint(t, hub)
		ask := func(subject string) string {
			t.Helper()
			reply, err := bus.Conn(omnia).RequestMsg(&nats.Msg{Subject: test.own, Header: nats.Header{
				"Nats-Expected-Last-Subject-Sequence": {"1000000"}, "Nats-Expected-Last-Subject-Sequence-Subject": {subject},
			}}, 5*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if len(reply.Header) > 0 {
				t.Errorf("the refusal has headers: %v", reply.Header)
			}
			return string(reply.Data)
		}
		refusal := func(sequence uint64) string {
			return fmt.Sprintf(`{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: %d"},"stream":%q,"seq":0}`, sequence, test.stream)
		}
		if got, want := ask(test.others), refusal(told); got != want {
			t.Errorf("of %s omnia is told %s, want exactly %s", test.others, got, want)
		}
		if got, want := ask(test.others+".nothing"), refusal(0); got != want {
			t.Errorf("of what is not there omnia is told %s, want exactly %s", got, want)
		}
		publish(t, chamber, "private.chamber.note", secret)
		publish(t, hub, "people.omnia.x", secret)
		for _, elsewhere := range []string{"private.chamber.note", "people.omnia.x", "kv.HUB.>"} {
			if got, want := ask(elsewhere), refusal(0); got != want {
				t.Errorf("of %s, in another stream, omnia is told %s, want exactly %s", elsewhere, got, want)
			}
		}
		if after := footprint(t, hub); after[test.stream] != before[test.stream] {
			t.Errorf("a refused append left traces: before %s, after %s", before[test.stream], after[test.stream])
		}
	}
}

// A message that asks to be traced is traced to where its sender may write, and no
// further: not to others, and not beyond its own account.
func TestATraceStaysWithItsSender(t *testing.T) {
	server, hub := startLog(t)
	omnia := connect(t, server, "omnia")
	before := footprint(t, hub)
	trace := func(to string) {
		t.Helper()
		header := nats.Header{"Nats-Trace-Dest": {to}, "Nats-Trace-Only": {"true"}}
		if err := bus.Conn(omnia).PublishMsg(&nats.Msg{Subject: "case.a.omnia.1.own", Header: header}); err != nil {
			t.Fatal(err)
		}
	}
	for _, to := range []string{
		"case.a.hub.0.hub", "case.a.omnia.1.hub", "case.a.chamber.1.own", "private.chamber.x", "people.omnia.x", "kv.HUB.key",
		"$JS.API.STREAM.PURGE.CASES", "log.STREAM.PURGE.CASES", "_INBOX_hub.x", "_INBOX_chamber.x", "_INBOX_omnia.x",
	} {
		trace(to)
	}
	trace("private.omnia.trace")
	var told bus.Event
	await(t, "omnia has traced to a subject of its own", func() bool {
		var err error
		told, err = hub.LastOn(t.Context(), bus.PrivateStream("omnia"), "private.omnia.trace")
		return err == nil
	})
	var events struct {
		Events []struct{ Type, Subj, From, To string }
	}
	if err := json.Unmarshal(told.Data, &events); err != nil {
		t.Fatal(err)
	}
	for _, e := range events.Events {
		if e.Subj+e.From != "case.a.omnia.1.own" || e.Type != "in" && e.Type != "si" {
			t.Errorf("the trace tells of more than that omnia sent it and that it left: %s", told.Data)
		}
	}
	after := footprint(t, hub)
	delete(before, bus.PrivateStream("omnia"))
	delete(after, bus.PrivateStream("omnia"))
	if !maps.Equal(before, after) {
		t.Errorf("traces were written: before %v, after %v", before, after)
	}
}

func send(t *testing.T, b *bus.Bus, m *nats.Msg) answerTo {
	t.Helper()
	reply, err := bus.Conn(b).RequestMsg(m, 5*time.Second)
	if err != nil {
		t.Fatalf("%s on %s: %v", b.Party(), m.Subject, err)
	}
	var answer answerTo
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}
