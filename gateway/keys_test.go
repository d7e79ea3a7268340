package gateway_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

var allCases = systemkey.IntegratorScopes()

// with is a context with a key.
func (w *world) with(key string) context.Context {
	return metadata.AppendToOutgoingContext(w.t.Context(), "authorization", "Key "+key)
}

func issuing(parent string, scopes ...string) *keysv1.IssueKeyRequest {
	return &keysv1.IssueKeyRequest{RequestId: uuid.NewString(), Parent: parent, DisplayName: "Ledger", Scopes: scopes, ValidTo: "2027-11-20"}
}

// key issues a key as an operator.
func (n *node) key(parent string, scopes ...string) string {
	n.w.t.Helper()
	return get[*keysv1.IssueKeyResponse](n.w.t)(n.keys.IssueKey(n.w.operator(), issuing(parent, scopes...))).Secret
}

func (n *node) revoke(key string) {
	n.w.t.Helper()
	get[*keysv1.RevokeKeyResponse](n.w.t)(n.keys.RevokeKey(n.w.operator(), &keysv1.RevokeKeyRequest{RequestId: uuid.NewString(), Name: "keys/" + key[4:20]}))
}

func (n *node) grant(company, organisation string, scopes ...string) {
	n.w.t.Helper()
	get[*keysv1.GrantAccessResponse](n.w.t)(n.grants.GrantAccess(n.w.company("owner", company), &keysv1.GrantAccessRequest{
		RequestId: uuid.NewString(), Company: company, Organisation: organisation, Scopes: scopes,
	}))
}

func (n *node) withdraw(company, organisation string) {
	n.w.t.Helper()
	get[*keysv1.WithdrawGrantResponse](n.w.t)(n.grants.WithdrawGrant(n.w.company("owner", company), &keysv1.WithdrawGrantRequest{
		RequestId: uuid.NewString(), Company: company, Organisation: organisation,
	}))
}

// integrator is a system for which companies grant everything.
func (n *node) integrator(organisation string, companies ...string) context.Context {
	n.w.t.Helper()
	key := n.key("integrators/"+organisation, allCases...)
	for _, company := range companies {
		n.grant(company, organisation, allCases...)
	}
	return n.w.with(key)
}

func TestAKeyIsShownOnce(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	req := issuing("integrators/bank", allCases...)
	first := get[*keysv1.IssueKeyResponse](t)(n.keys.IssueKey(w.operator(), req))
	again := get[*keysv1.IssueKeyResponse](t)(n.keys.IssueKey(w.operator(), req))
	if len(first.Secret) != 54 || again.Secret != "" || !proto.Equal(first.Key, again.Key) || first.Key.Name != "keys/"+first.Secret[4:20] {
		t.Errorf("issued %v, and again %v", first, again)
	}
	req.DisplayName = "Another"
	_, err := n.keys.IssueKey(w.operator(), req)
	refused(t, err, codes.AlreadyExists, "REQUEST_ID_REUSED")
	n.key("providers/omnia", systemkey.ProviderScopes()...)
	n.revoke(first.Secret)
	list := get[*keysv1.ListKeysResponse](t)(n.keys.ListKeys(w.operator(), &keysv1.ListKeysRequest{PageSize: 1}))
	rest := get[*keysv1.ListKeysResponse](t)(n.keys.ListKeys(w.operator(), &keysv1.ListKeysRequest{PageSize: 1, PageToken: list.NextPageToken}))
	if len(list.Keys) != 1 || len(rest.Keys) != 1 || rest.NextPageToken != "" || list.Keys[0].Name >= rest.Keys[0].Name {
		t.Errorf("the pages hold %v and %v", list, rest)
	}
	// Nothing that is kept holds it: the log, the view, the folder.
	n.stop()
	secret := first.Secret[21:]
	files := 0
	for _, dir := range []string{w.dir, n.dir} {
		must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if files++; strings.Contains(string(data), secret) {
				t.Errorf("%s holds the key", path)
			}
			return err
		}))
	}
	if files < 10 {
		t.Errorf("only %d files were looked into", files)
	}
}

