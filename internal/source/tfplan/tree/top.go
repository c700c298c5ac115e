package tree

// TopMember is a key at the top of a text and the kind of its value.
type TopMember struct {
	Key   string
	Value Kind
}

// Top lists the members of the object that head begins with, as far as head
// goes: it may be cut off anywhere. The member whose value is cut off is still
// listed. White space and a byte order mark may come first.
func Top(head []byte) []TopMember {
	if len(head) >= 3 && string(head[:3]) == "\xef\xbb\xbf" {
		head = head[3:]
	}
	d := &Doc{data: head}
	p := parser{d: d, data: head}
	p.space()
	if p.peek() != '{' {
		return nil
	}
	p.at++
	var out []TopMember
	for {
		p.space()
		if p.peek() != '"' {
			return out
		}
		key := int32(p.at)
		p.text()
		p.space()
		if p.peek() != ':' {
			return out
		}
		p.at++
		p.space()
		if p.peek() == 0 {
			return out
		}
		d.entries = d.entries[:0]
		value := p.at
		p.value(-1, 1)
		kind := (&Doc{data: head[value:], entries: []entry{{}}}).Root().Kind()
		out = append(out, TopMember{Key: d.text(key), Value: kind})
		p.space()
		if p.peek() != ',' {
			return out
		}
		p.at++
	}
}
