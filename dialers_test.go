package consentry_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// dialers are the packages that may make connections, with whom they ask. What
// a person types into a page names none of these hosts: it becomes a path
// segment or a parameter of a request to a cloud's fixed address, or is not
// asked at all. So there is nothing to forge a request with.
var dialers = map[string]string{
	"outbound":      "carries all requests to Microsoft's services",
	"graph":         "Microsoft Graph, and the sign-in service for its credentials",
	"oauth":         "the sign-in service",
	"azuredevops":   "Azure DevOps",
	"diagnose":      "each of the cloud's services once, to see whether it can be reached",
	"remind":        "the webhook and the mail server that the operator names",
	"cmd/consentry": "puts the clients together",
}

// dialing are the names that connections are made with, by package.
var dialing = map[string][]string{
	"http": {"Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Post", "PostForm", "Head"},
	"net":  {"Dial", "DialTimeout", "DialTCP", "DialUDP", "Dialer"},
	"tls":  {"Dial", "DialWithDialer", "Dialer"},
	"smtp": {"Dial", "SendMail", "NewClient"},
}

func TestOnlyAFewPackagesMakeConnections(t *testing.T) {
	found := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (d.Name() == "testdata" || d.Name() == "e2e" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		for _, name := range connectionsIn(t, path) {
			found[pkg] = true
			if dialers[pkg] == "" {
				t.Errorf("%s uses %s: connections are made by few packages, see dialers", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range dialers {
		if !found[pkg] {
			t.Errorf("%s makes no connections: take it out of dialers", pkg)
		}
	}
}

// connectionsIn lists what a file makes connections with; InsecureSkipVerify
// is among it wherever it stands.
func connectionsIn(t *testing.T, path string) (out []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && contains(dialing[pkg.Name], n.Sel.Name) {
				out = append(out, pkg.Name+"."+n.Sel.Name)
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "InsecureSkipVerify" {
				t.Errorf("%s: certificates are always verified", path)
			}
		}
		return true
	})
	return out
}
