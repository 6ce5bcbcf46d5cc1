package main

import "strings"

// A product is one integration, as far as its document describes it; what the
// document leaves open is assumed (the package's documentation lists which).
type product struct {
	ID, Name string
	// Callback is its redirect URI; {host} stands for the host that the
	// customer has there.
	Callback string
	// Host stands in for {host} until one is given; empty where there is none.
	Host     string
	Settings form // filled in once, with the values of the app registration
	Connect  form // filled in by whoever connects an account
	SignIn   dialect
	// NewWindow: signing in happens in a window of its own, from a link.
	NewWindow bool
	// Retired: an older version of its connector signs in through Azure
	// DevOps' own OAuth.
	Retired bool
	Calls   callStyle
	Work    []operation // after sign-in, in this order
	// Trouble heads the page of a connection that failed.
	Trouble string
	// Report is the text of a failure as its users see and copy it.
	Report func(*failure) string
}

// A dialect is how a product speaks OAuth with Microsoft Entra.
type dialect struct {
	Basic       bool   // client authentication in the Authorization header; else in the form
	PKCE        bool   // with S256
	OpenID      bool   // endpoints from the OpenID metadata, nonce, and the ID token is looked at
	Prompt      string // of the authorization request
	RepeatScope bool   // the token request names the scopes again
	// Chosen: scopes are chosen by bare name and Azure DevOps is put in front
	// of each. Otherwise they go to Microsoft as typed.
	Chosen bool
	Adds   []string // scopes it adds by itself when they are not there
	Blank  string   // what it asks for when no scope is given
	// Compares: the scopes granted must be the ones of the form, no more and
	// no less; a difference is shown.
	Compares bool
}

// A callStyle is how a product speaks with Azure DevOps.
type callStyle struct {
	UserAgent string
	InAccept  bool // the API version goes into the Accept header instead of the query
	Suppress  bool // asks for a 401 in place of the redirect to sign-in
}

var products = []product{frontegg, paragon, stackOne, cyclr, custom}

func productByID(id string) (product, bool) {
	for _, p := range products {
		if p.ID == id {
			return p, true
		}
	}
	return product{}, false
}

// callback is the redirect URI: what the customer gave, or the product's own.
func (p product) callback(host string, v values) string {
	if given := v[redirectURI]; given != "" {
		return given
	}
	return strings.ReplaceAll(p.Callback, "{host}", host)
}
