package explain

import (
	"cmp"
	"math"
	"slices"
)

// A candidate is a cause that something speaks for.
type candidate struct {
	id     string
	weight float64
	at     []span // in the view, most telling first
}

// Weights that are the same for all causes.
const (
	// alsoShare is how much of a code's weight its other causes get.
	alsoShare = 0.3
	// nearWeight is the weight of what the best cause is mistaken for.
	nearWeight = 0.05
	// supportGain is what each further rule for the same cause adds.
	supportGain = 0.01
	// undecided is the weight below which no cause is named.
	undecided = 0.3
	// surest is the most a text can prove.
	surest = 0.98
	// mostCauses and mostEvidence keep an answer readable.
	mostCauses   = 6
	mostEvidence = 4
)

// rank weighs the causes and puts the best first. hidden are ranges that no
// evidence may show.
func (k *knowledge) rank(s *signs, hidden []secret) []Cause {
	all := k.candidates(s)
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.weight, a.weight) })
	if len(all) == 0 || all[0].weight < undecided {
		all = slices.Insert(all, 0, candidate{id: Unknown, weight: 0.5})
	}
	all = k.withNear(all)
	all = all[:min(len(all), mostCauses)]
	out := make([]Cause, 0, len(all))
	for i, confidence := range confidences(all) {
		c := k.causes[all[i].id].cause(s)
		c.Confidence = confidence
		c.Evidence = s.evidence(all[i].at, hidden)
		out = append(out, c)
	}
	return out
}

// withNear adds, at the end, the causes that the best one is mistaken for.
func (k *knowledge) withNear(all []candidate) []candidate {
	for _, id := range k.causes[all[0].id].Near {
		if !slices.ContainsFunc(all, func(c candidate) bool { return c.id == id }) {
			all = append(all, candidate{id: id, weight: nearWeight})
		}
	}
	return all
}

// candidates collects what codes and rules speak for.
func (k *knowledge) candidates(s *signs) []candidate {
	var all []candidate
	add := func(id string, weight float64, at ...span) {
		i := slices.IndexFunc(all, func(c candidate) bool { return c.id == id })
		switch {
		case i < 0:
			all = append(all, candidate{id, weight, at})
		case weight > all[i].weight:
			all[i] = candidate{id, math.Min(weight+supportGain, surest), append(at, all[i].at...)}
		default:
			all[i].weight = math.Min(all[i].weight+supportGain*weight, surest)
			all[i].at = append(all[i].at, at...)
		}
	}
	telling := s.codeNames() // without OAuth's "error" where something says more
	for _, c := range s.order {
		e, ok := k.codes[c.name]
		if !ok || !slices.Contains(telling, c.name) {
			continue
		}
		add(e.Cause, e.Weight, c.at)
		for i, id := range e.Also {
			add(id, e.Weight*alsoShare/float64(i+1), c.at)
		}
	}
	for i := range k.rules {
		if at, ok := k.rules[i].holds(s); ok {
			add(k.rules[i].Cause, k.rules[i].Weight, at...)
		}
	}
	return all
}

// confidences turns weights into what is shown: the best keeps its own less a
// part of the runner-up's, the others share the rest.
func confidences(all []candidate) []float64 {
	out := make([]float64, len(all))
	best := all[0].weight
	var rest float64
	for _, c := range all[1:] {
		rest += c.weight
	}
	if len(all) > 1 {
		best -= 0.1 * all[1].weight * all[1].weight
	}
	out[0] = round(best)
	for i, c := range all[1:] {
		out[i+1] = math.Max(0.01, round((1-best)*c.weight/math.Max(rest, 1)))
	}
	return out
}

func round(f float64) float64 { return math.Round(f*100) / 100 }

// evidence translates places of the view into places of the paste: each once,
// none inside another, none that shows a secret.
func (s *signs) evidence(at []span, hidden []secret) []Evidence {
	out := []Evidence{}
	for _, one := range at {
		p := s.inPaste(one)
		if len(out) == mostEvidence || p.from >= p.to || showsSecret(p, hidden) {
			continue
		}
		if slices.ContainsFunc(out, func(e Evidence) bool { return p.from < e.End && e.Start < p.to }) {
			continue
		}
		out = append(out, Evidence{s.paste[p.from:p.to], p.from, p.to})
	}
	return out
}

func showsSecret(p span, hidden []secret) bool {
	return slices.ContainsFunc(hidden, func(h secret) bool { return p.from < h.at.to && h.at.from < p.to })
}
