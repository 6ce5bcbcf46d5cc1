package sandbox

import "testing"

func TestARepositorySaysWhereGitFindsIt(t *testing.T) {
	s := start(t, Options{})
	bearer := []string{"Authorization", "Bearer " + tokenFor(t, s, contosoDeveloper, everything)}
	for host, c := range map[string]struct{ path, clone, web string }{
		"dev.azure.com": {"/contoso/Web%20Shop/_apis/git/repositories/Web%20Shop",
			"https://contoso@dev.azure.com/contoso/Web%20Shop/_git/Web%20Shop", "https://dev.azure.com/contoso/Web%20Shop/_git/Web%20Shop"},
		"contoso.visualstudio.com": {"/Web%20Shop/_apis/git/repositories/Web%20Shop",
			"https://contoso.visualstudio.com/Web%20Shop/_git/Web%20Shop", "https://contoso.visualstudio.com/Web%20Shop/_git/Web%20Shop"},
	} {
		repo := send(t, s, "GET", s.Ready().DevOps+c.path, "", through(host, bearer...)...).json(t)
		if repo["remoteUrl"] != c.clone || repo["webUrl"] != c.web || repo["sshUrl"] != "git@ssh.dev.azure.com:v3/contoso/Web%20Shop/Web%20Shop" {
			t.Errorf("%s: %v", host, repo)
		}
	}
}
