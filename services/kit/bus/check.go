package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// leastVersion is the oldest server that the rights were tried on, and the first
// that syncs each Raft append before it acknowledges (with sync always).
const leastMajor, leastMinor = 2, 15

// reportWindow is how long the servers of a cluster have to tell how they are
// set up, after the first has.
const reportWindow = 500 * time.Millisecond

// serverState is what one server reports of itself.
type serverState struct {
	Server struct {
		Name    string `json:"name"`
		Version string `json:"ver"`
	} `json:"server"`
	Data struct {
		Disabled bool `json:"disabled"`
		Config   struct {
			SyncAlways bool `json:"sync_always"`
		} `json:"config"`
		Meta *struct {
			Size int `json:"cluster_size"`
		} `json:"meta_cluster"`
	} `json:"data"`
}

// checkServer refuses a server that could lose what it acknowledged. The hub
// asks each server for its settings, which ServerConfig lets it see. It cannot
// see whether a disk honours a sync, nor whether three servers stand in three
// failure zones.
//
// A provider sees only the version. It gets no consumer before a hub runs, and a
// hub does not run on an unsafe server.
func (b *Bus) checkServer(ctx context.Context) error {
	if err := checkVersion(b.nc.ConnectedServerName(), b.nc.ConnectedServerVersion()); err != nil {
		return err
	}
	if b.durability != nil || b.party != Hub {
		return nil
	}
	states, err := b.askServers(ctx)
	if err != nil {
		return err
	}
	return checkStates(states, b.replicas)
}

func checkStates(states []serverState, replicas int) error {
	for _, s := range states {
		if err := checkVersion(s.Server.Name, s.Server.Version); err != nil {
			return err
		}
		if s.Data.Disabled {
			continue
		}
		if !s.Data.Config.SyncAlways {
			return fmt.Errorf("bus: server %s acknowledges before it syncs and would lose acknowledged facts when the power goes: "+
				"set \"sync_interval: always\" in its jetstream block (hub nats-config writes it)", s.Server.Name)
		}
		if meta := s.Data.Meta; meta != nil && meta.Size > 1 && (meta.Size < 3 || replicas < 3) {
			return fmt.Errorf("bus: a cluster of %d servers with %d replicas loses facts with one server: run three servers and three replicas", meta.Size, replicas)
		}
	}
	return nil
}

func (b *Bus) askServers(ctx context.Context) ([]serverState, error) {
	inbox := b.nc.NewInbox()
	replies, err := b.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("bus: ask the servers for their settings: %w", err)
	}
	defer func() { _ = replies.Unsubscribe() }()
	if err := b.nc.PublishRequest(serverReport, inbox, nil); err != nil {
		return nil, fmt.Errorf("bus: ask the servers for their settings: %w", err)
	}
	var states []serverState
	for patience := 4 * reportWindow; ; patience = reportWindow {
		reply, err := replies.NextMsg(patience)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("bus: ask the servers for their settings: %w", ctx.Err())
		}
		if errors.Is(err, nats.ErrTimeout) && len(states) > 0 {
			return states, nil
		}
		if err != nil {
			return nil, fmt.Errorf("bus: the server does not tell how it is set up, so nobody knows whether it keeps what it acknowledges: "+
				"start it with the configuration that hub nats-config writes: %w", err)
		}
		var state serverState
		if err := json.Unmarshal(reply.Data, &state); err != nil {
			return nil, fmt.Errorf("bus: read a server's settings: %w", err)
		}
		states = append(states, state)
	}
}

func checkVersion(name, version string) error {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) == 3 {
		major, errMajor := strconv.Atoi(parts[0])
		minor, errMinor := strconv.Atoi(parts[1])
		if errMajor == nil && errMinor == nil && (major > leastMajor || major == leastMajor && minor >= leastMinor) {
			return nil
		}
	}
	return fmt.Errorf("bus: server %s has version %q, use nats-server %d.%d or later", name, version, leastMajor, leastMinor)
}
