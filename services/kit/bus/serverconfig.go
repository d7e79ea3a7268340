package bus

import (
	"fmt"
	"strings"

	"github.com/nats-io/nkeys"

	"github.com/businessespoo/hub/services/kit/tlsfile"
)

// ServerSettings are what the configuration of a NATS server for the hub needs
// beyond the rights.
type ServerSettings struct {
	// Name of the server, unique in a cluster.
	Name string
	// Listen is host:port for clients; empty means that it does not listen.
	Listen string
	// StoreDir is the directory of the log. The server adds "jetstream" to it.
	StoreDir string
	// Keys are the public user nkeys by party: Hub and each provider. Of several
	// each holds alike, so that a party can go from one to another.
	Keys map[string][]string
	// AccountsFile, when set, is what the configuration includes in place of the
	// accounts: a file with what AccountsConfig writes, named as seen from its
	// folder. Keys are unused then.
	AccountsFile string
	// TLS are the certificate files of the server; with them it takes only processes
	// that show a certificate which the CA has signed. None means no TLS.
	TLS tlsfile.Files
	// MaxStore limits the log on disk, in bytes; 0 leaves it to the server,
	// which takes three quarters of what is free.
	MaxStore int64
	// Lazy leaves out "sync always". Only the embedded server sets it, because
	// its group commit syncs instead.
	Lazy bool
}

const (
	// Account is the account that holds the log, and so a folder of the store.
	Account       = "HUB"
	systemAccount = "SYS"
	// maxPayload limits one message, in bytes. A case fact is well below 100 KB.
	maxPayload = 1 << 20
	// serverReport is where each server of a cluster tells how it is set up.
	serverReport = "$SYS.REQ.SERVER.PING.JSZ"
)

// ServerConfig writes the nats-server.conf of the hub, with the accounts of
// AccountsConfig. For a cluster add the cluster block by hand, on three servers
// in three failure zones.
func ServerConfig(s ServerSettings) (string, error) {
	w := &writer{}
	if s.Name != "" {
		w.line("server_name: %q", s.Name)
	}
	if s.Listen != "" {
		w.line("listen: %q", s.Listen)
	}
	if s.TLS != (tlsfile.Files{}) {
		w.line("tls: {cert_file: %q, key_file: %q, ca_file: %q, verify: true, min_version: %q}", s.TLS.Cert, s.TLS.Key, s.TLS.CA, "1.3")
	}
	w.line("max_payload: %d", maxPayload)
	w.open("jetstream {")
	w.line("store_dir: %q", s.StoreDir)
	w.line("max_memory_store: %d", 64<<20)
	if s.MaxStore > 0 {
		w.line("max_file_store: %d", s.MaxStore)
	}
	if !s.Lazy {
		w.line("# An acknowledged message is on disk. The hub refuses to start without it.")
		w.line("sync_interval: always")
	}
	w.close("}")
	if s.AccountsFile != "" {
		w.line("include %q", s.AccountsFile)
		return w.text.String(), nil
	}
	accounts, err := AccountsConfig(s.Keys)
	return w.text.String() + accounts, err
}

// AccountsConfig writes who may connect and what each may do: one account for the
// hub, which holds the log, and one for each provider, joined to it by the rights
// of rights.go and nothing else. Keys are those of ServerSettings.
func AccountsConfig(keys map[string][]string) (string, error) {
	if err := checkKeys(keys); err != nil {
		return "", err
	}
	w := &writer{}
	w.line("system_account: %s", systemAccount)
	w.open("accounts {")
	w.open("%s {", systemAccount)
	w.line("exports: [{service: %q, accounts: [%s], response_type: stream}]", serverReport, Account)
	w.close("}")
	if err := writeHub(w, keys[Hub]); err != nil {
		return "", err
	}
	for _, party := range Providers() {
		if err := writeProvider(w, party, keys[party]); err != nil {
			return "", err
		}
	}
	w.close("}")
	return w.text.String(), nil
}