func TestWhoKeepsWhichKeys(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	lead := func(provider, id string) context.Context {
		return w.as(token.Principal{Role: policyv1.Role_ROLE_LEAD, Subject: provider + id, Provider: provider, Advisor: id})
	}
	for _, provider := range []string{"omnia", "chamber"} {
		get[*adminv1.AddStaffResponse](t)(n.admin.AddStaff(w.operator(), &adminv1.AddStaffRequest{
			RequestId: uuid.NewString(), Parent: "providers/" + provider, AdvisorId: "a1", DisplayName: "L", Role: policyv1.Role_ROLE_LEAD,
		}))
	}
	w.eventually("the leads are known", func() bool {
		_, err := n.keys.ListKeys(lead("chamber", "a1"), &keysv1.ListKeysRequest{})
		return err == nil
	})
	own := get[*keysv1.IssueKeyResponse](t)(n.keys.IssueKey(lead("omnia", "a1"), issuing("providers/omnia", systemkey.RequestRead)))
	theirs := n.key("providers/chamber", systemkey.ProviderScopes()...)
	n.key("integrators/bank", allCases...)
	for _, test := range []struct {
		what   string
		ctx    context.Context
		parent string
		reason string
	}{
		{"for another provider", lead("omnia", "a1"), "providers/chamber", "OTHER_PROVIDER"},
		{"for an integrator", lead("omnia", "a1"), "integrators/bank", "OTHER_PROVIDER"},
		{"by who is not on the staff", lead("omnia", "gone"), "providers/omnia", "STAFF_UNKNOWN"},
		{"by a company", w.company("p1", bakery), "integrators/bank", "ROLE_NOT_ALLOWED"},
		{"by a key", w.with(theirs), "providers/chamber", "ROLE_NOT_ALLOWED"},
	} {
		_, err := n.keys.IssueKey(test.ctx, issuing(test.parent, systemkey.RequestRead))
		if got, _ := reasonOf(err); got != test.reason {
			t.Errorf("%s: %v, want %s", test.what, err, test.reason)
		}
	}
	if got := get[*keysv1.ListKeysResponse](t)(n.keys.ListKeys(lead("omnia", "a1"), &keysv1.ListKeysRequest{})); len(got.Keys) != 1 || got.Keys[0].Name != own.Key.Name {
		t.Errorf("the lead lists %v", got)
	}
	_, err := n.keys.RevokeKey(lead("omnia", "a1"), &keysv1.RevokeKeyRequest{RequestId: uuid.NewString(), Name: "keys/" + theirs[4:20]})
	refused(t, err, codes.NotFound, "NOT_FOUND")
	for field, change := range map[string]func(*keysv1.IssueKeyRequest){
		"parent":   func(r *keysv1.IssueKeyRequest) { r.Parent = "systems/x" },
		"scopes":   func(r *keysv1.IssueKeyRequest) { r.Scopes = []string{systemkey.RequestRead} },
		"valid_to": func(r *keysv1.IssueKeyRequest) { r.ValidTo = "2027-11-24" }, // a year and a day
	} {
		req := issuing("integrators/bank", allCases...)
		change(req)
		_, err := n.keys.IssueKey(w.operator(), req)
		if _, fields := reasonOf(err); status.Code(err) != codes.InvalidArgument || !slices.Contains(fields, field) {
			t.Errorf("a wrong %s: %v", field, err)
		}
	}
}

func TestARevokedKeyEndsEverythingAtOnce(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	c := n.open(w.company("p1", bakery), opening(bakery, "espoo-city/pilot"))
	key := n.key("integrators/bank", allCases...)
	n.grant(bakery, "bank", allCases...)
	bank := w.with(key)
	n.read(bank, c.Name)
	one, all := n.watchCase(bank, c.Name, ""), n.watchEvents(bank, w.now())
	one.take(1)
	n.revoke(key)
	for what, watch := range map[string]*watch{"the case": one, "all": all} {
		err := error(nil)
		for err == nil { // what was sent before comes first
			_, err = watch.next()
		}
		if status.Code(err) != codes.Unauthenticated {
			t.Errorf("the watch of %s ended with %v", what, err)
		}
	}
	_, err := n.cases.GetCase(bank, &casesv1.GetCaseRequest{Name: c.Name})
	refused(t, err, codes.Unauthenticated, "KEY_REVOKED")
	// Nor does it open anything where the log is read anew.
	_, err = w.start().cases.GetCase(bank, &casesv1.GetCaseRequest{Name: c.Name})
	refused(t, err, codes.Unauthenticated, "KEY_REVOKED")

	ends := n.key("integrators/bank", allCases...)
	n.read(w.with(ends), c.Name)
	w.clock.days(365)
	_, err = n.cases.GetCase(w.with(ends), &casesv1.GetCaseRequest{Name: c.Name})
	refused(t, err, codes.Unauthenticated, "KEY_EXPIRED")
}

