package handlers_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestFromNothingToARemovedEnvironment(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.get("/").want(200)
	b.signIn("healthy", "admin").want(200, "Set up an integration")
	path := b.connected()

	secret := b.reveal(path)
	if len(secret) < 30 {
		t.Errorf("the secret is %q", secret)
	}
	b.get(path+"/secret").want(200, "was shown already")

	test := b.prepared(path, nil)
	b.consent(test, "healthy", "user").want(200, "Microsoft has answered")
	b.eventually(test, "works")
	b.eventually(path, "User consent in")

	p := b.get(path+"/hand-off").want(200, "Client ID", "contoso")
	all := url.Values{}
	p.doc().Find("input[name=handed]").Each(func(_ int, in *goquery.Selection) { all.Add("handed", in.AttrOr("value", "")) })
	b.submit(p, "Save what is done", all).want(200, "Frontegg has everything")

	p = b.get(path+"/remove").want(200, "What stops working")
	name := strings.TrimPrefix(p.doc().Find("h1").Text(), "Remove ")
	op := b.submit(p, "Remove "+name, url.Values{"name": {name}}).want(200)
	b.done(op.at.Path)
	b.get(path).want(200, "removed")
}
