// Package static embeds the style sheets, scripts and icons. Every file is
// served under a name that carries its hash, so browsers may keep it for ever.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

//go:embed *.css *.js *.svg vendor/tabler/tabler.min.css
var files embed.FS

// A File is one embedded file.
type File struct {
	Name        string // "app.css"
	Path        string // "/static/app.1a2b3c4d5e6f.css"
	ContentType string
	Content     []byte
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// names maps the name templates use to the embedded path.
var names = map[string]string{
	"tabler.css": "vendor/tabler/tabler.min.css",
	"app.css":    "app.css",
	"app.js":     "app.js",
	"theme.js":   "theme.js",
	"icons.svg":  "icons.svg",
	"logo.svg":   "logo.svg",
}

// Files returns every file by the name templates use. It fails when a listed
// file is not embedded or has a type without content type.
func Files() (map[string]File, error) {
	out := make(map[string]File, len(names))
	for name, file := range names {
		content, err := files.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("static: %w", err)
		}
		ext := path.Ext(name)
		contentType, ok := contentTypes[ext]
		if !ok {
			return nil, fmt.Errorf("static: no content type for %s", name)
		}
		sum := sha256.Sum256(content)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		out[name] = File{Name: name, Path: "/static/" + hashed, ContentType: contentType, Content: content}
	}
	return out, nil
}
