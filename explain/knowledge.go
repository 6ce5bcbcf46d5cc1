package explain

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed data/causes.json
var causesJSON []byte

//go:embed data/codes.json
var codesJSON []byte

//go:embed data/rules.json
var rulesJSON []byte

// knowledge is the data files, prepared for looking things up.
type knowledge struct {
	causes map[string]entry
	order  []string // ids of the causes as they stand in their file
	codes  map[string]codeEntry
	named  map[string]int // what finds codes that are written as a word
	rules  []rule
	signs  []string // what is looked for; those that begin with "=" literally
	leads  []int    // the sign of each of leads
	byText map[string]int
	exact  *matcher // literal signs, on the text
	loose  *matcher // the others, on its letters and digits
	// ids of the signs behind the words of each matcher
	exactIDs, looseIDs []int
}

// A codeEntry says what one code stands for.
type codeEntry struct {
	Code string `json:"code"`
	// Name is what Microsoft's sign-in log and table call a numbered code.
	Name   string   `json:"name"`
	Cause  string   `json:"cause"`
	Weight float64  `json:"weight"` // confidence when nothing else speaks
	Also   []string `json:"also"`   // other causes it is seen with, likeliest first
}

var known = sync.OnceValue(load)

func load() *knowledge {
	k := &knowledge{causes: map[string]entry{}, codes: map[string]codeEntry{}, named: map[string]int{}, byText: map[string]int{}}
	for _, e := range decodeAll[entry]("causes", causesJSON) {
		k.causes[e.ID] = e
		k.order = append(k.order, e.ID)
	}
	for _, c := range decodeAll[codeEntry]("codes", codesJSON) {
		k.codes[c.Code] = c
		if roleOf(c.Code) != numbered {
			k.named[c.Code] = k.sign("=" + strings.ToLower(c.Code))
		} else if c.Name != "" {
			k.named[c.Code] = k.sign("=" + strings.ToLower(c.Name))
		}
	}
	k.rules = decodeAll[rule]("rules", rulesJSON)
	for i := range k.rules {
		k.rules[i].prepare(k)
	}
	for _, w := range watched {
		k.sign("=" + w)
	}
	for _, l := range leads {
		k.leads = append(k.leads, k.sign("="+l.text))
	}
	k.build()
	return k
}

func decodeAll[T any](what string, data []byte) []T {
	var all []T
	if err := json.Unmarshal(data, &all); err != nil {
		panic("explain: embedded table of " + what + ": " + err.Error())
	}
	return all
}

// sign registers a text to look for and returns its id.
func (k *knowledge) sign(text string) int {
	if !strings.HasPrefix(text, "=") {
		text = lettersOf(text)
	}
	id, ok := k.byText[text]
	if !ok {
		id = len(k.signs)
		k.signs = append(k.signs, text)
		k.byText[text] = id
	}
	return id
}

// lettersOf leaves what a view keeps in letters.
func lettersOf(text string) string {
	var out []byte
	for _, c := range lowerCase([]byte(text)) {
		if isWord(c) {
			out = append(out, c)
		}
	}
	return string(out)
}

func (k *knowledge) build() {
	var exact, loose []string
	for id, text := range k.signs {
		if literal, ok := strings.CutPrefix(text, "="); ok {
			exact, k.exactIDs = append(exact, literal), append(k.exactIDs, id)
		} else {
			loose, k.looseIDs = append(loose, text), append(k.looseIDs, id)
		}
	}
	k.exact, k.loose = newMatcher(exact), newMatcher(loose)
}

// signs are what was found in one paste.
type signs struct {
	*view
	hits     map[int][]span // places of each sign, the first few
	codes    map[string]span
	order    []code // codes in the order they stand
	values   values
	entities Entities
	facts    map[string][]span // what holds, and the places that show it
}

// mostHits is how many places of one sign are kept.
const mostHits = 8

func (k *knowledge) read(paste string) *signs {
	s := &signs{view: newView(paste), hits: map[int][]span{}, codes: map[string]span{}, facts: map[string][]span{}}
	k.exact.scan(s.lower, func(word int32, end int) {
		s.hit(k.exactIDs[word], span{end - len(k.signs[k.exactIDs[word]]) + 1, end})
	})
	k.loose.scan(s.letters, func(word int32, end int) {
		id := k.looseIDs[word]
		at := span{int(s.index[end-len(k.signs[id])]), int(s.index[end-1]) + 1}
		if s.bounded(at, len(k.signs[id])) {
			s.hit(id, at)
		}
	})
	k.findCodes(s)
	s.values = s.pickValues(k.leads)
	s.entities = s.values.entities()
	for _, f := range facts {
		if at := f.holds(s); len(at) > 0 {
			s.facts[f.name] = at
		}
	}
	return s
}

// shortSign is the length up to which a sign must be whole words: "PAT" is
// none in "PATCH", while "has expired" is one in "has expired2024-01-02".
const shortSign = 8

// bounded reports whether a sign begins where a word begins and, when it is
// short, ends where one ends.
func (s *signs) bounded(at span, length int) bool {
	if c := s.lower[at.from]; c < utf8.RuneSelf && at.from > 0 && isWord(s.lower[at.from-1]) {
		return false
	}
	return length >= shortSign || at.to == len(s.lower) || !isWord(s.lower[at.to]) || s.lower[at.to] >= utf8.RuneSelf
}

func (s *signs) hit(id int, at span) {
	if len(s.hits[id]) < mostHits {
		s.hits[id] = append(s.hits[id], at)
	}
}
