package sandbox

import (
	"net/http"
	"strings"
)

// password is grant_type=password: a program hands over what a person would
// type. Entra takes it for accounts that it keeps the password of
// [idp: v2-oauth-ropc.md].
func (v *visit) password(req tokenRequest) (*tokenBody, *refusal) {
	if req.segment.shared == segmentCommon || req.segment.shared == segmentConsumers {
		return nil, aadsts(9001023)
	}
	p := v.platformOf(req)
	acr, e := v.authenticateClient(req, p, 7000218)
	if e != nil {
		return nil, e
	}
	a, e := v.checkPassword(req.segment)
	if e != nil {
		return nil, e
	}
	tenantID := a.tenantID
	if req.segment.tenant != nil {
		tenantID = req.segment.tenant.ID
	}
	return v.issueFor(req, heldGrant{account: a, tenantID: tenantID, signed: authentication{At: v.at}}, tokenIntent{acr: acr, platform: p})
}

func (v *visit) checkPassword(at tenantSegment) (account, *refusal) {
	name, password := v.param("username"), v.param("password")
	switch {
	case name == "":
		return account{}, aadsts(90014, "field", "username")
	case password == "":
		return account{}, aadsts(90014, "field", "password")
	}
	a, u := v.findAccount(name)
	switch {
	case u == nil:
		return a, aadsts(50034, "EmailHidden", name, "tenant", at.name())
	case u.Password != password:
		return a, aadsts(50126)
	}
	return a, nil
}

// cloudInstance is the public cloud's name of itself.
const cloudInstance = "microsoftonline.com"

// realmBody tells where the password of an account is kept.
type realmBody struct {
	Version       string `json:"ver"`
	AccountType   string `json:"account_type"`
	DomainName    string `json:"domain_name,omitempty"`
	CloudInstance string `json:"cloud_instance_name"`
	CloudAudience string `json:"cloud_audience_urn"`
}

// userRealm is GET /common/userrealm/{user}, which Microsoft's libraries ask
// before grant_type=password. No domain here is federated.
func (v *visit) userRealm() *loginAnswer {
	body := realmBody{Version: "1.0", AccountType: "Unknown", CloudInstance: cloudInstance, CloudAudience: "urn:federation:MicrosoftOnline"}
	if _, domain, ok := strings.Cut(v.request.PathValue("user"), "@"); ok && v.tenantOf(domain) != nil {
		body.AccountType, body.DomainName = "Managed", strings.ToLower(domain)
	}
	return v.json(http.StatusOK, body)
}
