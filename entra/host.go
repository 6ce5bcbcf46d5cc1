package entra

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// hostPattern is a DNS name or an IPv4 address: labels of letters, digits and
// hyphens.
var hostPattern = regexp.MustCompile(`^(?i)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

// ParseHost reads a host as a person gives it: "gateway.example.com", with
// ":8443" where it listens on another port than 443, or a pasted https
// address, which is reduced to its host. The result is in lower case. The
// error names the mend.
func ParseHost(input string) (string, error) {
	s := strings.TrimSpace(input)
	if s == "" {
		return "", fmt.Errorf("the host is missing: give it as gateway.example.com")
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return "", fmt.Errorf("%q is not a host: give it as gateway.example.com, with :8443 after it only for a port of its own", input)
	case u.Scheme != "https":
		return "", fmt.Errorf("%q does not begin with https://, and Microsoft sends codes over https only: give the https address", input)
	case u.User != nil:
		return "", fmt.Errorf("%q holds a user name before @: remove it", input)
	case strings.Contains(u.Hostname(), "_"):
		return "", fmt.Errorf("%q holds an underscore, which no host name has: replace the placeholder by your own host", input)
	case len(u.Hostname()) > 253 || !hostPattern.MatchString(u.Hostname()):
		return "", fmt.Errorf("%q is not a host name: use letters, digits, hyphens and full stops", input)
	case !validPort(u.Port()) || strings.HasSuffix(u.Host, ":"):
		return "", fmt.Errorf("the port in %q must be a number from 1 to 65535: correct or remove it", input)
	}
	return strings.TrimSuffix(strings.ToLower(u.Host), ":443"), nil
}
