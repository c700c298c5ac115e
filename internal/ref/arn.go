package ref

import (
	"fmt"
	"strings"
)

// ARN is the parts of an Amazon Resource Name,
// arn:partition:service:region:account:resource (AWS "Identify AWS resources
// with Amazon Resource Names"). Region and Account are empty for global
// services. The zero ARN names nothing.
type ARN struct {
	Partition string // "aws", "aws-cn", "aws-us-gov"
	Service   string // "ecs", "elasticloadbalancing"
	Region    string // may be empty
	Account   string // twelve digits, "aws" for what AWS owns, or empty
	Resource  string // the rest, which may hold colons and slashes
}

// ParseARN reads an ARN. Region and account may be empty; an empty partition,
// service or resource is an error, and so is an expression that is still in
// the text ("arn:${AWS::Partition}:…"). With an error the ARN is zero.
func ParseARN(s string) (ARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return ARN{}, fmt.Errorf("read ARN %q: it does not have the form arn:partition:service:region:account:resource", s)
	}
	a := ARN{Partition: parts[1], Service: parts[2], Region: parts[3], Account: parts[4], Resource: parts[5]}
	for _, must := range [...]struct{ what, text string }{
		{"partition", a.Partition}, {"service", a.Service}, {"resource", a.Resource},
	} {
		if must.text == "" {
			return ARN{}, fmt.Errorf("read ARN %q: the %s is empty", s, must.what)
		}
	}
	if strings.Contains(s, "${") {
		return ARN{}, fmt.Errorf("read ARN %q: it holds an expression that was not evaluated", s)
	}
	return a, nil
}

// IsZero reports whether the ARN names nothing.
func (a ARN) IsZero() bool { return a == ARN{} }

// String is the ARN as AWS writes it, or "" for the zero ARN.
func (a ARN) String() string {
	if a.IsZero() {
		return ""
	}
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

// ID is the ARN as the name of a thing.
func (a ARN) ID() ID { return ID(a.String()) }

// Split cuts the resource at its first slash or colon: "service/web/orders"
// is ("service", "web/orders") and "db:main" is ("db", "main"). A resource
// without one has no kind: a queue "jobs" is ("", "jobs"). Services whose
// resources have no kind but may hold slashes, such as objects of S3, give
// their first part as the kind.
func (a ARN) Split() (kind, name string) {
	i := strings.IndexAny(a.Resource, "/:")
	if i < 0 {
		return "", a.Resource
	}
	return a.Resource[:i], a.Resource[i+1:]
}
