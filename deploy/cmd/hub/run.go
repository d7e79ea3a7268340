package main

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/businessespoo/hub/deploy/hub"
	"github.com/businessespoo/hub/services/kit/host"
)

// newDataFlag is the data folder, for the commands that make one.
type newDataFlag struct {
	Data string `default:"./data" placeholder:"DIR" help:"Data folder of the hub. It is made when it is missing. (default: ${default})"`
}

// dataFlag is the data folder, for the commands that need one.
type dataFlag struct {
	Data string `default:"./data" placeholder:"DIR" help:"Data folder of the hub, as given to hub run. (default: ${default})"`
}

type runCommand struct {
	newDataFlag
	Demo           bool    `help:"Fill an empty data folder with companies, advisors and cases that do not exist, let anybody sign in as one of them, and make the clock settable."`
	Listen         string  `default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"Address of the gateway's gRPC. (default: ${default})"`
	Web            string  `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address of the pages. (default: ${default})"`
	ProviderListen string  `default:"127.0.0.1:9101" placeholder:"HOST:PORT" help:"Address of the first provider's gRPC. The other six follow on the next ports. (default: ${default})"`
	Health         string  `default:"127.0.0.1:9099" placeholder:"HOST:PORT" help:"Address of /livez, /readyz and /metrics. Let only operators reach it. (default: ${default})"`
	RateLimit      float64 `default:"100" placeholder:"N" help:"How many calls a second of one caller are answered over time; five seconds' worth may come at once. 0 is without limit. (default: ${default})"`
	Issuers        string  `placeholder:"FILE" type:"path" help:"File that says which OpenID Connect issuers let people in to the pages. Without it, and without --demo, nobody can sign in there; the API needs none. Not together with --demo."`
	BehindProxy    bool    `help:"The pages are reached through a proxy alone: believe what it says in X-Forwarded-Proto and, last, in X-Forwarded-For."`
	HeadsFile      string  `placeholder:"FILE" help:"File to which the signed heads of the access log are appended, for hub audit verify. Better on another disk than the log. (default: audit/heads.jsonl in the data folder)"`
	NoAccessLog    bool    `hidden:"" help:"Leave the access log out, to measure what it costs. Nobody knows then who has seen what."`
	LogFormat      string  `default:"text" enum:"text,json" help:"Form of the log on standard error: text or json. (default: ${default})"`
	LogLevel       string  `default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error. (default: ${default})"`
}

// garbage is how much the heap may grow before it is collected, in percent. It
// is small, and collecting it at the usual 100 would take a tenth of the time.
const garbage = 200

// spare is how many more threads run than there are processors: one is in the disk's
// hands most of the time, syncing the log or writing a view.
const spare = 1

// Run runs the hub until it is told to stop.
func (c *runCommand) Run(ctx context.Context, out output) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + spare)
	}
	log, err := host.NewLog(os.Stderr, c.LogFormat, c.LogLevel)
	if err != nil {
		return err
	}
	slog.SetDefault(log) // what libraries say comes in the same form
	return hub.Run(ctx, hub.Options{
		Data: c.Data, Demo: c.Demo, Listen: c.Listen, Web: c.Web, Health: c.Health,
		ProviderListen: c.ProviderListen, RateLimit: c.RateLimit, BehindProxy: c.BehindProxy, Issuers: c.Issuers,
		HeadsFile: c.HeadsFile, NoAccessLog: c.NoAccessLog, Log: log, Out: out,
	})
}
