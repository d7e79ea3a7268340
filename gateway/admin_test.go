package gateway_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
)

// onDisk tells whether a text is in any file of the log or of a gateway.
func onDisk(t *testing.T, text string, dirs ...string) string {
	t.Helper()
	for _, dir := range dirs {
		found := ""
		must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil // a file may go while we look
			}
			if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, []byte(text)) {
				found = path
			}
			return nil
		}))
		if found != "" {
			return found
		}
	}
	return ""
}

func TestStaff(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "omnia/apprenticeship"))
	w.desk(scopeOf(t, c.Requests[0].Name), casework.PickUp{})
	shown := func() string { return n.read(me, c.Name).Requests[0].Advisor.GetDisplayName() }

	const maiden, married = "Katariina Virtanen-Unique", "Katariina Korhonen-Unique"
	add := &adminv1.AddStaffRequest{
		RequestId: uuid.NewString(), Parent: "providers/omnia", AdvisorId: "a1", DisplayName: maiden,
		Role: policyv1.Role_ROLE_ADVISOR, Languages: []string{"fi", "sv"}, Competences: []string{"permits"},
	}
	added := get[*adminv1.AddStaffResponse](t)(n.admin.AddStaff(w.operator(), add))
	again := get[*adminv1.AddStaffResponse](t)(n.admin.AddStaff(w.operator(), add))
	if added.Name != "providers/omnia/advisors/a1" || bytesOf(t, added) != bytesOf(t, again) {
		t.Errorf("added %v, and again %v", added, again)
	}
	if last := get[uint64](t)(w.hub.Last(t.Context(), bus.StreamStaff)); last != 1 {
		t.Errorf("a repeat wrote %d facts", last)
	}
	w.eventually("the name is shown", func() bool { return shown() == maiden })
	if got := onDisk(t, maiden, w.dir); got == "" {
		t.Fatal("the test does not see names on disk")
	}
	other := proto.CloneOf(add)
	other.AdvisorId = "a2"
	_, err := n.admin.AddStaff(w.operator(), other)
	refused(t, err, codes.AlreadyExists, "REQUEST_ID_REUSED")

	// Changed: the old name is erased.
	change := proto.CloneOf(add)
	change.RequestId, change.DisplayName, change.Role = uuid.NewString(), married, policyv1.Role_ROLE_LEAD
	get[*adminv1.AddStaffResponse](t)(n.admin.AddStaff(w.operator(), change))
	w.eventually("the new name is shown", func() bool { return shown() == married })
	if file := onDisk(t, maiden, w.dir, n.dir); file != "" {
		t.Errorf("the former name is in %s", file)
	}
	// Removed: so is the new one, from the files of the log too; the advisor's id stays.
	remove := &adminv1.RemoveStaffRequest{RequestId: uuid.NewString(), Name: added.Name}
	get[*adminv1.RemoveStaffResponse](t)(n.admin.RemoveStaff(w.operator(), remove))
	get[*adminv1.RemoveStaffResponse](t)(n.admin.RemoveStaff(w.operator(), remove)) // a repeat
	w.eventually("the name is gone", func() bool { return shown() == "" })
	if file := onDisk(t, married, w.dir, n.dir); file != "" {
		t.Errorf("the erased name is in %s", file)
	}
	if advisor := n.read(me, c.Name).Requests[0].Advisor; advisor.Name != added.Name {
		t.Errorf("the request names %v", advisor)
	}
	_, err = n.admin.RemoveStaff(w.operator(), &adminv1.RemoveStaffRequest{RequestId: uuid.NewString(), Name: added.Name})
	refused(t, err, codes.NotFound, "NOT_FOUND")

	for what, test := range map[string]struct {
		change func(*adminv1.AddStaffRequest)
		ctx    context.Context
		code   codes.Code
		reason string
	}{
		"an operator at a provider": {func(r *adminv1.AddStaffRequest) { r.Role = policyv1.Role_ROLE_OPERATOR }, w.operator(), codes.InvalidArgument, "ROLE_INVALID"},
		"an advisor of nobody":      {func(r *adminv1.AddStaffRequest) { r.Parent = "" }, w.operator(), codes.InvalidArgument, "ROLE_INVALID"},
		"a company's person":        {func(r *adminv1.AddStaffRequest) { r.Role = policyv1.Role_ROLE_COMPANY }, w.operator(), codes.InvalidArgument, "ROLE_INVALID"},
		"by no operator":            {func(*adminv1.AddStaffRequest) {}, me, codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
	} {
		req := proto.CloneOf(add)
		req.RequestId = uuid.NewString()
		test.change(req)
		if _, err := n.admin.AddStaff(test.ctx, req); err == nil {
			t.Errorf("%s was added", what)
		} else {
			refused(t, err, test.code, test.reason)
		}
	}
	operator := get[*adminv1.AddStaffResponse](t)(n.admin.AddStaff(w.operator(), &adminv1.AddStaffRequest{
		RequestId: uuid.NewString(), AdvisorId: "o1", DisplayName: "Operator One", Role: policyv1.Role_ROLE_OPERATOR,
	}))
	if operator.Name != "operators/o1" {
		t.Errorf("the operator is %s", operator.Name)
	}
	// An operator is removed like anybody else.
	operators := func() int {
		return len(get[*adminv1.ListStaffResponse](t)(n.admin.ListStaff(w.operator(), &adminv1.ListStaffRequest{})).Staff)
	}
	w.eventually("the operator is listed", func() bool { return operators() == 1 })
	get[*adminv1.RemoveStaffResponse](t)(n.admin.RemoveStaff(w.operator(), &adminv1.RemoveStaffRequest{RequestId: uuid.NewString(), Name: operator.Name}))
	w.eventually("the operator is gone", func() bool { return operators() == 0 })
	if file := onDisk(t, "Operator One", w.dir, n.dir); file != "" {
		t.Errorf("the operator's name is in %s", file)
	}
	_, err = n.admin.RemoveStaff(w.operator(), &adminv1.RemoveStaffRequest{RequestId: uuid.NewString(), Name: operator.Name})
	refused(t, err, codes.NotFound, "NOT_FOUND")
}

