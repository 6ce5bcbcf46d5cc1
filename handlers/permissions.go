package handlers

// GraphPermissions are the delegated permissions of Microsoft Graph, by name,
// that the console asks for up to a level: sign-in, read, write or consent.
// ok is false for another name.
func GraphPermissions(upTo string) (names []string, ok bool) {
	l, ok := parseLevel(upTo)
	if !ok {
		return nil, false
	}
	for _, w := range l.words() {
		names = append(names, w.Name)
	}
	return names, true
}
