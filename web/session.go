package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/sessions"
)

// cookieName has the __Host- prefix: Secure, Path=/ and no Domain. Browsers
// treat http://localhost as secure enough for it.
const cookieName = "__Host-consentry"

// A SessionStore keeps session records on the server, under the hash of the
// id only: a copy of the database gives no usable cookie. Loading counts as
// use. What is unknown, ended or expired answers every method but Delete with
// an error that wraps fs.ErrNotExist, and is never brought back by saving.
//
// What is saved comes from change, which is given the record as it stands, nil
// for a new session. Nobody else saves the same session meanwhile, in any
// process. It may be called more than once; its error ends the saving.
type SessionStore interface {
	LoadSession(ctx context.Context, hash []byte) ([]byte, error)
	SaveSession(ctx context.Context, hash []byte, change func(was []byte) ([]byte, error), idle, absolute time.Duration) error
	ReplaceSession(ctx context.Context, old, new []byte, change func(was []byte) ([]byte, error), idle, absolute time.Duration) error
	DeleteSession(ctx context.Context, hash []byte) error
}

// store is a gorilla sessions.Store over a SessionStore. gorilla's own stores
// hand the old id back together with an error, so that a deleted session can
// be saved again under it; this one discards an id it does not know.
type store struct {
	backend        SessionStore
	idle, absolute time.Duration
}

var _ sessions.Store = (*store)(nil)

// Get returns the session of this request, loading it at most once.
func (s *store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New loads the session the cookie names, or makes an empty one without id.
func (s *store) New(r *http.Request, name string) (*sessions.Session, error) {
	sess := sessions.NewSession(s, name)
	sess.IsNew = true
	sess.Options = &sessions.Options{Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	cookie, err := r.Cookie(name)
	if err != nil || cookie.Value == "" {
		return sess, nil
	}
	values, err := s.values(r.Context(), cookie.Value)
	if errors.Is(err, fs.ErrNotExist) {
		return sess, nil
	}
	if err != nil {
		return sess, err
	}
	sess.ID, sess.IsNew = cookie.Value, false
	for k, v := range values {
		sess.Values[k] = v
	}
	return sess, nil
}

// values loads what is kept under an id.
func (s *store) values(ctx context.Context, id string) (map[string]json.RawMessage, error) {
	data, err := s.backend.LoadSession(ctx, hashID(id))
	if err != nil {
		return nil, err
	}
	return decode(data)
}

func decode(data []byte) (map[string]json.RawMessage, error) {
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &values); err != nil {
		return nil, fmt.Errorf("session record: %w", err)
	}
	return values, nil
}

// Save writes the record and, for a new id, the cookie. Only what this request
// changed is put over what others saved since it began.
func (s *store) Save(r *http.Request, w http.ResponseWriter, sess *sessions.Session) error {
	if sess.Options.MaxAge < 0 {
		return s.end(r, w, sess)
	}
	old, _ := sess.Values[replacesKey{}].(string)
	fresh := sess.ID == "" || old != ""
	change := merge(sess, cmp.Or(old, sess.ID) == "")
	var err error
	switch {
	case old != "":
		err = s.backend.ReplaceSession(r.Context(), hashID(old), hashID(sess.ID), change, s.idle, s.absolute)
	case sess.ID == "":
		sess.ID = newID()
		fallthrough
	default:
		err = s.backend.SaveSession(r.Context(), hashID(sess.ID), change, s.idle, s.absolute)
	}
	if err != nil {
		return err
	}
	delete(sess.Values, replacesKey{})
	delete(sess.Values, changedKey{})
	if fresh {
		http.SetCookie(w, sessions.NewCookie(sess.Name(), sess.ID, sess.Options))
	}
	return nil
}

func (s *store) end(r *http.Request, w http.ResponseWriter, sess *sessions.Session) error {
	if sess.ID != "" {
		if err := s.backend.DeleteSession(r.Context(), hashID(sess.ID)); err != nil {
			return err
		}
	}
	http.SetCookie(w, sessions.NewCookie(sess.Name(), "", sess.Options))
	return nil
}

// replacesKey holds, until Save, the id a renewed session takes the place of;
// changedKey the names that this request set or deleted.
type (
	replacesKey struct{}
	changedKey  struct{}
)

// merge puts what this request changed over the record as it stands. A session
// that is not new has one, or is over.
func merge(sess *sessions.Session, isNew bool) func(was []byte) ([]byte, error) {
	changed, _ := sess.Values[changedKey{}].(map[string]bool)
	return func(was []byte) ([]byte, error) {
		values := map[string]json.RawMessage{}
		switch {
		case was != nil:
			var err error
			if values, err = decode(was); err != nil {
				return nil, err
			}
		case !isNew:
			return nil, fs.ErrNotExist
		}
		for name := range changed {
			if raw, ok := sess.Values[name].(json.RawMessage); ok {
				values[name] = raw
			} else {
				delete(values, name)
			}
		}
		return json.Marshal(values)
	}
}

func newID() string { return base64.RawURLEncoding.EncodeToString(random(32)) }

func hashID(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:]
}

// load gives the request's session.
func (s *store) load(r *http.Request) (*Session, error) {
	inner, err := s.Get(r, cookieName)
	if err != nil {
		return nil, err
	}
	return &Session{inner: inner}, nil
}

// A Session is what the console remembers about one browser, on the server.
type Session struct {
	inner   *sessions.Session
	decoded map[string]decoded
	dirty   bool
	adds    bool // something was set or renewed, not only forgotten
}

