package host

import (
	"fmt"
	"io"
	"log/slog"
)

// NewLog makes the log of a process. Format is json, for machines, or text;
// level is debug, info, warn or error.
func NewLog(w io.Writer, format, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("host: log level %q must be debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least}
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	}
	return nil, fmt.Errorf("host: log format %q must be json or text", format)
}
