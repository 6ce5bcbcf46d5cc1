package sandbox

import "net/http"

// userinfoPath is the one path of this host without a version: the endpoint
// that the sign-in service's discovery document names
// [idp: userinfo.md].
const userinfoPath = "/oidc/userinfo"

// A userInfo is what a sign-in tells the app about the person.
type userInfo struct {
	Subject    string `json:"sub"`
	Name       string `json:"name,omitempty"`
	FamilyName string `json:"family_name,omitempty"`
	GivenName  string `json:"given_name,omitempty"`
	Picture    string `json:"picture,omitempty"`
	Email      string `json:"email,omitempty"`
}

// userinfo answers any token of a sign-in. The subject is that of the ID
// token: a client compares the two.
func (q *graphRequest) userinfo() reply {
	if q.method != http.MethodGet && q.method != http.MethodPost {
		return refuse(&errMethod)
	}
	q.world.mu.Lock()
	defer q.world.mu.Unlock()
	if fault := q.identify(); fault != nil {
		return refuse(fault)
	}
	if q.user == nil || !q.caller.hasScope("openid") {
		return refuse(&errDenied)
	}
	info := userInfo{Subject: pairwise(q.user.ID, q.caller.AppID)}
	if q.caller.hasScope("profile") {
		info.Name, info.FamilyName, info.GivenName = q.user.DisplayName, q.user.Surname, q.user.GivenName
		info.Picture = q.origin + "/v1.0/me/photo/$value"
	}
	if q.caller.hasScope("email") {
		info.Email = q.user.Mail
	}
	return reply{status: http.StatusOK, body: info}
}
