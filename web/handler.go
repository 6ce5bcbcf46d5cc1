// Package web is the shell every page is served by: engine, middleware,
// sessions, rendering, errors, event streams. It knows no domain.
//
// A handler decides and does not write: it returns a Response or an error,
// and Shell.Handle is the only code that touches the answer. A page is
// executed into a buffer first, so a template error can never send half of
// one.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// A Handler answers one request.
type Handler func(*gin.Context) (Response, error)

// A Response is an answer that has been decided but not written.
type Response interface {
	write(c *gin.Context, s *Shell) error
}

// Handle adapts a Handler to gin: it saves the session, writes the response,
// and turns an error into a page with the right status. The session is saved
// after an error too: what was used up by a failed attempt stays used up.
func (s *Shell) Handle(h Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		resp, err := h(c)
		if serr := s.saveSession(c); serr != nil {
			err = errors.Join(err, serr)
		}
		if err == nil {
			err = resp.write(c, s)
		}
		if err != nil {
			s.fail(c, err)
		}
	}
}

// fail logs err once and answers with its page, unless bytes are already out.
func (s *Shell) fail(c *gin.Context, err error) {
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		c.AbortWithStatus(statusGone) // the person has gone; nobody is there to be told
		return
	}
	e := s.asError(c, err)
	Note(c, slog.Any("error", err.Error()))
	c.Abort()
	if c.Writer.Written() {
		return
	}
	if e.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	if strings.Contains(c.GetHeader("Accept"), "application/json") {
		writeProblem(c, e)
		return
	}
	page := &ErrorPage{Status: e.Status, Message: e.Public, Next: e.Next, RequestID: RequestID(c)}
	page.Title = e.title()
	if werr := (pageResponse{status: e.Status, name: "error.html", page: page}).write(c, s); werr != nil {
		Note(c, slog.String("error_page", werr.Error()))
		c.String(e.Status, "%s\nRequest ID %s", e.Public, RequestID(c))
	}
}

// statusGone is for the log: who asked hung up before the answer.
const statusGone = 499

// problem is an error for a script, as RFC 9457 has it.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"` // the request ID
}

func writeProblem(c *gin.Context, e *Error) {
	c.Header("Content-Type", "application/problem+json") // kept by JSON
	c.JSON(e.Status, problem{Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Detail: e.Public, Instance: RequestID(c)})
}

// An Error carries what the person may read beside what the log gets.
type Error struct {
	Status int    // HTTP status
	Public string // one or two sentences: what is wrong and what to do
	Next   Link   // where to go on; zero means the start page
	Err    error  // for the log only
	// RetryAfter says when trying again may help; zero says nothing.
	RetryAfter time.Duration
}

// A Link is a labelled address of the console.
type Link struct{ Label, Href string }

// Error implements error; the text is for the log.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%d: %s", e.Status, e.Public)
	}
	return fmt.Sprintf("%d: %s: %v", e.Status, e.Public, e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// titles head the error pages, in words for people.
var titles = map[int]string{
	http.StatusBadRequest:            "That cannot be used",
	http.StatusForbidden:             "Not from here",
	http.StatusNotFound:              "There is nothing here",
	http.StatusMethodNotAllowed:      "Not this way",
	http.StatusConflict:              "Something changed in between",
	http.StatusGone:                  "It is no longer there",
	http.StatusRequestTimeout:        "That took too long",
	http.StatusRequestEntityTooLarge: "That is too much",
	http.StatusUnsupportedMediaType:  "Not in this form",
	http.StatusUnprocessableEntity:   "Something needs mending",
	http.StatusMisdirectedRequest:    "Another address is needed",
	http.StatusTooManyRequests:       "Too many at once",
	http.StatusInternalServerError:   "This page could not be made",
	http.StatusBadGateway:            "Microsoft did not give what was asked for",
	http.StatusServiceUnavailable:    "Not at the moment",
}

func (e *Error) title() string {
	if t, ok := titles[e.Status]; ok {
		return t
	}
	return http.StatusText(e.Status)
}

// NotFound says that what names (a noun with article) is not there.
func NotFound(what string) *Error {
	return &Error{Status: http.StatusNotFound, Public: "There is no " + what + " at this address. It may have been removed."}
}

// BadRequest refuses with a sentence that names the field and the mend.
func BadRequest(public string) *Error {
	return &Error{Status: http.StatusBadRequest, Public: public}
}

// asError finds the Error in err, or has it explained; anything else is a
// plain 500 whose detail stays in the log.
func (s *Shell) asError(c *gin.Context, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if s.config.Explain != nil {
		if e := s.config.Explain(c, err); e != nil {
			return e
		}
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &Error{Status: http.StatusRequestEntityTooLarge, Public: fmt.Sprintf("The form is larger than the %d bytes accepted here. Shorten what was typed.", tooLarge.Limit), Err: err}
	}
	return &Error{
		Status: http.StatusInternalServerError,
		Public: "This page could not be made. Try again; if it stays, send the request ID below to whoever runs this console.",
		Err:    err,
	}
}
