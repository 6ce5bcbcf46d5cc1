package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// reportPage is a run to read and to give away.
type reportPage struct {
	web.Base
	runView
	Run     string // id
	Whole   bool   // nothing is masked
	Masked  string // what is, in words
	Made    string // version of the program
	Results []checkRow
}

// report makes the run's report: masked, unless the whole is asked for.
func (h *Handlers) report(c *gin.Context) (store.Run, checks.Report, error) {
	run, err := h.runOf(c)
	if err != nil {
		return run, checks.Report{}, err
	}
	if run.State != store.RunDone {
		return run, checks.Report{}, errNotDone(run)
	}
	run = h.runFor(c, run)
	return run, checks.NewReport(run.Facts, h.Version, c.Query("whole") == "yes"), nil
}

func (h *Handlers) showReport(c *gin.Context) (web.Response, error) {
	run, r, err := h.report(c)
	if err != nil {
		return nil, err
	}
	return web.Page("report.html", viewRunReport(run.ID, r)), nil
}

func viewRunReport(id string, r checks.Report) *reportPage {
	page := &reportPage{runView: viewRun(&r.Facts, r.Results), Run: id, Whole: !r.Masked, Made: r.Version}
	page.Title, page.Section = "Report: "+page.Sentence, "diagnose"
	if r.Masked {
		page.Masked = checks.MaskedWords
	}
	for _, x := range r.Results {
		page.Results = append(page.Results, rowOf(x))
	}
	return page
}

func (h *Handlers) reportHTML(c *gin.Context) (web.Response, error) {
	run, r, err := h.report(c)
	if err != nil {
		return nil, err
	}
	return web.DownloadPage("consentry-report.html", "report.html", "report-file", viewRunReport(run.ID, r)), nil
}

func (h *Handlers) reportMarkdown(c *gin.Context) (web.Response, error) {
	_, r, err := h.report(c)
	if err != nil {
		return nil, err
	}
	return web.Download("consentry-report.md", "text/markdown; charset=utf-8", []byte(r.Markdown())), nil
}

func (h *Handlers) reportJSON(c *gin.Context) (web.Response, error) {
	_, r, err := h.report(c)
	if err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return web.Download("consentry-report.json", "application/json", append(data, '\n')), nil
}

// openReport shows a report out of a file as its reporter saw it. Nothing of
// it is kept, and nothing is asked of anybody.
func (h *Handlers) openReport(c *gin.Context) (web.Response, error) {
	data, err := uploaded(c)
	if err != nil {
		return nil, err
	}
	r, err := checks.ReadReport(data)
	if err != nil {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Err: err, Public: full(capital(err.Error())), Next: web.Link{Label: "Choose another file", Href: "/diagnose"}}
	}
	return web.Page("run.html", openedPage(r)), nil
}

// uploaded is the file of the form.
func uploaded(c *gin.Context) ([]byte, error) {
	missing := &web.Error{Status: http.StatusUnprocessableEntity, Public: "There is no file: choose the one that was saved with “JSON”.", Next: web.Link{Label: "Choose a file", Href: "/diagnose"}}
	var files []*multipart.FileHeader
	if form := c.Request.MultipartForm; form != nil {
		files = form.File["file"]
	}
	if len(files) != 1 {
		return nil, missing
	}
	f, err := files[0].Open()
	if err != nil {
		return nil, errors.Join(missing, err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, checks.MaxReport+1))
}

// openedPage judges the facts of a file by today's checks, and says where the
// reporter's said something else.
func openedPage(r checks.Report) *runPage {
	results := checks.Evaluate(&r.Facts, checks.All)
	page := &runPage{runView: viewRun(&r.Facts, results), Heading: "Checks from a file", Loaded: true, Masked: r.Masked, Version: r.Version}
	page.Differ = page.compare(r.Results, results)
	page.Title, page.Section = "Checks from a file: "+page.State.Words, "diagnose"
	page.Grants = viewGrants(store.Run{RunDocument: store.RunDocument{Facts: r.Facts}})
	page.each(func(row *checkRow) { withoutAddresses(row, r.Facts.Cloud) })
	return page
}

// withoutAddresses takes links and commands away that lead to where the file
// says that the cloud is, unless that is Microsoft's own.
func withoutAddresses(row *checkRow, cloud entra.Cloud) {
	if cloud == entra.Public() {
		return
	}
	bare := func(list []checks.Evidence) []checks.Evidence {
		out := slices.Clone(list)
		for i := range out {
			out[i].Portal, out[i].Command = "", ""
		}
		return out
	}
	row.Shown = bare(row.Shown)
	for i := range row.Findings {
		row.Findings[i].Shown, row.Findings[i].Mend.Portal = bare(row.Findings[i].Shown), ""
	}
}

// maxUpload is the largest report with what a form puts around it.
const maxUpload = checks.MaxReport + 64<<10
