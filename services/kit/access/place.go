package access

import (
	"strings"

	"github.com/businessespoo/hub/services/kit/bus"
)

// place is where a chain stands in the log:
//
//	access.<party>.<chain>.rows           heads.<party>.<chain>
//	private.<party>.access.<chain>.rows   private.<party>.heads.<chain>
type place struct {
	Party, Chain string
	Confidential bool
}

func (p place) scope() string {
	if p.Confidential {
		return "private." + p.Party + ".access." + p.Chain
	}
	return "access." + p.Party + "." + p.Chain
}

func (p place) rows() string { return p.scope() + ".rows" }

func (p place) heads() string {
	if p.Confidential {
		return "private." + p.Party + ".heads." + p.Chain
	}
	return "heads." + p.Party + "." + p.Chain
}

// String is how a chain is called in reports.
func (p place) String() string { return p.scope() }

// Private tells whether a subject of a party's private stream belongs to its
// access log.
func Private(party, subject string) bool {
	return strings.HasPrefix(subject, "private."+party+".access.") || strings.HasPrefix(subject, "private."+party+".heads.")
}

// placeOf reads the subject of rows or of a head.
func placeOf(subject string) (p place, head, ok bool) {
	parts := strings.Split(subject, ".")
	if len(parts) > 2 && parts[0] == "private" {
		p.Confidential = true
		party := parts[1]
		parts = append([]string{parts[2], party}, parts[3:]...)
	}
	if len(parts) < 3 || !known(parts[1]) {
		return place{}, false, false
	}
	p.Party, p.Chain = parts[1], parts[2]
	switch {
	case parts[0] == "access" && len(parts) == 4 && parts[3] == "rows":
		return p, false, true
	case parts[0] == "heads" && len(parts) == 3:
		return p, true, true
	}
	return place{}, false, false
}

func known(party string) bool {
	_, err := bus.RightsOf(party)
	return err == nil
}
