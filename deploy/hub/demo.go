package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/businessespoo/hub/deploy/demo"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	// demoTick is how often a demo looks at due dates: its clock runs fast.
	demoTick = 500 * time.Millisecond
	// demoTokenLife outlives any moving of the clock that one sitting brings.
	demoTokenLife = 2 * 365 * 24 * time.Hour
	demoStateFile = "demo-state.json"
)

// demoState is the content of demo-state.json: how far the folder is filled.
type demoState struct {
	// Began is the hub's time when the fill began.
	Began time.Time `json:"began"`
	// Day is the first day of the story that is not filled yet.
	Day int `json:"day"`
	// Samples are what the fill told, once it is done.
	Samples *demo.Samples `json:"samples,omitempty"`
	// Keys are those of the demo's systems, which the hub shows once.
	Keys map[string]string `json:"keys,omitempty"`
}

// beginDemo prepares an empty folder for a demo: its clock begins as long ago as
// the story takes. A folder with other data is refused: a demo moves the clock
// and lets anybody be anybody.
func (p *process) beginDemo() error {
	if !p.options.Demo {
		return nil
	}
	known, err := p.folder.has(demoStateFile)
	if err != nil || known {
		return err
	}
	used, err := p.folder.hasLog()
	if err != nil {
		return err
	}
	if used {
		return fmt.Errorf("hub: %s holds data that is no demo; start it without --demo, or name an empty folder", p.folder.dir)
	}
	if err := p.clock.set(-demo.Days * 24 * time.Hour); err != nil {
		return err
	}
	return p.folder.writeJSON(demoStateFile, demoState{Began: p.clock.Now()})
}

// fillDemo fills the folder, or goes on where a fill was interrupted, and writes
// demo.json.
func (p *process) fillDemo(ctx context.Context) error {
	p.filling.Store(true)
	defer p.filling.Store(false)
	var state demoState
	if err := p.folder.readJSON(demoStateFile, &state); err != nil {
		return err
	}
	addresses := p.listeners.addresses()
	if state.Samples == nil {
		samples, err := demo.Fill(ctx, demo.Options{
			Gateway: addresses.GRPC, Sign: p.sign, Began: state.Began, Day: state.Day, Out: p.options.Out,
			Reached: func(day int) error {
				state.Day = day
				return p.folder.writeJSON(demoStateFile, state)
			},
		})
		if err != nil {
			return err
		}
		state.Samples = &samples
		if err := p.folder.writeJSON(demoStateFile, state); err != nil {
			return err
		}
	}
	if state.Keys == nil {
		keys, err := demo.IssueKeys(ctx, addresses.GRPC, p.clock.Now(), p.sign)
		if err != nil {
			return err
		}
		state.Keys = keys
		if err := p.folder.writeJSON(demoStateFile, state); err != nil {
			return err
		}
	}
	return p.writeDemoFile(addresses, state)
}

// demoInfo is the content of demo.json: all that a stranger needs to call the API.
type demoInfo struct {
	Addresses
	// Tokens by persona, such as sole-trader, advisor-omnia, operator.
	Tokens map[string]string `json:"tokens"`
	// Keys by system: integrator, and provider-system-omnia and so on.
	Keys map[string]string `json:"keys"`
	// Samples are names to try things on.
	Samples demo.Samples `json:"samples"`
	// Companies are all that the demo knows.
	Companies []demo.Company `json:"companies"`
}

func (p *process) writeDemoFile(addresses Addresses, state demoState) error {
	principals := map[string]token.Principal{}
	for _, persona := range demo.Personas() {
		principals[persona.Key] = persona.Principal
	}
	// Under its role too, so that nobody need know the personas.
	principals["company"] = principals["board-chair"]
	info := demoInfo{Addresses: addresses, Tokens: map[string]string{}, Keys: state.Keys, Samples: *state.Samples, Companies: demo.Companies()}
	for key, principal := range principals {
		signed, err := p.sign(principal, demoTokenLife)
		if err != nil {
			return err
		}
		info.Tokens[key] = signed
	}
	return p.folder.writeJSON(demoFile, info)
}

func (p *process) sign(principal token.Principal, ttl time.Duration) (string, error) {
	return p.key.Sign(principal, p.clock.Now(), ttl)
}

// welcome waits until all is ready, fills the demo, says what listens where, and
// then only waits for the end.
func (p *process) welcome(ctx context.Context) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	addresses := p.listeners.addresses()
	p.tell(welcomeText, map[string]any{"Data": p.folder.dir, "At": addresses, "Providers": providerLines(addresses)})
	if p.options.Demo {
		if err := p.fillDemo(ctx); err != nil {
			return errors.Join(errors.New("hub: the demo data is not complete; start again, and it goes on"), err)
		}
		p.tell(tryText, map[string]any{"File": p.folder.path(demoFile), "Data": p.folder.dir, "At": addresses})
	}
	if p.options.Ready != nil {
		p.options.Ready(addresses)
	}
	<-ctx.Done()
	return ctx.Err()
}
