package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/explain"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// trialPage is one test: before leaving, while waiting, and its result.
type trialPage struct {
	web.Base
	Trial     trial.Trial
	Env       *store.Environment
	State     state
	Mine      bool // this browser may receive the answer
	LoginHost string
	Text      string // what is being waited for
	Silent    bool   // nothing has come for a while
	Again     string
	HandOff   string
	Pasted    string // what is wrong with what was pasted
	PastedRaw string
	Accounts  []Account // of the sandbox
	Report    *reportView
	Checks    string         // address of the checks that used the token
	Cause     *explain.Cause // of the failure, where its text decides; nil otherwise
	// Awaiting: the person is or goes to Microsoft. Working: the answer came.
	Awaiting, Working bool
}

// Seen is what the page shows of the test's progress, for its event stream:
// it leads on once that is no longer so, also when it changed before the
// stream was opened.
func (p *trialPage) Seen() string {
	if p.Silent {
		return "silent"
	}
	return string(p.Trial.State)
}

// silentAfter is when the page begins to doubt that an answer will come.
const silentAfter = time.Minute

func (h *Handlers) trial(c *gin.Context) (trial.Trial, error) {
	t, err := h.Store.Trial(c.Request.Context(), c.Param("id"))
	if errors.Is(err, store.ErrNotFound) {
		return t, web.NotFound("test")
	}
	return t, err
}

func (h *Handlers) showTrial(c *gin.Context) (web.Response, error) {
	t, err := h.trial(c)
	if err != nil {
		return nil, err
	}
	page, err := h.trialPage(c, h.asSeen(c.Request.Context(), t))
	if err != nil {
		return nil, err
	}
	return web.PopupPage("trial.html", page), nil
}

func (h *Handlers) trialPage(c *gin.Context, t trial.Trial) (*trialPage, error) {
	page := trialView(t, h.Now())
	_, page.Mine = pending(c, t.ID)
	page.LoginHost, page.Accounts = hostOf(h.Cloud.Authorize), h.Accounts
	if _, texts := h.running.watch(t.ID); texts != nil {
		page.Text = texts["test"].Text
	}
	if t.Environment != "" {
		env, err := h.Store.Environment(c.Request.Context(), t.Environment)
		if err != nil {
			return nil, err
		}
		page.Env, page.HandOff = &env, "/environments/"+env.ID+"/hand-off"
	}
	run, ok, err := h.Store.RunOfTrial(c.Request.Context(), t.ID)
	if ok {
		page.Checks = "/runs/" + run.ID
	}
	return page, err
}

// trialView shapes the page from the stored test.
func trialView(t trial.Trial, now time.Time) *trialPage {
	page := &trialPage{Trial: t, State: trialState(t), Again: testAddress(t), Report: viewReport(t.Report), Cause: causeOf(t.Failure)}
	page.Title, page.Section = "Test consent: "+page.State.Words, "test"
	// A refusal that passes by itself waits for another attempt.
	page.Awaiting = t.State == trial.Waiting || t.State == trial.Retrying
	page.Working = t.State == trial.Redeeming
	page.Silent = t.State == trial.Waiting && now.Sub(t.Started) > silentAfter
	if page.Awaiting || page.Working {
		page.Refresh = 5
	}
	return page
}

func trialState(t trial.Trial) state {
	switch t.State {
	case trial.Waiting:
		return state{"busy", "waiting for Microsoft's answer"}
	case trial.Redeeming:
		return state{"busy", "redeeming the code"}
	case trial.Retrying:
		return state{"busy", "not yet spread, try again"}
	case trial.NoAnswer:
		return state{"warn", "no answer came"}
	case trial.Failed:
		return state{"bad", "failed"}
	case trial.Succeeded:
		if t.Report != nil && !t.Report.OK {
			return state{"warn", "signed in, but something is missing"}
		}
		return state{"good", "works"}
	}
	return state{"idle", "not begun"}
}

// trialWords say what was tried, of the app of env.
func trialWords(t trial.Trial, env store.Environment) string {
	who, where := "User consent", t.Tenant
	if t.Kind == trial.AdminConsent {
		who = "Admin consent"
	}
	switch t.Tenant {
	case "organizations":
		where = "any tenant"
	case string(env.Tenant):
		where = firstOf(env.TenantName, where)
	}
	return who + " in " + where
}

// answeredPage is where Microsoft's window ends: the page it was opened from
// shows the result.
type answeredPage struct {
	web.Base
	ID string
}

func (h *Handlers) showAnswered(c *gin.Context) (web.Response, error) {
	t, err := h.trial(c)
	if err != nil {
		return nil, err
	}
	return web.PageInPopup("answered.html", answeredView(t)), nil
}

