// Package ytj reads the public register of companies: version 3 of the open data
// of the Business Information System (YTJ), which the Finnish Patent and
// Registration Office serves over HTTP without a key.
//
// The register is another's and may be slow, away or wrong at any time, so a look-up
// is bounded in time and size, what was read is kept for a while, and whoever asks
// must get along without an answer. Nothing but a Business ID goes out.
package ytj

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"google.golang.org/protobuf/proto"

	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/limit"
	"github.com/businessespoo/hub/services/kit/problem"
)

// The reasons of this package's problems.
const (
	// ReasonNone: the register knows no company with this Business ID.
	ReasonNone = "COMPANY_NOT_REGISTERED"
	// ReasonAway: the register does not answer.
	ReasonAway = "REGISTER_AWAY"
	// ReasonBusy: the register, or the hub's own limit, asks to wait.
	ReasonBusy = "REGISTER_BUSY"
	// ReasonUnreadable: what the register answered cannot be understood.
	ReasonUnreadable = "REGISTER_UNREADABLE"
)

const (
	// patience bounds one look-up.
	patience = 3 * time.Second
	// largest is the most that one answer may hold. One company is some 10 KB.
	largest = 1 << 20
	// perSecond and atOnce bound what this process asks of the register, whoever asks.
	perSecond, atOnce = 4, 20
	// pause is for how long a register that failed is left alone, when it names no time itself,
	// and longestPause the most that it can name.
	pause, longestPause = 10 * time.Second, 10 * time.Minute
)

// Options are what a register needs.
type Options struct {
	// Base is the address under which companies are asked for with
	// companies?businessId=, such as https://avoindata.prh.fi/opendata-ytj-api/v3.
	// It is https, but for this machine's own addresses.
	Base string
	// Patience bounds one look-up; 3 s when 0.
	Patience time.Duration
	// Now tells the time; time.Now when nil.
	Now func() time.Time
}

// Register looks companies up. It may be used by many at once.
type Register struct {
	base     *url.URL
	patience time.Duration
	now      func() time.Time
	client   *http.Client
	kept     *kept
	asked    singleflight.Group
	bound    *limit.Buckets

	mu    sync.Mutex
	until time.Time // nobody asks before
	why   error
}

// New makes a register; nil when there is no address, and an error when the address
// cannot be one.
func New(o Options) (*Register, error) {
	if o.Base == "" {
		return nil, nil
	}
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" ||
		base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())) {
		return nil, fmt.Errorf("ytj: the address of the company register %q must be https without user, query and fragment, such as https://avoindata.prh.fi/opendata-ytj-api/v3; http is for this machine's own addresses alone", o.Base)
	}
	r := &Register{base: base.JoinPath("companies"), patience: cmp.Or(o.Patience, patience), now: o.Now, kept: newKept(), bound: limit.NewBuckets(perSecond, atOnce)}
	if r.now == nil {
		r.now = time.Now
	}
	r.client = &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxConnsPerHost: perSecond, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: r.patience, MaxResponseHeaderBytes: 64 << 10, DialContext: (&net.Dialer{Timeout: r.patience}).DialContext,
		},
		// The register answers itself. Whoever could send the hub elsewhere could have it ask there.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return r, nil
}

func loopback(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}

// Knows tells whether a look-up is answered without asking the register.
func (r *Register) Knows(businessID string) bool {
	_, _, fresh := r.kept.get(businessID, r.now())
	return fresh
}