func TestAWithdrawnGrantEndsWhatItOpened(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	bank := n.integrator("bank", bakery, garage)
	req := opening(bakery, "espoo-city/pilot")
	mine, theirs := n.open(bank, req), n.open(w.company("p2", garage), opening(garage, "espoo-city/pilot"))
	if got := n.list(bank, nil); len(got) != 2 {
		t.Fatalf("the bank lists %v", got)
	}
	grants := get[*keysv1.ListGrantsResponse](t)(n.grants.ListGrants(bank, &keysv1.ListGrantsRequest{}))
	if len(grants.Grants) != 2 || grants.Grants[0].Company != bakery || grants.Grants[0].ValidTo != "2027-11-23" {
		t.Errorf("the bank is told of %v", grants)
	}
	one, all := n.watchCase(bank, mine.Name, ""), n.watchEvents(bank, w.now())
	one.take(1)
	n.withdraw(bakery, "bank")
	err := error(nil)
	for err == nil { // what was sent before comes first
		_, err = one.next()
	}
	if status.Code(err) != codes.NotFound {
		t.Errorf("the watch of the case ended with %v", err)
	}
	// The other watch goes on, with the other company's cases alone.
	n.stir(w.company("p1", bakery), mine, 2)
	n.stir(w.company("p2", garage), theirs, 1)
	if s := all.take(1)[0]; s.entry.GetCaseName() != theirs.Name {
		t.Errorf("the watch of all tells %v", s)
	}
	for what, err := range map[string]error{
		"GetCase": failure(n.cases.GetCase(bank, &casesv1.GetCaseRequest{Name: mine.Name})),
		"PostMessage": failure(n.cases.PostMessage(bank, &casesv1.PostMessageRequest{
			RequestId: uuid.NewString(), Name: mine.Requests[0].Name, Text: "Hei",
		})),
		"the repeat of OpenCase": failure(n.cases.OpenCase(bank, req)),
	} {
		if got, _ := reasonOf(err); got != "NOT_FOUND" {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, filter := range []*casesv1.ListCasesRequest{nil, {Query: "leipomo"}, {Provider: "providers/espoo-city"}} {
		if got := n.list(bank, filter); !slices.Equal(got, []string{theirs.Name}) {
			t.Errorf("the bank lists %v by %v", got, filter)
		}
	}
	if got := n.list(bank, &casesv1.ListCasesRequest{CompanyId: bakery}); len(got) != 0 {
		t.Errorf("the bank lists %v of the bakery", got)
	}
}

func failure[T any](_ T, err error) error { return err }

// What a company did not grant, or the key does not hold, is refused case by case.
func TestEachCaseIsDecidedOnItsOwnGrant(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	a, b := n.open(w.company("p1", bakery), opening(bakery, "espoo-city/pilot")), n.open(w.company("p2", garage), opening(garage, "espoo-city/pilot"))
	full, reader := n.key("integrators/bank", allCases...), n.key("integrators/bank", systemkey.CaseRead)
	n.grant(bakery, "bank", systemkey.CaseRead)
	n.grant(garage, "bank", systemkey.CaseRead, systemkey.CaseWrite)
	post := func(key string, c *casesv1.Case) string {
		_, err := n.cases.PostMessage(w.with(key), &casesv1.PostMessageRequest{RequestId: uuid.NewString(), Name: c.Requests[0].Name, Text: "Hei"})
		reason, _ := reasonOf(err)
		return reason
	}
	for _, test := range []struct {
		what string
		key  string
		c    *casesv1.Case
		want string
	}{
		{"granted to read", full, a, "SCOPE_MISSING"}, {"granted to write", full, b, ""}, {"a key to read", reader, b, "SCOPE_MISSING"},
	} {
		if got := post(test.key, test.c); got != test.want {
			t.Errorf("%s: %q, want %q", test.what, got, test.want)
		}
		n.read(w.with(test.key), test.c.Name)
	}
	_, err := n.cases.OpenCase(w.with(full), opening(bakery, "espoo-city/pilot"))
	if fields := refused(t, err, codes.InvalidArgument, "CASE_INVALID"); !slices.Equal(fields, []string{"company.id"}) {
		t.Errorf("to open a case for who granted reading alone: %v", fields)
	}
	for what, req := range map[string]*keysv1.GrantAccessRequest{
		"another's company":         {Company: garage, Organisation: "bank", Scopes: allCases},
		"an organisation of no key": {Company: bakery, Organisation: "nobody", Scopes: allCases},
		"no reading":                {Company: bakery, Organisation: "bank", Scopes: []string{systemkey.CaseWrite}},
		"too long":                  {Company: bakery, Organisation: "bank", Scopes: allCases, ValidTo: "2027-11-24"},
	} {
		req.RequestId = uuid.NewString()
		if _, err := n.grants.GrantAccess(w.company("owner", bakery), req); err == nil {
			t.Errorf("%s was granted", what)
		}
	}
	// A token of such a role opens nothing, however it was signed.
	if _, err := w.key.Sign(token.Principal{Role: policyv1.Role_ROLE_INTEGRATOR, Subject: "bank", Companies: []string{bakery}}, w.clock.Now(), time.Hour); err == nil {
		t.Error("a token was signed for an integrator")
	}
}

// Every method of the gateway that systems may call is refused to a key that lacks its
// scope, and names it; every other method is refused to each key by its role.
func TestEveryMethodAsksForItsScope(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	type side struct {
		role policyv1.Role
		keys map[string]string
	}
	sides := []side{{policyv1.Role_ROLE_INTEGRATOR, map[string]string{}}, {policyv1.Role_ROLE_PROVIDER_SYSTEM, map[string]string{}}}
	sides[0].keys[systemkey.CaseRead] = n.key("integrators/bank", systemkey.CaseRead, systemkey.ApplicationRead)
	sides[0].keys[systemkey.CaseWrite] = n.key("integrators/bank", systemkey.CaseRead, systemkey.CaseWrite)
	sides[1].keys[systemkey.RequestRead] = n.key("providers/omnia", systemkey.RequestRead)
	sides[1].keys[systemkey.RequestDecide] = n.key("providers/omnia", systemkey.ProviderScopes()...)
	tried := map[string]int{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			if !slices.Contains([]string{"CaseService", "ProviderService", "AdminService", "KeyService", "GrantService"}, string(service.Name())) {
				continue
			}
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				access := proto.GetExtension(m.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
				for _, s := range sides {
					for widest, key := range s.keys {
						want := ""
						switch reads := strings.HasSuffix(widest, ":read"); {
						case access.Public && len(access.Roles) == 0:
						case !slices.Contains(access.Roles, s.role):
							want = "ROLE_NOT_ALLOWED"
						case access.Scope == "":
							t.Errorf("%s asks for no scope", m.FullName())
						case reads && strings.HasSuffix(access.Scope, ":write"), reads && strings.HasSuffix(access.Scope, ":decide"):
							want = "SCOPE_MISSING"
						}
						err := callEmpty(w.with(key), n.conn, m)
						got, _ := reasonOf(err)
						if tried[want]++; want != "" && got != want || want == "" && (got == "SCOPE_MISSING" || got == "ROLE_NOT_ALLOWED") {
							t.Errorf("%s with a key of %s: %v, want %q", m.FullName(), widest, err, want)
						}
						if want == "SCOPE_MISSING" && !strings.Contains(status.Convert(err).Message(), access.Scope) {
							t.Errorf("%s does not name the scope: %v", m.FullName(), err)
						}
					}
				}
			}
		}
		return true
	})
	if tried["SCOPE_MISSING"] < 8 || tried["ROLE_NOT_ALLOWED"] < 50 || tried[""] < 20 {
		t.Errorf("tried %v", tried)
	}
}

// callEmpty calls a method with an empty message, and reads the first answer.
func callEmpty(ctx context.Context, conn *grpc.ClientConn, m protoreflect.MethodDescriptor) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	path := "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
	if !m.IsStreamingServer() {
		return conn.Invoke(ctx, path, dynamicpb.NewMessage(m.Input()), dynamicpb.NewMessage(m.Output()))
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err == nil {
		err = stream.SendMsg(dynamicpb.NewMessage(m.Input()))
	}
	if err == nil {
		err = stream.CloseSend()
	}
	if err == nil {
		// A watch that is let in says so with its headers and may say no more.
		if headers, failed := stream.Header(); failed == nil && headers != nil {
			return nil
		}
		err = stream.RecvMsg(dynamicpb.NewMessage(m.Output()))
	}
	return err
}
