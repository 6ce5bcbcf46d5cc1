package web

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// maxFields is how many values a form or an address may bring.
const maxFields = 1000

// A Body is what the forms of one address may send.
type Body struct {
	Bytes int64 // at most so many
	File  bool  // a file may come with them (multipart/form-data)
}

// Allow lets the forms of a route, given by its pattern, send more than
// others. It must be called before the engine answers.
func (s *Shell) Allow(pattern string, b Body) { s.bodies[pattern] = b }

func (s *Shell) bodyOf(c *gin.Context) Body {
	if b, ok := s.bodies[c.FullPath()]; ok {
		return b
	}
	return Body{Bytes: maxBody}
}

// An Input says what a field may be beyond one line of text that comes once.
type Input struct {
	// Several: it may come more than once, such as boxes to tick.
	Several bool
	// Text: it may hold anything, because people paste into it what others
	// wrote; whoever reads it deals with what they find.
	Text bool
}

// Inputs names the fields that are more than one line of text, of whatever
// form or address. It must be called before the engine answers.
func (s *Shell) Inputs(fields map[string]Input) {
	for name, in := range fields {
		s.inputs[name] = in
	}
}

// readInput bounds the body and reads the form here, because gin's PostForm
// takes a form that could not be read, or is of another kind, for an empty one.
// What a form sends stands in its body alone: with one, the address's query is
// forgotten.
func (s *Shell) readInput(c *gin.Context) {
	if c.FullPath() == "" { // nobody reads it
		c.Next()
		return
	}
	body := s.bodyOf(c)
	if !isForm(c.Request, body.File) {
		s.fail(c, &Error{Status: http.StatusUnsupportedMediaType, Public: "This address takes a form of this console. Open the page before and send it from there."})
		return
	}
	if !isSafe(c.Request.Method) {
		c.Request.URL.RawQuery = ""
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, body.Bytes)
	if err := s.parse(c.Request, body); err != nil {
		s.fail(c, err)
		return
	}
	c.Next()
}

func (s *Shell) parse(r *http.Request, body Body) error {
	if strings.Count(r.URL.RawQuery, "&") >= maxFields {
		return errTooMany
	}
	if err := parseForm(r, body); err != nil {
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			return err
		case errors.Is(err, os.ErrDeadlineExceeded):
			return &Error{Status: http.StatusRequestTimeout, Public: "The form took too long to arrive. Send it again.", Err: err}
		}
		return &Error{Status: http.StatusBadRequest, Public: "The form or the address could not be read. Go back and send it again.", Err: err}
	}
	return s.checkFields(r.Form)
}

var errTooMany = &Error{Status: http.StatusBadRequest, Public: fmt.Sprintf("More than %d values were sent, which no page of this console does.", maxFields)}

// parseForm keeps an uploaded file in memory: nothing is written to disk.
func parseForm(r *http.Request, b Body) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if !b.File || isSafe(r.Method) || kind != "multipart/form-data" {
		return r.ParseForm()
	}
	return r.ParseMultipartForm(b.Bytes)
}

// isForm reports whether the body is a form's, or there is none.
func isForm(r *http.Request, file bool) bool {
	if isSafe(r.Method) || r.ContentLength == 0 {
		return true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/x-www-form-urlencoded" || file && kind == "multipart/form-data")
}

// checkFields refuses what no form of ours sends: too many values, the same
// field twice, or characters that cannot be seen.
func (s *Shell) checkFields(form url.Values) error {
	n := 0
	for name, values := range form {
		if n += len(values); n > maxFields {
			return errTooMany
		}
		in := s.inputs[name]
		if len(values) > 1 && !in.Several {
			return BadRequest("The field " + shown(name) + " came more than once. Send it once.")
		}
		for _, v := range values {
			if what := unwanted(v, in.Text); what != "" {
				return BadRequest("The field " + shown(name) + " holds " + what + ". Go back and type its value instead of pasting it.")
			}
		}
	}
	return nil
}

// shown is a field's name as an error may repeat it.
func shown(name string) string {
	if len(name) > 60 {
		name = name[:60]
	}
	return strconv.QuoteToASCII(name)
}

// unwanted says what in a value nobody could have meant to type.
func unwanted(value string, text bool) string {
	switch {
	case text:
		return ""
	case strings.ContainsRune(value, 0):
		return "the character NUL"
	case !utf8.ValidString(value):
		return "bytes that are no text"
	}
	for _, r := range value {
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return "a line break"
		case unicode.Is(unicode.Bidi_Control, r) && !mark(r):
			return "a character that turns the direction of text around"
		case unicode.IsControl(r) && r != '\t':
			return "a control character"
		}
	}
	return ""
}

// mark: a direction mark turns nothing around and comes along when something
// is copied from a Windows dialog; the field's own rules decide about it.
func mark(r rune) bool { return r == '\u200e' || r == '\u200f' || r == '\u061c' }
