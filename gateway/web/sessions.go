package web

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"
)

// SignOuts remembers across gateways which sessions were signed out.
type SignOuts interface {
	// End remembers a session until its token ends by itself.
	End(ctx context.Context, id string, until time.Time) error
	// Ended tells whether a session was signed out; until is as it was at End.
	Ended(ctx context.Context, id string, until time.Time) (bool, error)
}

// sessions keep who is signed in. The cookie holds the token and the session's id,
// sealed with a key that all gateways share: who copies it has no token, and nothing
// once the session was signed out.
type sessions struct {
	seals []cipher.AEAD // the newest first
	outs  SignOuts

	mutex sync.Mutex
	// ended are the sign-outs at this gateway, which count also while the log is away.
	ended map[string]time.Time
}

// sessionLabel keeps a value that was sealed for something else from being a session.
const sessionLabel = "hub session 1"

const sessionIDLength = 16

// newSessions seals with the first key; without one, with a key that ends with the process.
func newSessions(keys [][]byte, outs SignOuts) *sessions {
	if len(keys) == 0 {
		key := make([]byte, 32)
		_, _ = rand.Read(key)
		keys = [][]byte{key}
	}
	s := &sessions{outs: outs, ended: map[string]time.Time{}}
	for _, key := range keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			panic("web: a session key must have 32 bytes: " + err.Error())
		}
		seal, err := cipher.NewGCM(block)
		if err != nil {
			panic("web: seal sessions: " + err.Error())
		}
		s.seals = append(s.seals, seal)
	}
	return s
}

// begin makes the cookie of a new session; empty for what is not a token.
func (s *sessions) begin(token string) string {
	plain := make([]byte, sessionIDLength)
	_, _ = rand.Read(plain)
	packed, ok := pack(token)
	if !ok {
		return ""
	}
	seal := s.seals[0]
	nonce := make([]byte, seal.NonceSize())
	_, _ = rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(seal.Seal(nonce, nonce, append(plain, packed...), []byte(sessionLabel)))
}

// open answers the session of a cookie, also one that was signed out; nil for any
// other text.
func (s *sessions) open(cookie string) *session {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		return nil
	}
	for _, seal := range s.seals {
		if len(sealed) < seal.NonceSize() {
			return nil
		}
		plain, err := seal.Open(nil, sealed[:seal.NonceSize()], sealed[seal.NonceSize():], []byte(sessionLabel))
		if err != nil || len(plain) < sessionIDLength {
			continue
		}
		who := readSession(unpack(plain[sessionIDLength:]))
		if who != nil {
			who.id = hex.EncodeToString(plain[:sessionIDLength])
		}
		return who
	}
	return nil
}

// end signs a session out, here at once and elsewhere as soon as the log has it.
func (s *sessions) end(ctx context.Context, who *session, now time.Time) error {
	s.mutex.Lock()
	for id, until := range s.ended {
		if until.Before(now) {
			delete(s.ended, id)
		}
	}
	s.ended[who.id] = who.until()
	s.mutex.Unlock()
	if s.outs == nil {
		return nil
	}
	return s.outs.End(ctx, who.id, who.until())
}

// live tells whether a session was not signed out. With an error it was not at this
// gateway, and elsewhere nobody can say.
func (s *sessions) live(ctx context.Context, who *session) (bool, error) {
	s.mutex.Lock()
	_, ended := s.ended[who.id]
	s.mutex.Unlock()
	if ended || s.outs == nil {
		return !ended, nil
	}
	ended, err := s.outs.Ended(ctx, who.id, who.until())
	return !ended, err
}

// session is who the visitor is signed in as; nil for nobody.
func (s *server) session(r *http.Request) *session {
	cookie, err := r.Cookie(cookieName(r, sessionCookie))
	if err != nil {
		return nil
	}
	who := s.sessions.open(cookie.Value)
	if who == nil {
		return nil
	}
	live, err := s.sessions.live(r.Context(), who)
	if err != nil {
		s.Log.WarnContext(r.Context(), "the log does not say which sessions were signed out", "error", err)
	}
	if !live {
		return nil
	}
	return who
}

// pack writes a token as bytes: in text it would not fit into a cookie once sealed.
// A token that would not come back the same is none.
func pack(token string) ([]byte, bool) {
	var packed bytes.Buffer
	for part := range strings.SplitSeq(token, ".") {
		data, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || len(data) > 1<<15 {
			return nil, false
		}
		_ = binary.Write(&packed, binary.BigEndian, uint16(len(data))) // a buffer takes all
		packed.Write(data)
	}
	return packed.Bytes(), unpack(packed.Bytes()) == token
}

// unpack is the token of what pack wrote; empty for anything else.
func unpack(packed []byte) string {
	var parts []string
	for len(packed) > 0 {
		if len(packed) < 2 || len(packed)-2 < int(binary.BigEndian.Uint16(packed)) {
			return ""
		}
		end := 2 + int(binary.BigEndian.Uint16(packed))
		parts = append(parts, base64.RawURLEncoding.EncodeToString(packed[2:end]))
		packed = packed[end:]
	}
	return strings.Join(parts, ".")
}
