package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"
)

// Proxies are the reverse proxies whose word is taken for where a request
// came from and how: X-Forwarded-For and X-Forwarded-Proto of a request that
// one of them handed on. Nothing else about a request says who sent it.
type Proxies []netip.Prefix

// ParseProxies reads networks ("10.0.0.0/8") and single addresses. One that
// takes in every address is refused: whoever asks could then say to be anybody.
func ParseProxies(list []string) (Proxies, error) {
	var out Proxies
	for _, text := range list {
		p, err := parseNetwork(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no network: give the proxy's address or its network, such as 10.0.0.5 or 10.0.0.0/24", text)
		}
		if widest := widestNetwork(p); p.Bits() < widest {
			return nil, fmt.Errorf("%q takes in more addresses than any network of one's own has (/%d is the widest), and strangers among them could say to be anybody: give the proxy's own address or network", text, widest)
		}
		out = append(out, p)
	}
	return out, nil
}

// widestNetwork is as wide as the widest private networks are, 10.0.0.0/8 and
// fc00::/7.
func widestNetwork(p netip.Prefix) int {
	if p.Addr().Is4() {
		return 8
	}
	return 7
}

func parseNetwork(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		return a.Unmap().Prefix(a.Unmap().BitLen())
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

func (p Proxies) trust(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// client is whom a request came from, and whether its sender used https.
type client struct {
	address netip.Addr // invalid when the connection has none
	https   bool
}

// clientOf believes the connection, unless it is a trusted proxy's: then the
// last hop that is none of ours, read from the right, where each proxy adds.
func (p Proxies) clientOf(r *http.Request) client {
	c := client{address: peer(r), https: r.TLS != nil}
	if !p.trust(c.address) {
		return c
	}
	if proto := r.Header.Values("X-Forwarded-Proto"); len(proto) > 0 {
		c.https = lastOf(proto[len(proto)-1]) == "https"
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			return c // what stands further left was written by somebody unknown
		}
		c.address = hop
		if !p.trust(hop) {
			return c
		}
	}
	return c
}

func lastOf(list string) string {
	return strings.ToLower(strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:]))
}

// parseHop reads an address as proxies write it; some add the port.
func parseHop(text string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a.Unmap().WithZone(""), err == nil
}

// peer is the other end of the connection.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// ClientIP is the address a request came from, as far as it is known: the
// connection's, or what a trusted proxy says. Empty when there is none.
func ClientIP(c *gin.Context) string {
	if a := stateOf(c).client.address; a.IsValid() {
		return a.String()
	}
	return ""
}

func requestID(c *gin.Context) string { return stateOf(c).id }

// state is what the shell knows of a request beside its session.
type state struct {
	id, nonce string
	client    client
	notes     []slog.Attr
}

const stateKey = "web.state"

// stateOf is never nil: outside the shell's engine it knows nothing.
func stateOf(c *gin.Context) *state {
	v, _ := c.Get(stateKey)
	if s, ok := v.(*state); ok {
		return s
	}
	return &state{}
}
