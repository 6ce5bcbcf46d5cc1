// Package oauth speaks OAuth 2.0 and OpenID Connect with Microsoft Entra's
// v2.0 endpoints: it makes authorization requests, reads what comes back to
// the redirect URI, redeems codes and proves ID tokens. It signs a person in
// to the console and runs the test consent alike.
//
// Every authorization request carries S256 PKCE, a state and a nonce of at
// least 128 random bits, and asks for response_mode=query, because a form
// post from another site carries no SameSite cookie.
package oauth
