package api

import (
	"github.com/businessespoo/hub/gateway/journey"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

func showJourney(j *journey.Journey) *cataloguev1.Journey {
	shown := &cataloguev1.Journey{Id: j.ID, DisplayName: texts(j.Names), Description: texts(j.Descriptions)}
	for i := range j.Steps {
		shown.Steps = append(shown.Steps, showStep(&j.Steps[i]))
	}
	return shown
}

func showStep(s *journey.Step) *cataloguev1.JourneyStep {
	shown := &cataloguev1.JourneyStep{
		Id: s.ID, DisplayName: texts(s.Names), Service: serviceName(s.Service), ExternalParty: s.External,
		DependsOn: s.DependsOn, Optional: s.Optional, OneOf: s.OneOf,
	}
	for _, a := range s.Alternatives {
		shown.Alternatives = append(shown.Alternatives, serviceName(a))
	}
	for _, r := range s.Rules {
		shown.Rules = append(shown.Rules, texts(r.Texts))
	}
	return shown
}

// serviceName turns a journey's yritysespoo/start-advice into a resource name.
func serviceName(short string) string {
	for _, p := range name.Providers {
		if len(short) > len(p) && short[:len(p)+1] == p+"/" {
			return name.Service(p, short[len(p)+1:])
		}
	}
	return ""
}
