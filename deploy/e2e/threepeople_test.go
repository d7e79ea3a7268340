package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// threePeople is a story that a company and two advisors of different providers play at
// once in Chromium, each in a session of their own, on nothing but the pages.
type threePeople struct {
	storyWords
	t *testing.T
	w *world.World
	// owner is the entrepreneur, omnia and city are the advisors.
	owner, omnia, city *actor
	// persona is the entrepreneur at the issuer, company what they act for.
	persona, company string
	// path is the case's page, and id its last part.
	path, id string
}

// readmePicture names the file for the README's picture of a case, when it is to be taken.
const readmePicture = "HUB_TEST_README_PICTURE"

// TestThreePeople plays the story from first words to outcomes and rating: in each
// language, and without scripts.
func TestThreePeople(t *testing.T) {
	w := world.Single(t, &binaries)
	for i, one := range []struct {
		name, lang string
		scripts    bool
	}{{"fi", "fi", true}, {"sv", "sv", true}, {"en", "en", true}, {"without scripts", "fi", false}} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			p := meets(t, w, i, one.lang, one.scripts)
			p.opens()
			p.isTakenUp()
			p.isReferred()
			p.isAnswered()
			p.isShared()
			p.ends()
			p.standsInOrder()
		})
	}
}

// meets has three people come to the pages: the advisors sign in and wait at their inboxes.
func meets(t *testing.T, w *world.World, n int, lang string, scripts bool) *threePeople {
	t.Helper()
	p := &threePeople{storyWords: threeWords[lang], t: t, w: w, persona: fmt.Sprint("helmi-", n), company: identifier.NewTestBusinessID(330 + n)}
	w.Door.Says(world.Companies, p.persona, world.Mandates(p.company))
	people := w.People(t, 3)
	advisor := func(person *world.Person, provider, name string) *actor {
		id := fmt.Sprint(strings.ToLower(strings.Fields(name)[0]), "-", n)
		w.Add(t, provider, id, name, policyv1.Role_ROLE_ADVISOR)
		w.Door.Says(provider, id, map[string]any{"role": "advisor", "staff_id": id})
		a := comes(t, person, lang, scripts)
		a.Follow(".who a[href='/sign-in']")
		a.signsIn(provider, id)
		a.reads("desk.heading")
		return a
	}
	p.omnia = advisor(people[1], "omnia", "Sanna Salo")
	p.city = advisor(people[2], "espoo-city", "Ville Virtanen")
	p.owner = comes(t, people[0], lang, scripts)
	return p
}

// request is the name of the case's request with a key.
func (p *threePeople) request(key string) string { return "cases/" + p.id + "/requests/" + key }

// opens goes from first words over services, answers, signing in, company and consents to
// a case.
func (p *threePeople) opens() {
	e := p.owner
	e.reads("need.heading", "need.lead")
	e.sends("#need", "text", p.need)
	e.reads("choose.heading", "choose.suggested", "choose.nothing_sent")
	for _, service := range []string{"premises", "apprenticeship"} {
		why := "document.querySelector(\".cards input[value$='/" + service + "']\").closest('.card').querySelector('.why').innerText"
		if e.Is(why+".length > 20") != true {
			p.t.Errorf("nothing says why %s is suggested", service)
		}
	}
	e.chooses("premises", "apprenticeship")
	e.Follow("#choose .go button")
	e.Follow(".later button") // to sign in, and go on
	e.Follow("#sign-in-companies button").Follow("#personas [value='" + p.persona + "']")
	for range 5 {
		e.reads("saved.back")
		for name, value := range map[string]string{
			"in:providers/espoo-city/services/premises:use": p.use, "in:providers/espoo-city/services/premises:area_m2": "90",
			"in:providers/omnia/services/apprenticeship:apprentice": "new_employee", "in:providers/omnia/services/apprenticeship:tasks": p.tasks,
			"in:providers/omnia/services/apprenticeship:weekly_hours": "37.5", "in:providers/omnia/services/apprenticeship:instructor_named": "yes",
			"company": "own:" + p.company, "company_name": p.storyWords.company,
			"consent:providers/espoo-city": "yes", "consent:providers/omnia": "yes",
		} {
			e.fillsIfAsked(name, value)
		}
		if e.Is("Boolean(document.querySelector('#check [value=send]'))") == true {
			break
		}
		e.Follow("#check .go button")
	}
	e.sees(p.need, p.use, p.tasks, p.hours, p.company)
	e.Follow("#check .go button")
	e.reads("case.requests", "status.new", "case.no_asks")
	p.path, _, _ = strings.Cut(e.Path(), "?")
	p.id = strings.TrimPrefix(p.path, "/cases/")
	e.Go(p.path)
}

// isTakenUp has both advisors see the new request come, and take it; one takes that back
// once. The company sees who works on it.
func (p *threePeople) isTakenUp() {
	for key, advisor := range map[string]*actor{"omnia-1": p.omnia, "espoo-city-1": p.city} {
		row := "tr[data-key='" + p.request(key) + "']"
		if advisor.scripts && advisor.Is("document.documentElement.classList.contains('live')") != true {
			p.t.Error("the inbox is not live")
		}
		advisor.shows("the new request", "document.querySelector("+inScript(row)+") || (document.querySelector('#more:not([hidden]) button') || {click() {}}).click()")
		if key == "espoo-city-1" {
			advisor.Follow(row + " form button") // in the inbox itself
		} else {
			advisor.Follow(row + " th a")
		}
		advisor.sees(p.need, p.storyWords.company)
	}
	p.omnia.Follow("#form-pickup > p button")
	p.omnia.reads("board.undo_pickup")
	p.omnia.Follow("#form-undo button")
	p.omnia.reads("desk_status.new")
	p.omnia.Follow("#form-undo button")
	p.omnia.reads("desk_status.in_progress")
	p.omnia.sees(p.tasks, p.hours)
	p.owner.sees("Sanna Salo", "Ville Virtanen")
}

