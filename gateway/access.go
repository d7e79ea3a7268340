package gateway

import (
	"cmp"
	"context"
	"path/filepath"
	"time"

	"github.com/businessespoo/hub/gateway/accesslog"
	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/projection"
)

// headsFile is the file of the heads in the folder of the audit.
const headsFile = "heads.jsonl"

// headsPause is the pause before the file of the heads is tried again.
const headsPause = 5 * time.Second

// openAccess opens the log that this gateway writes, and the file of all rows.
func (g *Gateway) openAccess() error {
	o := g.options
	var options []projection.Option
	if o.Metrics != nil {
		options = append(options, projection.WithObserver(o.Metrics.Projection("access")))
	}
	var err error
	if g.accessRows, err = accesslog.Open(filepath.Join(o.DataDir, "access.db"), o.Bus, o.Log, options...); err != nil {
		return err
	}
	if o.NoAccessLog {
		o.Log.Error("THE ACCESS LOG IS OFF: nobody will know who has seen what. This is for measuring alone")
		return nil
	}
	key, err := access.OpenKey(g.auditDir())
	if err != nil {
		return err
	}
	g.access = access.New(access.Options{Bus: o.Bus, Key: key, Lost: o.Metrics.AccessLost, Clock: o.Clock, Log: o.Log})
	return nil
}

func (g *Gateway) auditDir() string { return cmp.Or(g.options.Audit, g.options.DataDir) }

// accessLog is the log that the server writes; nil without one.
func (g *Gateway) accessLog() host.AccessLog {
	if g.access == nil {
		return nil
	}
	return g.access
}

// accessParts are what runs for the access log, before the server and after it.
func (g *Gateway) accessParts() []host.Part {
	parts := []host.Part{{Name: "access rows", Run: g.accessRows.Run}}
	if g.access == nil {
		return parts
	}
	return append(parts, host.Part{Name: "access heads", Run: g.copyHeads}, host.Part{Name: "access log", Run: g.access.Run})
}

// copyHeads copies the heads for as long as the gateway runs. A disk that does not
// take them stops nothing else, but is told of each time.
func (g *Gateway) copyHeads(ctx context.Context) error {
	path := cmp.Or(g.options.HeadsFile, filepath.Join(g.auditDir(), headsFile))
	for {
		err := access.CopyHeads(ctx, g.options.Bus, path, g.options.Log)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		g.options.Log.ErrorContext(ctx, "the heads of the access log are not copied outside of the log", "file", path, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(headsPause):
		}
	}
}
