package host_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
)

// lines are what a process writes; they may be read meanwhile.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// How often confidential calls are made tells how many notes there are. So no metric
// counts them and no line of a log names one, however it ends; all other calls are
// counted and named.
func TestConfidentialCallsAreCountedNowhere(t *testing.T) {
	written, metrics := &lines{}, host.NewMetrics()
	c := newContract(t, func(o *host.Options) {
		o.Metrics, o.Log = metrics, slog.New(slog.NewTextHandler(written, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	endings := []error{nil, problem.New(problem.Internal, "", "broken"), problem.New(problem.Unavailable, "AWAY", "away"), problem.New(problem.Denied, "NOT_YOURS", "theirs")}
	for _, c.fail = range endings {
		for _, m := range methods(t)["businessespoo.provider.v1.ProviderService"] {
			_ = c.call(t, m, roleOf(m))
		}
	}
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{"the metrics": fmt.Sprint(families), "the log": written.String()}
	confidential := 0
	for where, text := range told {
		for _, m := range methods(t)["businessespoo.provider.v1.ProviderService"] {
			hidden := leaves["ProviderService."+string(m.Name())] == "confidential"
			if named := strings.Contains(text, path(m)); named == hidden {
				t.Errorf("%s: %s is named: %t", where, path(m), named)
			}
			if hidden {
				confidential++
			}
		}
	}
	if confidential != 2*2 || !strings.Contains(told["the log"], "ProviderService code=Internal") {
		t.Errorf("%d methods were confidential; the log is\n%s", confidential, told["the log"])
	}
}
