package host_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
)

// What cannot be recorded is not shown, except what is the caller's own; and what was
// carried out says so.
func TestNothingIsShownWithoutItsRow(t *testing.T) {
	c := newContract(t)
	c.open.away, c.private.away = true, true
	for _, methods := range methods(t) {
		for _, m := range methods {
			name := string(m.Parent().Name() + "." + m.Name())
			if leaves[name] == "no row" {
				continue
			}
			before := c.handled
			err := c.call(t, m, roleOf(m))
			if roleOf(m) == policyv1.Role_ROLE_COMPANY {
				if err != nil {
					t.Errorf("%s of a company: %v", name, err)
				}
				continue
			}
			if problem.From(err).Reason != "ACCESS_LOG_UNAVAILABLE" || status.Code(err) != codes.Unavailable {
				t.Errorf("%s: %v", name, err)
			}
			access, _ := proto.GetExtension(m.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
			if access.GetMutation() != strings.Contains(err.Error(), "was carried out") || c.handled != before+1 {
				t.Errorf("%s changes something: %t; it is answered %v", name, access.GetMutation(), err)
			}
		}
	}
}

// The answer to a call whose own fact stands in the log goes out while its row cannot be
// written, but not when the row cannot even be kept; a company's goes out always.
// Nobody waits for the row of a refusal.
func TestAFactSpeaksForItsRow(t *testing.T) {
	c := newContract(t)
	c.open.away, c.fact = true, true
	pickUp := methods(t)["businessespoo.provider.v1.ProviderService"][2]
	if err := c.call(t, pickUp, policyv1.Role_ROLE_ADVISOR); err != nil {
		t.Error(err)
	}
	if rows := c.open.take(); c.open.followed != 1 || len(rows) != 1 || rows[0].Method != "ProviderService.PickUp" || len(rows[0].Shown) != 1 {
		t.Errorf("it leaves %v", rows)
	}
	c.open.full = true
	err := c.call(t, pickUp, policyv1.Role_ROLE_ADVISOR)
	if problem.From(err).Reason != "ACCESS_LOG_UNAVAILABLE" || !strings.Contains(err.Error(), "was carried out") {
		t.Errorf("a row that cannot be kept: %v", err)
	}
	post := slices.IndexFunc(methods(t)["businessespoo.cases.v1.CaseService"], func(m protoreflect.MethodDescriptor) bool { return m.Name() == "PostMessage" })
	if err := c.call(t, methods(t)["businessespoo.cases.v1.CaseService"][post], policyv1.Role_ROLE_COMPANY); err != nil {
		t.Errorf("of a company: %v", err)
	}
	c.open.full, c.fact, c.fail = false, false, problem.New(problem.NotFound, "NOT_FOUND", "there is none")
	if err := c.call(t, pickUp, policyv1.Role_ROLE_ADVISOR); status.Code(err) != codes.NotFound || c.open.followed != 2 {
		t.Errorf("a refusal: %v; %d rows follow", err, c.open.followed)
	}
	c.fail = nil
	if err := c.call(t, pickUp, policyv1.Role_ROLE_ADVISOR); problem.From(err).Reason != "ACCESS_LOG_UNAVAILABLE" {
		t.Errorf("a change without a fact of its own, as when it is repeated: %v", err)
	}
}

// The row is durable before the answer goes out: while it is written nothing has come.
func TestTheRowComesBeforeTheAnswer(t *testing.T) {
	c := newContract(t)
	get := methods(t)["businessespoo.provider.v1.ProviderService"][1]
	entered, release := make(chan struct{}), make(chan struct{})
	c.open.early = func() { close(entered); <-release }
	answered := make(chan error, 1)
	ctx := c.as(t, policyv1.Role_ROLE_ADVISOR)
	go func() { answered <- c.conn.Invoke(ctx, path(get), filled(get.Input()), instance(get.Output())) }()
	<-entered
	select {
	case err := <-answered:
		t.Errorf("answered before its row was written: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// A call may say what it rests on, and that another process has recorded it; a server
// without a log for confidential calls tells nothing of them.
func TestWhatACallSaysOfItsRow(t *testing.T) {
	c := newContract(t)
	c.because = &accessv1.Basis{Purpose: accessv1.Purpose_PURPOSE_CONSENT, Reference: "consents/1"}
	get := methods(t)["businessespoo.provider.v1.ProviderService"][1]
	if err := c.call(t, get, policyv1.Role_ROLE_ADVISOR); err != nil {
		t.Fatal(err)
	}
	if rows := c.open.take(); len(rows) != 1 || rows[0].Basis.Reference != "consents/1" || !slices.Equal(rows[0].Organisations, []string{"chamber"}) {
		t.Errorf("the rows are %v", rows)
	}
	// What single cases rest on stands in rows apart.
	c.because, c.shows = &accessv1.Basis{Purpose: accessv1.Purpose_PURPOSE_CONSENT}, []string{otherCase, thirdCase}
	c.of = map[string]*accessv1.Basis{thirdCase: {Purpose: accessv1.Purpose_PURPOSE_STATUTORY_DISCLOSURE}}
	list := methods(t)["businessespoo.sharing.v1.SharedCaseService"][1]
	if err := c.call(t, list, policyv1.Role_ROLE_ADVISOR); err != nil {
		t.Fatal(err)
	}
	told := map[accessv1.Purpose]int{}
	for _, row := range c.open.take() {
		told[row.Basis.Purpose] += len(row.Shown)
	}
	if want := (map[accessv1.Purpose]int{accessv1.Purpose_PURPOSE_CONSENT: 2, accessv1.Purpose_PURPOSE_STATUTORY_DISCLOSURE: 1}); !maps.Equal(told, want) {
		t.Errorf("the list shows cases for %v, want %v", told, want)
	}
	front := newContract(t, func(o *host.Options) { o.Confidential = nil })
	front.fail = problem.New(problem.NotFound, "NOT_FOUND", "there is none")
	for _, m := range methods(t)["businessespoo.provider.v1.ProviderService"] {
		if leaves["ProviderService."+string(m.Name())] != "confidential" {
			continue
		}
		_ = front.call(t, m, roleOf(m))
		if rows := front.open.take(); len(rows) != 1 || rows[0].Method != "ProviderService" || len(rows[0].Shown) > 0 {
			t.Errorf("%s is told of: %v", m.Name(), rows)
		}
	}
}

// What it takes to find what an answer shows, for the row of its call.
func BenchmarkSight(b *testing.B) {
	get, err := protoregistry.GlobalFiles.FindDescriptorByName("businessespoo.cases.v1.GetCaseResponse")
	if err != nil {
		b.Fatal(err)
	}
	answer, sight := filled(get.(protoreflect.MessageDescriptor)), host.SightForTest()
	for b.Loop() {
		if len(sight(answer)) != 1 {
			b.Fatal("it does not find the case")
		}
	}
}
