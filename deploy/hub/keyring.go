package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/businessespoo/hub/services/kit/bus"
)

// AllParties stands for every party in NATSOptions.Rotate and Retire.
const AllParties = "all"

// nextSuffix marks the seed that a party goes over to.
const nextSuffix = ".next"

// keyring is a folder with the seeds of all parties: one file each, and a second
// one while a party is between two keys. What the server is to accept follows
// from the files alone, so a command that was broken off is mended by the next.
//
// A seed comes into use only after the server was told of it: rotate lays it
// beside the one in use, and retire puts it in that one's place.
type keyring struct{ dir string }

// parties are all that have a seed.
func parties() []string { return append(bus.Providers(), bus.Hub) }

func (k keyring) seed(party string) string { return filepath.Join(k.dir, party) }
func (k keyring) next(party string) string { return k.seed(party) + nextSuffix }

// fill makes the seeds that are missing.
func (k keyring) fill() error {
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return fmt.Errorf("hub: make the folder of the seeds: %w", err)
	}
	for _, party := range parties() {
		if err := keepSeed(k.seed(party)); err != nil {
			return fmt.Errorf("hub: the seed of %s: %w", party, err)
		}
	}
	return nil
}

// rotate gives parties a next seed. One that is there already is kept.
func (k keyring) rotate(names []string) error {
	chosen, err := choose(names, parties())
	if err != nil {
		return err
	}
	for _, party := range chosen {
		if err := keepSeed(k.next(party)); err != nil {
			return fmt.Errorf("hub: the next seed of %s: %w", party, err)
		}
	}
	return nil
}

// retire puts the next seeds of parties in place, and changes nothing when one of
// them has none.
func (k keyring) retire(names []string) error {
	_, next, err := k.files()
	if err != nil {
		return err
	}
	between := slices.DeleteFunc(parties(), func(party string) bool { return next[party] == "" })
	chosen, err := choose(names, between)
	if err != nil {
		return err
	}
	for _, party := range chosen {
		if next[party] == "" {
			return fmt.Errorf("hub: %s has one key only, which it needs: give it a next one with --rotate %s, and reload the nats-server, before you retire this one", party, party)
		}
	}
	if len(names) > 0 && len(chosen) == 0 {
		return errors.New("hub: nobody has a next key: make them with --rotate, and reload the nats-server, before you retire those in use")
	}
	for _, party := range chosen {
		if err := os.Rename(k.next(party), k.seed(party)); err != nil {
			return fmt.Errorf("hub: put the next seed of %s in place: %w", party, err)
		}
	}
	return nil
}

// choose replaces AllParties by all, and refuses what nobody is called.
func choose(names, all []string) ([]string, error) {
	var chosen []string
	for _, name := range names {
		switch {
		case name == AllParties:
			chosen = append(chosen, all...)
		case slices.Contains(parties(), name):
			chosen = append(chosen, name)
		default:
			return nil, fmt.Errorf("hub: no party is called %q: %s or one of %s would be right", name, AllParties, strings.Join(parties(), ", "))
		}
	}
	slices.Sort(chosen)
	return slices.Compact(chosen), nil
}

// files are those of the seeds in use, and of the next ones, by party.
func (k keyring) files() (map[string]string, map[string]string, error) {
	seeds, next := map[string]string{}, map[string]string{}
	for _, party := range parties() {
		seeds[party] = k.seed(party)
		there, err := exists(k.next(party))
		if err != nil {
			return nil, nil, err
		}
		if there {
			next[party] = k.next(party)
		}
	}
	return seeds, next, nil
}

// publicKeys are what the server is to know of the seeds.
func (k keyring) publicKeys() (map[string][]string, error) {
	seeds, next, err := k.files()
	if err != nil {
		return nil, err
	}
	keys := map[string][]string{}
	for _, files := range []map[string]string{seeds, next} {
		for party, file := range files {
			seed, err := bus.SeedFile(file)()
			if err != nil {
				return nil, fmt.Errorf("hub: the seed of %s: %w", party, err)
			}
			public, err := bus.PublicKey(seed)
			clear(seed)
			if err != nil {
				return nil, fmt.Errorf("hub: the seed of %s: %w", party, err)
			}
			keys[party] = append(keys[party], public)
		}
	}
	return keys, nil
}

// keepSeed makes a seed where there is none.
func keepSeed(path string) error {
	if there, err := exists(path); there || err != nil {
		return err
	}
	seed, err := bus.NewSeed()
	if err != nil {
		return err
	}
	line := append(seed, '\n')
	defer clear(line)
	return writeFile(path, line)
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
