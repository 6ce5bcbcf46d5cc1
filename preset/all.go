package preset

// All are the integrations in the order they are offered.
var All = []Preset{frontegg, paragon, stackOne, cyclr, custom}

// ByID finds an integration by its ID: "frontegg".
func ByID(id string) (Preset, bool) {
	for _, p := range All {
		if p.ID == id {
			return p, true
		}
	}
	return Preset{}, false
}
