package e2e

import (
	"strings"
	"testing"
	"time"
)

// What a page must not load or run is kept from it by the browser, and the
// console hears of it.
func TestTheBrowserReportsWhatThePolicyForbids(t *testing.T) {
	t.Parallel()
	c := startBox(t).console(t)
	p := c.visit(t)
	p.goTo("/")
	for _, part := range []string{"Content Security Policy", "content security policy"} {
		p.watch.allow(part)
	}
	kept, err := p.page.Evaluate(`async () => {
		const kept = [];
		document.addEventListener("securitypolicyviolation", e => kept.push(e.effectiveDirective));
		document.body.append(Object.assign(document.createElement("img"), {src: "https://evil.example/CANARY.png?CANARY"}));
		const button = document.createElement("button");
		button.setAttribute("onclick", "window.ran = true");
		document.body.append(button);
		button.click();
		document.body.append(Object.assign(document.createElement("style"), {textContent: "main { display: none }"}));
		for (let i = 0; i < 100 && kept.length < 3; i++) { await new Promise(done => setTimeout(done, 100)); }
		return kept.sort().join(" ");
	}`)
	p.must(err)
	if kept != "img-src script-src-attr style-src-elem" {
		t.Errorf("the browser kept away: %v", kept)
	}
	if ran, err := p.page.Evaluate(`window.ran === true`); err != nil || ran != false {
		t.Errorf("the script ran: %v, %v", ran, err)
	}
	p.sees("Set up an integration") // the style has no effect
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		log := c.log()
		if strings.Contains(log, "CANARY") {
			t.Fatalf("the log says more than where what was blocked is:\n%s", tail(log, 2000))
		}
		if strings.Contains(log, `"msg":"content security policy"`) && strings.Contains(log, "img-src") && strings.Contains(log, "style-src") && strings.Contains(log, "script-src-attr") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the console has not heard of it:\n%s", tail(log, 2000))
		}
	}
}

// An answer that nobody waits for is refused where it arrives, and what it
// carried is gone from the address and from what Back leads to.
func TestARefusedAnswerStaysOutOfTheAddress(t *testing.T) {
	t.Parallel()
	p := startBox(t).console(t).visit(t)
	p.goTo("/")
	for _, callback := range []string{"/sign-in/callback", "/test/callback"} {
		p.goTo(callback + "?code=CANARY&state=CANARYSTATE")
		p.sees("was used before")
		if at := p.page.URL(); at != p.base+callback {
			t.Errorf("the address is %s", at)
		}
		p.goTo("/explain")
		_, err := p.page.GoBack()
		p.must(err)
		if at := p.page.URL(); strings.Contains(at, "CANARY") {
			t.Errorf("Back leads to %s", at)
		}
	}
}
