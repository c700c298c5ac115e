package ref

import "strings"

// Module names what holds the thing: the module instance of a Terraform
// resource with its root ("prod/module.web[0]"), the root alone ("prod"), or
// the nested stack of a CloudFormation resource ("Network"). It is empty if
// nothing named holds the thing, and for an ARN.
func (id ID) Module() ID {
	at := id.shortAt()
	if at == 0 {
		return ""
	}
	return id[:at-1] // without the dot or slash
}

// Root names the root module of a Terraform resource where several roots form
// the estate ("env/prod" for "env/prod/module.web.aws_lb.this"), or the outermost
// parts of a CloudFormation path. It is empty if one root is all there is, and
// for an ARN.
func (id ID) Root() ID {
	end := 0
	if !id.isARN() {
		id.outside(func(i int) {
			if id[i] == '/' {
				end = i
			}
		})
	}
	return id[:end]
}

// Short is the name within [ID.Module]: "aws_lb.this[0]" for
// "prod/module.web.aws_lb.this[0]", "Vpc" for "Network/Vpc". For an ARN it is
// the resource part.
func (id ID) Short() ID {
	if a, err := ParseARN(string(id)); err == nil {
		return ID(a.Resource)
	}
	return id[id.shortAt():]
}

// Base is the address without the index that count or for_each gave to it:
// "module.web[0].aws_lb.this" for "module.web[0].aws_lb.this[\"a\"]". Other
// names are returned as they are.
func (id ID) Base() ID {
	if id.isARN() || !strings.HasSuffix(string(id), "]") {
		return id
	}
	open := -1
	id.outside(func(i int) {
		if id[i] == '[' {
			open = i
		}
	})
	if open <= 0 {
		return id
	}
	return id[:open]
}

func (id ID) isARN() bool { return strings.HasPrefix(string(id), "arn:") }

// shortAt is where the name within the module begins.
func (id ID) shortAt() int {
	if id.isARN() {
		return 0
	}
	start := 0
	var dots []int
	id.outside(func(i int) {
		switch id[i] {
		case '/':
			start, dots = i+1, dots[:0]
		case '.':
			dots = append(dots, i)
		}
	})
	// Module names come in pairs of "module" and a name, and something must
	// be left that is in the module: "module.web" alone names the module.
	for len(dots) >= 2 && id[start:dots[0]] == "module" {
		start, dots = dots[1]+1, dots[2:]
	}
	return start
}

// outside calls visit with the index of each byte that is not within an index
// such as [0] or ["10.0.0.0/24"], nor within its quotes; the opening bracket
// counts as outside.
func (id ID) outside(visit func(i int)) {
	bracket, quote := false, false
	for i := 0; i < len(id); i++ {
		switch c := id[i]; {
		case quote && c == '\\':
			i++ // the next byte is escaped
		case quote:
			quote = c != '"'
		case bracket && c == '"':
			quote = true
		case bracket:
			bracket = c != ']'
		default:
			bracket = c == '['
			visit(i)
		}
	}
}
