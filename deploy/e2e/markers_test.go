package e2e

import (
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// planted is what runs, or becomes an element, where a page shows it unescaped.
const planted = `"'><script>window.ran=1</script><img data-planted src=x onerror="window.ran=2"><svg data-planted onload="window.ran=3"></svg>` +
	`<a data-planted href="javascript:window.ran=4">x</a>{{.T}}${window.ran=5}</textarea><b data-planted>`

// noticing keeps what a policy blocks, and counts a dialog as a script that ran.
const noticing = `window.blocked = []; window.alert = () => { window.ran = 6; };
document.addEventListener('securitypolicyviolation', (e) => window.blocked.push(e.violatedDirective + ' ' + e.blockedURI));`

// TestNothingPlantedRuns: markup that a company and an advisor write is text on each page
// that shows it, for company, advisor, lead and operator: nothing of it runs, becomes an
// element, or is left for the policy to block.
func TestNothingPlantedRuns(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(331)
	owner := world.CompanyUser("helmi", id)
	c := w.Company(t, owner).Open(world.Opening{Need: planted, Company: id, Services: []string{"espoo-city/premises"}})
	request := c.Request("espoo-city-1")
	desk := w.Advisor(t, "espoo-city", world.FirstAdvisor)
	desk.PickUp(request)
	desk.Reply(request, planted)
	desk.Note(request, planted)
	c.Write("espoo-city-1", planted)
	desk.Ask(request, planted)

	city := "/desk/espoo-city"
	at := city + "/requests/" + c.Name[len("cases/"):] + "/espoo-city-1"
	walks := []struct {
		who, token string
		paths      []string
	}{
		{"company", w.Token(t, owner), []string{"/" + c.Name, "/" + c.Name + "/access", "/" + c.Name + "/add", "/cases", "/data", "/grants", "/me"}},
		{"advisor", w.Token(t, world.AdvisorOf("espoo-city", world.FirstAdvisor)), []string{city, at, city + "/texts", city + "/new", city + "/cases/" + c.Name[len("cases/"):]}},
		{"lead", w.Token(t, world.LeadOf("espoo-city", world.Lead)), []string{city, at, city + "/team", city + "/keys"}},
		{"operator", w.Token(t, world.Operator()), []string{"/operator", "/operator/staff", "/operator/keys", "/operator/erasures", "/operator/catalogue"}},
	}
	shown := map[string]bool{}
	for _, walk := range walks {
		tab := w.Person(t, w.SignedIn(t, walk.token)...).Tab("/").First(noticing)
		for _, path := range walk.paths {
			tab.Go(path)
			if ran := tab.Is("window.ran || 0"); ran != 0.0 {
				t.Errorf("%s at %s: what was planted ran (%v)", walk.who, path, ran)
			}
			if n := tab.Is("document.querySelectorAll('[data-planted]').length"); n != 0.0 {
				t.Errorf("%s at %s: %v elements were born of what was planted", walk.who, path, n)
			}
			if blocked := tab.Is("window.blocked.join('; ')"); blocked != "" {
				t.Errorf("%s at %s: the policy had to block %v", walk.who, path, blocked)
			}
			if tab.Is("document.documentElement.textContent.includes('data-planted')") == true {
				shown[walk.who] = true
			}
		}
	}
	for _, who := range []string{"company", "advisor", "lead"} {
		if !shown[who] {
			t.Errorf("no page of the %s shows what was planted: the walk proves nothing", who)
		}
	}
}
