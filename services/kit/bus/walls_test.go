package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/businessespoo/hub/services/kit/bus"
)

// others are the providers but one.
func others(party string) []string {
	return slices.DeleteFunc(bus.Providers(), func(p string) bool { return p == party })
}

func rightsOf(t testing.TB, party string) bus.Rights {
	t.Helper()
	rights, err := bus.RightsOf(party)
	if err != nil {
		t.Fatal(err)
	}
	return rights
}

// one names a subject that a pattern stands for.
func one(pattern string) string {
	return strings.ReplaceAll(strings.ReplaceAll(pattern, "*", "a"), ">", "x.y")
}

// forbiddenToWrite are subjects that a provider may not write to: all that the
// table of rights gives to others, what it gives to nobody, and the whole of the
// log's own interface for each stream.
func forbiddenToWrite(t testing.TB, p string, streams []string) []string {
	subjects := []string{
		"case.a." + p + ".1.hub", "case.a." + p + ".1.own.x", "case.a.hub.0.hub", "case.a.hub.0.own", "company.c." + p + ".x", "private." + p, "catalogue." + p + ".x",
		"people." + p + ".x", "keys." + p + ".a.issued", "keys.hub.a.issued", "company.c.hub", "access.x", "access." + p, "access.hub.x", "heads.x", "heads." + p, "heads.hub.x", "dead.hub.x", "hub.ask.hub.consumer", "replay." + p + ".x", "replay.hub.x", "_INBOX_hub.x", "_INBOX.x", "_INBOX_" + p + ".x", "evil",
		"kv.HUB.key", "kv.DRAFTS.key", "$KV.HUB.key", "$KV." + p + ".key", "$O.HUB.C.x", "$O.HUB.M.x", "$OBJ.x", "_R_.x", "$SRV.PING", "$SRV.INFO", "$JS.ACK.CASES." + p + "-0.1.1.1.1.0",
		"$JS.EVENT.ADVISORY.x", "$JS.FC.x", "$JSC.R.x", "$JS.API", "$JS.M.x", "$JS.HUB.API.INFO", "$NRG.V.x", "$G.x", "$SCHED.x", "log", "log.x",
		"$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.JSZ", "$SYS.REQ.SERVER.RELOAD", "$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.ACCOUNT.HUB.INFO", "$SYS.REQ.ACCOUNT.HUB.CONNZ", "$SYS.REQ.USER.INFO",
		"$SYS.ACCOUNT.HUB.CONNECT", "$SYS.REQ.CLAIMS.UPDATE", "$SYS.DEBUG.SUBSCRIBERS",
	}
	for _, other := range others(p) {
		rights := rightsOf(t, other)
		for _, pattern := range slices.Concat(rights.Publish, rights.Serve, []string{rights.Receive}) {
			subjects = append(subjects, one(pattern))
		}
		subjects = append(subjects, "case.a."+other+".1.hub", "people."+other+".x", "private."+other, "$KV."+other+".key")
		for _, pattern := range slices.Concat(rights.Pull, rights.Inspect) {
			for _, stream := range streams {
				subjects = append(subjects, api(strings.Replace(pattern, "*", stream, 1))...)
			}
		}
	}
	for _, call := range []string{
		"INFO", "ACCOUNT.INFO", "ACCOUNT.PURGE.HUB", "STREAM.LIST", "STREAM.NAMES", "STREAM.TEMPLATE.NAMES", "META.LEADER.STEPDOWN", "SERVER.REMOVE", "SERVER.STREAM.MOVE.HUB.CASES",
		"STREAM.CREATE.EVIL", "STREAM.CREATE.KV_EVIL", "STREAM.CREATE.OBJ_EVIL",
	} {
		subjects = append(subjects, api(call)...)
	}
	for _, stream := range streams {
		for _, call := range []string{
			"STREAM.INFO.%s", "STREAM.UPDATE.%s", "STREAM.DELETE.%s", "STREAM.PURGE.%s", "STREAM.SNAPSHOT.%s", "STREAM.RESTORE.%s", "STREAM.CREATE.%s",
			"STREAM.MSG.GET.%s", "STREAM.MSG.DELETE.%s", "STREAM.PEER.REMOVE.%s", "STREAM.LEADER.STEPDOWN.%s", "DIRECT.GET.%s", "DIRECT.GET.%s.x",
			"CONSUMER.LIST.%s", "CONSUMER.NAMES.%s", "CONSUMER.CREATE.%s", "CONSUMER.CREATE.%s.evil", "CONSUMER.CREATE.%s." + p + "-0", "CONSUMER.CREATE.%s." + p + "-0.case.*." + p + ".>",
			"CONSUMER.DURABLE.CREATE.%s." + p + "-0", "CONSUMER.DELETE.%s." + p + "-0", "CONSUMER.PAUSE.%s." + p + "-0", "CONSUMER.RESET.%s." + p + "-0", "CONSUMER.UNPIN.%s." + p + "-0",
			"CONSUMER.LEADER.STEPDOWN.%s." + p + "-0", "CONSUMER.MSG.NEXT.%s." + p + "-8", "CONSUMER.MSG.NEXT.%s.router", "CONSUMER.INFO.%s.router", "CONSUMER.INFO.%s." + p + "-8",
		} {
			subjects = append(subjects, api(fmt.Sprintf(call, stream))...)
		}
	}
	return subjects
}

