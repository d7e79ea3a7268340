package web

import (
	"fmt"
	"net/http"

	"github.com/businessespoo/hub/gateway/privacy"
	"github.com/businessespoo/hub/services/kit/catalogue"
)

// mustPrivacy reads the records that are built in; a test finds a mistake first.
func mustPrivacy() *privacy.Register {
	register, err := privacy.Load()
	if err != nil {
		panic(fmt.Sprintf("web: %v", err))
	}
	return register
}

// controllerTexts says who a controller is.
var controllerTexts = map[privacy.Controller]string{privacy.Joint: "privacy.controller_joint", privacy.Provider: "privacy.controller_provider"}

// privacyView is the privacy page. It is open to all.
type privacyView struct {
	*frame
	// Confirmed is the day on which the partners agreed on it; empty for a proposal.
	Confirmed string
	Records   []recordView
}

// recordView is one kind of data in the visitor's language.
type recordView struct {
	ID, Name, Holds, SeenBy, Controller, Basis, Retention string
	// Unsure says that basis or retention are estimates or not confirmed.
	Unsure bool
}

func (s *server) privacyPage(w http.ResponseWriter, _ *http.Request, f *frame) error {
	f.Title = f.T("privacy.title")
	view := privacyView{frame: f, Confirmed: s.privacy.Confirmed}
	for _, r := range s.privacy.Records {
		view.Records = append(view.Records, recordView{
			ID: r.ID, Name: r.Names.In(f.Lang), Holds: r.Holds.In(f.Lang), SeenBy: r.SeenBy.In(f.Lang),
			Controller: f.T(controllerTexts[r.Controller]), Basis: r.Basis.In(f.Lang), Retention: r.Retention.In(f.Lang),
			Unsure: r.Mark == catalogue.MarkUnconfirmed || r.Mark == catalogue.MarkEstimate,
		})
	}
	return s.render(w, "privacy", http.StatusOK, view)
}
