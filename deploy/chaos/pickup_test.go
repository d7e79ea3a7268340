package chaos

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// taking is a pick up, or a hand back when advisor is empty.
type taking struct{ request, advisor string }

// taken is what was answered: whether it was done, or who holds the request.
type taken struct {
	done   bool
	holder string
}

// exclusive is the law of an inbox, as a model: a request is held by one advisor
// at most, and whoever is refused is told who that is.
var exclusive = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		byRequest := map[string][]porcupine.Operation{}
		for _, o := range all {
			request := o.Input.(taking).request
			byRequest[request] = append(byRequest[request], o)
		}
		var parts [][]porcupine.Operation
		for _, part := range byRequest {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		holder, in, out := state.(string), input.(taking), output.(taken)
		switch {
		case in.advisor == "":
			return holder != "", ""
		case out.done:
			return holder == "", in.advisor
		}
		return holder != "" && out.holder == holder, holder
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
}

// takings are the pick ups and hand backs of a history. A call in doubt may still
// happen at any time later.
func takings(calls []call) []porcupine.Operation {
	var all []porcupine.Operation
	for _, c := range calls {
		in := taking{request: c.Scope}
		switch c.Kind {
		case of(casesv1.EntryKind_ENTRY_KIND_PICKED_UP):
			in.advisor = c.Words
		case of(casesv1.EntryKind_ENTRY_KIND_HANDED_BACK):
		default:
			continue
		}
		end := int64(c.Ended)
		if c.Outcome == inDoubt {
			end = math.MaxInt64
		}
		all = append(all, porcupine.Operation{
			ClientId: c.Client, Input: in, Call: int64(c.Began), Return: end,
			Output: taken{done: c.Outcome != refused, holder: c.Holder},
		})
	}
	return all
}

// checkExclusive compares a history with the model.
func checkExclusive(calls []call) []string {
	all := takings(calls)
	if result := porcupine.CheckOperationsTimeout(exclusive, all, time.Minute); result != porcupine.Ok {
		return []string{fmt.Sprintf("%d pick ups and hand backs do not fit the model that one advisor holds a request: %s", len(all), result)}
	}
	return nil
}

// TestTheModelOfPickUpsKnowsRightFromWrong shows that the model above can fail.
func TestTheModelOfPickUpsKnowsRightFromWrong(t *testing.T) {
	pick := func(who string, from, to time.Duration, how outcome, holder string) call {
		return call{Kind: "PICKED_UP", Scope: "r", Words: who, Began: from, Ended: to, Outcome: how, Holder: holder}
	}
	back := func(from, to time.Duration) call {
		return call{Kind: "HANDED_BACK", Scope: "r", Words: "x", Began: from, Ended: to, Outcome: acknowledged}
	}
	for _, test := range []struct {
		what  string
		calls []call
		right bool
	}{
		{"one wins, the other learns who", []call{pick("a", 1, 5, acknowledged, ""), pick("b", 2, 4, refused, "a")}, true},
		{"both win", []call{pick("a", 1, 5, acknowledged, ""), pick("b", 2, 4, acknowledged, "")}, false},
		{"the loser is told the wrong name", []call{pick("a", 1, 5, acknowledged, ""), pick("b", 2, 4, refused, "c")}, false},
		{"nobody wins", []call{pick("a", 1, 5, refused, "b"), pick("b", 2, 4, refused, "a")}, false},
		{"handed back, and taken by the other", []call{pick("a", 1, 2, acknowledged, ""), back(3, 4), pick("b", 5, 6, acknowledged, "")}, true},
		{"taken before it was handed back", []call{pick("a", 1, 2, acknowledged, ""), pick("b", 3, 4, acknowledged, ""), back(5, 6)}, false},
	} {
		if problems := checkExclusive(test.calls); (len(problems) == 0) != test.right {
			t.Errorf("%s: %v", test.what, problems)
		}
	}
}
