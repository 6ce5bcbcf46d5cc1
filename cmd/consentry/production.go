package main

import "net/url"

// productionRules keep apart what is for trying out and what is for others.
var productionRules = []configRule{
	{"cloud", func(c *checked) string {
		if c.Production && c.cloud.IsSandbox() {
			return "--production works on real tenants only: give --cloud public"
		}
		return ""
	}},
	{"base-url", func(c *checked) string {
		if u, err := url.Parse(c.BaseURL); err == nil && u.Scheme == "https" && u.Hostname() != "" && c.cloud.IsSandbox() && !isLoopback(u.Hostname()) {
			return "the sandbox is for trying things out on this machine, and the passwords of its people are known to all: leave it out, or give --cloud public"
		}
		return ""
	}},
	{"gallery", func(c *checked) string {
		if c.Production && c.Gallery {
			return "the gallery shows made-up pages, which nobody must take for real ones: leave it out with --production"
		}
		return ""
	}},
}
