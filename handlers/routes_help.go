package handlers

import "net/http"

// helpTable are the addresses that explain and advise, and change nothing.
func (h *Handlers) helpTable() []Route {
	const get, post = http.MethodGet, http.MethodPost
	return []Route{
		// From a pasted error to its cause, and the help that explains both.
		{Method: get, Path: "/explain", Least: Viewer, handle: h.showExplain},
		{Method: post, Path: "/explain", Least: Viewer, Limit: pasteLimit, Body: explainBody, handle: h.explainPaste},
		{Method: get, Path: "/checks", Least: Viewer, handle: h.showCheckList},
		{Method: get, Path: "/checks/:id", Least: Viewer, handle: h.showCheckHelp},
		{Method: get, Path: "/causes", Least: Viewer, handle: h.showCauseList},
		{Method: get, Path: "/causes/:id", Least: Viewer, handle: h.showCauseHelp},

		// Which scopes, and the way out of the retired OAuth.
		{Method: get, Path: "/advisor", Least: Viewer, handle: h.showAdvisor},
		{Method: get, Path: "/advisor/call", Least: Viewer, handle: h.showAdvisorCall},
		{Method: get, Path: "/legacy", Least: Viewer, handle: h.showLegacy},
		{Method: get, Path: "/legacy/:integration", Least: Viewer, handle: h.showLegacyGuide},
		{Method: post, Path: "/legacy/:integration", Least: Support, handle: h.readOldApp},
	}
}
