package host

import (
	"fmt"
	"io"
	"log/slog"
)

// NewLog makes the log of a process, with times in UTC. Format is json, for machines,
// or text; level is debug, info, warn or error. Both forms write what a value holds
// quoted, so no value begins a line of its own.
func NewLog(w io.Writer, format, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("host: log level %q must be debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least, ReplaceAttr: inUTC}
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	}
	return nil, fmt.Errorf("host: log format %q must be json or text", format)
}

// inUTC writes the time of a line in UTC, wherever the process runs.
func inUTC(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey && len(groups) == 0 {
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	}
	return a
}
