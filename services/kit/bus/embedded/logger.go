package embedded

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// logger hands what the server says to the process's own log. The server's
// notices are of use to who debugs the server, so they are debug here.
type logger struct{ log *slog.Logger }

// Noticef, Warnf, Errorf, Debugf, Tracef and Fatalf implement server.Logger.
func (l *logger) Noticef(format string, v ...any) { l.log.Debug(said(format, v)) }

func (l *logger) Warnf(format string, v ...any) {
	text := said(format, v)
	if strings.Contains(text, plaintextPasswords) {
		l.log.Debug(text)
		return
	}
	l.log.Warn(text)
}

func (l *logger) Errorf(format string, v ...any) { l.log.Error(said(format, v)) }

func (l *logger) Debugf(format string, v ...any) { l.log.Debug(said(format, v)) }

func (l *logger) Tracef(format string, v ...any) { l.log.Debug(said(format, v)) }

func (l *logger) Fatalf(format string, v ...any) {
	l.log.Error(said(format, v))
	os.Exit(1)
}

// plaintextPasswords is what the server warns of at every start. These are random,
// new at each start and nowhere but in the memory of this process.
const plaintextPasswords = "Plaintext passwords detected"

func said(format string, v []any) string { return "nats: " + fmt.Sprintf(format, v...) }
