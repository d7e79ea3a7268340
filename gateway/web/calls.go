package web

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/metadata"

	"github.com/businessespoo/hub/services/kit/problem"
)

// as returns a context that calls the API as the signed-in visitor, or as
// nobody.
func (f *frame) as(ctx context.Context) context.Context {
	if f.Session == nil || !printable(f.Session.Token) {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+f.Session.Token)
}

// holding returns a context that calls the API for one case: with its code and
// secret when the visitor holds them, else as the signed-in visitor.
func (f *frame) holding(ctx context.Context, caseID string) context.Context {
	if f.Holder == nil || f.Holder.Case != caseID {
		return f.as(ctx)
	}
	return with(ctx, f.Holder)
}

func with(ctx context.Context, h *holder) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", h.credential())
}

// newest calls read for the least revision that the visitor's last step led
// to. When the view is not there in time it shows what there is: a page that is
// a moment old is better than none.
func newest[T any](revision string, read func(revision string) (T, error)) (T, error) {
	answer, err := read(revision)
	if revision == "" || err == nil {
		return answer, err
	}
	switch problem.KindOf(err) {
	case problem.Deadline, problem.Invalid:
		return read("")
	}
	return answer, err
}

// arrival and arrivalStep bound the wait for what was made this moment.
const (
	arrival     = 2 * time.Second
	arrivalStep = 10 * time.Millisecond
)

// onceThere repeats a read for a moment while it fails with the kind: a case's
// code is known, and a request is in its inbox, some milliseconds after the
// answer that names it.
func onceThere[T any](ctx context.Context, kind problem.Kind, read func(revision string) (T, error)) func(string) (T, error) {
	return func(revision string) (T, error) {
		// Each pause is twice the last: a code that is not known costs an attempt.
		for waited, pause := time.Duration(0), arrivalStep; ; waited, pause = waited+pause, 2*pause {
			answer, err := read(revision)
			if !isKind(err, kind) || waited >= arrival {
				return answer, err
			}
			select {
			case <-ctx.Done():
				return answer, err
			case <-time.After(pause):
			}
		}
	}
}

// errSignIn asks the visitor to sign in first.
func errSignIn() error {
	return problem.New(problem.Unauthenticated, "SIGN_IN", "sign in to see this page")
}

// isKind tells whether an error is of one of the kinds.
func isKind(err error, kinds ...problem.Kind) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, context.Canceled) {
		return false
	}
	kind := problem.KindOf(err)
	for _, k := range kinds {
		if kind == k {
			return true
		}
	}
	return false
}

// only returns a context that calls the API as the signed-in visitor even where
// ctx carries another credential.
func (f *frame) only(ctx context.Context) context.Context {
	return f.as(metadata.NewOutgoingContext(ctx, metadata.MD{}))
}
