package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// recorded are the streams that hold what people did; who saw what, sessions and drafts
// are elsewhere.
var recorded = []string{bus.StreamCases, bus.StreamCompany, bus.StreamStaff, bus.StreamCatalogue, bus.StreamKeys}

// TestEveryFormActsOnceAndForItsOwn sends every form of every page four times: with each of
// its hidden fields forged, which gets a page for an answer; by somebody whose page it is
// not, which leaves nothing in the log; as it is; and once more, which leaves nothing either.
func TestEveryFormActsOnceAndForItsOwn(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	log := record{t: t, hub: g.w.Bus(t, "hub")}
	g.people["outsider"] = g.w.SignedIn(t, g.w.Token(t, world.CompanyUser("vieras", identifier.NewTestBusinessID(403))))
	others := map[string]string{
		"company": "outsider", "chooser": "outsider", "newcomer": "", "holder": "outsider",
		"advisor": "idle", "lead": "idle", "idle": "advisor", "authority": "advisor", "operator": "lead",
	}
	browsers := map[string]*world.Browser{}
	for who, cookies := range g.people {
		browsers[who] = g.w.Browser(t).Keep(cookies...)
	}
	browsers[""] = g.w.Browser(t)
	tried, acted := map[string]bool{}, map[string]int{}
	for _, v := range g.views {
		if v.steps != nil || v.status != 0 && v.status != http.StatusOK {
			continue
		}
		b := browsers[v.who]
		for _, found := range open(b, v.path).Forms() {
			id := found.ID()
			if kind := v.who + " " + anyName.ReplaceAllString(id, "?"); tried[kind] || ends(id) || strings.Contains(id, "everywhere") {
				continue
			} else {
				tried[kind] = true
			}
			form := again(open(b, v.path), id)
			if form == nil {
				continue
			}
			form.Write("Kirjoitan kerran")
			step := ""
			if steps := form.Steps(); len(steps) > 0 {
				step = steps[len(steps)-1]
				if slices.Contains(steps, "send") {
					step = "send"
				}
			}
			answered := func(how string, page *world.Page) {
				if page.Status >= http.StatusInternalServerError || page.Text == "" || strings.Contains(page.Text, "⟦") {
					t.Errorf("%s at %s sends %s %s: %s", v.who, v.path, id, how, page)
				}
			}
			for _, name := range form.Hidden() {
				if name != "do" && name != "form" {
					answered("with a forged "+name, whenAllowed(func() *world.Page { return form.By(b).Forge(name, planted).Send(step) }))
				}
			}
			before := log.rests()
			if other, ok := others[v.who]; ok {
				page := whenAllowed(func() *world.Page { return form.By(browsers[other]).Send(step) })
				answered("in the name of "+other, page)
				if after := log.rests(); after != before {
					t.Errorf("%s of %s at %s, sent by %q, left %d facts: %s", id, v.who, v.path, other, after-before, page)
					before = after
				}
			}
			answered("as it is", whenAllowed(func() *world.Page { return form.Send(step) }))
			once := log.rests()
			if once > before {
				acted[v.who]++
			}
			page := whenAllowed(func() *world.Page { return form.Send(step) })
			answered("again", page)
			if twice := log.rests(); twice != once {
				t.Errorf("%s of %s at %s, sent twice, left %d facts, and %d the second time: %s", id, v.who, v.path, once-before, twice-once, page)
			}
		}
	}
	t.Logf("%d forms were sent; of these left facts, by who sent them: %v", len(tried), acted)
	for _, who := range []string{"company", "holder", "advisor", "lead", "operator", ""} {
		if acted[who] == 0 {
			t.Errorf("no form of %q did anything: the test proves nothing", who)
		}
	}
}

// record counts the facts in the log.
type record struct {
	t   *testing.T
	hub *bus.Bus
}

// rests answers how many facts there are when no more come.
func (r record) rests() (facts uint64) {
	r.t.Helper()
	for calm := 0; calm < 3; time.Sleep(30 * time.Millisecond) {
		var now uint64
		for _, stream := range recorded {
			last, err := r.hub.Last(r.t.Context(), stream)
			if err != nil {
				r.t.Fatal(err)
			}
			now += last
		}
		if calm++; now != facts {
			facts, calm = now, 0
		}
	}
	return facts
}
