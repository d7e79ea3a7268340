package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// book makes the plays, all of them from one seed.
type book struct {
	fill   *fill
	random *rand.Rand
	list   []*play
	// used counts the companies that have a case.
	used int
}

// allSeven is the play whose names are the samples, nameless the one without a name.
const (
	allSeven = "all-seven"
	nameless = "nameless-1"
)

// plays are the 60 cases.
func (f *fill) plays() []*play {
	b := &book{fill: f, random: rand.New(rand.NewPCG(2026, 7))}
	b.personas()
	b.underWay()
	b.ended()
	b.special()
	for _, p := range b.list {
		p.awaitRequests(Days)
	}
	return b.list
}

// play adds a play. Without a persona it belongs to the next company that has
// none.
func (b *book) play(key, tale string, persona string) *play {
	p := &play{fill: b.fill, key: key, story: stories[tale], language: languages[b.random.IntN(len(languages))]}
	if b.random.IntN(3) > 0 {
		p.language = "fi" // most companies of the city write Finnish
	}
	if persona == "" {
		c := Companies()[20+b.used]
		b.used++
		p.company = &c
		p.who = token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "demo-company-" + strings.ToLower(c.ID), Companies: []string{c.Key()}}
	} else {
		for _, known := range Personas() {
			if known.Key == persona {
				p.who = known.Principal
			}
		}
		if len(p.who.Companies) > 0 {
			for _, c := range Companies() {
				if c.Key() == p.who.Companies[0] {
					p.company = &c
				}
			}
		}
	}
	b.list = append(b.list, p)
	return p
}

// first is the first request of a play, as provider-n.
func (p *play) first() string {
	provider, _, _ := strings.Cut(p.story.services[0], "/")
	return provider + "-1"
}

// recent is a day in the last n days of the story.
func (b *book) recent(n int) int { return Days - b.random.IntN(n) }

// personas are the cases of those whom a visitor can be.
func (b *book) personas() {
	p := b.play(allSeven, "all-seven", boardChair)
	p.language = "fi"
	p.open(60)
	p.pickUp(61, "omnia-1")
	p.reply(61, "omnia-1")
	p.pickUp(62, "espoo-city-1")
	p.contact(63, "espoo-city-1")
	p.ask(64, "espoo-city-1")
	p.pickUp(62, "yritysespoo-1")
	p.refer(65, "yritysespoo-1", "espoo-city/growth")
	p.pickUp(63, "employment-1")
	p.complete(66, "employment-1")
	p.pickUp(63, "chamber-1")
	p.message(64, "chamber-1")

	p = b.play("first-employee", "first-employee", soleTrader)
	p.language = "fi"
	p.open(56)
	p.pickUp(57, "omnia-1")
	p.reply(58, "omnia-1")
	p.message(59, "omnia-1")
	p.pickUp(58, "employment-2")
	p.ask(60, "employment-2")
	p.answer(63, "employment-2")

	p = b.play("landing", "landing", foreignFounder)
	p.language = "en"
	p.open(62)
	p.pickUp(63, "enter-espoo-1")
	p.contact(64, "enter-espoo-1")
	p.reply(65, "enter-espoo-1")

	for n, tale := range []string{"premises", "staff-training", "law"} {
		p = b.play(fmt.Sprint("accountant-", n+1), tale, accountant)
		c := Companies()[10+n]
		p.company = &c
		p.open(50 + 6*n)
		p.pickUp(51+6*n, p.first())
		p.reply(52+6*n, p.first())
	}

	p = b.play("plans-a-company", "start", founder)
	p.language = "fi"
	p.open(64)
	p.pickUp(66, "yritysespoo-1")
	p.reply(67, "yritysespoo-1")
}

// underWay are cases that somebody should do something about.
func (b *book) underWay() {
	for n, tale := range []string{"permits", "talent", "member-advice", "export", "procurement"} {
		p := b.play(fmt.Sprint("new-", n+1), tale, "")
		p.open(b.recent(2))
	}
	for n, tale := range []string{"growth", "mentoring", "fair", "plan"} {
		p := b.play(fmt.Sprint("in-progress-", n+1), tale, "")
		day := Days - 6 + n
		p.open(day)
		if n == 0 {
			p.assign(day+1, p.first())
		} else {
			p.pickUp(day+1, p.first())
		}
		p.reply(day+2, p.first())
		p.message(day+2, p.first())
		p.note(day+2, p.first())
	}
	// In a language that few advisors speak: handed back, and taken by another.
	p := b.play("handed-back", "permits", "")
	p.language = "en"
	p.open(63)
	p.pickUp(64, p.first())
	p.handBack(65, p.first())
	for n, tale := range []string{"permits", "pay-subsidy", "plan"} {
		p := b.play(fmt.Sprint("waiting-", n+1), tale, "")
		p.open(58 + n)
		p.pickUp(59+n, p.first())
		p.ask(60+n, p.first())
	}
	for n, to := range []string{"chamber/trade-advice", "omnia/apprenticeship", "yritysespoo/company-advice", "enter-espoo/talent"} {
		p := b.play(fmt.Sprint("referred-", n+1), []string{"growth", "pay-subsidy", "law", "staff-training"}[n], "")
		p.open(55 + n)
		p.pickUp(56+n, p.first())
		p.refer(57+n, p.first(), to)
		if n == 1 {
			p.agree(59+n, p.first(), to)
		}
	}
	for n, tale := range []string{"permits", "event", "pay-subsidy"} {
		p := b.play(fmt.Sprint("decided-", n+1), tale, "")
		p.open(48 + n)
		p.pickUp(49+n, p.first())
		p.decide(66+n, p.first())
	}
	for n, tale := range []string{"premises", "law", "talent"} {
		p := b.play(fmt.Sprint("overdue-", n+1), tale, "")
		p.open(35 + n)
		if n > 0 {
			p.pickUp(36+n, p.first())
			p.reply(37+n, p.first())
		}
		p.awaitOverdue(Days, p.first())
	}
}

