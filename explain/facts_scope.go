package explain

import (
	"bytes"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// otherAPIs are beginnings of scope names that Microsoft Graph does not have
// and another service has: SharePoint, Dynamics, Exchange, Power BI.
var otherAPIs = []string{"vso.", "allsites.", "myfiles.", "termstore.", "financials.", "ews.", "imap.", "smtp.", "pop.", "dataset.", "exchange.manage", "access_as_user", "user_impersonation", "full_access_as_user"}

// scopeOfOtherResource finds a bare scope of another service that was looked
// up on Microsoft Graph, as every scope without a resource is.
func scopeOfOtherResource(s *signs) []span {
	graph := literal(s, string(entra.MicrosoftGraph))
	if len(graph) == 0 {
		return nil
	}
	for _, v := range s.values.scopes {
		for _, one := range splitScopes(v.text) {
			if !strings.Contains(one, "/") && ofOtherAPI(strings.ToLower(one)) {
				return []span{v.at, graph[0]}
			}
		}
	}
	return nil
}

// scopeDevOpsBare finds Azure DevOps scopes without their resource in a
// request to, or a refusal of, the sign-in service.
func scopeDevOpsBare(s *signs) []span {
	entraSide := len(s.order) > 0 && strings.HasPrefix(s.order[0].name, "AADSTS") || len(literal(s, "login.microsoftonline.com")) > 0
	if !entraSide || len(literal(s, "invalidscope")) > 0 {
		return nil
	}
	for _, v := range s.values.scopes {
		for _, one := range splitScopes(v.text) {
			if strings.HasPrefix(strings.ToLower(one), "vso.") {
				return []span{v.at}
			}
		}
	}
	return nil
}

func ofOtherAPI(name string) bool {
	if _, devOps := entra.LookupScope(name); devOps {
		return true
	}
	return slices.ContainsFunc(otherAPIs, func(p string) bool { return strings.HasPrefix(name, p) })
}

// scopesOfTwoResources finds one list of scopes that names two services.
func scopesOfTwoResources(s *signs) []span {
	for _, v := range s.values.scopes {
		var resource entra.ClientID
		for _, one := range splitScopes(v.text) {
			ref := entra.ParseScope(one)
			switch {
			case ref.Resource == "" || entra.IsOpenIDScope(ref.Name):
			case resource == "":
				resource = ref.Resource
			case !strings.EqualFold(string(resource), string(ref.Resource)):
				return []span{v.at}
			}
		}
	}
	return nil
}

// scopeNamedOnly finds a list that names nothing but permissions, as a
// request without a person must not.
func scopeNamedOnly(s *signs) []span {
	for _, v := range s.values.scopes {
		list := splitScopes(v.text)
		odd := func(one string) bool {
			return entra.IsOpenIDScope(one) || strings.HasSuffix(one, ".default") || !strings.Contains(one, ".")
		}
		if len(list) == 1 && !slices.ContainsFunc(list, odd) {
			return []span{v.at}
		}
	}
	return nil
}

// scopeWithBlanks finds a refusal that quotes several scopes as one: the
// blanks between them did not arrive as blanks.
func scopeWithBlanks(s *signs) []span {
	for _, v := range s.values.scopes {
		quoted := v.at.from > 0 && s.lower[v.at.from-1] == '\''
		if quoted && strings.Contains(strings.TrimSpace(v.text), " ") && bytes.HasSuffix(s.lower[:v.at.from], []byte("the scope '")) {
			return []span{v.at}
		}
	}
	return nil
}

// inRaw finds a text in the paste before anything is decoded; it returns no
// place when the text is there but cannot be shown in the view.
func inRaw(s *signs, word string) bool {
	return strings.Contains(s.paste, word) || strings.Contains(s.paste, strings.ToUpper(word))
}

// scopeEncoded finds a scope that is percent-encoded twice.
func scopeEncoded(s *signs) []span {
	if !inRaw(s, "%252f") && !inRaw(s, "%2520") && !inRaw(s, "%253a") {
		return nil
	}
	at := literal(s, "scope")
	if len(at) == 0 {
		return nil
	}
	// A whole address inside another one is encoded twice rightly.
	if i := strings.Index(strings.ToLower(s.paste), "scope="); i < 0 || !doubled(s.paste[i:]) {
		return nil
	}
	return at
}

// doubled reports whether a parameter is encoded twice while its own equals
// sign is not encoded at all.
func doubled(parameter string) bool {
	end := strings.IndexAny(parameter, "& \n\"'")
	if end < 0 {
		end = len(parameter)
	}
	return strings.Contains(parameter[:end], "%25")
}

// scopeComma finds scopes that are separated by commas or semicolons.
func scopeComma(s *signs) []span {
	for _, lead := range []string{"scope=", "the scope '", "the scope ", `scope": "`, `scope":"`, "asked for scope '"} {
		i := bytes.Index(s.lower, []byte(lead))
		if i < 0 {
			continue
		}
		from, to := upTo(s.lower, i+len(lead), " &'\"")
		list := s.lower[from:to]
		if at := bytes.IndexAny(list, ",;"); at > 0 && at+1 < len(list) && likeScope(string(list[:at])) && isWord(list[at+1]) {
			return []span{{from, to}}
		}
	}
	return nil
}

// scopeLineFeed finds a line feed or tab that is part of a scope.
func scopeLineFeed(s *signs) []span {
	for _, code := range []string{"%0a", "%0A", "%0d", "%0D", "%09", `\n'`, `\t'`, "&#10;"} {
		for from, n := 0, 0; n < mostValues; n++ {
			i := strings.Index(s.paste[from:], code)
			if i < 0 {
				break
			}
			from += i + len(code)
			if insideScope(strings.ToLower(s.paste[max(0, from-insideNear) : from-len(code)])) {
				return literal(s, "scope")
			}
		}
	}
	return nil
}

// insideNear is how far back the beginning of a scope is looked for.
const insideNear = 200

// insideScope reports whether a text ends inside the value of a parameter or
// the quotation of a scope.
func insideScope(before string) bool {
	at := strings.LastIndex(before, "scope")
	if at < 0 {
		return false
	}
	value := before[at+len("scope"):]
	quoted, isQuoted := strings.CutPrefix(value, " '")
	return isQuoted && !strings.Contains(quoted, "'") || !strings.ContainsAny(value, "&.")
}

// scopeResourceMalformed finds a scope whose resource is neither a GUID nor
// an address, such as "console/.default".
func scopeResourceMalformed(s *signs) []span {
	for _, v := range s.values.scopes {
		for _, one := range splitScopes(v.text) {
			slash := strings.LastIndexByte(one, '/')
			if slash > 0 && !entra.IsGUID(one[:slash]) && !strings.Contains(one, "://") && !strings.HasPrefix(one, "***") {
				return []span{v.at}
			}
		}
	}
	return nil
}
