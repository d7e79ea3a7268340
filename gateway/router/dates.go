package router

import (
	"context"
	"errors"
	"time"

	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/problem"
)

// mostAtOnce is how many dates are minded in one look.
const mostAtOnce = 200

// watchDates tells of due dates and lets unconfirmed cases lapse. The facts are
// appended with the expected sequence, so that any number of gateways tell once.
func (r *Router) watchDates(ctx context.Context) error {
	ticker := time.NewTicker(r.tick)
	defer ticker.Stop()
	for {
		if err := r.mindDates(ctx); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "minding the due dates failed; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// mindDates looks once. One request or case that cannot be told of now does not
// keep the others waiting; a log that is away does.
func (r *Router) mindDates(ctx context.Context) error {
	now := r.writer.Now()
	today, soon := casework.Today(now), casework.Today(now.AddDate(0, 0, casework.SoonDays))
	due, err := r.view.DueBy(ctx, today, soon, mostAtOnce)
	if err != nil {
		return err
	}
	lapsed, err := r.view.Unconfirmed(ctx, today, mostAtOnce)
	if err != nil {
		return err
	}
	var tell []func() error
	for _, d := range due {
		var cmd casework.RequestCommand = casework.WarnDueSoon{}
		if d.Overdue {
			cmd = casework.MarkOverdue{}
		}
		tell = append(tell, func() error {
			_, err := r.writer.Request(ctx, d.Scope, r.writer.HubCall(""), cmd)
			return err
		})
	}
	for _, id := range lapsed {
		tell = append(tell, func() error {
			_, err := r.writer.Case(ctx, id, r.writer.HubCall(""), func(*statev1.CaseState) (casework.CaseCommand, error) {
				return casework.LapseCase{}, nil
			})
			return err
		})
	}
	var failures []error
	for _, one := range tell {
		if err := passRefusal(one()); err != nil {
			failures = append(failures, err)
			if problem.KindOf(err) == problem.Unavailable || ctx.Err() != nil {
				break
			}
		}
	}
	return errors.Join(failures...)
}
