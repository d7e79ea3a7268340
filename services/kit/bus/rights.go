package bus

import (
	"fmt"
	"slices"
)

// Hub is the party that the hub itself speaks as: gateway, router, operator.
const Hub = "hub"

// Replicas is how many processes one provider may run at most.
const Replicas = 8

// providerAPI stands for "$JS.API" in the account of a provider, where the
// server keeps the original name for itself.
const providerAPI = "log"

// Providers are the keys of the seven, in the order of the hub's documents.
func Providers() []string {
	return []string{"espoo-city", "enter-espoo", "omnia", "espoon-yrittajat", "chamber", "yritysespoo", "employment"}
}

// Rights are all that one provider may do. ServerConfig turns them into walls:
// each provider has an account of its own, which shares nothing with the hub's
// but the subjects named here, one by one.
//
// Users with permissions inside one account would not do. The server publishes
// its acknowledgement, and what a consumer holds, to whatever reply subject the
// request names, without asking for the requester's rights: with one account a
// provider wrote to the hub's scopes that way (tried on 2.15.2). Between
// accounts every reply goes back into the account that asked.
//
// One thing remains open: an append may name any subject of the stream as the
// one whose last sequence it expects, and the refusal tells that sequence. So a
// provider can learn that something happened on a subject it can name, not what;
// TestARefusedAppendTellsASequenceAndNoMore holds it to that.
type Rights struct {
	// Publish are the subjects it may write to or ask on.
	Publish []string
	// Pull are the subjects on which it asks for the next events of consumers
	// that the hub created for it. It needs no right to acknowledge: followers
	// keep their position themselves and their consumers ask for no
	// acknowledgement.
	Pull []string
	// Inspect are the subjects on which it asks how those consumers are.
	Inspect []string
	// Serve are the subjects on which it answers the hub.
	Serve []string
	// Receive is where replies reach it.
	Receive string
}

// RightsOf returns the rights of a provider. Those of the hub are empty, for it
// may do everything in its own account.
func RightsOf(party string) (Rights, error) {
	if party == Hub {
		return Rights{}, nil
	}
	if !slices.Contains(Providers(), party) {
		return Rights{}, fmt.Errorf("bus: unknown party %q, one of %q and %q would be right", party, Hub, Providers())
	}
	rights := Rights{
		Publish: []string{
			"case.*." + party + ".*.own",
			"company.*." + party,
			"private." + party + ".>",
			"catalogue." + party,
			"staff." + party + ".>",
			"dead." + party + ".>",
			"access." + party + ".>",
			"heads." + party + ".>",
			askPrefix + party + ".>",
		},
		Serve:   []string{replayPrefix + party + ".>"},
		Receive: inboxPrefix(party) + ".>",
	}
	for replica := range Replicas {
		consumer := followerName(party, replica)
		rights.Pull = append(rights.Pull, "CONSUMER.MSG.NEXT.*."+consumer)
		rights.Inspect = append(rights.Inspect, "CONSUMER.INFO.*."+consumer)
	}
	return rights, nil
}

// followable says which part of a stream a provider may follow; false means
// nothing of it.
func followable(stream, party string) (string, bool) {
	switch stream {
	case StreamCases:
		return "case.*." + party + ".>", true
	case StreamStaff:
		return "staff." + party + ".>", true
	case StreamPeople:
		return "people." + party + ".>", true
	case StreamKeys:
		return "keys." + party + ".>", true
	case StreamCompany:
		return "company.*." + party, true
	case PrivateStream(party):
		return "private." + party + ".>", true
	default:
		return "", false
	}
}

func inboxPrefix(party string) string { return "_INBOX_" + party }

func followerName(party string, replica int) string { return fmt.Sprintf("%s-%d", party, replica) }
