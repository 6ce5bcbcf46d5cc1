package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

var networkChecks = []*Check{
	{
		ID:       "services-reachable",
		Title:    "The services can be reached from here",
		Why:      "Nobody can sign in, and nothing can be asked of Azure DevOps, from a network that does not let the requests through.",
		Group:    Anonymous,
		Severity: Blocks,
		Cites:    citeAllowList,
		Needs:    []Need{NeedNetwork},
		Evaluate: unreachable,
		Shows:    reached,
	},
	{
		ID:       "clock-in-step",
		Title:    "This machine's clock agrees with Microsoft's",
		Why:      "Tokens and client assertions hold for a few minutes or an hour. With a wrong clock they are refused as expired or as not valid yet, and dates in this report are off by as much.",
		Group:    Anonymous,
		Severity: Risks,
		AADSTS:   []int{500133, 700024},
		Cites:    citeAccessTokens,
		Needs:    []Need{NeedClock},
		Evaluate: clockOff,
		Shows:    showing("difference to the Date of Microsoft's answers", func(f *Facts) string { return about(f.Clock.Get().Abs()) }),
	},
}

// stages say what did not work at which stage of reaching a service, and what
// to do then.
var stages = map[string]struct{ failed, mend string }{
	"dns":     {"its name is not found", "Ask the network's administrator to let this name be resolved"},
	"connect": {"no connection comes about", "Ask the network's administrator to let connections to port 443 of it through"},
	"tls":     {"its certificate is not trusted, or the connection is broken open in between", "Ask the network's administrator to exempt it from TLS inspection, or add the inspecting proxy's certificate to the trusted ones"},
	"answer":  {"it does not answer as it should", "Ask the network's administrator what answers in its place"},
}

func unreachable(f *Facts) []Finding {
	var out []Finding
	for _, r := range f.Network.Get() {
		if r.Problem == "" {
			continue
		}
		stage, ok := stages[r.Stage]
		if !ok {
			stage = stages["answer"]
		}
		out = append(out, Finding{
			Summary: fmt.Sprintf("%s (%s) cannot be reached%s: %s.", r.Service, r.Host, throughProxy(r), stage.failed),
			Shown: []Evidence{{
				What: "a request to " + r.Host, Got: entra.ForeignText(r.Problem), Want: "an answer",
				Command: f.curl("-v", "-o", "/dev/null") + "https://" + r.Host,
			}},
			Mend: Remedy{
				Say: fmt.Sprintf("%s: %s.", stage.mend, r.Host), Who: entra.AppOwner,
				Steps: []string{
					"Run the command above on this machine and note where it stops.",
					"Give both to the network's administrator; " + citeAllowList + " lists every name and address.",
					"Run the checks again.",
				},
			},
		})
	}
	return out
}

// reached shows how long each service took to answer.
func reached(f *Facts) []Evidence {
	var out []Evidence
	for _, r := range f.Network.Get() {
		out = append(out, Evidence{What: "a request to " + r.Host, Got: fmt.Sprintf("an answer after %d ms", r.Took.Milliseconds())})
	}
	return out
}

func throughProxy(r Reachability) string {
	if r.Proxy == "" {
		return ""
	}
	return " through the proxy " + r.Proxy
}

// maxSkew is the difference that verifiers of tokens usually forgive.
const maxSkew = 5 * time.Minute

func clockOff(f *Facts) []Finding {
	skew := f.Clock.Get()
	if skew.Abs() <= maxSkew {
		return nil
	}
	way, of := "ahead", " of"
	if skew < 0 {
		way, of = "behind", ""
	}
	return []Finding{{
		Summary: fmt.Sprintf("This machine's clock is %s %s%s Microsoft's.", about(skew.Abs()), way, of),
		Shown: []Evidence{{
			What: "difference to the Date of Microsoft's answers", Got: about(skew.Abs()) + " " + way, Want: "at most " + about(maxSkew),
			Command: "date -u; " + f.curl("-I") + f.Cloud.Login + " | grep -i '^date'",
		}},
		Mend: Remedy{
			Say: "Let this machine set its clock by a time server.", Who: entra.AppOwner,
			Steps: []string{"On Linux: timedatectl set-ntp true. On Windows: Settings, Time & language, Set time automatically.", "Do the same where the integration runs, if that is another machine.", "Run the checks again."},
		},
	}}
}

// about writes a span as a person would, in its largest whole unit.
func about(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := int(d / u.unit); n >= 1 {
			return fmt.Sprintf("%d %s%s", n, u.name, strings.Repeat("s", min(n-1, 1)))
		}
	}
	return "less than a second"
}

// curl begins a command line; the address comes next. A cloud whose
// certificates are not publicly trusted names those that vouch for it.
func (f *Facts) curl(flags ...string) string {
	words := append([]string{"curl -s"}, flags...)
	if f.Cloud.CAFile != "" {
		words = append(words, "--cacert '"+strings.ReplaceAll(f.Cloud.CAFile, "'", `'\''`)+"'")
	}
	return strings.Join(words, " ") + " "
}