// SessionOf returns the session of this request; nil for one that is refused
// before its session is looked up.
func SessionOf(c *gin.Context) *Session { return sessionOf(c) }

func sessionOf(c *gin.Context) *Session {
	v, _ := c.Get(sessionKey)
	s, _ := v.(*Session)
	return s
}

// Get decodes the value of key into v and reports whether there was one.
func (s *Session) Get(key string, v any) bool {
	raw, ok := s.inner.Values[key].(json.RawMessage)
	if !ok || len(raw) == 0 {
		return false
	}
	into := reflect.ValueOf(v).Elem()
	if known, ok := s.decoded[key]; ok && &known.raw[0] == &raw[0] && known.value.Type() == into.Type() {
		into.Set(known.value)
		return true
	}
	if json.Unmarshal(raw, v) != nil {
		return false
	}
	s.keep(key, raw, into)
	return true
}

// A decoded value is kept for the request: who is signed in is asked for many
// times in each. It holds for as long as raw is the value.
type decoded struct {
	raw   json.RawMessage
	value reflect.Value
}

// keep remembers a value of which nobody can change a part: what can be
// compared has neither slices nor maps.
func (s *Session) keep(key string, raw json.RawMessage, v reflect.Value) {
	if !v.Type().Comparable() {
		return
	}
	own := reflect.New(v.Type()).Elem()
	own.Set(v)
	if s.decoded == nil {
		s.decoded = map[string]decoded{}
	}
	s.decoded[key] = decoded{raw, own}
}

// Set keeps v under key. v must encode as JSON.
func (s *Session) Set(key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("web: session value %s: %w", key, err)
	}
	s.inner.Values[key] = json.RawMessage(raw)
	s.touch(key)
	s.adds = true
	return nil
}

// Delete forgets key.
func (s *Session) Delete(key string) {
	if _, ok := s.inner.Values[key]; ok {
		delete(s.inner.Values, key)
		s.touch(key)
	}
}

func (s *Session) touch(key string) {
	changed, ok := s.inner.Values[changedKey{}].(map[string]bool)
	if !ok {
		changed = map[string]bool{}
		s.inner.Values[changedKey{}] = changed
	}
	changed[key] = true
	s.dirty = true
}

// Keys are those in use that begin with prefix, in order. Things of which
// there may be several at a time stand under keys of their own: two tabs that
// set the same one at once would overwrite each other.
func (s *Session) Keys(prefix string) []string {
	var out []string
	for k := range s.inner.Values {
		if name, ok := k.(string); ok && strings.HasPrefix(name, prefix) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Renew gives the session a new id and ends the old one: after signing in, a
// cookie planted or overheard before is worth nothing.
func (s *Session) Renew() {
	if s.inner.ID != "" {
		s.inner.Values[replacesKey{}] = s.inner.ID
		s.inner.ID = newID()
	}
	s.dirty, s.adds = true, true
}

// Forget empties the session but for the keys that begin with keep, where one
// is given: what one person left in it is not for the next.
func (s *Session) Forget(keep string) {
	for _, key := range s.Keys("") {
		if keep == "" || !strings.HasPrefix(key, keep) {
			s.Delete(key)
		}
	}
}

// Mark tells sessions apart in a log without giving the id away: the first 16
// hexadecimal digits of its hash, under which the record is kept. Empty before
// there is an id.
func (s *Session) Mark() string {
	if s.inner.ID == "" {
		return ""
	}
	return hex.EncodeToString(hashID(s.inner.ID)[:8])
}

// ReadSession decodes the value of key in a session's record, as a
// SessionStore keeps it, and reports whether there was one.
func ReadSession(record []byte, key string, v any) bool {
	var values map[string]json.RawMessage
	if json.Unmarshal(record, &values) != nil {
		return false
	}
	raw, ok := values[key]
	return ok && json.Unmarshal(raw, v) == nil
}

// RequestID names this request in the log and on error pages.
func RequestID(c *gin.Context) string { return requestID(c) }

// End deletes the record and the cookie.
func (s *Session) End() {
	s.inner.Values = map[any]any{}
	s.inner.Options.MaxAge = -1
	s.dirty = true
}

const flashKey = "flash"

// Say shows text once, on the next page.
func (s *Session) Say(text string) error { return s.Set(flashKey, text) }

func (s *Session) takeFlash() string {
	var text string
	if s.Get(flashKey, &text) {
		s.Delete(flashKey)
	}
	return text
}

// saveSession writes the session when something changed, before the answer. A
// session that was ended elsewhere since the request began stays ended; that
// matters only to a request that wanted something remembered. The cookie is
// left alone: the browser may have a new one by now.
func (s *Shell) saveSession(c *gin.Context) error {
	sess := sessionOf(c)
	if sess == nil || !sess.dirty {
		return nil
	}
	sess.dirty = false
	err := s.sessions.Save(c.Request, c.Writer, sess.inner)
	if !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			err = fmt.Errorf("web: save session: %w", err)
		}
		return err
	}
	lost := sess.adds
	sess.forget()
	if !lost {
		return nil
	}
	return &Error{Status: http.StatusForbidden, Err: err,
		Public: "You were signed out in another window while this was under way, so it could not be finished. Sign in again and repeat it."}
}

// forget makes the session nobody's for the rest of this request.
func (s *Session) forget() {
	s.inner.ID, s.inner.Values, s.dirty, s.adds = "", map[any]any{}, false, false
}
