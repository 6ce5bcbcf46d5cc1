package web

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

type pageResponse struct {
	status int
	name   string
	page   Pager
	header map[string]string
}

// Page answers 200 with the template name (a file of templates/pages),
// executed with page.
func Page(name string, page Pager) Response {
	return pageResponse{status: http.StatusOK, name: name, page: page}
}

// PageWithStatus is Page with another status, such as 422 for a form that
// needs mending.
func PageWithStatus(status int, name string, page Pager) Response {
	return pageResponse{status: status, name: name, page: page}
}

// PopupPage is Page for one that opens a window to another origin and wants
// to know when it closes, which Cross-Origin-Opener-Policy: same-origin
// forbids.
func PopupPage(name string, page Pager) Response {
	return pageResponse{status: http.StatusOK, name: name, page: page,
		header: map[string]string{"Cross-Origin-Opener-Policy": "same-origin-allow-popups"}}
}

// PopupPageWithStatus is PopupPage with another status.
func PopupPageWithStatus(status int, name string, page Pager) Response {
	r := PopupPage(name, page).(pageResponse)
	r.status = status
	return r
}

// PageInPopup is Page for the window that a PopupPage opened, when it comes
// back: it stays tied to that page and may close itself.
func PageInPopup(name string, page Pager) Response {
	return pageResponse{status: http.StatusOK, name: name, page: page,
		header: map[string]string{"Cross-Origin-Opener-Policy": "unsafe-none"}}
}

// CallbackPage is Page for an address that a sign-in service redirected to:
// nothing of its URL may leave through the Referer.
func CallbackPage(name string, page Pager) Response {
	return pageResponse{status: http.StatusOK, name: name, page: page,
		header: map[string]string{"Referrer-Policy": "no-referrer"}}
}

func (p pageResponse) write(c *gin.Context, s *Shell) error {
	body, err := s.render(c, p.name, p.page)
	if err != nil {
		return err
	}
	for k, v := range p.header {
		c.Header(k, v)
	}
	c.Data(p.status, "text/html; charset=utf-8", body)
	return nil
}

type seeOther struct {
	location string
	inPopup  bool
}

// SeeOther redirects with 303 after a change. location is an address of ours
// or one that a package of ours built, never text from a request.
func SeeOther(location string) Response { return seeOther{location: location} }

// SeeOtherInPopup is SeeOther for a window that a PopupPage opened: it stays
// tied to that page, which would take it for closed otherwise.
func SeeOtherInPopup(location string) Response { return seeOther{location: location, inPopup: true} }

func (r seeOther) write(c *gin.Context, _ *Shell) error {
	if r.inPopup {
		c.Header("Cross-Origin-Opener-Policy", "unsafe-none")
	}
	c.Header("Referrer-Policy", "no-referrer")
	c.Redirect(http.StatusSeeOther, r.location)
	return nil
}

type jsonResponse struct {
	status int
	value  any
}

// JSON answers with value as JSON, for the page's own script.
func JSON(status int, value any) Response { return jsonResponse{status, value} }

func (r jsonResponse) write(c *gin.Context, _ *Shell) error {
	c.JSON(r.status, r.value)
	return nil
}

type download struct {
	name, contentType string
	body              []byte
}

// Download answers with a file to keep. name is a fixed one, never text from
// a request.
func Download(name, contentType string, body []byte) Response {
	return download{name, contentType, body}
}

func (r download) write(c *gin.Context, _ *Shell) error {
	c.Header("Content-Disposition", `attachment; filename="`+r.name+`"`)
	c.Data(http.StatusOK, r.contentType, r.body)
	return nil
}

type downloadPage struct {
	name, page, template string
	data                 any
}

// DownloadPage is Download for HTML: a template of page's set, executed with
// data. The template is a whole document of its own, without the layout.
func DownloadPage(name, page, template string, data any) Response {
	return downloadPage{name, page, template, data}
}

func (r downloadPage) write(c *gin.Context, s *Shell) error {
	body, err := s.execute(r.page, r.template, r.data)
	if err != nil {
		return err
	}
	return Download(r.name, "text/html; charset=utf-8", body).write(c, s)
}

type textResponse struct{ text string }

// Text answers with plain text.
func Text(text string) Response { return textResponse{text} }

func (r textResponse) write(c *gin.Context, _ *Shell) error {
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(r.text))
	return nil
}
