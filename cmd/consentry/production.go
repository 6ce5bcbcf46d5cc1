package main

// productionRules are what --production refuses: everything that is for
// trying out.
var productionRules = []configRule{
	{"cloud", func(c *checked) string {
		if c.Production && c.cloud.IsSandbox() {
			return "--production works on real tenants only: give --cloud public"
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