func writeHub(w *writer, keys []string) error {
	w.open("%s {", Account)
	w.line("jetstream: enabled")
	w.users(keys, "")
	w.open("exports: [")
	for _, party := range Providers() {
		rights, err := RightsOf(party)
		if err != nil {
			return err
		}
		for _, subject := range rights.Publish {
			w.line("{service: %q, accounts: [%s]}", subject, account(party))
		}
		for _, subject := range rights.Inspect {
			w.line("{service: %q, accounts: [%s]}", "$JS.API."+subject, account(party))
		}
		for _, subject := range rights.Pull {
			w.line("{service: %q, accounts: [%s], response_type: stream}", "$JS.API."+subject, account(party))
		}
	}
	w.close("]")
	w.open("imports: [")
	w.line("{service: {account: %s, subject: %q}}", systemAccount, serverReport)
	for _, party := range Providers() {
		rights, err := RightsOf(party)
		if err != nil {
			return err
		}
		for _, subject := range rights.Serve {
			w.line("{service: {account: %s, subject: %q}}", account(party), subject)
		}
	}
	w.close("]")
	w.close("}")
	return nil
}

func writeProvider(w *writer, party string, keys []string) error {
	rights, err := RightsOf(party)
	if err != nil {
		return err
	}
	publish := append([]string{}, rights.Publish...)
	w.open("%s {", account(party))
	w.open("imports: [")
	for _, subject := range rights.Publish {
		w.line("{service: {account: %s, subject: %q}}", Account, subject)
	}
	for _, subject := range append(append([]string{}, rights.Inspect...), rights.Pull...) {
		local := providerAPI + "." + subject
		publish = append(publish, local)
		w.line("{service: {account: %s, subject: %q}, to: %q}", Account, "$JS.API."+subject, local)
	}
	w.close("]")
	w.open("exports: [")
	for _, subject := range rights.Serve {
		w.line("{service: %q, accounts: [%s]}", subject, Account)
	}
	w.close("]")
	permissions := fmt.Sprintf("{publish: {allow: [%s]}, subscribe: {allow: [%s]}, allow_responses: {max: 1, expires: \"1m\"}}",
		quoted(publish), quoted(append([]string{rights.Receive}, rights.Serve...)))
	w.users(keys, ", permissions: "+permissions)
	w.close("}")
	return nil
}

// account names a party's account as the server's configuration spells it.
func account(party string) string {
	if party == Hub {
		return Account
	}
	return "P_" + token(party)
}

// token writes a provider's key as part of a name in capitals: ESPOO_CITY.
func token(party string) string {
	return strings.ToUpper(strings.ReplaceAll(party, "-", "_"))
}

func quoted(subjects []string) string {
	quotes := make([]string, len(subjects))
	for i, subject := range subjects {
		quotes[i] = fmt.Sprintf("%q", subject)
	}
	return strings.Join(quotes, ", ")
}

type writer struct {
	text   strings.Builder
	indent int
}

func (w *writer) line(format string, values ...any) {
	w.text.WriteString(strings.Repeat("  ", w.indent))
	fmt.Fprintf(&w.text, format, values...)
	w.text.WriteByte('\n')
}

func (w *writer) open(format string, values ...any) {
	w.line(format, values...)
	w.indent++
}

func (w *writer) close(line string) {
	w.indent--
	w.line("%s", line)
}

// users writes a user for each key of a party, all with the same rights.
func (w *writer) users(keys []string, permissions string) {
	w.open("users: [")
	for _, key := range keys {
		w.line("{nkey: %q%s}", key, permissions)
	}
	w.close("]")
}

// checkKeys refuses what the server would, and a key that two parties would have:
// nobody could tell then who speaks.
func checkKeys(keys map[string][]string) error {
	owners := make(map[string]string)
	for _, party := range append(Providers(), Hub) {
		if len(keys[party]) == 0 {
			return fmt.Errorf("bus: the server's configuration needs a public key for %s", party)
		}
		for _, key := range keys[party] {
			if !nkeys.IsValidPublicUserKey(key) {
				return fmt.Errorf("bus: the key for %s is no public key of a user: 56 letters and digits that begin with U would be right", party)
			}
			if owner, taken := owners[key]; taken {
				return fmt.Errorf("bus: key %s is named for %s and for %s: each needs one of its own", key, owner, party)
			}
			owners[key] = party
		}
	}
	return nil
}
