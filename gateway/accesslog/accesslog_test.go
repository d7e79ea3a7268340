package accesslog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway/accesslog"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
)

func caseID(letter string) string { return strings.Repeat(letter, 26) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// fixed is a log that holds some messages, and then nothing more.
type fixed []bus.Event

func (f fixed) Follow(ctx context.Context, _ string, from uint64, _ int, handle func(context.Context, []bus.Event) error) error {
	if err := handle(ctx, f[min(int(from)-1, len(f)):]); err != nil {
		return err
	}
	if err := handle(ctx, nil); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// message is one of a party's, with rows of an advisor of an organisation that saw cases.
func message(t *testing.T, sequence uint64, party, organisation, refused string, cases ...string) bus.Event {
	t.Helper()
	row := &accessv1.AccessRow{Role: policyv1.Role_ROLE_ADVISOR, Organisations: []string{organisation}, Advisor: "a1", Person: fmt.Sprint("p", sequence), Refused: refused}
	for _, id := range cases {
		row.Shown = append(row.Shown, &accessv1.Shown{Case: "cases/" + id})
	}
	body, err := proto.Marshal(&accessv1.AccessBatch{Chain: "c", Number: sequence, Rows: []*accessv1.AccessRow{row}})
	if err != nil {
		t.Fatal(err)
	}
	return bus.Event{Stream: bus.StreamAccess, Sequence: sequence, Message: bus.Message{Subject: "access." + party + ".c.rows", Data: body}}
}

func people(t *testing.T) func(rows []accesslog.Row, err error) string {
	return func(rows []accesslog.Row, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, row := range rows {
			all = append(all, row.Person)
		}
		return strings.Join(all, " ")
	}
}

// A provider fills its own list and no other's, and what it may not say is nowhere.
func TestWhoSpeaksForWhom(t *testing.T) {
	a := caseID("a")
	events := fixed{
		message(t, 1, "omnia", "omnia", "", a),
		message(t, 2, "omnia", "chamber", "", a),            // not omnia's to say
		message(t, 3, "omnia", "chamber", "NOT_FOUND", a),   // omnia refused them
		message(t, 4, bus.Hub, "chamber", "NOT_FOUND", a),   // the hub did
		message(t, 5, "omnia", "omnia", "", a, caseID("b")), // both cases
		{Stream: bus.StreamAccess, Sequence: 6, Message: bus.Message{Subject: "access.omnia.c.rows", Data: []byte("\xff")}},
	}
	l := run(t, filepath.Join(t.TempDir(), "access.db"), events)
	list := people(t)
	for _, c := range []struct{ what, got, want string }{
		{"the case", list(l.OfCase(t.Context(), a, 0, 10)), "p5 p4 p3 p1"},
		{"the case by one", list(l.OfCaseBy(t.Context(), a, accesslog.Who(policyv1.Role_ROLE_ADVISOR, "p4"), false, 0, 10)), "p4"},
		{"the case by the others", list(l.OfCaseBy(t.Context(), a, accesslog.Who(policyv1.Role_ROLE_ADVISOR, "p4"), true, 0, 10)), "p5 p3 p1"},
		{"the same person in another role", list(l.OfCaseBy(t.Context(), a, accesslog.Who(policyv1.Role_ROLE_COMPANY, "p4"), false, 0, 10)), ""},
		{"omnia", list(l.OfProvider(t.Context(), "omnia", 0, 10)), "p5 p1"},
		{"the chamber", list(l.OfProvider(t.Context(), "chamber", 0, 10)), "p4"},
		{"nobody", list(l.OfProvider(t.Context(), "", 0, 10)), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	rows, err := l.OfCase(t.Context(), a, 0, 1)
	if err != nil || len(rows) != 1 || len(rows[0].Shown) != 1 {
		t.Fatalf("%v, %v", rows, err)
	}
	if next := list(l.OfCase(t.Context(), a, rows[0].Place, 2)); next != "p4 p3" {
		t.Errorf("the next page holds %q", next)
	}
}

func run(t *testing.T, path string, events fixed) *accesslog.Log {
	t.Helper()
	l, err := accesslog.Open(path, events, quiet())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	for limit := time.Now().Add(time.Minute); l.Check(t.Context()) != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal(l.Check(t.Context()))
		}
	}
	return l
}
