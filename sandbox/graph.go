package sandbox

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A graphRequest is one request to Microsoft Graph, sent alone or in a batch.
type graphRequest struct {
	world   *world
	origin  string // base of the service as the caller sees it
	version string // v1.0, or beta, which has the properties of v1.0 here
	method  string
	tokens  []pathToken // the path after the version
	query   url.Values
	header  http.Header
	body    []byte
	at      time.Time
	ids     requestIDs

	caller *caller
	tenant *tenant // the directory the token is for
	view   *view   // of the directory
	lag    int     // reads that are to miss what the request writes
	user   *user   // nil when the token stands for an app alone
	op     *operation
	keys   []pathToken // the path's keys, in order
}

// A reply is an answer before it is written.
type reply struct {
	status int
	body   any // nil: none
	header map[string]string
}

// requestIDs are what support asks for. The client's is its own if it sent
// one, whatever its form.
type requestIDs struct{ request, client string }

const maxClientRequestID = 256

func newRequestIDs(h http.Header) requestIDs {
	ids := requestIDs{request: newGUID()}
	if ids.client = h.Get("client-request-id"); ids.client == "" || len(ids.client) > maxClientRequestID {
		ids.client = ids.request
	}
	return ids
}

// graphHandler answers as the host of Microsoft Graph does.
func (w *world) graphHandler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		who, fault := w.authenticate(r)
		if fault != nil {
			refused := tokenErrors[fault.Reason]
			rw.Header().Set("WWW-Authenticate", `Bearer realm="", authorization_uri="`+siblingOrigin(r, serviceLogin)+
				`/common/oauth2/authorize", client_id="`+graphAppID+`"`)
			writeReply(rw, r, newRequestIDs(r.Header), w.now(), refuse(&refused), 1)
			return
		}
		w.serveGraph(rw, r, who)
	})
}

// serveGraph answers a caller whose token holds.
func (w *world) serveGraph(rw http.ResponseWriter, r *http.Request, who *caller) {
	q := &graphRequest{
		world: w, origin: originOf(r), method: r.Method, query: r.URL.Query(), header: r.Header,
		at: w.now().UTC(), ids: newRequestIDs(r.Header), caller: who, lag: replicaLagOf(r),
	}
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
	q.body = body
	answered := refuse(&errBody)
	if err == nil {
		answered = q.serve(r.URL.EscapedPath())
	}
	writeReply(rw, r, q.ids, q.at, answered, q.units())
}

// serve finds the operation of a path that begins with a version and does it.
func (q *graphRequest) serve(escapedPath string) reply {
	if strings.EqualFold(escapedPath, userinfoPath) {
		return q.userinfo()
	}
	version, rest, _ := strings.Cut(strings.TrimPrefix(escapedPath, "/"), "/")
	if version != "v1.0" && version != "beta" {
		return refuse(errVersion.with(version))
	}
	q.version = version
	return q.dispatch(rest)
}

// dispatch does the operation of a path after the version.
func (q *graphRequest) dispatch(path string) reply {
	var fault *graphError
	if q.tokens, fault = splitPath(path); fault == nil {
		q.dropTenant()
		q.op, q.keys, fault = findOperation(q.method, q.tokens)
	}
	if fault != nil {
		return refuse(fault)
	}
	if q.op.batch {
		return q.batch()
	}
	answered, fault := q.perform()
	if fault != nil {
		return refuse(fault)
	}
	return answered
}

// dropTenant takes the directory out of the path, which may stand before the
// collection: "myorganization" or the caller's own tenant id.
func (q *graphRequest) dropTenant() {
	if len(q.tokens) < 2 || q.tokens[0].quoted {
		return
	}
	if first := q.tokens[0].text; strings.EqualFold(first, "myorganization") || strings.EqualFold(first, q.caller.TenantID) {
		q.tokens = q.tokens[1:]
	}
}

// perform does the operation under the world's lock.
func (q *graphRequest) perform() (reply, *graphError) {
	q.world.mu.Lock()
	defer q.world.mu.Unlock()
	if fault := q.identify(); fault != nil {
		return reply{}, fault
	}
	if fault := q.permitted(); fault != nil {
		return reply{}, fault
	}
	q.tenant.replication.fault = q.lag
	defer func() { q.tenant.replication.fault = 0 }()
	return q.op.do(q)
}

