package accesslog

import (
	"log/slog"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/projection"
)

// SQLForTest is the form of the file.
var SQLForTest = schema.SQL

// TakeForTest takes in one message.
func TakeForTest(tx *projection.Tx, e bus.Event) error {
	return (&Log{log: slog.New(slog.DiscardHandler)}).take(tx, e)
}
