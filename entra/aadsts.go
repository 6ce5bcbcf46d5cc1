package entra

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Surface is where an error of the sign-in service shows.
type Surface string

// OnPage errors stay on Microsoft's own page: the redirect URI is never
// called. OnRedirect ones come with the redirect, OnToken ones in the body of
// the token endpoint's answer.
const (
	OnPage     Surface = "page"
	OnRedirect Surface = "redirect"
	OnToken    Surface = "token"
)

// An AADSTS is one error of Microsoft's sign-in service. Numbers are stable,
// the service's texts are not
// [MicrosoftDocs/entra-docs/docs/identity-platform/reference-error-codes.md].
type AADSTS struct {
	Code int `json:"code"`
	Explanation
	Surfaces []Surface `json:"surfaces"`
	// OAuth is the value of "error" that comes with it; empty when not known.
	OAuth string `json:"oauth,omitempty"`
	// Transient: shortly after a change of ours (new redirect URI, secret,
	// application or service principal) it may only mean that the change has
	// not spread yet.
	Transient bool `json:"transient,omitempty"`
}

//go:embed data/aadsts.json
var aadstsJSON []byte

// aadsts is the table, ordered by code.
var aadsts = sync.OnceValue(func() []AADSTS {
	var all []AADSTS
	if err := json.Unmarshal(aadstsJSON, &all); err != nil {
		panic("entra: embedded table of sign-in errors: " + err.Error())
	}
	slices.SortFunc(all, func(a, b AADSTS) int { return a.Code - b.Code })
	return all
})

// AADSTSCodes returns every code that can be explained, in ascending order.
func AADSTSCodes() []AADSTS { return slices.Clone(aadsts()) }

// LookupAADSTS explains a code such as 50011.
func LookupAADSTS(code int) (AADSTS, bool) {
	i, ok := slices.BinarySearchFunc(aadsts(), code, func(e AADSTS, code int) int { return e.Code - code })
	if !ok {
		return AADSTS{}, false
	}
	return aadsts()[i], true
}

// Where codes stand: "AADSTS50011: …" in texts, pages and redirects,
// "error_codes":[50011] in bodies, error?code=50011 in links to Microsoft's
// lookup page. RE2 makes the scan linear in the length of the text.
var (
	codeInText = regexp.MustCompile(`(?i)(?:AADSTS[\s:#-]{0,3}|error(?:\?|%3f)code(?:=|%3d))(\d{4,9})\b|error_codes\\?"?\s*[:=]\s*\[([\d,\s]{4,200})\]`)
	bareCode   = regexp.MustCompile(`^\s*(\d{4,9})\s*$`)
)

// FindAADSTS lists the codes in a pasted text, each once, in the order they
// appear. A text that is nothing but a known number counts as its code. Where
// codes are nested, the wrapping one comes first and the telling one last.
func FindAADSTS(text string) []int {
	var out []int
	add := func(digits string) {
		n, err := strconv.Atoi(strings.TrimSpace(digits))
		if err == nil && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	if m := bareCode.FindStringSubmatch(text); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			if _, known := LookupAADSTS(n); known {
				add(m[1])
			}
		}
		return out
	}
	for _, m := range codeInText.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			add(m[1])
		}
		for one := range strings.SplitSeq(m[2], ",") {
			add(one)
		}
	}
	return out
}
