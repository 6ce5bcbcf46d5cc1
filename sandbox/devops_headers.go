package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// devopsHeaders go with every answer of Azure DevOps. Clients that send a
// session of theirs get it back.
func devopsHeaders(h http.Header, r *http.Request) {
	activity := newGUID()
	h.Set("ActivityId", activity)
	h.Set("X-VSS-E2EID", activity)
	h.Set("X-TFS-Session", activity)
	if session := r.Header.Get("X-TFS-Session"); isGUID(session) {
		h.Set("X-TFS-Session", session)
	}
	h.Set("X-TFS-ProcessId", stableID("process"))
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Server", "Microsoft-IIS/10.0")
	h.Set("P3P", `CP="CAO DSP COR ADMa DEV CONo TELo CUR PSA PSD TAI IVDo OUR SAMi BUS DEM NAV STA UNI COM INT PHY ONL FIN PUR LOC CNT"`)
}

// announce says which tenant backs the organization, to anybody.
func announce(h http.Header, r *http.Request, org *organization) {
	h.Set("X-VSS-ResourceTenant", org.resourceTenant())
	h.Set("X-VSS-AuthorizationEndpoint", organizationURL(r, serviceVSSPSOrganizations, org))
}

// welcome names the caller in an answer to somebody who was let in
// [unverified: the form of the header].
func welcome(h http.Header, who admission) {
	if who.member != nil {
		h.Set("X-VSS-UserData", who.member.ID+":"+who.caller.account())
	}
}

// devopsRealm is the host that Basic credentials would be for.
const devopsRealm = "https://tfsprodcus1.visualstudio.com/"

const basicChallenge = `Basic realm="` + devopsRealm + `"`

// writeChallenge lists the ways in, each in a line of its own as captured.
// Without a tenant there is no Bearer one.
func writeChallenge(h http.Header, r *http.Request, org *organization) {
	if org.TenantID != "" {
		h.Add("WWW-Authenticate", "Bearer authorization_uri="+siblingOrigin(r, serviceLogin)+"/"+org.TenantID)
	}
	h.Add("WWW-Authenticate", basicChallenge)
	h.Add("WWW-Authenticate", "TFS-Federated")
	h.Set("X-TFS-FedAuthRealm", devopsRealm)
	if org.Slug != "" {
		h.Set("X-TFS-FedAuthIssuer", organizationURL(r, serviceDevOps, org))
	}
}

// explain puts a refusal into headers as well, for clients that do not read
// bodies: its message, and a SOAP fault as the oldest of them expect.
func explain(h http.Header, e *devopsError) {
	h.Set("X-TFS-ServiceError", escapeHeader(e.message))
	h.Set("X-TFS-SoapException", escapeHeader(`<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body><soap:Fault><soap:Code><soap:Value>soap:Receiver</soap:Value><soap:Subcode><soap:Value>`+
		e.typeKey()+`</soap:Value></soap:Subcode></soap:Code><soap:Reason><soap:Text xml:lang="en">`+e.message+`</soap:Text></soap:Reason></soap:Fault></soap:Body></soap:Envelope>`))
}

func escapeHeader(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
