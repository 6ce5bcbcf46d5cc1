package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/web"
)

// A keptForm is what somebody sent while nobody was signed in any more. It
// waits in their session, is shown to them, and goes nowhere by itself.
type keptForm struct {
	Path   string       `json:"path"`
	Back   string       `json:"back"` // the page that had the form
	Fields url.Values   `json:"fields"`
	Person entra.Person `json:"person"` // zero: it is not known who sent it
	At     time.Time    `json:"at"`
}

const (
	// formKey begins the session key of a form that waits, formPath the address
	// of the page that shows it.
	formKey  = "form:"
	formPath = "/sign-in/form/"
	// maxForms is how many may wait, maxFormBytes how large each may be.
	maxForms     = 3
	maxFormBytes = 16 << 10
	// Forms of people unknown are kept so many at once, and then one more after
	// each pause, of all of them together: whoever is not signed in can send as
	// many as they like.
	strangersForms = 30
	strangersPause = 2 * time.Second
)

// An allowance bounds what is done for people unknown.
type allowance struct {
	once  sync.Once
	limit *rate.Limiter
}

// take reports whether one more may be done now.
func (a *allowance) take(now time.Time) bool {
	a.once.Do(func() { a.limit = rate.NewLimiter(rate.Every(strangersPause), strangersForms) })
	return a.limit.AllowN(now, 1)
}

// unkept are the fields that may hold a secret, which is kept nowhere: a form
// with one has to be filled in again.
var unkept = []string{"secret", "certificate", "assertion", "paste", "pasted", "address"}

// keepForm lets what was typed wait, and gives the page that shows it again;
// empty where nothing is kept.
func (h *Handlers) keepForm(c *gin.Context, who entra.Person) (string, error) {
	fields := c.Request.PostForm
	if c.Request.Method != http.MethodPost || len(fields) == 0 || len(fields.Encode()) > maxFormBytes || c.Request.MultipartForm != nil {
		return "", nil
	}
	if slices.ContainsFunc(unkept, func(name string) bool { return fields.Get(name) != "" }) {
		return "", nil
	}
	if who.ID == "" && !h.strangers.take(h.Now()) {
		return "", nil
	}
	sess := web.SessionOf(c)
	h.dropOldForms(sess)
	id := newID()
	err := sess.Set(formKey+id, keptForm{Path: c.Request.URL.Path, Back: comeBack(c), Fields: fields, Person: who, At: h.Now()})
	return formPath + id, err
}

// dropOldForms makes room for one more.
func (h *Handlers) dropOldForms(sess *web.Session) {
	oldest, first, living := "", h.Now(), 0
	for _, key := range sess.Keys(formKey) {
		var f keptForm
		if !sess.Get(key, &f) || h.Now().Sub(f.At) > oauth.FlowLifetime {
			sess.Delete(key)
			continue
		}
		if living++; f.At.Before(first) {
			oldest, first = key, f.At
		}
	}
	if living >= maxForms {
		sess.Delete(oldest)
	}
}

// unshown are the fields that the page with the form has for itself.
var unshown = []string{"version", "digest", "sent", "new", "key", "session"}

// formPage shows what was typed, ready to be sent.
type formPage struct {
	web.Base
	Action, Back string
	Fields       []web.Field // all, hidden
	Typed        []summaryRow
}

func (h *Handlers) showForm(c *gin.Context) (web.Response, error) {
	var f keptForm
	who, _ := person(c)
	known := web.SessionOf(c).Get(formKey+c.Param("id"), &f) && h.Now().Sub(f.At) <= oauth.FlowLifetime
	if !known || f.Person.ID != "" && (f.Person.Tenant != who.Tenant || f.Person.ID != who.ID) {
		return nil, web.NotFound("form that waits for you")
	}
	return web.Page("form_kept.html", formView(f)), nil
}

func formView(f keptForm) *formPage {
	page := &formPage{Action: localPath(f.Path), Back: localPath(f.Back)}
	page.Title = "What you typed is still here"
	for name, values := range f.Fields {
		for _, v := range values {
			page.Fields = append(page.Fields, web.Field{Name: name, Value: v})
		}
		if text := strings.Join(values, ", "); text != "" && !slices.Contains(unshown, name) {
			page.Typed = append(page.Typed, summaryRow{capital(strings.NewReplacer("_", " ", ".", " ").Replace(name)), text})
		}
	}
	slices.SortFunc(page.Fields, func(a, b web.Field) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	slices.SortFunc(page.Typed, func(a, b summaryRow) int { return strings.Compare(a.Label, b.Label) })
	return page
}
