package web

import (
	"context"
	"net/http"
	"time"
)

// PartStatus tells how one part of the hub is. It holds counts and no content.
type PartStatus struct {
	// Part is "gateway" or the key of a provider, such as omnia.
	Part string
	// Serving tells whether it answers.
	Serving bool
	// CatalogueVersion is the version of the provider's catalogue in use; empty for the gateway.
	CatalogueVersion string
	// PublishedAt is when the provider published it; zero when not known.
	PublishedAt time.Time
	// Counts are how many cases (gateway) or requests (provider) there are; nil when not known.
	Counts *Counts
}

// Counts are how many cases or requests there are.
type Counts struct{ Open, Total int64 }

// statusView is the status page. It is open to all, so it tells nothing of
// anybody's matter.
type statusView struct {
	*frame
	Parts []partView
	AllUp bool
	Now   string
}

type partView struct {
	PartStatus
	Name      string
	Published string
	Version   string
}

func (s *server) statusPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	f.Title = f.T("status_page.title")
	view := statusView{frame: f, AllUp: true, Now: f.instant(f.now)}
	for _, part := range s.parts(r.Context()) {
		v := partView{PartStatus: part, Name: f.T("status_page.gateway"), Version: part.CatalogueVersion}
		if part.Part != "gateway" {
			v.Name = f.Provider("providers/" + part.Part)
		}
		if !part.PublishedAt.IsZero() {
			v.Published = f.instant(part.PublishedAt)
		}
		if len(v.Version) > shownVersion {
			v.Version = v.Version[:shownVersion]
		}
		view.AllUp = view.AllUp && part.Serving
		view.Parts = append(view.Parts, v)
	}
	return s.render(w, "status", http.StatusOK, view)
}

// shownVersion is how much of a catalogue's content hash tells two apart.
const shownVersion = 12

func (s *server) parts(ctx context.Context) []PartStatus {
	if s.Status == nil {
		return nil
	}
	return s.Status(ctx)
}
