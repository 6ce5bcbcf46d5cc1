// Command connector stands in for the integrations that Consentry sets app
// registrations up for: Frontegg, Paragon, StackOne, Cyclr, and a service of
// one's own. It is set up through a form with the product's own labels, signs
// people in at the product's documented redirect URI, and then does in Azure
// DevOps what its document says. It knows nothing of Consentry: base URLs and
// form values are all it gets.
//
//	connector --integration paragon --login URL --devops URL --vssps URL
//
// It prints one line of JSON when it answers, and runs until it is stopped:
//
//	{"integration":"paragon","url":"http://127.0.0.1:41023","callback":"https://passport.useparagon.com/oauth","callback_listen":"127.0.0.1:38511"}
//
// Further flags:
//
//	--listen host:port           of its pages; plain http, for this machine
//	--callback-listen host:port  of its redirect URI; TLS with a certificate of its own making
//	--callback-host host         in the redirect URI of frontegg, cyclr and custom
//	--ca-file file               PEM of an authority to trust besides the machine's
//	--form file                  a JSON object {"label": "value"} that fills in its forms
//	--older-version              cyclr only: signs in through Azure DevOps' own OAuth
//
// # By hand
//
// The browser has to be told that the redirect URI's host is this machine, and
// to accept its certificate. Next to a sandbox:
//
//	go run ./cmd/consentry                # prints the console's and the sandbox's addresses
//	go run ./e2e/connector --integration paragon --callback-listen 127.0.0.1:8443 \
//	    --login http://127.0.0.1:18080/login --devops http://127.0.0.1:18080/devops --vssps http://127.0.0.1:18080/vssps
//	chromium --host-resolver-rules="MAP passport.useparagon.com 127.0.0.1:8443" --ignore-certificate-errors \
//	    --user-data-dir="$(mktemp -d)" http://127.0.0.1:41023
//
// Set up Paragon in the console, type what its hand-off page says into the
// stand-in's Settings, then open Connect Azure DevOps. The custom service
// needs no such browser with a redirect URI on its own pages' address, such as
// http://localhost:41023/callback.
//
// # What is documented, what is assumed
//
// From the products' documents are the labels of the settings, the redirect
// URIs, Paragon's kinds of application, its development keys for blank
// credentials, its project list with api-version 5.0 and its four operations
// on work items, Cyclr's organization ID, project name, sign-in window, rule
// of equal scopes and app registration per user, StackOne's optional scopes,
// and Frontegg's choice of scopes on top of user_impersonation. A service of
// one's own follows Microsoft's page: OpenID Connect, and an account chosen.
// No document tells how a product speaks OAuth; so that all usual ways occur,
// each is given another:
//
//	          client secret  PKCE  further                                       scopes on the wire
//	frontegg  in the form    S256                                                chosen, resource added; offline_access added
//	paragon   HTTP Basic     none  no X-TFS-FedAuthRedirect                      chosen, resource added; offline_access added
//	stackone  in the form    none  scope repeated for the token                  as typed; blank: .default offline_access
//	cyclr     in the form    none  prompt=select_account, scopes compared        as typed
//	custom    HTTP Basic     S256  OpenID metadata, nonce, select_account;       as typed; openid and profile added
//	                               API version in the Accept header
//
// Assumed, too: the wording of failures, that Frontegg reads repositories,
// pull requests, pipelines and work items where the chosen scopes are for
// them, that Paragon and StackOne let the person who connects name the
// organization and otherwise take the first of theirs, and that each sends a
// User-Agent of its own. With "Azure DevOps OAuth App" in Paragon and with
// --older-version of Cyclr, the retired endpoints below --vssps are used:
// response_type=Assertion, bare scope names, the secret as client_assertion.
//
// # For tests
//
// GET /requests is a JSON list of the requests it made, oldest first, and of
// the pages it sent browsers to: purpose, by whom, method, URL, how the
// client or the person was named ("basic", "body", "assertion", "bearer",
// "none"), names of parameters, status. No value in it is secret.
package main
