package setup

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// LifetimeWords says a number of days as people do: "180 days", "1 year".
func LifetimeWords(days int) string {
	switch {
	case days == 1:
		return "1 day"
	case days == 365:
		return "1 year"
	case days > 0 && days%365 == 0:
		return fmt.Sprintf("%d years", days/365)
	}
	return fmt.Sprintf("%d days", days)
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// spanWords says a span in whole days where it has at least one.
func spanWords(d time.Duration) string {
	if d < days(1) {
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return LifetimeWords(int(d / days(1)))
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
