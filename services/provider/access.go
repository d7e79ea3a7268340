package provider

import (
	"context"

	"golang.org/x/sync/errgroup"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/host"
)

// accessLogs are the access log of a provider: what the hub and the companies may
// read, and what stays on the private stream, that of the confidential notes.
type accessLogs struct{ rows, private *access.Log }

func newAccessLogs(p *Provider, folder string) (accessLogs, error) {
	key, err := access.OpenKey(folder)
	if err != nil {
		return accessLogs{}, err
	}
	o := access.Options{Bus: p.bus, Key: key, Lost: p.metrics.AccessLost, Clock: p.clock, Log: p.log}
	rows := access.New(o)
	o.Confidential = true
	return accessLogs{rows: rows, private: access.New(o)}, nil
}

// open is the log of what others may read; nil without one.
func (a accessLogs) open() host.AccessLog {
	if a.rows == nil {
		return nil
	}
	return a.rows
}

// confidential is the log of what stays here; nil without one.
func (a accessLogs) confidential() host.AccessLog {
	if a.private == nil {
		return nil
	}
	return a.private
}

func (a accessLogs) run(ctx context.Context, group *errgroup.Group) {
	for _, log := range []*access.Log{a.rows, a.private} {
		if log != nil {
			group.Go(func() error { return log.Run(ctx) })
		}
	}
}

// lateLog is a log that is there before the first call, and not yet when the server
// is made.
type lateLog func() *access.Log

// Record implements host.AccessLog.
func (l lateLog) Record(ctx context.Context, row *accessv1.AccessRow) error {
	return l().Record(ctx, row)
}

// Keep implements host.AccessLog.
func (l lateLog) Keep(ctx context.Context, row *accessv1.AccessRow) { l().Keep(ctx, row) }

// Follow implements host.AccessLog.
func (l lateLog) Follow(row *accessv1.AccessRow) error { return l().Follow(row) }
