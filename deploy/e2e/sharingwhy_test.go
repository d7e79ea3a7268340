package e2e

import (
	"slices"

	"github.com/businessespoo/hub/deploy/e2e/world"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
)

// reads checks that the company's access log says why somebody of a provider was shown
// its case by a method, whenever that was so.
func (s *sharing) reads(provider, method string, purpose accessv1.Purpose, reference string) {
	s.t.Helper()
	world.Await(s.t, "the company to read why "+provider+" saw its case", func() error {
		all, err := accessOf(s.t, s.w, world.CompanyUser("irma", s.company), s.c.Name)
		if err != nil {
			return err
		}
		var others []*accessv1.Basis
		for _, a := range all {
			basis := a.Row.Basis
			switch {
			case a.Row.Method != "SharedCaseService."+method || a.Row.Refused != "" || !slices.Contains(a.Row.Organisations, provider):
			case basis.GetPurpose() == purpose && basis.GetReference() == reference:
				return nil
			default:
				others = append(others, basis)
			}
		}
		return world.Not("it reads of %s by %s: %v", method, provider, others)
	})
}
