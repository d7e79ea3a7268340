package hub

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// hush is a log that is told of nothing but warnings while on is set.
type hush struct {
	slog.Handler
	on *atomic.Bool
}

// Enabled tells whether a line of a level is written now.
func (h hush) Enabled(ctx context.Context, level slog.Level) bool {
	return (level >= slog.LevelWarn || !h.on.Load()) && h.Handler.Enabled(ctx, level)
}

// WithAttrs is the log with attributes on each line.
func (h hush) WithAttrs(attrs []slog.Attr) slog.Handler {
	return hush{h.Handler.WithAttrs(attrs), h.on}
}

// WithGroup is the log with a name before what each line says.
func (h hush) WithGroup(name string) slog.Handler { return hush{h.Handler.WithGroup(name), h.on} }
