package rights

import (
	"bytes"
	_ "embed" // the page of a case
	"fmt"
	"html/template"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

//go:embed case.html
var casePage string

// page shows a case to people, in a file of its own that needs nothing else.
var page = template.Must(template.New("case.html").Parse(casePage))

var helsinki = func() *time.Location {
	place, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		panic(fmt.Sprintf("rights: %v", err)) // binaries embed the time zones
	}
	return place
}()

// event is a line of a case's history.
type event struct{ Time, What, Who, Text string }

// readable is a case as a page. phrase is a text in the reader's language.
func readable(c *casesv1.Case, phrase func(key string) string) ([]byte, error) {
	local := func(t *timestamppb.Timestamp) string { return t.AsTime().In(helsinki).Format("2006-01-02 15:04") }
	view := struct {
		Case     *casesv1.Case
		Need     string
		Answers  string
		History  string
		Events   []event
		OpenedAt string
	}{Case: c, Need: phrase("desk.need"), Answers: phrase("case.your_answers"), History: phrase("case.timeline"), OpenedAt: local(c.OpenedAt)}
	for _, e := range c.Timeline {
		who := strings.TrimPrefix(e.Provider, "providers/")
		if e.Advisor.GetDisplayName() != "" {
			who = e.Advisor.DisplayName + ", " + who
		}
		kind := strings.ToLower(strings.TrimPrefix(e.Kind.String(), "ENTRY_KIND_"))
		view.Events = append(view.Events, event{Time: local(e.Time), What: phrase("entry." + kind), Who: who, Text: e.Text})
	}
	var out bytes.Buffer
	if err := page.Execute(&out, view); err != nil {
		return nil, fmt.Errorf("rights: show %s: %w", c.Name, err)
	}
	return out.Bytes(), nil
}