// TestDropDeadLetter: what is put away is gone, once, and its event stays.
func TestDropDeadLetter(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	staff := w.put(w.parties["omnia"], "staff.omnia.a9", []byte{0xff})
	w.eventually("a dead letter", func() bool { return n.letters()[staff] != nil })
	req := &adminv1.DropDeadLetterRequest{RequestId: uuid.NewString(), Sequence: n.letters()[staff].Sequence, Reason: adminv1.DropReason_DROP_REASON_RUBBISH}
	wrong := proto.CloneOf(req)
	wrong.RequestId, wrong.Reason = uuid.NewString(), 99
	_, err := n.admin.DropDeadLetter(w.operator(), wrong)
	refused(t, err, codes.InvalidArgument, "INVALID_FIELDS")
	if n.letters()[staff] == nil {
		t.Error("a refused call put it away")
	}
	for range 2 { // the same call again
		get[*adminv1.DropDeadLetterResponse](t)(n.admin.DropDeadLetter(w.operator(), req))
	}
	if n.letters()[staff] != nil {
		t.Error("it is still there")
	}
	get[bus.Event](t)(w.hub.Get(t.Context(), bus.StreamStaff, staff))
	again := proto.CloneOf(req)
	again.RequestId = uuid.NewString()
	_, err = n.admin.DropDeadLetter(w.operator(), again)
	refused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = n.admin.DropDeadLetter(w.company("p1", bakery), again)
	refused(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
}

func TestAdvanceClock(t *testing.T) {
	w := newWorld(t)
	real, demo := w.start(), w.start(func(o *gateway.Options) { o.AdvanceClock = w.clock.Advance })
	req := &adminv1.AdvanceClockRequest{RequestId: uuid.NewString(), Seconds: 3600}
	_, err := real.admin.AdvanceClock(w.operator(), req)
	refused(t, err, codes.FailedPrecondition, "REAL_TIME")
	before := w.clock.Now()
	for range 2 { // once, however often the call comes
		if got := get[*adminv1.AdvanceClockResponse](t)(demo.admin.AdvanceClock(w.operator(), req)).Time.AsTime(); !got.Equal(before.Add(time.Hour)) {
			t.Errorf("the time is %s, want an hour after %s", got, before)
		}
	}
	_, err = demo.admin.AdvanceClock(w.operator(), &adminv1.AdvanceClockRequest{RequestId: uuid.NewString(), Seconds: 366*24*3600 + 1})
	if fields := refused(t, err, codes.InvalidArgument, "INVALID_FIELDS"); len(fields) != 1 {
		t.Errorf("fields %v", fields)
	}
	if got := w.clock.Now(); !got.Equal(before.Add(time.Hour)) {
		t.Errorf("it is %s", got)
	}
}
