package explain

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// mostPerMegabyte is the longest that reading one megabyte may take.
const mostPerMegabyte = 100 * time.Millisecond

// shapes are texts of MaxPaste bytes that are hard in different ways.
func shapes() map[string]string {
	fill := func(unit string) string { return strings.Repeat(unit, MaxPaste/len(unit)+1)[:MaxPaste] }
	var log, noise strings.Builder
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; log.Len() < MaxPaste; i++ {
		fmt.Fprintf(&log, "2025-01-01T10:00:%02d.%03dZ INFO worker[%d] GET https://dev.azure.com/tailwind/_apis/projects status: 200 in %dms\n", i%60, i%1000, i%7, r.IntN(900))
	}
	for noise.Len() < MaxPaste {
		noise.WriteByte(byte(' ' + r.IntN(95)))
	}
	return map[string]string{
		"log":            log.String()[:MaxPaste-200] + "AADSTS50011: The redirect URI 'https://a.example/cb' specified in the request does not match",
		"noise":          noise.String()[:MaxPaste],
		"codes":          fill("AADSTS50011 "),
		"encoded":        fill("%2525252B"),
		"backslashes":    fill(`\\\\\"`),
		"tags":           fill("<b <b <a href="),
		"entities":       fill("&amp;amp;#x41"),
		"plus":           fill("a+b+c"),
		"mail":           fill("a@b.cd"),
		"almost mail":    fill("@@@@aaaa"),
		"one word":       fill("a"),
		"digits":         fill("500115"),
		"keys":           fill("client_secret="),
		"quotes":         fill(`client_secret="x y" the user '`),
		"scopes":         fill("scope=a,b;c "),
		"tokens":         fill("eyJhbGciOiJSUzI1NiJ9.eyJhdWQi.x "),
		"cookies":        fill("cookie: a=b "),
		"letters abroad": fill("ä漢字é "),
		"zero bytes":     fill("\x00\xff"),
		"encoded feeds":  fill("%0a scope "),
		"basic":          fill("basic aaaaaaaaaaaaaaaaaaaaaaaa "),
	}
}

// BenchmarkExplain fails when a megabyte takes longer than it may.
func BenchmarkExplain(b *testing.B) {
	for name, paste := range shapes() {
		b.Run(name, func(b *testing.B) {
			Explain("warm up")
			b.SetBytes(int64(len(paste)))
			b.ResetTimer()
			fastest := time.Hour // the machine may be busy with something else
			for b.Loop() {
				began := time.Now()
				Explain(paste)
				fastest = min(fastest, time.Since(began))
			}
			b.ReportMetric(float64(fastest.Microseconds())/1000, "ms/fastest")
			if fastest > mostPerMegabyte {
				b.Errorf("%v for %d bytes, more than %v", fastest, len(paste), mostPerMegabyte)
			}
		})
	}
}
