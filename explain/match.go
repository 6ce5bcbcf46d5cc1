package explain

// A matcher finds many words in one pass over a text (Aho and Corasick,
// 1975): time is linear in the text, whatever the number of words.
type matcher struct {
	class   [256]uint8 // 0 for bytes that no word has
	classes int
	next    []int32   // state*classes+class
	ends    [][]int32 // words that end in a state
}

func newMatcher(words []string) *matcher {
	m := &matcher{classes: 1}
	for _, w := range words {
		for i := range len(w) {
			if m.class[w[i]] == 0 {
				m.class[w[i]] = uint8(m.classes)
				m.classes++
			}
		}
	}
	m.addState()
	for id, w := range words {
		m.add(w, int32(id))
	}
	m.link()
	return m
}

func (m *matcher) addState() int32 {
	m.next = append(m.next, make([]int32, m.classes)...)
	m.ends = append(m.ends, nil)
	return int32(len(m.ends) - 1)
}

func (m *matcher) add(word string, id int32) {
	var state int32
	for i := range len(word) {
		at := int(state)*m.classes + int(m.class[word[i]])
		if m.next[at] == 0 {
			added := m.addState()
			m.next[at] = added
		}
		state = m.next[at]
	}
	m.ends[state] = append(m.ends[state], id)
}

// link completes the transitions breadth first: where a word breaks off, the
// longest suffix that begins another one goes on.
func (m *matcher) link() {
	fail := make([]int32, len(m.ends))
	var queue []int32
	for c := range m.classes {
		if s := m.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		m.ends[s] = append(m.ends[s], m.ends[fail[s]]...)
		for c := range m.classes {
			at := int(s)*m.classes + c
			onFail := m.next[int(fail[s])*m.classes+c]
			if m.next[at] == 0 {
				m.next[at] = onFail
				continue
			}
			fail[m.next[at]] = onFail
			queue = append(queue, m.next[at])
		}
	}
}

// scan calls found for each word with the position behind it.
func (m *matcher) scan(text []byte, found func(word int32, end int)) {
	var state int32
	for i, c := range text {
		state = m.next[int(state)*m.classes+int(m.class[c])]
		for _, id := range m.ends[state] {
			found(id, i+1)
		}
	}
}
