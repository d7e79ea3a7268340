package sight_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	header       = policyv1.DataClass_DATA_CLASS_CASE
	application  = policyv1.DataClass_DATA_CLASS_APPLICATION
	conversation = policyv1.DataClass_DATA_CLASS_CONVERSATION
	decision     = policyv1.DataClass_DATA_CLASS_DECISION
	result       = policyv1.DataClass_DATA_CLASS_RESULT
	progress     = policyv1.DataClass_DATA_CLASS_PROGRESS
	secret       = policyv1.DataClass_DATA_CLASS_SECRET
)

// What a relation sees depends on what was given to it, and on nothing else.
func TestWhatIsGivenDecides(t *testing.T) {
	everything := sight.Given{Consent: sight.All, Law: sight.All, Scopes: []string{sight.ScopeCaseRead, sight.ScopeApplicationRead}}
	for _, c := range []struct {
		who   sight.Relation
		given sight.Given
		class policyv1.DataClass
		sees  bool
	}{
		{sight.Company, sight.Given{}, application, true},
		{sight.Company, everything, secret, false},
		{sight.Owner, sight.Given{}, secret, true},
		{sight.OwnerSystem, everything, secret, false},
		{sight.FormerOwner, everything, application, false},
		{sight.FormerOwner, sight.Given{}, decision, true},
		{sight.Consented, sight.Given{}, progress, true},
		{sight.Consented, sight.Given{}, application, false},
		{sight.Consented, sight.Given{Consent: sight.Of(application)}, application, true},
		{sight.Consented, sight.Given{Consent: sight.Of(application)}, conversation, false},
		{sight.Consented, sight.Given{Law: sight.All}, application, false},
		{sight.Consented, everything, secret, false},
		{sight.Disclosed, sight.Given{Consent: sight.All}, application, false},
		{sight.Disclosed, sight.Given{Law: sight.Of(application)}, application, true},
		{sight.Disclosed, everything, conversation, false},
		{sight.Routed, everything, header, true},
		{sight.Routed, everything, progress, false},
		{sight.Integrator, sight.Given{}, result, false},
		{sight.Integrator, sight.Given{Scopes: []string{sight.ScopeCaseRead}}, result, true},
		{sight.Integrator, sight.Given{}, decision, false},
		{sight.Integrator, sight.Given{}, application, false},
		{sight.Integrator, everything, application, true},
		{sight.Integrator, everything, conversation, false},
		{sight.Integrator, sight.Given{Scopes: []string{"case:write"}}, header, false},
		{sight.Stranger, everything, header, false},
		{sight.Operator, everything, header, false},
	} {
		if got := sight.Rules().Sees(c.who, c.given).Has(c.class); got != c.sees {
			t.Errorf("%s sees %s with %v: %t", c.who, c.class, c.given, got)
		}
	}
}

// A table is changed cell by cell for a test, and the hub's own stays. What may never
// be opened does not pass the check.
func TestTablesAreChangedForTestsOnly(t *testing.T) {
	never := 0
	for _, r := range sight.Relations() {
		for class := header; sight.Of(class) <= sight.Of(policyv1.DataClass_DATA_CLASS_CREDENTIAL); class++ {
			was := sight.Rules().Rule(r, class)
			changed := sight.Rules().With(r, class, sight.Yes)
			if !changed.Sees(r, sight.Given{}).Has(class) || sight.Rules().Rule(r, class) != was {
				t.Errorf("%s, %s: the change did not take, or took in the hub's own table", r, class)
			}
			err := changed.Check()
			if (was == sight.Never) != (err != nil) {
				t.Errorf("%s is given %s: %v", r, class, err)
			}
			if err != nil {
				if never++; !strings.Contains(err.Error(), r.String()) || !strings.Contains(err.Error(), class.String()) {
					t.Errorf("the check says %q of %s and %s", err, r, class)
				}
			}
		}
	}
	if err := sight.Rules().Check(); err != nil || never == 0 {
		t.Errorf("the hub's own table: %v; %d cells may never be opened", err, never)
	}
}

// full is a case with something of every class.
func full() *casesv1.Case {
	return &casesv1.Case{
		Name: "cases/1", NeedText: "need", Requests: []*casesv1.Request{{
			Name: "cases/1/requests/omnia-1", Status: casesv1.RequestStatus_REQUEST_STATUS_DECIDED, Inputs: []*casesv1.Input{{Id: "a", Value: "answer"}},
			Summary: "memo", Supplements: []*casesv1.Supplement{{Number: 1, Question: "what", Answer: "answer"}},
			Decision: &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "title", Reasons: "why"},
		}},
		Timeline: []*casesv1.TimelineEntry{
			{Kind: casesv1.EntryKind_ENTRY_KIND_CASE_OPENED, Text: "need", TextClass: application},
			{Kind: casesv1.EntryKind_ENTRY_KIND_REPLIED, Text: "memo", TextClass: conversation},
			{Kind: casesv1.EntryKind_ENTRY_KIND_DECIDED, Text: "title", TextClass: decision},
			{Kind: casesv1.EntryKind_ENTRY_KIND_REPLIED, Text: "of no stated class"},
		},
	}
}

