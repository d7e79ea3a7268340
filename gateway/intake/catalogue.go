package intake

import "github.com/businessespoo/hub/services/kit/catalogue"

// FromCatalogue returns the services of a provider as documents for [New]. A
// service that two providers carry together is there once, with its lead.
// Whether a service is valid today is the caller's to decide.
func FromCatalogue(p *catalogue.Provider) []Document {
	var documents []Document
	for _, s := range p.Services {
		if s.Joint != nil && s.Joint.Role == catalogue.JointInvited {
			continue
		}
		d := Document{
			Name:  "providers/" + p.Key + "/services/" + s.ID,
			Needs: s.Needs,
			Texts: map[string]Texts{},
		}
		for _, code := range languageCodes {
			d.Texts[code] = Texts{
				Name:        s.Names.In(code),
				Description: s.Descriptions.In(code),
				Who:         s.Who.In(code),
				Words:       s.Words.In(code),
			}
		}
		documents = append(documents, d)
	}
	return documents
}

// NeedsFromCatalogue returns the list of needs for [New].
func NeedsFromCatalogue(needs []catalogue.Need) []Need {
	list := make([]Need, len(needs))
	for i, need := range needs {
		list[i] = Need{Code: need.ID, Names: map[string]string{}}
		for _, code := range languageCodes {
			list[i].Names[code] = need.Names.In(code)
		}
	}
	return list
}
