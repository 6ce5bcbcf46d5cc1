package handlers

// payloads are addresses that somebody might hand to the sign-in so that it
// leads to their own site: one trick with slashes, schemes, encodings, blanks,
// names or parsers each.
var payloads = []string{
	// Two slashes and what browsers take for them.
	"//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example",
	"\\/\\/evil.example", "//\\evil.example", "/\\\\evil.example", "//evil.example/%2f..", "//evil.example/../../", "//evil.example?/setup", "//evil.example#/setup",
	"///\\;@evil.example", "//;@evil.example", "//evil.example\\@localhost", "//localhost@evil.example", "//user:pass@evil.example", "//@evil.example",
	// Schemes, whole and torn.
	"https://evil.example", "http://evil.example", "HTTPS://evil.example", "hTTps:evil.example", "https:evil.example", "https:/evil.example", "http:/evil.example",
	"https:\\\\evil.example", "https:///evil.example", "ftp://evil.example", "ws://evil.example", "file:///etc/passwd", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
	"javascript://%0aalert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "blob:https://evil.example/x",
	"mailto:a@evil.example", "about:blank", "view-source:https://evil.example", "x-custom:evil", ":evil.example", "://evil.example", ":///evil.example",
	// Percent signs, once and twice.
	"/%2fevil.example", "/%2f%2fevil.example", "/%2F%2Fevil.example", "%2f%2fevil.example", "/%5cevil.example", "/%5Cevil.example", "/%5c%5cevil.example",
	"%5c%5cevil.example", "/%255cevil.example/%2f%2f", "/%2f/evil.example", "%2f/evil.example", "/%09/evil.example", "/%0a/evil.example", "/%0d/evil.example", "/%00/evil.example",
	"/%0d%0aLocation:%20https://evil.example", "/%0d%0aSet-Cookie:%20a=b", "https%3a%2f%2fevil.example", "%68ttps://evil.example", "/%", "/%2", "/%zz", "%",
	// Blanks and signs that parsers drop.
	" //evil.example", "\t//evil.example", "\n//evil.example", "\r//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/\r\n/evil.example",
	"/ /evil.example\x00", "\x00//evil.example", "/\x00/evil.example", "/\x1f/evil.example", "\x0b//evil.example", "/\x7f/evil.example", "//evil.example\x00.localhost",
	"/\x08/evil.example", "\u00a0//evil.example", "\u2028//evil.example", "\ufeff//evil.example", "\u3000//evil.example",
	// Dots, fragments, queries and parameters.
	"/.//evil.example", "/..//evil.example", "/./\\evil.example", "/../\\evil.example", "/a/..//evil.example", "/setup/../..//evil.example", "/.//\\evil.example",
	"?//evil.example", "?https://evil.example", "#//evil.example", "/#//evil.example", "/;//evil.example", ";//evil.example", "/?\\evil.example", "/#\\evil.example",
	// Names that look like ours, and addresses in other clothes.
	"localhost.evil.example", "//localhost.evil.example", "https://localhost.evil.example", "https://localhost@evil.example", "https://localhost:8080@evil.example",
	"https://localhost%2eevil.example", "https://evil.example?localhost", "https://evil.example#localhost", "//[::1]", "//[::ffff:127.0.0.1]", "http://[::1", "//2130706433", "//0x7f000001", "//0177.0.0.1",
	"／／evil.example", "/／evil.example", "//evil。example", "//ｅvil.example", "//xn--evil.example", "／evil.example", "⁄⁄evil.example", "/〱evil.example",
	// No address at all.
	"", "evil.example", "evil.example/setup", "setup", "./setup", "../setup", "*", "{{.}}", "<script>", "'\"",
}
