package handlers

import "net/http"

// signInTable are the addresses of signing in and out, and of who is signed in.
// Most of them are open to anybody.
func (h *Handlers) signInTable() []Route {
	const get, post = http.MethodGet, http.MethodPost
	return []Route{
		{Method: get, Path: "/sign-in", handle: h.showSignIn},
		{Method: get, Path: "/sign-in/begin", Limit: signInLimit, handle: h.beginSignIn},
		{Method: get, Path: signInCallback, Answers: true, Limit: callbackLimit, handle: h.finishSignIn},
		{Method: post, Path: "/sign-in/device", Limit: signInLimit, handle: h.startDevice},
		{Method: get, Path: "/sign-in/device/:id", handle: h.showDevice},
		{Method: post, Path: "/sign-in/device/:id", Limit: signInLimit, handle: h.pollDevice},
		{Method: post, Path: "/sign-in/identity", Limit: signInLimit, handle: h.lookIdentity},
		{Method: get, Path: "/sign-in/identity", handle: h.showIdentity},
		{Method: post, Path: "/sign-in/identity/use", Limit: signInLimit, handle: h.useIdentity},
		{Method: post, Path: "/sign-out", handle: h.signOut},
		{Method: get, Path: formPath + ":id", Least: Viewer, handle: h.showForm},
		{Method: get, Path: "/sessions", Least: Admin, handle: h.showSessions},
		{Method: post, Path: "/sessions/end", Least: Admin, handle: h.endSession},
	}
}