// identify looks the caller up: a token outlives the account it was made for.
func (q *graphRequest) identify() *graphError {
	q.tenant = q.world.tenants[q.caller.TenantID]
	if q.tenant == nil {
		return &errCallerGone
	}
	q.view = newView(false, q.method != http.MethodGet)
	if q.caller.appOnly() {
		if q.tenant.principals[q.caller.ObjectID] == nil {
			return &errCallerGone
		}
		return nil
	}
	if q.user = q.tenant.users[q.caller.ObjectID]; q.user == nil {
		return &errCallerGone
	}
	return nil
}

// units is what the request costs of the throttling budget.
func (q *graphRequest) units() int {
	if q.op == nil || q.op.units == 0 {
		return 1
	}
	return q.op.units
}

func refuse(e *graphError) reply { return reply{status: e.Status, body: e} }

// metadata is the value of @odata.context for what fragment names.
func (q *graphRequest) metadata(fragment string) string {
	return q.origin + "/" + q.version + "/$metadata#" + fragment
}

// errorBody is how a refusal looks on the wire.
func errorBody(e *graphError, ids requestIDs, at time.Time) object {
	inner := object{
		{"date", at.UTC().Format("2006-01-02T15:04:05")},
		{"request-id", ids.request}, {"client-request-id", ids.client},
	}
	body := object{{"code", e.Code}, {"message", e.Message}}
	if len(e.Details) > 0 {
		body = append(body, property{"details", e.Details})
	}
	return object{{"error", append(body, property{"innerError", inner})}}
}

const graphContentType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

// diagnostic names the server that answered; this one is in no datacenter.
const diagnostic = `{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"0","ScaleUnit":"000","RoleInstance":"SANDBOX000000001"}}`

// writeReply marshals outside the world's lock: what replies hold is never
// changed in place.
func writeReply(rw http.ResponseWriter, r *http.Request, ids requestIDs, at time.Time, a reply, units int) {
	h := rw.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	h.Set("request-id", ids.request)
	h.Set("client-request-id", ids.client)
	h.Set("x-ms-ags-diagnostic", diagnostic)
	h.Set("x-ms-resource-unit", strconv.Itoa(units))
	if isPublicHost(callerHost(r)) {
		// Elsewhere the browser would hold it against localhost.
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	for name, value := range a.header {
		h.Set(name, value)
	}
	if a.body == nil {
		rw.WriteHeader(a.status)
		return
	}
	kind, data, err := encodeBody(r, wireBody(a.body, ids, at))
	if err != nil { // only a programming mistake: no type here can fail
		http.Error(rw, "the answer could not be written", http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", kind)
	h.Set("OData-Version", "4.0")
	rw.WriteHeader(a.status)
	_, _ = rw.Write(data) // a caller that left has no use for the rest
}

// encodeBody writes a body in the form that the caller accepts.
func encodeBody(r *http.Request, body any) (kind string, data []byte, err error) {
	if text, isText := body.(plainText); isText {
		return "text/plain", []byte(text), nil
	}
	kind = graphContentType
	if o, isObject := body.(object); isObject && metadataLevel(r.Header) == "none" {
		kind, body = strings.Replace(kind, "minimal", "none", 1), o.withoutMetadata()
	}
	data, err = marshal(body)
	return kind, data, err
}

// metadataLevel is the odata.metadata that the caller accepts JSON with.
func metadataLevel(h http.Header) string {
	for accepted := range strings.SplitSeq(h.Get("Accept"), ",") {
		if kind, params, err := mime.ParseMediaType(strings.TrimSpace(accepted)); err == nil && kind == "application/json" {
			return strings.ToLower(params["odata.metadata"])
		}
	}
	return ""
}

// wireBody turns a refusal into its body; anything else is one already.
func wireBody(body any, ids requestIDs, at time.Time) any {
	if e, refused := body.(*graphError); refused {
		return errorBody(e, ids, at)
	}
	return body
}