// Only what is of the classes is left, however deep it lies, and a text is of the
// class that is stated beside it. The message itself is left alone.
func TestMask(t *testing.T) {
	c := full()
	got := sight.Mask(c, sight.Of(header, progress, conversation, result))
	if !proto.Equal(c, full()) {
		t.Fatal("masking changed the message")
	}
	want := &casesv1.Case{
		Name: "cases/1", Requests: []*casesv1.Request{{
			Name: "cases/1/requests/omnia-1", Status: casesv1.RequestStatus_REQUEST_STATUS_DECIDED, Summary: "memo",
			Supplements: []*casesv1.Supplement{{Number: 1, Question: "what"}},
			Decision:    &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED},
		}},
		Timeline: []*casesv1.TimelineEntry{
			{Kind: casesv1.EntryKind_ENTRY_KIND_CASE_OPENED, TextClass: application},
			{Kind: casesv1.EntryKind_ENTRY_KIND_REPLIED, Text: "memo", TextClass: conversation},
			{Kind: casesv1.EntryKind_ENTRY_KIND_DECIDED, TextClass: decision},
			{Kind: casesv1.EntryKind_ENTRY_KIND_REPLIED},
		},
	}
	if !proto.Equal(got, want) {
		t.Errorf("masked is\n%v\nwant\n%v", got, want)
	}
	if left := sight.Mask(c, 0); !proto.Equal(left, &casesv1.Case{}) {
		t.Errorf("of no class is left %v", left)
	}
}

// Who sees all that an answer can hold gets the answer itself: no copy, no look.
func TestWhoSeesAllCostsNothing(t *testing.T) {
	answer := &casesv1.GetCaseResponse{Case: full()}
	company := sight.Rules().Caller(policyv1.Part_PART_CASE, token.Principal{Role: policyv1.Role_ROLE_COMPANY})
	owner := sight.Rules().Caller(policyv1.Part_PART_DESK, token.Principal{Role: policyv1.Role_ROLE_PROVIDER_SYSTEM})
	desk := &providerv1.GetRequestResponse{Request: full().Requests[0]}
	plan, deskPlan := sight.PlanOf(answer.ProtoReflect().Descriptor()), sight.PlanOf(desk.ProtoReflect().Descriptor())
	if plan.Mask(answer, company) != proto.Message(answer) || deskPlan.Mask(desk, owner) != proto.Message(desk) {
		t.Error("what its reader sees whole was copied")
	}
	if n := testing.AllocsPerRun(100, func() { plan.Mask(answer, company); deskPlan.Mask(desk, owner) }); n > 0 {
		t.Errorf("it costs %v allocations", n)
	}
}

// A caller without a part in the answer is a stranger to it, and of a shared case, or
// to an integrator, nothing is shown that the method did not grant.
func TestWithoutAPartNothingIsSeen(t *testing.T) {
	for _, p := range []policyv1.Part{policyv1.Part_PART_CASE, policyv1.Part_PART_DESK, policyv1.Part_PART_SHARED, policyv1.Part_PART_PUBLIC} {
		for number := range policyv1.Role_name {
			role := policyv1.Role(number)
			mine := p == policyv1.Part_PART_CASE && slices.Contains([]policyv1.Role{0, policyv1.Role_ROLE_COMPANY, policyv1.Role_ROLE_CASE_HOLDER}, role) ||
				p == policyv1.Part_PART_DESK && slices.Contains([]policyv1.Role{policyv1.Role_ROLE_ADVISOR, policyv1.Role_ROLE_LEAD, policyv1.Role_ROLE_PROVIDER_SYSTEM}, role)
			sees := sight.Rules().Caller(p, token.Principal{Role: role})
			if sees.Has(header) != mine {
				t.Errorf("%s sees of %s: %v", role, p, sees.Classes())
			}
		}
	}
	ctx, shown := sight.WithShown(t.Context())
	if *shown != 0 {
		t.Errorf("nothing was granted, and %v is shown", shown.Classes())
	}
	sight.Show(ctx, sight.Of(header))
	if *shown != sight.Of(header) {
		t.Errorf("granted was the header, and %v is shown", shown.Classes())
	}
}

func BenchmarkMask(b *testing.B) {
	answer := &casesv1.GetCaseResponse{Case: full()}
	plan := sight.PlanOf(answer.ProtoReflect().Descriptor())
	for name, set := range map[string]sight.Set{
		"company": sight.Rules().Sees(sight.Company, sight.Given{}), "integrator": sight.Rules().Sees(sight.Integrator, sight.Given{}),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				plan.Mask(answer, set)
			}
		})
	}
}
