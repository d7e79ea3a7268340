package access

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
)

// mostFaults bounds a report: one broken disk breaks every chain.
const mostFaults = 100

// Verifier finds what was changed in an access log or is missing from it. Give it
// the heads first, those of the log and those of a file beside it, then the rows.
//
// Counts of confidential chains are in no report: an operator reads it.
type Verifier struct {
	heads  map[place][]head
	chains map[place]*chain
	// fromLog and fromFile are the heads by their bytes, to compare the two.
	fromLog, fromFile map[string]bool
	file              string
	faults            []string
	messages, rows    int
	signed            int
}

// head is what somebody signed of a chain.
type head struct {
	number uint64
	hash   []byte
	key    string
	time   time.Time
	origin string
}

// chain is how far the rows of one chain have been read.
type chain struct {
	number  uint64
	hash    []byte
	checked uint64 // the last number that a head confirms
}

// NewVerifier makes a verifier that knows nothing yet.
func NewVerifier() *Verifier {
	return &Verifier{heads: map[place][]head{}, chains: map[place]*chain{}, fromLog: map[string]bool{}, fromFile: map[string]bool{}}
}

func (v *Verifier) fault(format string, values ...any) {
	if len(v.faults) < mostFaults {
		v.faults = append(v.faults, fmt.Sprintf(format, values...))
	}
}

// Unreadable takes in that the log holds messages which it does not hand over.
func (v *Verifier) Unreadable(stream string, from, to uint64) {
	v.fault("%s: messages %d to %d cannot be read: their bytes in the log are damaged", stream, from, to)
}

// foreign tells whether a message of a private stream is none of the access log.
func foreign(e bus.Event, wantHead bool) bool {
	_, isHead, ok := placeOf(e.Subject)
	return e.Stream != bus.StreamAccess && e.Stream != bus.StreamHeads && (!ok || isHead != wantHead)
}

// Head takes in a head that the log holds, and passes over what else a private
// stream holds.
func (v *Verifier) Head(e bus.Event) {
	if foreign(e, true) {
		return
	}
	v.fromLog[e.Subject+string(e.Data)] = true
	v.head(e.Subject, e.Data, fmt.Sprintf("head %d of %s", e.Sequence, e.Stream))
}

// File takes in the heads that were copied to a file outside of the log.
func (v *Verifier) File(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("access: read the heads: %w", err)
	}
	defer func() { _ = file.Close() }()
	lines, _, err := parseHeads(file)
	if err != nil {
		return fmt.Errorf("access: read %s: %w", path, err)
	}
	v.file = path
	for i, line := range lines {
		v.fromFile[line.Subject+string(line.Head)] = true
		if !v.fromLog[line.Subject+string(line.Head)] {
			v.fault("the head in line %d of %s, signed %s, is not in the log: heads were cut off or changed there", i+1, path, line.Time.UTC().Format(time.RFC3339))
			v.head(line.Subject, line.Head, fmt.Sprintf("line %d of %s", i+1, path))
		}
	}
	return nil
}

func (v *Verifier) head(subject string, body []byte, origin string) {
	at, isHead, ok := placeOf(subject)
	signed := &accessv1.AccessHead{}
	err := proto.Unmarshal(body, signed)
	if err == nil {
		err = checkHead(signed)
	}
	switch {
	case !ok || !isHead || err == nil && signed.Chain != at.Chain:
		v.fault("%s is no head of a chain that its place %s names", origin, subject)
		return
	case err != nil:
		v.fault("%s is not sound: %v", origin, err)
		return
	}
	if !at.Confidential {
		v.signed++
	}
	v.heads[at] = append(v.heads[at], head{
		number: signed.Number, hash: signed.Hash, key: hex.EncodeToString(signed.Key[:8]), time: signed.Time.AsTime(), origin: origin,
	})
}

// Rows takes in a message of rows, in the order of the log, and passes over what
// else a private stream holds.
func (v *Verifier) Rows(e bus.Event) {
	if foreign(e, false) {
		return
	}
	at, isHead, ok := placeOf(e.Subject)
	batch := &accessv1.AccessBatch{}
	if err := proto.Unmarshal(e.Data, batch); err != nil || !ok || isHead || batch.Chain != at.Chain {
		v.fault("message %d of %s holds no rows of the chain that its place %s names", e.Sequence, e.Stream, e.Subject)
		return
	}
	c := v.chains[at]
	if c == nil {
		c = &chain{}
		v.chains[at] = c
	}
	if batch.Number != c.number+1 {
		v.fault("%s: message %d follows on message %d: what is between them was removed", at, batch.Number, c.number)
	} else if !bytes.Equal(batch.PreviousHash, c.hash) {
		v.fault("%s: message %d does not follow on message %d as that is now: one of the two was changed", at, batch.Number, c.number)
	}
	for _, row := range batch.Rows {
		if !Trusted(at.Party, row) {
			v.fault("%s: message %d says what somebody of another organisation was shown, which is not %s's to say", at, batch.Number, at.Party)
		}
	}
	hash := sha256.Sum256(e.Data)
	c.number, c.hash = batch.Number, hash[:]
	if !at.Confidential {
		v.messages, v.rows = v.messages+1, v.rows+len(batch.Rows)
	}
	for _, h := range v.heads[at] {
		if h.number != c.number {
			continue
		}
		c.checked = c.number
		if !bytes.Equal(h.hash, c.hash) {
			v.fault("%s: message %d is not the one that was signed in %s at %s: it was changed, or the chain was replaced", at, c.number, h.origin, h.time.Format(time.RFC3339))
		}
	}
}

