package web

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/limit"
	"github.com/businessespoo/hub/services/kit/problem"
)

// visit is what the pages know of a request's way here. It never says who somebody
// is: that only a token does.
type visit struct {
	// address is that of the visitor; secure tells that it came over https.
	address string
	secure  bool
}

type visitKey struct{}

func visitOf(ctx context.Context) visit {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v
}

// Visitor is the address for which the pages make a call; empty outside of a page.
func Visitor(ctx context.Context) string { return visitOf(ctx).address }

// arrived reads how a request came. Behind a proxy its own word counts: the last
// address that it added, since those before it are the visitor's to choose.
func (s *server) arrived(r *http.Request) *http.Request {
	v := visit{address: r.RemoteAddr, secure: r.TLS != nil}
	if s.BehindProxy {
		v.secure = v.secure || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
		if all := r.Header.Values("X-Forwarded-For"); len(all) > 0 {
			addresses := strings.Split(all[len(all)-1], ",")
			v.address = strings.TrimSpace(addresses[len(addresses)-1])
		}
	}
	v.address = host.Network(v.address)
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

const (
	// wrongSignIns and wrongSignInEvery are how many answers of issuers that are not right
	// one address may bring at once, and how often over time.
	wrongSignIns     = 20
	wrongSignInEvery = 3 * time.Second
	// mostKept and keptEvery are how many forms of people who are not signed in are kept
	// for one address at once, and how often over time.
	mostKept  = 10
	keptEvery = 30 * time.Second
	// pageBurst is how many seconds' worth of pages may be asked for at once.
	pageBurst = 5
)

// limits are what one address may ask of the pages, beside what the API limits.
type limits struct {
	perSecond    float64
	pages, wrong *limit.Buckets
	kept         *limit.Buckets
}

func newLimits(perSecond float64) limits {
	return limits{
		perSecond: perSecond, pages: limit.NewBuckets(perSecond, int(perSecond*pageBurst)),
		wrong: limit.NewBuckets(1/wrongSignInEvery.Seconds(), wrongSignIns),
		kept:  limit.NewBuckets(1/keptEvery.Seconds(), mostKept),
	}
}

func (l limits) page(r *http.Request, now time.Time) error {
	if wait := l.pages.Take(Visitor(r.Context()), now); wait > 0 {
		return host.TooOften(wait, "pages were asked for from your address", l.perSecond, int(l.perSecond*pageBurst))
	}
	return nil
}

// comeAgain says in a header when a refused request may be sent again, if that is known.
func (f *frame) comeAgain(p *problem.Problem) {
	if p.RetryAfter > 0 && f.header != nil {
		f.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
}
