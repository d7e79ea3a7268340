package provider

import "time"

// CheckWatchesEvery makes watches see more often whether they may go on.
func (p *Provider) CheckWatchesEvery(d time.Duration) { p.watchCheck = d }

// SearchWords cuts a query into words.
var SearchWords = searchWords

// Settings are the flags of a process.
type Settings = settings

// RunSettings runs a process with these flags.
var RunSettings = settings.run
