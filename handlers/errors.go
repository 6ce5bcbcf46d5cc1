package handlers

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// Explain puts an error of the layers below into a page with a next step. It
// goes by type, status and code. Nil means that nothing is known of it.
func Explain(c *gin.Context, err error) *web.Error {
	if e := explainStore(err); e != nil {
		return e
	}
	var no *entra.ServiceError
	if errors.As(err, &no) {
		return explainRefusal(c, no, err)
	}
	if lost := silentOne(err); lost != nil {
		return &web.Error{Status: http.StatusBadGateway, Err: err, Next: again(c), Public: capital(noAnswerWords(lost))}
	}
	return nil
}

// silentOne is the service that gave no answer: of one inside another the
// inner, such as the sign-in service that had no token for Microsoft Graph.
func silentOne(err error) (lost *entra.NoAnswerError) {
	for errors.As(err, &lost) {
		err = lost.Err
	}
	return lost
}

func explainStore(err error) *web.Error {
	for _, known := range storeWords {
		if known.status == 0 || !errors.Is(err, known.is) {
			continue
		}
		e := &web.Error{Status: known.status, Err: err, Public: known.words}
		if known.status == http.StatusServiceUnavailable {
			e.RetryAfter = 5 * time.Second
		}
		return e
	}
	return nil
}

// storeWords say what the store's answers mean for a person, and for those
// that can be told to a whole page, with which status.
var storeWords = []struct {
	is     error
	status int
	words  string
}{
	{store.ErrUnaudited, http.StatusServiceUnavailable, "The audit log cannot be written right now, so nothing was done. Try again in some seconds; when it stays, whoever runs this console finds the cause in its log."},
	{store.ErrUnavailable, http.StatusServiceUnavailable, "The console's database cannot be used right now: it cannot be reached, another program holds it, or its disk is full or read-only. Try again in some seconds; when it stays, whoever runs this console looks after the database and its disk."},
	{store.ErrNameTaken, http.StatusConflict, "Another environment has this name. Choose another one."},
	{store.ErrBusy, http.StatusConflict, "Something is still under way for this environment. Wait until it has ended, then try again."},
	{store.ErrConflict, http.StatusConflict, "Somebody changed this in another window in between. Nothing was overwritten; load the page again and repeat your change."},
	{store.ErrUnreadable, http.StatusInternalServerError, "What is stored here does not open: it was damaged, or moved here from another record. Nothing of it was given away. Whoever runs this console finds it in the audit log."},
	{store.ErrGone, 0, "It was used before, or its time is over."},
	{store.ErrNotFound, 0, "It is not there any more."},
}

// ofStore is what one of the store's errors means; empty for any other.
func ofStore(err error) string {
	for _, known := range storeWords {
		if err == known.is {
			return known.words
		}
	}
	return ""
}

// explainRefusal says what a service's no means for a page that only wanted
// to read, and where to go on.
func explainRefusal(c *gin.Context, no *entra.ServiceError, err error) *web.Error {
	service := capital(serviceName(no.Service))
	e := &web.Error{Status: http.StatusBadGateway, Err: err, Next: again(c), Public: serviceWords(no)}
	switch no.Status {
	case http.StatusUnauthorized:
		e.Status, e.Next = http.StatusForbidden, web.Link{Label: "Sign in again", Href: signInAndBack(c)}
		e.Public = fmt.Sprintf("%s does not take this sign-in any more (request ID %s). Sign in again to go on.", service, no.RequestID)
	case http.StatusForbidden:
		e.Status, e.Next = http.StatusForbidden, web.Link{Label: "Use another account", Href: signInAndBack(c)}
		e.Public = fmt.Sprintf("Whoever is signed in may not read this in the tenant: %s answered %s (request ID %s). Sign in with an account that has the role, or go on by hand together with an administrator.", serviceName(no.Service), codeOf(no), no.RequestID)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.Status, e.RetryAfter = http.StatusServiceUnavailable, max(no.RetryAfter, 10*time.Second)
		e.Public = fmt.Sprintf("%s is too busy to answer (%s). Wait a little, then try again.", service, codeOf(no))
	}
	return e
}

func codeOf(no *entra.ServiceError) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", no.Status, no.Code))
}

