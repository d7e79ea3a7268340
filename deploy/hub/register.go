package hub

import (
	"errors"
	"net/http"

	"github.com/businessespoo/hub/deploy/demo"
	"github.com/businessespoo/hub/gateway/devregister"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

var errDemoRegister = errors.New("hub: --demo has a company register of its own, of companies that do not exist, so it is not started together with --company-register; leave one of them out")

// companyRegister is the address of the register that the gateway asks.
func (p *process) companyRegister() string {
	if p.listeners.register != nil {
		return localAddress(p.listeners.register.Addr()) + devregister.Path
	}
	return p.options.CompanyRegister
}

// demoRegister knows the companies of the demo: most are well, some are not.
func demoRegister() http.Handler {
	var all []devregister.Company
	for n, c := range demo.Companies() {
		if c.Scheme != casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID {
			continue
		}
		entry := devregister.Company{BusinessID: c.ID, Name: c.Name, Trade: n, Young: n%10 == 7}
		switch n % 50 {
		case 19:
			entry.Situation = "SANE"
		case 29:
			entry.Situation = "KONK"
		case 39:
			entry.Ended = "2025-12-31"
		}
		all = append(all, entry)
	}
	return devregister.New(all)
}
