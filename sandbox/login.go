package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// loginHandler is the sign-in service, as it stands at
// https://login.microsoftonline.com.
func (w *world) loginHandler() http.Handler { return http.NewServeMux() }

type (
	deviceSignIn struct{}
	interaction  struct{}
	platform     string
)

func has(list []string, s string) bool { return slices.Contains(list, s) }

func joinScopes(list []string) string { return strings.Join(list, " ") }
