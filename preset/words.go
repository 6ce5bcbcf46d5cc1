package preset

import "strings"

// joinSentences puts sentences one after the other, empty ones left out.
func joinSentences(sentences ...string) string {
	var out []string
	for _, s := range sentences {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

func joinWords(words []string) string { return strings.Join(words, ", ") }

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
