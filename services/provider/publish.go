package provider

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/fact"
)

// topicVersion is the question which version of its catalogue the hub shows. The
// answer is the version alone; empty when it shows none.
const topicVersion = "catalogue-version"

// publishCatalogue gives the hub this version of the catalogue unless it has it,
// so that a restart adds nothing to the log. While the hub is away it waits and
// asks again; the provider serves meanwhile.
func (p *Provider) publishCatalogue(ctx context.Context) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := p.publishOnce(ctx)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		p.log.WarnContext(ctx, "the catalogue is not published yet", "version", p.catalogue.Version, "error", err)
		if err := rest(ctx, pause); err != nil {
			return err
		}
	}
}

func (p *Provider) publishOnce(ctx context.Context) error {
	shown, err := p.bus.Ask(ctx, topicVersion, nil)
	if err != nil || string(shown) == p.catalogue.Version {
		return err
	}
	message, err := fact.Encode("catalogue."+p.key, p.key, &eventsv1.Fact{
		Id: p.newID(), Time: timestamppb.New(p.clock()),
		Actor: &eventsv1.Actor{Party: casesv1.Party_PARTY_PROVIDER, Provider: p.key, LegalEntity: p.legalEntity()},
		Event: &eventsv1.Fact_CataloguePublished{CataloguePublished: &eventsv1.CataloguePublished{
			Provider: p.key, Version: p.catalogue.Version, Catalogue: p.definition.Catalogue, Words: p.definition.Words,
		}},
	})
	if err != nil {
		return err
	}
	if _, err := p.bus.Publish(ctx, message); err != nil {
		return err
	}
	p.log.InfoContext(ctx, "catalogue published", "version", p.catalogue.Version)
	return nil
}

const (
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
)

// rest returns after d, or with the context's error when that ends first.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
