package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams of the log. PrivateStream names those of the providers.
const (
	// StreamCases holds the facts of all cases and requests.
	StreamCases = "CASES"
	// StreamCompany holds facts about a company that belong to no one case.
	StreamCompany = "COMPANY"
	// StreamStaff holds facts about advisors: roles, languages, competences.
	StreamStaff = "STAFF"
	// StreamPeople holds names and contact details, which PurgePerson erases.
	StreamPeople = "PEOPLE"
	// StreamCatalogue holds the published versions of the providers' catalogues.
	StreamCatalogue = "CATALOGUE"
	// StreamKeys holds the digests of systems' keys, and which were revoked.
	StreamKeys = "KEYS"
	// StreamAccess holds who looked at what.
	StreamAccess = "ACCESS"
	// StreamHeads holds how far the chains of the access log had come at a time,
	// signed by who writes them.
	StreamHeads = "HEADS"
	// StreamDead holds the dead letters.
	StreamDead = "DEAD"
)

// The buckets, each a stream of its own that keeps the last value of a key.
const (
	// BucketHub keeps the keys and other state of the hub.
	BucketHub = "HUB"
	// BucketDrafts keeps drafts, which lapse after DraftLife.
	BucketDrafts = "DRAFTS"
	// BucketSessions keeps who is signed in to the pages, which lapses after SessionLife.
	BucketSessions = "SESSIONS"
)

const (
	// DraftLife is how long a draft is kept after its last change.
	DraftLife = 30 * 24 * time.Hour
	// SessionLife is how long a session is kept after its last change, at the most.
	SessionLife = 24 * time.Hour
)

// schema is the version of the table below. A process refuses a log whose
// streams carry a higher one, because it was written by newer code.
const schema = 1

const (
	metaOwner  = "owner"
	metaSchema = "schema"
	// duplicateWindow is as small as is of use: nobody here sends message ids,
	// and the server remembers ids for this long.
	duplicateWindow = time.Second
)

// PrivateStream names the stream of what never leaves the provider.
func PrivateStream(party string) string { return privatePrefix + token(party) }

const privatePrefix = "PRIVATE_"

func private(stream string) bool { return strings.HasPrefix(stream, privatePrefix) }

func bucketStream(bucket string) string { return "KV_" + bucket }

func bucketSubject(bucket string) string { return "kv." + bucket + "." }

// topology is the one table of all streams. Each has one owner, who decides
// what its messages mean.
func (b *Bus) topology() []jetstream.StreamConfig {
	streams := []jetstream.StreamConfig{
		b.streamConfig(StreamCases, "gateway", "case.>"),
		b.streamConfig(StreamCompany, "gateway", "company.>"),
		b.streamConfig(StreamStaff, "provider", "staff.>"),
		b.streamConfig(StreamPeople, "gateway", "people.>"),
		b.streamConfig(StreamCatalogue, "provider", "catalogue.>"),
		b.streamConfig(StreamKeys, "gateway", "keys.>"),
		b.streamConfig(StreamAccess, "gateway", "access.>"),
		b.streamConfig(StreamHeads, "gateway", "heads.>"),
		b.streamConfig(StreamDead, "bus", "dead.>"),
	}
	for _, party := range Providers() {
		streams = append(streams, b.streamConfig(PrivateStream(party), party, "private."+party+".>"))
	}
	hub := b.streamConfig(bucketStream(BucketHub), "gateway", bucketSubject(BucketHub)+">")
	hub.MaxMsgsPerSubject = 1
	drafts := b.streamConfig(bucketStream(BucketDrafts), "gateway", bucketSubject(BucketDrafts)+">")
	// Bucket.Put erases what it replaces: the server would only forget it, and leave
	// the words in its files.
	drafts.MaxMsgsPerSubject = -1
	drafts.MaxAge = DraftLife
	sessions := b.streamConfig(bucketStream(BucketSessions), "gateway", bucketSubject(BucketSessions)+">")
	sessions.MaxMsgsPerSubject = 1
	sessions.MaxAge = SessionLife
	return append(streams, hub, drafts, sessions)
}

// streamConfig leaves off all that would let a publisher touch what is not its
// own: rollup and TTL headers erase, schedules publish elsewhere, direct get
// reads past the rights, counters and batches bypass the expected sequence.
func (b *Bus) streamConfig(name, owner, subject string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              name,
		Subjects:          []string{subject},
		Storage:           jetstream.FileStorage,
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardNew,
		Replicas:          b.replicas,
		MaxMsgs:           -1,
		MaxBytes:          -1,
		MaxMsgsPerSubject: -1,
		Duplicates:        duplicateWindow,
		PersistMode:       jetstream.DefaultPersistMode,
		Metadata:          map[string]string{metaOwner: owner, metaSchema: strconv.Itoa(schema)},
	}
}

// EnsureTopology creates the streams that are missing and mends those that
// differ from the table. It refuses a log that newer code has written. Only the
// hub may call it, before anything else uses the log.
func (b *Bus) EnsureTopology(ctx context.Context) error {
	if err := b.hubOnly("set up the streams"); err != nil {
		return err
	}
	changed := false
	for _, want := range b.topology() {
		done, err := b.ensureStream(ctx, want)
		if err != nil {
			return fmt.Errorf("bus: set up stream %s: %w", want.Name, err)
		}
		changed = changed || done
	}
	if !changed {
		return nil
	}
	return b.sync(ctx, "")
}

func (b *Bus) ensureStream(ctx context.Context, want jetstream.StreamConfig) (bool, error) {
	handle, err := b.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = b.js.CreateStream(ctx, want)
		return true, err
	}
	if err != nil {
		return false, err
	}
	have := handle.CachedInfo().Config
	if version, _ := strconv.Atoi(have.Metadata[metaSchema]); version > schema {
		return false, fmt.Errorf("it was set up by a newer version (schema %d, this process knows %d): start the newer version", version, schema)
	}
	if !differs(have, want) {
		return false, nil
	}
	if _, err = b.js.UpdateStream(ctx, want); err != nil {
		return false, err
	}
	b.log.InfoContext(ctx, "stream settings mended", "stream", want.Name)
	return true, nil
}

// differs compares what the table sets, not what the server adds.
func differs(have, want jetstream.StreamConfig) bool {
	return !slices.Equal(have.Subjects, want.Subjects) ||
		have.Discard != want.Discard || have.Replicas != want.Replicas ||
		have.MaxMsgs != want.MaxMsgs || have.MaxBytes != want.MaxBytes ||
		have.MaxMsgsPerSubject != want.MaxMsgsPerSubject || have.MaxAge != want.MaxAge ||
		have.Duplicates != want.Duplicates || have.PersistMode != want.PersistMode ||
		have.Metadata[metaOwner] != want.Metadata[metaOwner] || have.Metadata[metaSchema] != want.Metadata[metaSchema] ||
		have.AllowRollup || have.AllowMsgTTL || have.AllowMsgSchedules || have.AllowDirect ||
		have.AllowAtomicPublish || have.AllowBatchPublish || have.AllowMsgCounter
}

// validToken reports whether s can be one part of a subject or a consumer name.
func validToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}
