package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// StopLimit is how long an orderly end may take before it becomes a hard one.
const StopLimit = 15 * time.Second

// Part is something that a process runs. Every function may be nil.
type Part struct {
	// Name is for logs and errors.
	Name string
	// Start returns when the part is ready for those after it.
	Start func(ctx context.Context) error
	// Run blocks until ctx ends or it fails; the process ends when any Run returns.
	Run func(ctx context.Context) error
	// Quiesce makes the part say that it is not ready, before anything stops.
	Quiesce func()
	// Stop ends the part in good order while ctx lasts. After it Run's ctx ends.
	Stop func(ctx context.Context) error
}

// running is a part that has been started.
type running struct {
	part   Part
	cancel context.CancelFunc
	done   chan struct{} // closed when Run has returned
}

// Run starts the parts in order, waits until ctx ends or a part fails, and stops
// them in the opposite order, within limit (StopLimit when 0) in all. It returns
// nil after an orderly end that ctx asked for.
func Run(ctx context.Context, log *slog.Logger, limit time.Duration, parts ...Part) error {
	if limit == 0 {
		limit = StopLimit
	}
	ended := make(chan error, len(parts))
	var started []running
	failure := error(nil)
	for _, part := range parts {
		r, err := start(ctx, part, ended)
		if err != nil {
			failure = fmt.Errorf("host: start %s: %w", part.Name, err)
			break
		}
		started = append(started, r)
	}
	if failure == nil {
		log.Info("started", "parts", len(parts))
		select {
		case <-ctx.Done():
		case failure = <-ended:
		}
	} else if ctx.Err() != nil {
		failure = nil // told to stop while starting
	}
	if failure == nil {
		log.Info("stopping")
	} else {
		log.Error("stopping", "cause", failure)
	}
	err := stop(started, limit)
	if err == nil {
		log.Info("stopped")
	}
	return errors.Join(failure, err)
}

func start(ctx context.Context, part Part, ended chan<- error) (running, error) {
	if part.Start != nil {
		if err := part.Start(ctx); err != nil {
			return running{}, err
		}
	}
	// Not ctx: parts end one after the other, not all at the signal.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := running{part: part, cancel: cancel, done: make(chan struct{})}
	if part.Run == nil {
		close(r.done)
		return r, nil
	}
	go func() {
		defer close(r.done)
		err := part.Run(own)
		switch {
		case own.Err() != nil:
			return // it was told to
		case err == nil:
			ended <- fmt.Errorf("host: %s ended by itself", part.Name)
		default:
			ended <- fmt.Errorf("host: run %s: %w", part.Name, err)
		}
	}()
	return r, nil
}

// stop ends the parts, the last one first. A part that hangs uses up the limit;
// the others are then only told to end.
func stop(started []running, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for i := len(started) - 1; i >= 0; i-- {
		if quiesce := started[i].part.Quiesce; quiesce != nil {
			quiesce()
		}
	}
	var failures []error
	for i := len(started) - 1; i >= 0; i-- {
		r := started[i]
		if r.part.Stop != nil {
			if err := r.part.Stop(ctx); err != nil {
				failures = append(failures, fmt.Errorf("host: stop %s: %w", r.part.Name, err))
			}
		}
		r.cancel()
		select {
		case <-r.done:
		case <-ctx.Done():
			failures = append(failures, fmt.Errorf("host: stop %s: still running after %s", r.part.Name, limit))
		}
	}
	return errors.Join(failures...)
}

// tellHealth says SERVING once the server is ready to answer.
func (s *Server) tellHealth() {
	for s.ready(s.draining) != nil {
		select {
		case <-s.draining.Done():
			return
		case <-time.After(startPause):
		}
	}
	s.health.SetServingStatus("", healthv1.HealthCheckResponse_SERVING)
}

// Part serves the server on the listener. It refuses to start when a registered
// method has no access rule. At the end it says NOT_SERVING, ends the streams,
// finishes the calls that are under way, and cuts off those that last too long.
func (s *Server) Part(name string, listener net.Listener) Part {
	return Part{
		Name:  name,
		Start: func(context.Context) error { return s.CheckRules() },
		Run: func(context.Context) error {
			if s.ready(s.draining) == nil {
				s.tellHealth()
			} else {
				s.health.SetServingStatus("", healthv1.HealthCheckResponse_NOT_SERVING)
				go s.tellHealth()
			}
			return s.Serve(listener)
		},
		Quiesce: s.health.Shutdown,
		Stop: func(ctx context.Context) error {
			s.drain(errDraining)
			done := make(chan struct{})
			go func() {
				s.GracefulStop()
				close(done)
			}()
			select {
			case <-done:
				return nil
			case <-ctx.Done():
				go s.Server.Stop() // which waits for handlers, also for one that hangs
				return errors.New("calls under way were cut off")
			}
		},
	}
}
