package explain

// clouds are the hosts of each Microsoft cloud.
var clouds = [][]string{
	{"login.microsoftonline.com", "login.windows.net", "graph.microsoft.com", "graph.windows.net", "management.azure.com", "vault.azure.net"},
	{"login.microsoftonline.us", "graph.microsoft.us", "usgovcloudapi.net", "login-us.microsoftonline.com"},
	{"login.chinacloudapi.cn", "login.partner.microsoftonline.cn", "chinacloudapi.cn", "partner.onmschina.cn"},
	{"login.microsoftonline.de", "cloudapi.de"},
}

// cloudsMixed finds hosts of two clouds.
func cloudsMixed(s *signs) []span {
	var out []span
	for _, hosts := range clouds {
		for _, h := range hosts {
			if at := literal(s, h); len(at) > 0 {
				out = append(out, at[0])
				break
			}
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}
