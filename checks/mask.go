package checks

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/consentry/consentry/entra"
)

// MaskedWords say what a mask hides and what it leaves, for whoever reads a
// masked report.
const MaskedWords = "Masked: tenants, organizations, projects, environments and people, and the beginnings of secrets; the same value has the same stand-in everywhere. Left as they are: client IDs, redirect URIs and scopes, which say what is wrong."

// Masked returns the facts without what names a tenant, an organization, a
// project, an environment or a person. What the checks find in them stays the
// same.
func (f Facts) Masked() Facts { return NewMask(f).Facts(f) }

// A Mask replaces what names somebody by stand-ins: the same value by the same
// one everywhere, of the form that the value had, so that what was found stays
// true of them.
type Mask struct {
	names    []standIn // longest first
	hints    map[string]string
	standIns map[string]bool // mail addresses that are stand-ins themselves
}

// A standIn takes the place of a value wherever that stands for itself.
type standIn struct {
	find  *regexp.Regexp
	lower string // the value in lower case
	with  string
	// everywhere: it cannot be mistaken for a word of the field, so it is
	// replaced in scopes and addresses too.
	everywhere bool
	// inDomains: it may be the end of a longer host name.
	inDomains bool
	// short: it is so short that it is replaced only where it is all of a
	// text, in quotation marks or a segment of an address.
	short bool
}

// Facts returns f with every value replaced.
func (m *Mask) Facts(f Facts) Facts {
	f.Cloud.CAFile = "" // a path of this machine
	out := rewritten(f, m.factString)
	out.Cloud = f.Cloud
	return out
}

// Results returns the results with every value replaced. What a finding
// offers to change stays in words only.
func (m *Mask) Results(results []Result) []Result {
	return rewritten(results, func(key, s string) string {
		if key == "id" || key == "cause" || key == "outcome" {
			return s
		}
		return m.Text(s)
	})
}

// vocabulary are the fields whose words are the field's own, or addresses
// that have to be read as they are.
var vocabulary = map[string]bool{
	"scopes": true, "scope": true, "registered": true, "value": true, "consentPolicies": true, "roles": true,
	"integration": true, "redirectUri": true, "redirectUris": true, "uri": true, "service": true, "host": true,
}

func (m *Mask) factString(key, s string) string {
	switch {
	case key == "hint":
		return m.hint(s)
	case key == "notes" && s != "":
		return "[masked]"
	case key == "proxy" && s != "":
		return "proxy.example"
	case vocabulary[key], entra.IsGUID(s):
		return m.replace(s, func(n standIn) bool { return n.everywhere })
	}
	return m.Text(s)
}

func (m *Mask) hint(s string) string {
	if with, ok := m.hints[s]; ok {
		return with
	}
	return s
}

var (
	maskMail = regexp.MustCompile(`[A-Za-z0-9._%+#-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)
	maskIP   = regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b`)
	// hintText is where a text shows the beginning of a secret: (k9X…).
	hintText = regexp.MustCompile(`(\(|^|[ “"]|begins with )(\S{3})(…|$|[ .:;,)])`)
)

// Text replaces in a text: the known values, then mail addresses and network
// addresses that nobody named.
func (m *Mask) Text(s string) string {
	s = m.replace(s, func(standIn) bool { return true })
	s = maskMail.ReplaceAllStringFunc(s, func(mail string) string {
		if m.standIns[mail] {
			return mail
		}
		return "somebody@masked.example"
	})
	s = maskIP.ReplaceAllStringFunc(s, func(ip string) string {
		if strings.HasPrefix(ip, "127.") {
			return ip
		}
		return "x.x.x.x"
	})
	return m.hintsIn(s)
}

// hintsIn replaces the beginnings of secrets in a text.
func (m *Mask) hintsIn(s string) string {
	return hintText.ReplaceAllStringFunc(s, func(match string) string {
		at := hintText.FindStringSubmatchIndex(match)
		return match[:at[4]] + m.hint(match[at[4]:at[5]]) + match[at[5]:]
	})
}

// replace puts marks in the place of values first, so that no value is found
// inside another's stand-in.
func (m *Mask) replace(s string, which func(standIn) bool) string {
	var used []string
	lower := strings.ToLower(s)
	for _, n := range m.names {
		if which(n) && strings.Contains(lower, n.lower) {
			s = n.replaceIn(s, func() string {
				used = append(used, n.with)
				return "\x00" + string(rune(len(used))) + "\x00"
			})
		}
	}
	for i, with := range used {
		s = strings.Replace(s, "\x00"+string(rune(i+1))+"\x00", with, 1)
	}
	return s
}

// replaceIn replaces the value where it stands between borders.
func (n standIn) replaceIn(s string, mark func() string) string {
	var out strings.Builder
	last := utf8.RuneError
	for {
		at := n.find.FindStringIndex(s)
		if at == nil {
			return out.String() + s
		}
		if before, size := utf8.DecodeLastRuneInString(s[:at[0]]); size > 0 {
			last = before
		}
		after, _ := utf8.DecodeRuneInString(s[at[1]:])
		out.WriteString(s[:at[0]])
		if n.border(last) && (n.border(after) || after == '.' && !n.short) {
			out.WriteString(mark())
		} else {
			out.WriteString(s[at[0]:at[1]])
		}
		last, _ = utf8.DecodeLastRuneInString(s[:at[1]])
		s = s[at[1]:]
	}
}

// border: not the middle of a longer word, of a scope such as vso.work or of
// a longer host name.
func (n standIn) border(r rune) bool {
	switch {
	case n.short:
		return r == utf8.RuneError || strings.ContainsRune(`/"'`, r)
	case r == '.':
		return n.inDomains
	}
	return r == utf8.RuneError || r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// rewritten passes every string of a value's JSON through change, with the
// name of the field that holds it; in a list that of the list.
func rewritten[T any](v T, change func(key, s string) string) T {
	data, err := json.Marshal(v)
	if err != nil {
		panic("checks: facts that are no JSON: " + err.Error())
	}
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // durations are longer than a float is exact
	if err := decoder.Decode(&tree); err != nil {
		panic("checks: JSON that cannot be read: " + err.Error())
	}
	if data, err = json.Marshal(walk(tree, "", change)); err != nil {
		panic("checks: " + err.Error())
	}
	var out T
	if err := json.Unmarshal(data, &out); err != nil {
		panic("checks: masked values of another form: " + err.Error())
	}
	return out
}

func walk(v any, key string, change func(key, s string) string) any {
	switch v := v.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339, v); err == nil {
			return v // whatever anybody is called
		}
		return change(key, v)
	case []any:
		for i := range v {
			v[i] = walk(v[i], key, change)
		}
	case map[string]any:
		for k := range v {
			v[k] = walk(v[k], k, change)
		}
	}
	return v
}

// sortLongestFirst keeps a value from being cut by a shorter one inside it.
func sortLongestFirst(names []standIn) {
	slices.SortStableFunc(names, func(a, b standIn) int { return len(b.lower) - len(a.lower) })
}
