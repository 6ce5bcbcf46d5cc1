package setup

import (
	"fmt"
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

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
