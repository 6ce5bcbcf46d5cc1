package web

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// reportPath is where browsers tell what the content security policy kept
// from happening.
const reportPath = "/csp-report"

// A page that breaks the policy sends a report for each of its parts.
var reportLimit = Limit{Burst: 10, Every: 10 * time.Second}

const (
	maxReport     = 16 << 10 // bytes
	mostReports   = 10       // of one request
	mostOfAReport = 120      // characters of each value that is logged
)

// A violation is one report in either of the two forms that browsers send:
// application/csp-report (Content Security Policy Level 2, 4.4) and
// application/reports+json (Reporting API, 2.4).
type violation struct {
	Directive string `json:"effective-directive"`
	Violated  string `json:"violated-directive"`
	Blocked   string `json:"blocked-uri"`
	Document  string `json:"document-uri"`
	Source    string `json:"source-file"`
	Line      int    `json:"line-number"`
}

type reportingViolation struct {
	Directive string `json:"effectiveDirective"`
	Blocked   string `json:"blockedURL"`
	Document  string `json:"documentURL"`
	Source    string `json:"sourceFile"`
	Line      int    `json:"lineNumber"`
}

// takeReport logs what a browser reports, and nothing else comes of it: it
// needs no session, and whoever sends it is not asked where from.
func (s *Shell) takeReport(c *gin.Context) (Response, error) {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || kind != "application/csp-report" && kind != "application/reports+json" && kind != "application/json" {
		return nil, &Error{Status: http.StatusUnsupportedMediaType, Public: "This address takes a browser's reports as application/csp-report or application/reports+json."}
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxReport))
	if err != nil {
		return nil, err
	}
	list, err := readReports(data)
	if err != nil {
		return nil, &Error{Status: http.StatusBadRequest, Public: "This is no report of a content security policy.", Err: err}
	}
	for _, v := range list[:min(len(list), mostReports)] {
		s.config.Log.LogAttrs(c.Request.Context(), slog.LevelWarn, "content security policy",
			slog.String("directive", cut(v.Directive)), slog.String("blocked", originOf(v.Blocked)),
			slog.String("page", sectionOf(v.Document)), slog.String("source", sectionOf(v.Source)),
			slog.Int("line", v.Line), slog.String("request_id", RequestID(c)))
	}
	return nothing{}, nil
}

func readReports(data []byte) ([]violation, error) {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "[") {
		return readReportingAPI(data)
	}
	var one struct {
		Report *violation `json:"csp-report"`
	}
	if err := json.Unmarshal(data, &one); err != nil {
		return nil, err
	}
	if one.Report == nil {
		return nil, errors.New("there is no csp-report in it")
	}
	if one.Report.Directive == "" {
		one.Report.Directive = one.Report.Violated
	}
	return []violation{*one.Report}, nil
}

func readReportingAPI(data []byte) ([]violation, error) {
	var list []struct {
		Type string             `json:"type"`
		Body reportingViolation `json:"body"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	var out []violation
	for _, r := range list {
		if r.Type == "csp-violation" {
			b := r.Body
			out = append(out, violation{Directive: b.Directive, Blocked: b.Blocked, Document: b.Document, Source: b.Source, Line: b.Line})
		}
	}
	return out, nil
}

// originOf is where an address leads, without its path and query, which may
// hold anything; or the keyword that stands in its place ("inline", "eval").
func originOf(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return "unreadable"
	case u.Host == "":
		return cut(u.Path + u.Scheme)
	}
	return cut(u.Scheme + "://" + u.Host)
}

// sectionOf is the first part of an address's path; the others hold ids.
func sectionOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "unreadable"
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return cut("/" + first)
}

func cut(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "?")); len(r) > mostOfAReport {
		return string(r[:mostOfAReport])
	}
	return s
}

// nothing answers that all is well and that there is nothing to show.
type nothing struct{}

func (nothing) write(c *gin.Context, _ *Shell) error {
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}