// Trusted tells whether a party may say what a row says. Each speaks of its own
// people; of others it says only that it refused them. The hub speaks of all who
// call at its door, but not of what the staff of a provider was shown there: that
// the provider says itself.
func Trusted(party string, row *accessv1.AccessRow) bool {
	staff := row.Role == policyv1.Role_ROLE_ADVISOR || row.Role == policyv1.Role_ROLE_LEAD || row.Role == policyv1.Role_ROLE_PROVIDER_SYSTEM
	if party == bus.Hub || row.Refused != "" {
		return true
	}
	return staff && len(row.Organisations) == 1 && row.Organisations[0] == party
}

// Report is what a verifier has to say.
type Report struct {
	// Checked says what was compared, Faults what is wrong, and Unproven what
	// nobody can tell from this log: one line each.
	Checked, Faults, Unproven []string
}

// Report answers what was found, once all has been read.
func (v *Verifier) Report() Report {
	unsigned := 0
	keys := map[string][]string{} // by party
	for _, at := range slices.SortedFunc(maps.Keys(v.heads), func(a, b place) int { return cmp.Compare(a.String(), b.String()) }) {
		v.tail(at)
		v.signers(at, keys)
	}
	chains := 0
	for at, c := range v.chains {
		if at.Confidential {
			continue
		}
		chains++
		unsigned += int(c.number - min(c.checked, c.number))
	}
	r := Report{Faults: v.faults, Checked: []string{
		fmt.Sprintf("%d rows in %d messages of %d chains, each message with the one before it", v.rows, v.messages, chains),
		fmt.Sprintf("%d signed heads, each with the message that it names", v.signed),
		"the confidential chains of the providers, with their heads; how much is in them is told to nobody",
	}}
	for _, party := range slices.Sorted(maps.Keys(keys)) {
		r.Checked = append(r.Checked, fmt.Sprintf("%s signs with %v: compare that with the keys that you know", party, keys[party]))
	}
	if v.file == "" {
		r.Unproven = append(r.Unproven, "that nothing was cut off both ends at once, the rows and the heads: give a copy of the heads from outside of the log with --heads")
	} else {
		r.Checked = append(r.Checked, fmt.Sprintf("%d heads of %s, each with the one in the log", len(v.fromFile), v.file))
	}
	if unsigned > 0 {
		r.Unproven = append(r.Unproven, fmt.Sprintf("that nothing was cut off behind the last head of a chain: %d messages are there that no head confirms", unsigned))
	}
	r.Unproven = append(r.Unproven,
		"that a process which left no row and no head showed nothing: only who writes can be checked",
		"that the last rows of a process which was killed are all there: those of refusals, and of changes whose facts tell of them, may be missing for up to a second",
		"what was cut off within the minute before a head, and anything by somebody who had the key of a chain's process and could change log and heads",
		"that the confidential chains were not cut at both ends: their heads stand nowhere but in their provider's own stream")
	return r
}

// tail tells of a chain that ends before its newest head.
func (v *Verifier) tail(at place) {
	last := slices.MaxFunc(v.heads[at], func(a, b head) int { return cmp.Compare(a.number, b.number) })
	c := v.chains[at]
	switch {
	case c == nil:
		v.fault("%s is missing as a whole: %s says that it held messages at %s", at, last.origin, last.time.Format(time.RFC3339))
	case c.number < last.number && at.Confidential:
		v.fault("%s ends before its newest head, of %s: the rest was cut off", at, last.time.Format(time.RFC3339))
	case c.number < last.number:
		v.fault("%s ends with message %d, but %s says that it held %d at %s: the rest was cut off", at, c.number, last.origin, last.number, last.time.Format(time.RFC3339))
	}
}

// signers gathers the keys of a party, and tells of a chain that two keys signed.
func (v *Verifier) signers(at place, keys map[string][]string) {
	first := v.heads[at][0].key
	for _, h := range v.heads[at] {
		if h.key != first {
			v.fault("%s is signed with two keys, %s and %s: a process has one", at, first, h.key)
			break
		}
	}
	for _, h := range v.heads[at] {
		if !at.Confidential && !slices.Contains(keys[at.Party], h.key) {
			keys[at.Party] = append(keys[at.Party], h.key)
		}
	}
}
