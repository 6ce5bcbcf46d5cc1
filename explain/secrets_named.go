package explain

import (
	"strings"

	"github.com/consentry/consentry/entra"
)

// secretNames are names of fields, variables and parameters, without "_" and
// "-", and what stands behind them.
var secretNames = map[string]secretKind{
	"clientsecret": clientSecret, "appsecret": clientSecret, "clientassertion": clientSecret, "azureclientsecret": clientSecret, "armclientsecret": clientSecret, "secret": clientSecret, "secrettext": clientSecret,
	"accesstoken": accessToken, "idtoken": accessToken, "bearertoken": accessToken, "token": accessToken, "systemaccesstoken": accessToken, "useassertion": accessToken, "assertion": accessToken,
	"refreshtoken": refreshToken,
	"pat":          accessKey, "azuredevopsextpat": accessKey, "azuredevopspat": accessKey, "personalaccesstoken": accessKey, "azdopersonalaccesstoken": accessKey,
	"password": password, "passwd": password, "pwd": password,
	"code": signInCode, "devicecode": signInCode, "usercode": signInCode, "codeverifier": signInCode, "idtokenhint": accessToken,
	"sig": opaque, "apikey": opaque,
}

// longestName is how long the name of a field or of a person may be.
const longestName = 80

// named looks at what a word stands in front of.
func (f *finder) named(from, to int) {
	var buffer [longestName]byte
	name := fieldName(f.text[from:to], buffer[:0])
	switch string(name) {
	case "bearer", "basic":
		f.credential(to)
		return
	case "cookie", "setcookie":
		f.cookie(to)
		return
	case "users", "home":
		f.pathOwner(from, to)
		return
	case "user", "account":
		f.person(to)
		return
	}
	kind, ok := secretNames[string(name)]
	if !ok {
		return
	}
	if a, b, ok := f.value(to, kind); ok {
		f.hide(a, b, kind, masked(kind))
	}
}

// fieldName is a word as secretNames has it: in lower case, without "_" and
// "-", and without what stands before the name of a setting, as in
// "azure.client-secret". It is empty for words too long to be one.
func fieldName(word string, buffer []byte) []byte {
	if len(word) > longestName {
		return nil
	}
	for i := range len(word) {
		switch c := word[i]; {
		case c == '.' && i+1 < len(word):
			buffer = buffer[:0]
		case c == '_', c == '-', c == '.', c == '~':
		case c >= 'A' && c <= 'Z':
			buffer = append(buffer, c+'a'-'A')
		default:
			buffer = append(buffer, c)
		}
	}
	return buffer
}

// value finds the value that a name is set to; false when there is none, or
// it is a placeholder, a GUID or words.
func (f *finder) value(at int, kind secretKind) (from, to int, ok bool) {
	i, quoted, sep := f.separator(at)
	if sep == 0 {
		return 0, 0, false
	}
	to = i
	for to < len(f.text) && f.text[to] != quoted && (quoted != 0 && f.text[to] > ' ' && f.text[to] != '\\' || inValue[f.text[to]]) {
		if encodedAnd(f.text[to:]) {
			break
		}
		to++
	}
	text := f.text[i:to]
	switch {
	case to == i, strings.HasPrefix(text, "[masked"), placeholderValue(text), entra.IsGUID(text):
		return 0, 0, false
	case quoted != 0 && to < len(f.text) && f.text[to] == ' ': // a sentence
		return 0, 0, false
	case kind == signInCode && (len(text) < shortestToken || !likeSecret(text)):
		return 0, 0, false
	case sep == ':' && quoted == 0 && !likeSecret(text), kind == accessToken && len(text) < 8:
		return 0, 0, false
	case kind == accessToken && strings.HasPrefix(text, "http"):
		return 0, 0, false
	}
	return i, to, true
}

// separator steps over what stands between a name and its value: "=", ":",
// quotes, also escaped or percent-encoded. quoted is the quote that ends the
// value, sep is 0 when nothing is set.
func (f *finder) separator(at int) (value int, quoted, sep byte) {
	i := f.skip(at, `\"'`, 8)
	i = f.skip(i, " ", 1)
	rest := strings.ToLower(f.text[i:min(i+5, len(f.text))])
	switch {
	case strings.HasPrefix(rest, "="), strings.HasPrefix(rest, ":"):
		sep = rest[0]
		i++
	case strings.HasPrefix(rest, "%3d"):
		sep = '='
		i += len("%3d")
	case strings.HasPrefix(rest, "%253d"):
		sep = '='
		i += len("%253d")
	default:
		return at, 0, 0
	}
	i = f.skip(i, " ", 2)
	i = f.skip(i, `\`, 7)
	if i < len(f.text) && strings.IndexByte("\"'`", f.text[i]) >= 0 {
		return i + 1, f.text[i], sep
	}
	return i, 0, sep
}