func answeredView(t trial.Trial) *answeredPage {
	page := &answeredPage{ID: t.ID}
	page.Title, page.Section = "Test consent: Microsoft has answered", "test"
	return page
}

// trialClosed is told by the page's script that Microsoft's window closed.
// That may be wrong: a browser also says so when Microsoft's page cuts the tie
// between the windows. So an answer that comes all the same is taken, and the
// redirect URI stays until nobody waits any more.
func (h *Handlers) trialClosed(c *gin.Context) (web.Response, error) {
	return h.markNoAnswer(c, trial.WindowClosed)
}

// trialNoAnswer is pressed by a person who says that nothing came back.
func (h *Handlers) trialNoAnswer(c *gin.Context) (web.Response, error) {
	return h.markNoAnswer(c, trial.PersonSaysSo)
}

func (h *Handlers) markNoAnswer(c *gin.Context, why trial.Silence) (web.Response, error) {
	t, err := h.trial(c)
	if err != nil {
		return nil, err
	}
	if t.State != trial.Waiting { // the window closed because the answer came
		return web.SeeOther("/tests/" + t.ID), nil
	}
	if t, err = h.myTrial(c); err != nil {
		return nil, err
	}
	if t, err = t.Unanswered(why, h.Now()); err != nil {
		return nil, err
	}
	if err := h.Store.SaveTrial(c.Request.Context(), t, "", nil); err != nil {
		return nil, err
	}
	if !h.mayYetAnswer(c.Request.Context(), t) {
		h.afterEnd(c, t)
	}
	return web.SeeOther("/tests/" + t.ID), nil
}

// myTrial is one that this browser started; another's is not there for it.
func (h *Handlers) myTrial(c *gin.Context) (trial.Trial, error) {
	t, err := h.trial(c)
	if err != nil {
		return t, err
	}
	if _, ok := pending(c, t.ID); !ok {
		return t, web.NotFound("test of this browser's")
	}
	return t, nil
}

// trialPasted explains what Microsoft's own page said, since that never comes
// back by itself.
func (h *Handlers) trialPasted(c *gin.Context) (web.Response, error) {
	t, err := h.myTrial(c)
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(c.PostForm("pasted"))
	found := trial.ExplainPaste(text)
	if found.AADSTS == 0 && found.Code == "" {
		return h.unclearPaste(c, t, text)
	}
	if t.Silence == trial.PersonSaysSo {
		t.Changed = time.Time{} // its redirect URI has gone: it cannot go to Microsoft once more
	}
	if t, err = t.Fail(found, h.Now()); err != nil {
		return nil, testEnded(t, err)
	}
	if err := h.Store.SaveTrial(c.Request.Context(), t, "", nil); err != nil {
		return nil, err
	}
	h.afterEnd(c, t) // a refusal that passes by itself is tried again first
	return web.SeeOther("/tests/" + t.ID), nil
}

// unclearPaste asks for another paste; the test goes on waiting.
func (h *Handlers) unclearPaste(c *gin.Context, t trial.Trial, text string) (web.Response, error) {
	page, err := h.trialPage(c, h.asSeen(c.Request.Context(), t))
	if err != nil {
		return nil, err
	}
	page.PastedRaw, page.Pasted = text, "Paste what Microsoft's page says: the line with AADSTS and a number is enough."
	if text != "" {
		page.Pasted = "There is no code of Microsoft's in this text. Copy the line that begins with AADSTS and a number; it stands under the heading, or under “Troubleshooting details”."
	}
	return web.PopupPageWithStatus(http.StatusUnprocessableEntity, "trial.html", page), nil
}

// streamTrial leads the waiting page on as soon as its state changes, and
// when nothing came for a while.
func (h *Handlers) streamTrial(c *gin.Context) (web.Response, error) {
	first, err := h.trial(c)
	if err != nil {
		return nil, err
	}
	seen, said := c.Query("seen"), ""
	return web.Stream(func(ctx context.Context, send func(web.Event) error) error {
		for {
			changed, texts := h.running.watch(first.ID)
			t, err := h.Store.Trial(ctx, first.ID)
			if err != nil {
				return err
			}
			if trialView(h.asSeen(ctx, t), h.Now()).Seen() != seen {
				return send(web.Event{Name: "go", Data: "/tests/" + t.ID})
			}
			if text := texts["test"].Text; text != "" && text != said {
				said = text
				if err := send(web.Event{Name: "row", Page: "trial.html", Template: "trial-text", Data: text}); err != nil {
					return err
				}
			}
			if err := waitForChange(ctx, changed); err != nil {
				return err
			}
		}
	}), nil
}
