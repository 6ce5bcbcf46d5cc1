package main

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// retirement says what became of Azure DevOps' own OAuth.
const retirement = "Azure DevOps' own OAuth has taken no new applications since April 2025 and is being retired in 2026. Register the application in Microsoft Entra and enter its values here; everybody who is connected has to connect again then."

// mostConnections are kept; older ones are forgotten.
const mostConnections = 100

// A connector is one product, set up by its customer.
type connector struct {
	product              product
	login, devops, vssps string // base URLs, without slash at the end
	host                 string // in the redirect URI
	olderVersion         bool   // the one that signs in through Azure DevOps' own OAuth
	wire                 *wire
	base                 string // of its own pages

	mu          sync.Mutex
	settings    values
	preset      values // what the form for connecting starts with
	connections []connection
}

// retired reports whether people sign in through Azure DevOps' own OAuth.
func (c *connector) retired(v values) bool {
	return c.olderVersion || v[applicationType] == retiredType
}

func (c *connector) saved() values {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settings
}

func (c *connector) save(v values) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settings = v
}

// add keeps a new connection.
func (c *connector) add(a *attempt, o *outcome) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := rand.Text()
	c.connections = append(c.connections, connection{id, a, o})
	if n := len(c.connections); n > mostConnections {
		c.connections = slices.Clone(c.connections[n-mostConnections:])
	}
	return id
}

func (c *connector) find(id string) (connection, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.connections, func(conn connection) bool { return conn.ID == id })
	if i < 0 {
		return connection{}, false
	}
	return c.connections[i], true
}

// list are the connections, the latest first.
func (c *connector) list() []connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.connections)
	slices.Reverse(all)
	return all
}

// settle keeps what came of a connection.
func (c *connector) settle(id string, o *outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.connections {
		if c.connections[i].ID == id {
			c.connections[i].outcome = o
		}
	}
}

// claim finds the sign-in that a state belongs to, at the path of its
// redirect URI. Each state is good for one answer.
func (c *connector) claim(state, path string) (connection, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, conn := range c.connections {
		if state == "" || conn.attempt.state != state || pathOf(conn.attempt.callback) != path {
			continue
		}
		spent := *conn.attempt
		spent.state = ""
		c.connections[i].attempt = &spent
		return conn, true
	}
	return connection{}, false
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Path == "" {
		return "/"
	}
	return u.Path
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// pages are what its customer and their users see.
func (c *connector) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", c.showOverview)
	mux.HandleFunc("GET /settings", c.showSettings)
	mux.HandleFunc("POST /settings", c.saveSettings)
	mux.HandleFunc("GET /connect", c.showConnect)
	mux.HandleFunc("POST /connect", c.startConnect)
	mux.HandleFunc("GET /connections/{id}", c.showConnection)
	mux.HandleFunc("POST /connections/{id}/again", c.useAgain)
	mux.HandleFunc("GET /requests", c.listRequests)
	mux.HandleFunc("GET /", c.callback) // a redirect URI may lead to this machine
	return http.NewCrossOriginProtection().Handler(mux)
}

// callback is the redirect URI, under whichever host name it was asked for.
func (c *connector) callback(w http.ResponseWriter, r *http.Request) {
	if here := pathOf(c.product.callback(c.host, c.saved())); r.URL.Path != here && !r.URL.Query().Has("state") {
		http.NotFound(w, r)
		return
	}
	conn, ok := c.claim(r.URL.Query().Get("state"), r.URL.Path)
	if !ok {
		c.showFailure(w, http.StatusBadRequest, &failure{At: "sign in", Code: "invalid_state",
			Message: "The answer belongs to no sign-in that was started here, or to one that has ended."}, nil)
		return
	}
	c.settle(conn.ID, c.answered(withoutCancel(r), conn.attempt, r.URL.Query(), r.URL.RawQuery))
	http.Redirect(w, r, c.base+"/connections/"+conn.ID, http.StatusSeeOther)
}
