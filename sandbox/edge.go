package sandbox

import (
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
)

// edge is what every request passes on its way to a service: journal,
// latency, body, faults, and an answer should the service panic.
func (s *Sandbox) edge(service string, h http.Handler) http.Handler {
	h = s.recovered(service, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry, started := s.journal.open(r), time.Now()
		hit := s.faults.strike(service, r)
		out := &answer{ResponseWriter: w}
		done := false
		defer func() { s.settle(entry, out, started, done) }()
		body, err := readBody(r)
		if err == nil {
			s.identify(entry, r, body)
		}
		if !pause(r.Context(), s.done, s.options.Latency) {
			panic(http.ErrAbortHandler)
		}
		if err != nil {
			http.Error(out, "The request was refused: "+err.reason+".", err.status)
		} else {
			s.handle(entry, hit, out, r, h)
		}
		done = true
	})
}

// handle lets the service answer, or the fault that strikes the request.
func (s *Sandbox) handle(entry *Request, hit *strike, out http.ResponseWriter, r *http.Request, h http.Handler) {
	if hit == nil {
		h.ServeHTTP(out, r)
		return
	}
	committed := func(status int) {
		s.journal.update(func() { entry.Committed = status })
	}
	hit.run(out, r, h, s.done, committed)
}

// settle writes down how the request ended.
func (s *Sandbox) settle(entry *Request, out *answer, started time.Time, done bool) {
	s.journal.update(func() {
		entry.Milliseconds = float64(time.Since(started).Microseconds()) / 1000
		entry.Outcome = Dropped
		if done {
			entry.Outcome, entry.Status = Answered, out.code()
		}
	})
}

// identify notes who calls: the bearer of a good token, or the client that
// asks the token endpoint for one.
func (s *Sandbox) identify(entry *Request, r *http.Request, body []byte) {
	if entry.Service == serviceLogin {
		form, err := url.ParseQuery(string(body))
		if err != nil || r.Method != http.MethodPost {
			return
		}
		// Copies: parts of the form's text would keep all of it in memory.
		s.journal.update(func() {
			entry.ClientID, entry.GrantType = strings.Clone(form.Get("client_id")), strings.Clone(form.Get("grant_type"))
		})
		return
	}
	if who, fault := s.world.authenticate(r); fault == nil {
		s.journal.update(func() {
			entry.TenantID, entry.User, entry.ClientID = who.TenantID, who.UserPrincipalName, who.AppID
		})
	}
}

// recovered answers for a service that panicked, in the service's own form.
func (s *Sandbox) recovered(service string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			s.options.Log.Error("the sandbox failed to answer", "service", service, "method", r.Method, "panic", p, "stack", string(debug.Stack()))
			internalErrors[service](w)
		}()
		h.ServeHTTP(w, r)
	})
}

// internalErrors are the services' own words for "our fault".
var internalErrors = map[string]func(http.ResponseWriter){
	serviceLogin: func(w http.ResponseWriter) {
		writeJSON(w, http.StatusInternalServerError, map[string]any{
			"error": "server_error", "error_codes": []int{90033},
			"error_description": "AADSTS90033: A transient error has occurred. Please try again.",
		})
	},
	serviceGraph: func(w http.ResponseWriter) {
		writeJSON(w, http.StatusInternalServerError, map[string]any{
			"error": map[string]any{"code": "Service_InternalServerError", "message": "Encountered an internal server error.", "innerError": map[string]any{}},
		})
	},
	serviceDevOps: writeDevOpsInternalError,
	serviceVSSPS:  writeDevOpsInternalError,
}

func writeDevOpsInternalError(w http.ResponseWriter) {
	writeDevOpsError(w, errDevOpsInternal.with(newGUID()))
}
