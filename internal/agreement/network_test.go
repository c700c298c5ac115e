package agreement

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// networkAnswer is one answer of another tool about a network beside ours. why
// explains a difference.
type networkAnswer struct {
	suite, what, theirs, ours, why string
}

func (a networkAnswer) open() bool { return a.theirs != a.ours && a.why == "" }

func npGuardSection(t *testing.T) (string, bool) {
	if corpus(t, "reachability") == "" {
		return "", false
	}
	var b strings.Builder
	b.WriteString(`The analyser of np-guard publishes five networks with who reaches whom in them: of instances, of subnets, and of instances
and the internet, as packets for which replies do and do not come back. Every ordered pair is compared, also those of
which it says nothing, which are shut; and of its explanations, that what stops a connection is among our barriers. Its
networks have no route tables: it takes every VPC with an internet gateway to have a route there, and the comparison adds
that route. It knows no range of ports of clients and prints for which of them replies come back; with the ranges of AWS
that is a yes, a no, or chance.

`)
	writeNetworks(&b, npGuard(t))
	return b.String(), true
}

func batfishSection(t *testing.T) (string, bool) {
	if corpus(t, "reachability") == "" {
		return "", false
	}
	var b strings.Builder
	b.WriteString(`The tests of Batfish trace packets through answers of AWS about 16 networks: peerings, transit gateways, endpoints, load
balancers, NAT and VPN gateways. A trace that is accepted or leaves the network is a yes to whether the packet arrives.
Where no network ACL was saved Batfish takes the default one, and so does the comparison.

`)
	all := batfish(t)
	writeNetworks(&b, all)
	b.WriteString("\n| trace | they say | we say | why |\n| --- | --- | --- | --- |\n")
	for _, a := range all {
		if a.why != "" {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", a.what, a.theirs, a.short(), a.why)
		}
	}
	return b.String(), true
}

// short is our answer without what there is no name for.
func (a networkAnswer) short() string {
	if a.ours == "yes" || a.ours == "no" || a.ours == "undecided" {
		return a.ours
	}
	return "nothing"
}

func writeNetworks(b *strings.Builder, all []networkAnswer) {
	counts := map[string]*[4]int{} // answers, agreed, explained, open
	var suites []string
	for _, a := range all {
		c := counts[a.suite]
		if c == nil {
			c = &[4]int{}
			counts[a.suite] = c
			suites = append(suites, a.suite)
		}
		c[0]++
		switch {
		case a.theirs == a.ours:
			c[1]++
		case a.why != "":
			c[2]++
		default:
			c[3]++
		}
	}
	slices.Sort(suites)
	b.WriteString("| compared | answers | agreed | explained | open |\n| --- | ---: | ---: | ---: | ---: |\n")
	for _, s := range suites {
		c := counts[s]
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d |\n", s, c[0], c[1], c[2], c[3])
	}
}
