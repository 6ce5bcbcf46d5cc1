package explain

import "strings"

// A rule says which signs together speak for a cause, and how surely.
//
// A sign is "#AADSTS50011" (a code is in the paste), "@name" (a fact of
// facts.go holds), "=text" (this very text, letter case aside) or plain text
// (its letters and digits in this order, whatever stands between them).
// " | " separates signs of which one is enough.
type rule struct {
	Cause  string   `json:"cause"`
	Weight float64  `json:"weight"` // confidence when it holds and nothing else does
	When   []string `json:"when"`   // all of these
	Unless []string `json:"unless"` // and none of these

	when, unless [][]sign
}

// A sign is one thing to look for; exactly one field is set.
type sign struct {
	code, fact string
	text       int // id in knowledge.signs, when the others are empty
}

func (r *rule) prepare(k *knowledge) {
	for _, w := range r.When {
		r.when = append(r.when, k.parseSigns(w))
	}
	for _, u := range r.Unless {
		r.unless = append(r.unless, k.parseSigns(u))
	}
}

func (k *knowledge) parseSigns(text string) []sign {
	var out []sign
	for one := range strings.SplitSeq(text, " | ") {
		switch {
		case strings.HasPrefix(one, "#"):
			out = append(out, sign{code: one[1:]})
		case strings.HasPrefix(one, "@"):
			out = append(out, sign{fact: one[1:]})
		default:
			out = append(out, sign{text: k.sign(one)})
		}
	}
	return out
}

// find returns the places of a sign.
func (s *signs) find(one sign) []span {
	switch {
	case one.code != "":
		if at, ok := s.codes[one.code]; ok {
			return []span{at}
		}
		return nil
	case one.fact != "":
		return s.facts[one.fact]
	}
	return s.hits[one.text]
}

// findAny returns the places of the first of several signs that is there.
func (s *signs) findAny(any []sign) []span {
	for _, one := range any {
		if at := s.find(one); len(at) > 0 {
			return at
		}
	}
	return nil
}

// holds reports whether the rule applies, and the places that say so.
func (r *rule) holds(s *signs) (at []span, ok bool) {
	for _, any := range r.when {
		found := s.findAny(any)
		if len(found) == 0 {
			return nil, false
		}
		at = append(at, found[0])
	}
	for _, any := range r.unless {
		if len(s.findAny(any)) > 0 {
			return nil, false
		}
	}
	return at, true
}