// again leads back to the page that could not be made.
func again(c *gin.Context) web.Link { return web.Link{Label: "Try again", Href: comeBack(c)} }

// sentence is an error as a person may read it: what a service said, what a
// package of ours wrote for people, or the plain cause.
func sentence(err error) string {
	if words := wordsOf(err); len(words) > 0 {
		return strings.Join(words, " ")
	}
	return capital(err.Error())
}

// wordsOf finds what is known in a tree of errors, each once.
func wordsOf(err error) []string {
	if known := knownWords(err); known != "" {
		return []string{known}
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return wordsOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		var out []string
		for _, part := range e.Unwrap() {
			words := wordsOf(part)
			if ofStore(part) != "" {
				return words // what follows the mark is the driver's text
			}
			for _, w := range words {
				if !slices.Contains(out, w) {
					out = append(out, w)
				}
			}
		}
		return out
	}
	return nil
}

func knownWords(err error) string {
	switch e := err.(type) {
	case nil:
		return ""
	case *setup.StepError, *setup.ConflictError, *setup.NotFoundError, *setup.NoApplicationError:
		return e.Error()
	case *setup.DefectError:
		return "The console has a defect and stopped here; its log has the details. Nothing is lost: going on looks up what was done."
	case *web.Error:
		return e.Public
	case *needsError:
		return "You have not allowed the console to do this at Microsoft. Allow it, then go on; what was done stays."
	case *entra.ServiceError:
		return serviceWords(e)
	case *entra.NoAnswerError:
		var no *entra.ServiceError
		var needs *needsError
		if errors.Is(e.Err, errSignedOut) || errors.As(e.Err, &needs) || errors.As(e.Err, &no) || silentOne(e.Err) != nil {
			return "" // the cause says more
		}
		return capital(noAnswerWords(e))
	}
	switch err {
	case errSignedOut:
		return "The sign-in has ended. Sign in again and repeat it; what was done stays."
	case context.Canceled:
		return "It was stopped before it was done."
	case context.DeadlineExceeded:
		return "It took too long and was given up."
	}
	return ofStore(err)
}

func serviceWords(e *entra.ServiceError) string {
	text := strings.TrimSpace(entra.ForeignText(e.Message))
	if e.AADSTS != 0 {
		f := trial.Explain(e.AADSTS, e.Code)
		text = f.Cause + " " + f.Next
	}
	words := fmt.Sprintf("%s answered %s: %s", capital(serviceName(e.Service)), codeOf(e), text)
	if e.RequestID != "" {
		words += " (request ID " + e.RequestID + ")"
	}
	return full(words)
}

func noAnswerWords(e *entra.NoAnswerError) string {
	service := serviceName(e.Service)
	var paused *entra.PausedError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(e.Err, &paused):
		return fmt.Sprintf("%s gave no answer several times in a row, so the console leaves it alone until %s (UTC). Nothing was sent; try again then.", service, paused.Until.UTC().Format(time.TimeOnly))
	case errors.As(e.Err, &certificate):
		return fmt.Sprintf("the certificate of %s is not trusted here, so nothing was sent. Something in the network stands in between: ask its administrator to exempt the service from TLS inspection, then try again.", service)
	case !e.Sent:
		return fmt.Sprintf("%s could not be reached. Check this machine's connection to the network (a proxy, a firewall), then try again.", service)
	}
	id := ""
	if e.RequestID != "" {
		id = " (request ID " + e.RequestID + ")"
	}
	return fmt.Sprintf("no usable answer came from %s%s. Try again in a moment; when it stays, check this machine's connection to the network (a proxy, a firewall).", service, id)
}

// signInService is how errors call Microsoft's sign-in service.
const signInService = "sign-in"

// serviceName is what a page calls a service within a sentence.
func serviceName(s string) string {
	if s == signInService {
		return "Microsoft's sign-in service"
	}
	return s
}

// capital begins a sentence as one does; of nothing it makes nothing.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// full ends a sentence as one does.
func full(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// specErrors renders field errors as sentences.
func specErrors(errs []setup.FieldError) []string {
	var out []string
	for _, e := range errs {
		out = append(out, full(capital(e.Message)))
	}
	return out
}
