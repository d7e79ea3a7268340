package registry

import (
	"fmt"
	"sync"

	"github.com/businessespoo/hub/gateway/intake"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
)

// index is what the intake made of the services of one day. It is made when it is
// asked for, since catalogues come one by one; services are looked up meanwhile.
type index struct {
	mu      sync.Mutex
	intake  *intake.Intake
	on      catalogue.Date
	changes int
}

// Intake answers the index over the services that are valid today.
func (r *Registry) Intake() (*intake.Intake, error) {
	i := &r.index
	i.mu.Lock()
	defer i.mu.Unlock()
	documents, today, changes := r.documents(i)
	if documents == nil && i.intake != nil {
		return i.intake, nil
	}
	var needs []intake.Need
	for _, n := range r.needs {
		needs = append(needs, intake.Need{Code: n.ID, Names: map[string]string{"fi": n.Names.FI, "sv": n.Names.SV, "en": n.Names.EN}})
	}
	made, err := intake.New(documents, needs)
	if err != nil {
		return nil, fmt.Errorf("registry: index the services: %w", err)
	}
	i.intake, i.on, i.changes = made, today, changes
	return made, nil
}

// documents are the services of today and of which catalogues; none when the index
// holds just these.
func (r *Registry) documents(i *index) ([]intake.Document, catalogue.Date, int) {
	today := r.today()
	r.mu.RLock()
	defer r.mu.RUnlock()
	if i.on == today && i.changes == r.changes {
		return nil, today, r.changes
	}
	documents := []intake.Document{}
	for _, key := range name.Providers {
		if p := r.providers[key].Provider; p != nil {
			for _, s := range p.ServicesOn(today) {
				documents = append(documents, document(p, s))
			}
		}
	}
	return documents, today, r.changes
}

func document(p *catalogue.Provider, s *catalogue.Service) intake.Document {
	text := func(lang string) intake.Texts {
		return intake.Texts{Name: s.Names.In(lang), Description: s.Descriptions.In(lang), Who: s.Who.In(lang), Words: s.Words.In(lang)}
	}
	return intake.Document{
		Name: name.Service(p.Key, s.ID), Needs: s.Needs,
		Texts: map[string]intake.Texts{"fi": text("fi"), "sv": text("sv"), "en": text("en")},
	}
}
