package matrix

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/businessespoo/hub/deploy/e2e/world"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/sight"
)

// cell is one rule of the enforcing table.
type cell struct {
	relation sight.Relation
	class    policyv1.DataClass
}

func (c cell) String() string { return fmt.Sprintf("%s x %s", c.relation, c.class) }

// flipped is the other rule for a cell: what was seen is not, and the other way round.
func (c cell) flipped() sight.Rule {
	if rule := sight.Rules().Rule(c.relation, c.class); rule == sight.No || rule == sight.SumOnly {
		return sight.Yes
	}
	return sight.No
}

// reached are the cells to which some method of the contract leads: its answer can
// hold the class, and its callers can stand in that relation.
func reached() map[cell]bool {
	all := map[cell]bool{}
	mark := func(relation sight.Relation, output protoreflect.MessageDescriptor) {
		for _, class := range sight.PlanOf(output).Reach().Classes() {
			all[cell{relation, class}] = true
		}
	}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				access, _ := proto.GetExtension(methods.Get(j).Options(), policyv1.E_Access).(*policyv1.MethodAccess)
				output := methods.Get(j).Output()
				switch access.GetPart() {
				case policyv1.Part_PART_SHARED:
					for _, relation := range []sight.Relation{sight.Consented, sight.Disclosed, sight.Routed} {
						mark(relation, output)
					}
				case policyv1.Part_PART_CASE, policyv1.Part_PART_DESK, policyv1.Part_PART_PUBLIC:
					roles := access.GetRoles()
					if access.GetPublic() {
						roles = append(slices.Clone(roles), policyv1.Role_ROLE_UNSPECIFIED)
					}
					for _, role := range roles {
						mark(sight.RelationOf(access.GetPart(), role), output)
					}
					if access.GetPart() == policyv1.Part_PART_PUBLIC {
						mark(sight.Operator, output)
					}
				}
			}
		}
		return true
	})
	return all
}

// alike are cells of which both rules show the same.
var alike = map[cell]string{
	{sight.Routed, policyv1.DataClass_DATA_CLASS_PUBLIC}:       "all that it sees is the header, in which no such field stands",
	{sight.Routed, policyv1.DataClass_DATA_CLASS_DECISION}:     "its title stands in a decision, and of none it sees even the result",
	{sight.Routed, policyv1.DataClass_DATA_CLASS_REASONS}:      "they stand in a decision, and of none it sees even the result",
	{sight.Routed, policyv1.DataClass_DATA_CLASS_CONVERSATION}: "it stands in the steps, of which it sees none",
}

// cellsToTry are all cells that a table may change, and that lead somewhere.
func cellsToTry(t *testing.T) (cells []cell) {
	t.Helper()
	ways, never, nowhere := reached(), 0, []string{}
	for _, relation := range sight.Relations() {
		for number := range policyv1.DataClass_name {
			c := cell{relation, policyv1.DataClass(number)}
			switch {
			case number == 0:
			case sight.Rules().Rule(relation, c.class) == sight.Never:
				never++
				if sight.Rules().With(relation, c.class, sight.Yes).Check() == nil {
					t.Errorf("%s may never be seen, and a table that shows it passes the check", c)
				}
			case alike[c] != "":
				t.Logf("%s is not tried: %s", c, alike[c])
			case relation == sight.FormerOwner: // decided when the provider drops it; see TestFlippedRulesOfFormerOwners
			case !ways[c]:
				nowhere = append(nowhere, c.String())
			default:
				cells = append(cells, c)
			}
		}
	}
	slices.Sort(nowhere)
	t.Logf("%d cells are tried; %d may never be opened, and no server starts with one that is; no method leads to these: %v", len(cells), never, nowhere)
	return cells
}

// differs tells what the onlookers see otherwise than expected; empty when nothing.
func differs(t *testing.T, w *world.World, e expected, roles map[string]role) string {
	t.Helper()
	for called, one := range roles {
		met, _ := one.onlooker.meets(t.Context(), one.story, 0)
		for class := range e.Classes {
			if seen := slices.Contains(e.Onlookers[called].Seen, class); seen != (len(met[class]) > 0) {
				return fmt.Sprintf("%s and %s", called, class)
			}
		}
		for way, classes := range e.Onlookers[called].By {
			for _, class := range classes {
				if way != watching && way != eventing && !slices.Contains(met[class], way) {
					return fmt.Sprintf("%s and %s by %s", called, class, way)
				}
			}
		}
	}
	// What opens a case without a name is told once, to whom it belongs.
	if opened := w.Stranger(t).Open(world.Opening{Need: "Vienti", Services: []string{"chamber/trade-advice"}}); opened.Secret == "" {
		return "the secret of a case without a name"
	}
	return ""
}

// TestFlippedRules flips each rule of the enforcing table once: the matrix must tell.
func TestFlippedRules(t *testing.T) {
	e, table := readExpected(t), *sight.Rules()
	w, advance := run(t, &table)
	roles := cast(t, w, e, advance)
	if found := differs(t, w, e, roles); found != "" {
		t.Fatalf("before anything was flipped: %s", found)
	}
	for _, c := range cellsToTry(t) {
		table = *sight.Rules().With(c.relation, c.class, c.flipped())
		found := differs(t, w, e, roles)
		if found == "" {
			t.Errorf("%s survives: flipped, nobody sees anything else", c)
		}
		t.Logf("%s: %s", c, found)
	}
	// What was noticed was the flip, and nothing else.
	table = *sight.Rules()
	if found := differs(t, w, e, roles); found != "" {
		t.Errorf("with the hub's own rules again: %s", found)
	}
}

// TestFlippedRulesOfFormerOwners does the same where the rule counts once, when a
// provider drops what it was told: with a hub of its own for each rule.
func TestFlippedRulesOfFormerOwners(t *testing.T) {
	e := readExpected(t)
	differ := func(table *sight.Table) string {
		w, _ := run(t, table)
		s := &stage{t: t, w: w, doors: doors(t, w), chair: w.Company(t, world.CompanyUser("chair", company)), roles: map[string]role{}}
		s.formerOwners()
		return differs(t, w, e, s.roles)
	}
	if found := differ(nil); found != "" {
		t.Fatalf("before anything was flipped: %s", found)
	}
	// It is masked in the facts that the provider keeps.
	for _, class := range sight.PlanOf((&eventsv1.Fact{}).ProtoReflect().Descriptor()).Reach().Classes() {
		c := cell{sight.FormerOwner, class}
		if sight.Rules().Rule(c.relation, class) == sight.Never {
			continue
		}
		found := differ(sight.Rules().With(c.relation, class, c.flipped()))
		if found == "" {
			t.Errorf("%s survives: flipped, nobody sees anything else", c)
		}
		t.Logf("%s: %s", c, found)
	}
}
