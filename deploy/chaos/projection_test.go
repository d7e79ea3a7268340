package chaos

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// played is a hub that has been played on and was stopped.
type played struct {
	hub   *hubProcess
	data  string
	calls []call
	// answers are digests of everything that it answered before it was stopped.
	answers map[string][32]byte
}

// play lets clients play cases for a while, and stops the hub in good order.
func play(t *testing.T, r *rand.Rand, d time.Duration) *played {
	t.Helper()
	ctx, data := t.Context(), filepath.Join(t.TempDir(), "data")
	h, l, history, stop := newHubProcess(t, data), newLine(), newHistory(), make(chan struct{})
	tg := begin(t, h, l)
	p := openPeople(t, data)
	if err := hire(ctx, tg, p); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(stop); _ = rest(ctx, d) }()
	if err := load(ctx, l, p, history, branch(r), stop); err != nil {
		t.Fatal(err)
	}
	calls, re := history.snapshot(), reader{tg, p}
	report(t, append(check(ctx, re, calls, quiet), history.seen()...))
	answers, problems := everything(ctx, re, calls)
	report(t, problems)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	return &played{hub: h, data: data, calls: calls, answers: answers}
}

// everything asks for all that is in the projections, and answers a digest of each
// answer.
func everything(ctx context.Context, r reader, calls []call) (map[string][32]byte, []string) {
	answers, problems := map[string][32]byte{}, []string(nil)
	keep := func(what string, messages ...proto.Message) {
		sum := sha256.New()
		for _, m := range messages {
			body, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
			if err != nil {
				problems = append(problems, err.Error())
			}
			sum.Write(body)
		}
		answers[what] = [32]byte(sum.Sum(nil))
	}
	for _, c := range calls {
		if c.Kind != of(casesv1.EntryKind_ENTRY_KIND_CASE_OPENED) {
			continue
		}
		seen, err := r.caseOf(ctx, c, calls[:0])
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		keep(c.Case, seen.Case)
		for request, one := range seen.Requests {
			keep(request, one)
			for _, note := range seen.Notes[request] {
				keep(fmt.Sprint(request, " note ", note.Number), note)
			}
		}
	}
	for _, key := range name.Providers {
		listed, err := r.inbox(ctx, key)
		if err != nil {
			problems = append(problems, err.Error())
		}
		var all []proto.Message
		for _, request := range listed {
			all = append(all, request)
		}
		keep("the inbox of "+key, all...)
	}
	list, err := r.cases.ListCases(r.people.company(ctx, "checker"), &casesv1.ListCasesRequest{PageSize: 100})
	if err != nil {
		problems = append(problems, err.Error())
	}
	keep("the newest cases", list)
	return answers, problems
}

// compare starts the hub and wants the answers of before.
func (p *played) compare(t *testing.T) []string {
	t.Helper()
	changed, problems := p.changed(t)
	for _, what := range changed {
		problems = append(problems, "another answer than before: "+what)
	}
	return problems
}

// changed starts the hub and tells what it answers otherwise than before.
func (p *played) changed(t *testing.T) (changed, problems []string) {
	t.Helper()
	l := newLine()
	re := reader{begin(t, p.hub, l), openPeople(t, p.data)}
	answers, problems := everything(t.Context(), re, p.calls)
	for what, digest := range p.answers {
		if answers[what] != digest {
			changed = append(changed, what)
		}
	}
	if err := p.hub.stop(); err != nil {
		t.Fatal(err)
	}
	return changed, problems
}

// files are the projections of a folder.
func files(t *testing.T, data string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(filepath.Join(data, "projections"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".db") {
			all = append(all, path)
		}
		return err
	})
	// The gateway's cases and its access log; an inbox and the notes of each provider.
	if want := 2 + 2*len(name.Providers); err != nil || len(all) != want {
		t.Fatalf("%d projections, want %d, %v", len(all), want, err)
	}
	return all
}

// damages are what can happen to a file of a hub that is stopped.
var damages = []struct {
	what   string
	damage func(r *rand.Rand, path string, content []byte) error
}{
	{"one bit flipped", func(r *rand.Rand, path string, content []byte) error {
		content[r.IntN(len(content))] ^= 1 << r.IntN(8)
		return os.WriteFile(path, content, 0o600)
	}},
	{"one bit flipped in words", func(r *rand.Rand, path string, content []byte) error {
		// Somewhere behind the tables' descriptions, in what looks like text.
		for range 10_000 {
			if at := r.IntN(len(content)); content[at] >= 'a' && content[at] <= 'z' && at > 8192 {
				content[at] ^= 1
				break
			}
		}
		return os.WriteFile(path, content, 0o600)
	}},
	{"a page of zeros", func(r *rand.Rand, path string, content []byte) error {
		const page = 4096
		at := r.IntN(len(content)/page) * page
		clear(content[at : at+page])
		return os.WriteFile(path, content, 0o600)
	}},
	{"cut short", func(r *rand.Rand, path string, content []byte) error {
		return os.Truncate(path, r.Int64N(int64(len(content))))
	}},
	{"empty", func(_ *rand.Rand, path string, _ []byte) error { return os.Truncate(path, 0) }},
	{"gone", func(_ *rand.Rand, path string, _ []byte) error { return os.Remove(path) }},
}

// TestDamagedProjections damages every projection of a stopped hub: after the next
// start the answers are those of before.
func TestDamagedProjections(t *testing.T) {
	r := dice(t)
	p := play(t, r, time.Second)
	for _, test := range damages {
		t.Run(test.what, func(t *testing.T) {
			for _, path := range files(t, p.data) {
				content, err := os.ReadFile(path)
				if err == nil {
					err = test.damage(r, path, content)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			report(t, p.compare(t))
		})
	}
}

// TestWithoutSealsDamageIsServed shows that TestDamagedProjections can fail: with
// what says how the files were closed taken away, damaged words are shown.
func TestWithoutSealsDamageIsServed(t *testing.T) {
	r := dice(t)
	p := play(t, r, time.Second)
	for _, path := range files(t, p.data) {
		content, err := os.ReadFile(path)
		for range 20 {
			if err == nil {
				err = damages[1].damage(r, path, content)
			}
		}
		if err = errors.Join(err, os.Remove(path+"-seal")); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.compare(t)) == 0 {
		t.Error("nothing is served wrong, so TestDamagedProjections proves nothing")
	}
}