func (f *finder) skip(at int, set string, n int) int {
	for ; n > 0 && at < len(f.text) && strings.IndexByte(set, f.text[at]) >= 0; n-- {
		at++
	}
	return at
}

// encodedAnd reports whether a percent-encoded "&" or quote ends a value.
func encodedAnd(rest string) bool {
	if rest[0] != '%' {
		return false
	}
	lower := strings.ToLower(rest[:min(5, len(rest))])
	return strings.HasPrefix(lower, "%26") || strings.HasPrefix(lower, "%2526") || strings.HasPrefix(lower, "%22") || strings.HasPrefix(lower, "%0d") || strings.HasPrefix(lower, "%0a")
}

// placeholderValue reports whether a value names a variable, is hidden
// already or stands for none.
func placeholderValue(text string) bool {
	return strings.HasPrefix(text, "$") || strings.HasPrefix(text, "%") && strings.HasSuffix(text, "%") || strings.Trim(strings.ToLower(text), "x*.-_") == "" || unset(text) || text == "true" || text == "false" || text == "[object"
}

// likeSecret tells a value from a word of a sentence.
func likeSecret(text string) bool {
	return len(text) >= 8 && strings.ContainsAny(text, "0123456789") && strings.IndexFunc(text, func(r rune) bool { return r >= 'A' && r <= 'z' }) >= 0
}

// credential hides what stands behind "Bearer" or "Basic".
func (f *finder) credential(at int) {
	i := f.skip(at, " ", 3)
	if i == at {
		return
	}
	to := i
	for to < len(f.text) && (inAtom[f.text[to]] || strings.IndexByte("+/=", f.text[to]) >= 0) {
		to++
	}
	if text := f.text[i:to]; len(text) >= 16 && likeSecret(text) && !strings.Contains(text, "://") && !strings.Contains(text, "_uri=") {
		f.hide(i, to, accessToken, masked(accessToken))
	}
}

// cookie hides the rest of a header line.
func (f *finder) cookie(at int) {
	i := f.skip(at, `\"' `, 6)
	if i >= len(f.text) || f.text[i] != ':' {
		return
	}
	i = f.skip(i+1, `\"' `, 6)
	to := i
	for to < len(f.text) && strings.IndexByte("\r\n\"'\\", f.text[to]) < 0 {
		to++
	}
	if strings.Contains(f.text[i:to], "=") {
		f.hide(i, to, cookie, masked(cookie))
	}
}

// notPeople are owners of directories on build machines and servers.
var notPeople = map[string]bool{
	"public": true, "default": true, "vsts": true, "vstsagent": true, "runner": true, "runneradmin": true, "root": true, "ubuntu": true,
	"node": true, "app": true, "azureuser": true, "containeradministrator": true, "user": true, "username": true, "me": true, "v1.0": true, "beta": true, "site": true, "x": true,
}

// pathOwner hides whose directory /home/name/ or C:\Users\name\ is.
func (f *finder) pathOwner(from, to int) {
	if from == 0 || f.text[from-1] != '/' && f.text[from-1] != '\\' || to >= len(f.text) {
		return
	}
	slash := f.text[to]
	if slash != '/' && slash != '\\' {
		return
	}
	i := f.skip(to, string(slash), 8)
	end := i
	for end < len(f.text) && (inAtom[f.text[end]] || f.text[end] >= 0x80) {
		end++
	}
	if end < len(f.text) && f.text[end] == '@' || strings.Contains(f.text[max(0, from-24):from], "://") || strings.Contains(f.text[max(0, from-24):from], "/v1.0") {
		return
	}
	name := f.text[i:end]
	if name == "" || notPeople[strings.ToLower(name)] || entra.IsGUID(name) || end == len(f.text) || f.text[end] != slash {
		return
	}
	f.hide(i, end, personal, "…")
}

// person hides the name in "the user 'Devon Reyes' is not authorized".
func (f *finder) person(at int) {
	i := f.skip(at, " ", 1)
	if i == at || i >= len(f.text) || f.text[i] != '\'' && f.text[i] != '"' {
		return
	}
	n := strings.IndexByte(f.text[i+1:min(len(f.text), i+1+longestName)], f.text[i])
	if n <= 0 {
		return
	}
	name := f.text[i+1 : i+1+n]
	if entra.IsGUID(name) || strings.ContainsAny(name, "@…<{[*\n") {
		return
	}
	f.hide(i+1, i+1+n, personal, "…")
}