// ended are cases whose work is done, one way or another.
func (b *book) ended() {
	for n, tale := range []string{"premises", "member-advice", "fair", "procurement", "mentoring", "change"} {
		p := b.play(fmt.Sprint("completed-", n+1), tale, "")
		day := 10 + 6*n
		p.open(day)
		p.pickUp(day+1, p.first())
		p.contact(day+1, p.first())
		p.reply(day+2, p.first())
		p.complete(day+3, p.first())
		p.rate(day+4, p.first(), int32(3+n%3))
	}
	for n, tale := range []string{"event", "pay-subsidy"} {
		p := b.play(fmt.Sprint("granted-", n+1), tale, "")
		p.open(12 + n)
		p.pickUp(13+n, p.first())
		p.decide(24+n, p.first())
		p.complete(25+n, p.first())
		p.rate(26+n, p.first(), 5)
	}
	for n, tale := range []string{"mentoring", "talent", "growth"} {
		p := b.play(fmt.Sprint("declined-", n+1), tale, "")
		p.open(20 + 8*n)
		p.pickUp(21+8*n, p.first())
		p.decline(22+8*n, p.first())
	}
	for n, tale := range []string{"premises", "fair"} {
		p := b.play(fmt.Sprint("withdrawn-", n+1), tale, "")
		p.open(40 + n)
		p.pickUp(41+n, p.first())
		p.withdraw(42+n, p.first())
	}
	for n, tale := range []string{"export", "start", "law"} {
		p := b.play(fmt.Sprint("closed-", n+1), tale, "")
		p.open(15 + 5*n)
		p.pickUp(16+5*n, p.first())
		p.reply(17+5*n, p.first())
		p.closeCase(20 + 5*n)
	}
	for n, tale := range []string{"procurement", "premises"} {
		p := b.play(fmt.Sprint("reopened-", n+1), tale, "")
		p.open(25 + n)
		p.pickUp(26+n, p.first())
		p.complete(28+n, p.first())
		p.closeCase(30 + n)
		p.reopen(62 + n)
	}
}

// special are the cases that begin or run in another way.
func (b *book) special() {
	for n, tale := range []string{"staff-training", "pay-subsidy", "change", "growth"} {
		p := b.play(fmt.Sprint("on-behalf-", n+1), tale, "")
		switch n {
		case 0, 1: // waits for the company
			p.openOnBehalf(65 + n)
		case 2: // nobody confirmed
			p.openOnBehalf(40)
			p.await(Days, casesv1.CaseStatus_CASE_STATUS_LAPSED)
		case 3: // confirmed: the other provider is asked now
			p.openOnBehalf(50)
			p.confirm(53)
			p.pickUp(54, p.first())
		}
	}
	for n := range 2 {
		p := b.play(fmt.Sprint("nameless-", n+1), "crisis", "")
		p.who, p.company = token.Principal{}, nil
		p.language = "fi"
		p.open(60 + 3*n)
		p.pickUp(61+3*n, p.first())
		p.reply(61+3*n, p.first())
		p.message(62+3*n, p.first())
	}
	for n := range 2 {
		p := b.play(fmt.Sprint("founded-", n+1), "start", "")
		founded := *p.company
		p.company = nil
		p.open(42 + n)
		p.pickUp(43+n, p.first())
		p.reply(44+n, p.first())
		p.link(60+n, founded)
	}
	for n := range 2 {
		p := b.play(fmt.Sprint("joint-", n+1), "recruit-training", "")
		p.open(45 + 12*n)
		p.pickUp(46+12*n, "omnia-1")
		p.pickUp(47+12*n, "employment-1")
		p.contact(48+12*n, "omnia-1")
	}
	for n := range 2 {
		p := b.play(fmt.Sprint("secret-", n+1), "ownership", "")
		p.secret = true
		p.open(61 + 4*n)
		if n == 0 {
			p.pickUp(62, p.first())
		}
	}
}

// samples are the names of two plays.
func (f *fill) samples(plays []*play) (Samples, error) {
	s := Samples{Requests: map[string]string{}}
	for _, p := range plays {
		switch p.key {
		case allSeven:
			s.Case, s.Company = p.name, *p.company
			for _, service := range p.story.services {
				provider, _, _ := strings.Cut(service, "/")
				s.Requests[provider] = p.request(provider + "-1")
			}
		case nameless:
			s.Anonymous.Case, s.Anonymous.Code, s.Anonymous.Secret = p.name, p.code, p.pass
		}
	}
	if s.Case == "" || s.Anonymous.Secret == "" {
		return Samples{}, fmt.Errorf("demo: the plays %s and %s told no names", allSeven, nameless)
	}
	return s, nil
}