// api names a call of the log's interface in both ways that a provider could try:
// as the server does, and as its own account has the calls that it may make.
func api(call string) []string { return []string{"$JS.API." + call, "log." + call} }

// forbiddenToHear are subjects that a provider may not listen to: everything but
// its own inbox, and the replays that it answers.
func forbiddenToHear(t testing.TB, p string) []string {
	subjects := []string{
		">", "*", "*.>", "*.*", "case.>", "case.*." + p + ".>", "private.>", "people.>", "people." + p + ".>", "keys.>", "keys." + p + ".>", "company.>", "staff.>", "catalogue.>", "access.>", "access." + p + ".>", "heads.>", "dead.>", "kv.>", "hub.>", "hub.ask.*.consumer",
		"_INBOX_hub.>", "_INBOX.>", "_R_.>", "$JS.>", "$JS.API.>", "$JS.EVENT.>", "$KV.>", "$O.>", "$SYS.>", "$SRV.>", "replay.>", "replay.*.>", "log.>",
	}
	subjects = append(subjects, rightsOf(t, p).Publish...)
	for _, other := range others(p) {
		rights := rightsOf(t, other)
		subjects = append(subjects, slices.Concat(rights.Publish, rights.Serve, []string{rights.Receive})...)
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

// stores are uses of the client's own key-value and object stores, and consumers.
var stores = map[string]func(ctx context.Context, js jetstream.JetStream) error{
	"make a key-value bucket": func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "EVIL"})
		return err
	},
	"open the hub's key-value bucket": func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.KeyValue(ctx, bus.BucketHub)
		return err
	},
	"delete the hub's key-value bucket": func(ctx context.Context, js jetstream.JetStream) error {
		return js.DeleteKeyValue(ctx, bus.BucketHub)
	},
	"make an object store": func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: "EVIL"})
		return err
	},
	"open an object store": func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.ObjectStore(ctx, bus.BucketHub)
		return err
	},
	"make a consumer of all cases": func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.CreateConsumer(ctx, bus.StreamCases, jetstream.ConsumerConfig{Name: "evil", AckPolicy: jetstream.AckNonePolicy})
		return err
	},
	"read in order": func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.OrderedConsumer(ctx, bus.StreamPeople, jetstream.OrderedConsumerConfig{})
		return err
	},
	"see the account": func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.AccountInfo(ctx)
		return err
	},
}

// violations is a log that keeps what the server said was refused.
type violations struct {
	mu    sync.Mutex
	found map[string]bool // such as: Publish to case.a.hub.0.hub
}

var violation = regexp.MustCompile(`(Publish|Subscription) to "([^"]+)"`)

func newViolations() *violations { return &violations{found: map[string]bool{}} }

func (v *violations) Enabled(context.Context, slog.Level) bool { return true }
func (v *violations) WithAttrs([]slog.Attr) slog.Handler       { return v }
func (v *violations) WithGroup(string) slog.Handler            { return v }

func (v *violations) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if match := violation.FindStringSubmatch(a.Value.String()); match != nil {
			v.mu.Lock()
			v.found[match[1]+" to "+match[2]] = true
			v.mu.Unlock()
		}
		return true
	})
	return nil
}

func (v *violations) clear() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.found)
}

// expect waits until the server has refused each of the subjects.
func (v *violations) expect(t testing.TB, what string, subjects []string) {
	t.Helper()
	missing := make(map[string]bool, len(subjects))
	for _, subject := range subjects {
		missing[what+" to "+subject] = true
	}
	if !within(func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		maps.DeleteFunc(missing, func(one string, _ bool) bool { return v.found[one] })
		return len(missing) == 0
	}) {
		t.Errorf("the server did not refuse: %q", slices.Sorted(maps.Keys(missing)))
	}
}
