package demo

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/token"
)

func TestCompaniesAreValidAndUnlikeEachOther(t *testing.T) {
	all := Companies()
	if len(all) != 215 {
		t.Errorf("%d companies, want 200 Finnish and 15 foreign", len(all))
	}
	seen := map[string]bool{}
	for _, c := range all {
		scheme, value, ok := strings.Cut(c.Key(), ":")
		if !ok {
			scheme, value = identifier.SchemeBusinessID, c.Key()
		}
		canonical, err := identifier.ParseCompany(scheme, value)
		if err != nil || canonical != c.ID {
			t.Errorf("%s: %q, %v", c.Name, canonical, err)
		}
		if scheme == identifier.SchemeBusinessID && c.ID[0] != '9' {
			t.Errorf("%s has the id %s, which may belong to somebody", c.Name, c.ID)
		}
		if seen[c.ID] || seen[c.Name] {
			t.Errorf("%s %s is there twice", c.ID, c.Name)
		}
		seen[c.ID], seen[c.Name] = true, true
	}
}

func TestStaff(t *testing.T) {
	staff := Staff()
	if len(staff) != 40 {
		t.Errorf("%d advisors, want 40", len(staff))
	}
	spoken, leads := map[string]bool{}, map[string]int{}
	for _, a := range staff {
		for _, l := range a.Languages {
			spoken[l] = true
		}
		if a.Lead {
			leads[a.Provider]++
		}
	}
	for _, l := range []string{"fi", "sv", "en", "zh", "ru"} {
		if !spoken[l] {
			t.Errorf("nobody speaks %s", l)
		}
	}
	for _, key := range bus.Providers() {
		if leads[key] != 1 {
			t.Errorf("%s has %d leads, want one", key, leads[key])
		}
	}
}

func TestEverybodyCanBeGivenAToken(t *testing.T) {
	key, err := token.OpenKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	principals := map[string]token.Principal{}
	for _, p := range Personas() {
		if _, twice := principals[p.Key]; twice {
			t.Errorf("two are called %s", p.Key)
		}
		principals[p.Key] = p.Principal
	}
	for _, a := range Staff() {
		principals[a.Name] = a.Principal()
	}
	for name, p := range principals {
		if _, err := key.Sign(p, time.Now(), time.Hour); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestThePlaysUseWhatThereIs(t *testing.T) {
	f := &fill{callers: newCallers(nil)}
	plays := f.plays()
	if len(plays) != 60 {
		t.Errorf("%d plays, want 60", len(plays))
	}
	keys := map[string]bool{}
	for _, p := range plays {
		if keys[p.key] {
			t.Errorf("two plays are called %s", p.key)
		}
		keys[p.key] = true
		if len(p.story.services) == 0 {
			t.Errorf("%s has a story that nobody wrote", p.key)
		}
		if !slices.ContainsFunc(p.steps, func(s step) bool { return s.opens }) {
			t.Errorf("%s is never opened", p.key)
		}
		for _, s := range p.steps {
			if s.day < 0 || s.day > Days {
				t.Errorf("%s: %s on day %d, which the story does not have", p.key, s.what, s.day)
			}
		}
	}
	for i, p := range f.plays() {
		if p.key != plays[i].key || p.language != plays[i].language || len(p.steps) != len(plays[i].steps) {
			t.Errorf("play %d is another the second time", i)
		}
	}
}

func TestTextsAreInAllLanguages(t *testing.T) {
	all := map[string]texts{
		"reply": replyText, "message": messageText, "question": questionText, "answer": answerText, "refer": referText,
		"handover": handoverText, "decline": declineText, "withdraw": withdrawText, "decision": decisionTitle,
		"reasons": decisionReasons, "appeal": appealText, "summary": summaryText, "contact": contactText,
		"rating": ratingText, "hand back": handBackText, "close": closeText, "note": noteText,
	}
	for name, s := range stories {
		all[name] = s.need
	}
	for id, a := range answers {
		all["answer "+id] = a
	}
	for name, text := range all {
		for i, words := range text {
			if strings.TrimSpace(words) == "" {
				t.Errorf("%s is empty in %s", name, languages[i])
			}
		}
	}
}

func TestInsistGoesOnOnlyWhileSomethingIsOnItsWay(t *testing.T) {
	for _, c := range []struct {
		err   error
		calls int
	}{
		{nil, 1},
		{status.Error(codes.NotFound, "not in the inbox yet"), 3},
		{status.Error(codes.InvalidArgument, "a mistake of the demo"), 1},
		{os.ErrPermission, 1},
	} {
		calls := 0
		err := insist(t.Context(), func(context.Context) error {
			if calls++; calls == 3 {
				return nil
			}
			return c.err
		})
		if calls != c.calls || (c.calls == 1) != (err == c.err) && c.err != nil { //nolint:errorlint // the very error is wanted
			t.Errorf("%v: %d calls and %v, want %d calls", c.err, calls, err, c.calls)
		}
	}
}
