package e2e

import (
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
)

// stories are played alike whatever shape the hub has.
var stories = []struct {
	name string
	play func(*testing.T, *world.World)
}{
	{"starting a business", startBusiness},
	{"first employee", firstEmployee},
	{"a case without a name", caseWithoutName},
	{"on behalf", onBehalf},
	{"joint service", jointService},
	{"an integrator", integrator},
	{"too much support", tooMuchSupport},
	{"own services", ownServices},
	{"every port answers", everyPort},
	{"pages", pages},
	{"feedback", feedback},
	{"who may see notes", notesRoles},
}

func playAll(t *testing.T, w *world.World) {
	w.Hire(t)
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) { s.play(t, w) })
	}
}

// Everything runs in one process.
func TestOneProcess(t *testing.T) {
	t.Parallel()
	playAll(t, world.Single(t, &binaries))
}

// The same stories with a nats-server, seven providers and a gateway apart.
func TestNineProcesses(t *testing.T) {
	t.Parallel()
	playAll(t, world.Apart(t, &binaries))
}