// isReferred has the city's advisor record a call and propose a third provider, and Omnia's
// ask for something that is missing. The company agrees.
func (p *threePeople) isReferred() {
	p.city.sends("#form-contact", "kind", "call", "summary", p.call)
	p.city.sees(p.call)
	p.omnia.sends("#form-note", "text", p.note)
	p.omnia.sees(p.note)
	p.omnia.sends("#form-ask", "question", p.question)
	p.omnia.reads("desk_status.waiting")
	p.city.sends("#form-refer", "service", "providers/yritysespoo/services/company-advice", "reason", "expertise", "text", p.why, "handover", p.handover)

	e := p.owner
	e.sees(p.call, p.question)
	e.reads("case.see_proposal")
	e.Follow("#asks ~ .ask a.button")
	e.sees(p.why, p.handover)
	e.fills("#form-agree", "in:providers/yritysespoo/services/company-advice:topic", "finance", "in:providers/yritysespoo/services/company-advice:situation", p.situation)
	e.sends("#form-agree", "consent:providers/yritysespoo", "yes")
	e.shows("three requests", "document.querySelectorAll('article.card[id]').length === 3 && document.querySelector('#yritysespoo-1')")
	e.Go(p.path)
	e.sees(p.question)
	if file := os.Getenv(readmePicture); file != "" && e.lang == "en" {
		if err := os.WriteFile(file, e.Size(1000, 2080).Picture(), 0o644); err != nil {
			p.t.Error(err)
		}
	}
}

// isAnswered has the company give what was missing, both write, and Omnia decide.
func (p *threePeople) isAnswered() {
	p.owner.sends("form[id^='form-answer-omnia-1']", "text", p.answer)
	p.omnia.sees(p.answer)
	p.owner.sends("form[id^='form-message-omnia-1']", "text", p.message)
	p.omnia.sees(p.message)
	p.omnia.sends("#form-reply", "text", p.reply)
	p.owner.sees(p.reply)
	p.omnia.sends("#form-decide", "decision.result", "granted", "decision.title", p.decision, "decision.reasons", p.reasons, "decision.amount", "1260,50")
	p.omnia.reads("desk_status.decided")
	p.owner.sees(p.decision, p.reasons, p.amount)
}

// isShared has the company let the city see decisions: it sees Omnia's then, and neither
// what was written nor the note.
func (p *threePeople) isShared() {
	whole := "/desk/espoo-city" + p.path
	p.city.Follow("a[href='" + whole + "']")
	p.city.reads("shared.closed")
	p.city.lacks(p.decision)
	p.owner.sends("#form-share", "provider", "providers/espoo-city", "see_decision", "yes")
	if p.city.Go(whole); p.city.scripts {
		p.city.Await("the page is whole", "document.readyState === 'complete'")
	}
	p.city.sees(p.decision)
	p.city.lacks(p.note, p.message, p.answer, p.reply, p.question, p.tasks)
	p.city.Go("/desk/espoo-city/requests/" + p.id + "/espoo-city-1")
	p.city.sees(p.decision)
	p.city.lacks(p.note, p.message)
}

// ends has both complete their requests, and the company rate one and close the case.
func (p *threePeople) ends() {
	p.city.sends("#form-complete", "summary", p.found)
	p.city.reads("desk_status.completed")
	p.omnia.sends("#form-complete", "summary", p.learnt)
	p.omnia.reads("desk_status.completed")
	e := p.owner
	e.sees(p.found, p.learnt)
	e.sends("form[id^='form-rate-omnia-1']", "stars", "5", "comment", p.comment)
	e.reads("case.rated")
	e.sends("#form-close")
	e.reads("journey_view.closed", "case_status.closed", "status.completed", "status.withdrawn")
}

// standsInOrder looks at the case when all is over: everything that was said is in the
// timeline, in the order in which it was.
func (p *threePeople) standsInOrder() {
	e := p.owner.Go(p.path)
	var places []string
	for _, said := range []string{p.call, p.question, p.why, p.answer, p.message, p.reply, p.decision, p.found, p.learnt} {
		places = append(places, fmt.Sprintf("all.findIndex((e) => e.includes(%s))", inScript(said)))
	}
	at := e.Is("(() => { const all = [...document.querySelectorAll('.story > li')].reverse().map((e) => e.innerText); return [" + strings.Join(places, ", ") + "]; })()").([]any)
	for i := range at {
		if at[i] == -1.0 || i > 0 && at[i].(float64) <= at[i-1].(float64) {
			p.t.Errorf("the entries of the story are at the places %v", at)
			break
		}
	}
	times := e.Is("(() => { const all = [...document.querySelectorAll('.story > li .when time')].map((e) => e.dateTime); return String(all) === String([...all].sort().reverse()); })()")
	if times != true {
		p.t.Error("the timeline is not in the order of time")
	}
	p.owner.lacks(p.note)
	for _, a := range []*actor{p.owner, p.omnia, p.city} {
		if a.scripts {
			a.Await("the page hears of news", "document.getElementById('away').hidden && document.getElementById('ended').hidden")
		}
	}
}
