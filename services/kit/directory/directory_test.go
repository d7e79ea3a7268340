package directory

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
)

// Staff and people come on two streams. However they interleave, somebody who was
// removed and came back has the name of their return, and one who left has none.
func TestNamesHoldInAnyOrderOfTheStreams(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 22, 9, minute, 0, 0, time.UTC) }
	staff := func(minute int, removed bool) bus.Event {
		m, err := fact.Encode("staff.omnia.a1", "hub", &eventsv1.Fact{Id: "x", Time: timestamppb.New(at(minute)), Event: &eventsv1.Fact_StaffChanged{
			StaffChanged: &eventsv1.StaffChanged{Provider: "omnia", Advisor: "a1", Role: policyv1.Role_ROLE_ADVISOR, Removed: removed},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return bus.Event{Message: m, Time: at(minute)}
	}
	person := func(minute int, name string) bus.Event {
		body, err := proto.Marshal(&eventsv1.Person{DisplayName: name})
		if err != nil {
			t.Fatal(err)
		}
		return bus.Event{Message: bus.Message{Subject: "people.omnia.a1", Data: body}, Time: at(minute)}
	}
	back := []bus.Event{staff(1, false), staff(3, true), staff(5, false)}
	gone := back[:2]
	for name, test := range map[string]struct {
		staff, people []bus.Event
		want          string
	}{
		"came back":                    {back, []bus.Event{person(0, "Before"), person(4, "After")}, "After"},
		"came back, the old is erased": {back, []bus.Event{person(4, "After")}, "After"},
		"left":                         {gone, []bus.Event{person(0, "Before")}, ""},
	} {
		for _, staffFirst := range []bool{true, false} {
			d := New()
			takeStaff := func() {
				for _, e := range test.staff {
					if err := d.takeStaff(e); err != nil {
						t.Fatal(err)
					}
				}
			}
			if staffFirst {
				takeStaff()
			}
			for _, e := range test.people {
				if err := d.takePerson(e); err != nil {
					t.Fatal(err)
				}
			}
			if !staffFirst {
				takeStaff()
			}
			if got := d.names["omnia.a1"].name; got != test.want {
				t.Errorf("%s, staff first %v: %q, want %q", name, staffFirst, got, test.want)
			}
		}
	}
}
