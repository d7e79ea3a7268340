package embedded

import (
	"fmt"
	"log/slog"
	"os"
)

// logger hands what the server says to the process's own log. The server's
// notices are of use to who debugs the server, so they are debug here.
type logger struct{ log *slog.Logger }

// Noticef, Warnf, Errorf, Debugf, Tracef and Fatalf implement server.Logger.
func (l *logger) Noticef(format string, v ...any) { l.log.Debug(said(format, v)) }

func (l *logger) Warnf(format string, v ...any) { l.log.Warn(said(format, v)) }

func (l *logger) Errorf(format string, v ...any) { l.log.Error(said(format, v)) }

func (l *logger) Debugf(format string, v ...any) { l.log.Debug(said(format, v)) }

func (l *logger) Tracef(format string, v ...any) { l.log.Debug(said(format, v)) }

func (l *logger) Fatalf(format string, v ...any) {
	l.log.Error(said(format, v))
	os.Exit(1)
}

func said(format string, v []any) string { return "nats: " + fmt.Sprintf(format, v...) }
