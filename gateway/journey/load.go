package journey

import (
	_ "embed" // the journeys
	"fmt"
	"slices"
	"strings"

	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/datafile"
)

//go:embed journeys.yaml
var journeysData []byte

// Journeys returns the journeys that are built into the binary. It fails only
// when that file has a mistake.
func Journeys() (*Set, error) { return Load("journey/journeys.yaml", journeysData) }

// Load reads a file of journeys and checks all of it, except that the services
// exist: the providers' catalogues arrive over the bus, see [Set.CheckServices].
// It fails with a *[datafile.Error].
func Load(file string, data []byte) (*Set, error) {
	needs, err := catalogue.Needs()
	if err != nil {
		return nil, fmt.Errorf("journey: needs: %w", err)
	}
	var set Set
	f, err := datafile.Read(file, data, &set)
	if err != nil {
		return nil, err
	}
	c := &checker{File: f, parties: map[string]bool{}, data: map[string]catalogue.DataClass{}}
	for _, need := range needs {
		c.needs = append(c.needs, need.ID)
	}
	c.set(&set)
	if err := c.Err(); err != nil {
		return nil, err
	}
	return &set, nil
}

// CheckServices returns the services that the journeys name and that exists does
// not know, in the order of the file, each once. A catalogue that has not arrived
// yet is no mistake of the journeys, so this is a list to show and not an error.
func (s *Set) CheckServices(exists func(provider, service string) bool) []string {
	var missing []string
	for i := range s.Journeys {
		for j := range s.Journeys[i].Steps {
			step := &s.Journeys[i].Steps[j]
			for _, name := range step.Services() {
				provider, service, _ := strings.Cut(name, "/")
				if !exists(provider, service) && !slices.Contains(missing, name) {
					missing = append(missing, name)
				}
			}
		}
	}
	return missing
}

// Services returns the service of the step and its alternatives, none when the
// step is not a provider's.
func (s *Step) Services() []string {
	if s.Service == "" {
		return nil
	}
	return append([]string{s.Service}, s.Alternatives...)
}

// Next returns the ids of the steps that can begin when the done steps are
// finished or left out, in the order of the journey. An id that is not a step of
// the journey is ignored.
func (j *Journey) Next(done []string) []string {
	var next []string
	for i := range j.Steps {
		step := &j.Steps[i]
		if slices.Contains(done, step.ID) || j.chosenElse(step, done) {
			continue
		}
		ready := true
		for _, id := range step.DependsOn {
			before, ok := j.Step(id)
			if ok && !slices.Contains(done, id) && !j.chosenElse(before, done) {
				ready = false
			}
		}
		if ready {
			next = append(next, step.ID)
		}
	}
	return next
}

// chosenElse reports whether another step of the same choice is done, so that
// this one is left out.
func (j *Journey) chosenElse(step *Step, done []string) bool {
	if step.OneOf == "" {
		return false
	}
	for i := range j.Steps {
		other := &j.Steps[i]
		if other.OneOf == step.OneOf && other.ID != step.ID && slices.Contains(done, other.ID) {
			return true
		}
	}
	return false
}
