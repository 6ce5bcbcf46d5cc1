package drive

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// markers stand in every credential that the sandbox hands out: client
// secrets, codes and refresh tokens, device codes.
var markers = []string{"8Q~SANDBOX", "1.ASANDBOX", "1.DSANDBOX"}

// token is the form of access and ID tokens.
var token = regexp.MustCompile(`eyJ[\w-]{10,}\.eyJ[\w-]{10,}`)

// Leaks names the places whose text holds one of the sandbox's credentials or
// one of the further texts, as they are or as they look in an address, in
// base64 or in hexadecimal.
func Leaks(places map[string]string, further ...string) (leaks []string) {
	var forms []string
	for _, text := range append(further, markers...) {
		forms = append(forms, encoded(text)...)
	}
	for place, text := range places {
		if token.MatchString(text) {
			leaks = append(leaks, place+" holds a token")
		}
		for _, form := range forms {
			if at := strings.Index(text, form); at >= 0 {
				leaks = append(leaks, place+" holds a credential: …"+text[max(0, at-60):at]+"[it]")
			}
		}
	}
	return leaks
}

// encoded are the forms in which a text may stand in another one. Base64
// depends on where in a longer text it begins: of each of the three ways only
// the middle, which the text alone decides.
func encoded(text string) []string {
	forms := []string{text, url.QueryEscape(text), hex.EncodeToString([]byte(text)), strings.ToUpper(hex.EncodeToString([]byte(text)))}
	for before := range 3 {
		whole := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + text))
		first := []int{0, 2, 3}[before]
		last := len(whole) - []int{0, 2, 1}[(before+len(text))%3]
		middle := whole[first:last]
		forms = append(forms, middle, strings.NewReplacer("+", "-", "/", "_").Replace(middle))
	}
	return forms
}

// Files are the contents of all files below a folder, by their path in it.
func Files(tb testing.TB, folder string) map[string]string {
	tb.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files[name] = string(data)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}
