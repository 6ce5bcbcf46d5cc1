package checks

// Lookup finds a check of [All] by its id.
func Lookup(id string) (*Check, bool) {
	c, ok := byID[id]
	return c, ok
}

// Words say from what the group's checks are decided: "signed in to the
// directory".
func (g Group) Words() string { return groupWords[g] }

// Words say what it means when a check of this severity fails: "nobody can
// connect".
func (s Severity) Words() string { return severityWords[s] }