// Lookup answers what the register says of a company: what it said a while ago, else
// what it says now, else, while it is away, what it said before that. The error is a
// problem with one of the reasons above, or of a Business ID that is none, or that ctx ended.
func (r *Register) Lookup(ctx context.Context, businessID string) (*companyv1.Company, error) {
	id, err := identifier.ParseBusinessID(businessID)
	if err != nil {
		return nil, problem.New(problem.Invalid, "INVALID_FIELDS", "%s", err).Field("business_id", err.Error())
	}
	known, old, fresh := r.kept.get(id, r.now())
	if fresh {
		return answer(id, known)
	}
	// Who asks for the same company at the same time waits for one answer, and an answer
	// that its first asker no longer waits for is kept for the next.
	done := r.asked.DoChan(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.patience)
		defer cancel()
		return r.read(ctx, id)
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("ytj: look up: %w", ctx.Err())
	case result := <-done:
		if result.Err == nil {
			return answer(id, result.Val.(*companyv1.Company))
		}
		if old && known != nil {
			return answer(id, known)
		}
		return nil, result.Err
	}
}

// answer is a copy of what is kept, or the problem that there is no such company.
func answer(id string, company *companyv1.Company) (*companyv1.Company, error) {
	if company == nil {
		return nil, problem.New(problem.NotFound, ReasonNone, "the company register knows no company %s; compare the number with the company's papers", id)
	}
	return proto.CloneOf(company), nil
}

// read asks the register, unless it is to be left alone, and keeps what it says; nil
// says that there is no such company.
func (r *Register) read(ctx context.Context, id string) (*companyv1.Company, error) {
	now := r.now()
	if wait, why := r.left(now); wait > 0 {
		return nil, busy(wait).Because(why)
	}
	if wait := r.bound.Take("", now); wait > 0 {
		return nil, busy(wait)
	}
	company, err := r.ask(ctx, id)
	if err != nil {
		failure := problem.From(err)
		if failure.Reason != ReasonUnreadable { // of one company; the others may be well
			r.leave(now, failure)
		}
		return nil, failure
	}
	r.kept.put(id, company, now)
	return company, nil
}

func busy(wait time.Duration) *problem.Problem {
	return problem.New(problem.Unavailable, ReasonBusy, "the company register cannot be asked at this moment; try again in %s, or go on without", wait.Round(time.Second)).Retry(wait)
}

// left tells for how long nobody asks the register, and why.
func (r *Register) left(now time.Time) (time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.until.Sub(now), r.why
}

// leave leaves a register that failed alone for a while.
func (r *Register) leave(now time.Time, failure *problem.Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until, r.why = now.Add(min(max(failure.RetryAfter, pause), longestPause)), failure
}

// ask asks the register once.
func (r *Register) ask(ctx context.Context, id string) (*companyv1.Company, error) {
	at := *r.base
	at.RawQuery = url.Values{"businessId": {id}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ytj: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := r.client.Do(request)
	if err != nil {
		return nil, away().Because(err)
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusOK:
	case response.StatusCode == http.StatusNotFound:
		return nil, nil
	case response.StatusCode == http.StatusTooManyRequests:
		wait := max(retryAfter(response.Header, r.now()), pause)
		return nil, busy(wait).Because(fmt.Errorf("the register answered %s", response.Status))
	default:
		return nil, away().Retry(retryAfter(response.Header, r.now())).Because(fmt.Errorf("the register answered %s", response.Status))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, largest+1))
	switch {
	case err != nil:
		return nil, away().Because(err)
	case len(body) > largest:
		return nil, unreadable("more than %d bytes", largest)
	case !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json"):
		return nil, unreadable("content of type %.60q", response.Header.Get("Content-Type"))
	}
	return readAnswer(body, id, r.now())
}

func away() *problem.Problem {
	return problem.New(problem.Unavailable, ReasonAway, "the company register does not answer now; try again a little later, or go on without")
}

func unreadable(format string, args ...any) *problem.Problem {
	return problem.New(problem.Unavailable, ReasonUnreadable, "the company register answered what the hub cannot read; go on without").Because(fmt.Errorf("ytj: the answer has "+format, args...))
}

// retryAfter reads the header of that name: seconds, or a date; 0 without one.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if wait, err := time.ParseDuration(text + "s"); err == nil && wait > 0 {
		return wait
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
