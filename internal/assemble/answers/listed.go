package answers

import (
	"cmp"
	"path"
	"regexp"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// callOf is the call that lists a kind of thing.
var callOf = map[string]string{
	"ec2:Subnet": "DescribeSubnets", "ec2:SecurityGroup": "DescribeSecurityGroups", "ec2:RouteTable": "DescribeRouteTables",
	"ec2:NetworkAcl": "DescribeNetworkAcls", "ec2:InternetGateway": "DescribeInternetGateways", "ec2:VpcEndpoint": "DescribeVpcEndpoints",
	"ec2:FlowLog": "DescribeFlowLogs", "ec2:NetworkInterface": "DescribeNetworkInterfaces", "ec2:TransitGatewayAttachment": "DescribeTransitGatewayAttachments",
	"ec2:TransitGatewayRouteTable": "DescribeTransitGatewayRouteTables",
	"elbv2:Listener":               "DescribeListeners", "elbv2:Rule": "DescribeRules", "elbv2:TargetHealth": "DescribeTargetHealth",
	"elbv2:LoadBalancer": "DescribeLoadBalancers", "ecs:Service": "DescribeServices", "ecs:Task": "DescribeTasks",
	"ecs:CapacityProvider": "DescribeCapacityProviders", "ecs:ContainerInstance": "DescribeContainerInstances", "rds:DBInstance": "DescribeDBInstances", "lambda:Function": "ListFunctions",
}

// scope is where something is. Empty means not known.
type scope struct{ account, region string }

// listed knows which kinds of things were listed where.
type listed struct {
	calls   map[string][]call
	regions map[string]bool // all Regions of which something is described

	accounts map[string]bool // all accounts of which something is described
	vpc      map[string]string
}

// call is one answer.
type call struct {
	scope
	speaks map[string]bool // the Regions and accounts of the things in it
	named  bool            // some of them name an account
	why    string          // why it is not whole
	folder string
}

func newListed(of map[string][]resource.Resource) *listed {
	l := &listed{calls: map[string][]call{}, regions: map[string]bool{}, accounts: map[string]bool{}, vpc: map[string]string{}}
	for _, s := range of["ec2:Subnet"] {
		if r := own(s); r != "" {
			l.vpc[str(get(s.Body, "VpcId"))] = r
		}
	}
	files := map[string]map[string]bool{}
	for typ, all := range of {
		if typ == "call" {
			continue
		}
		for _, r := range all {
			key := typ + "\x00" + r.Place.File
			if files[key] == nil {
				files[key] = map[string]bool{}
			}
			if region := l.region(r); region != "" {
				l.regions[region], files[key][region] = true, true
			}
			if a := account(r); a != "" {
				l.accounts[a], files[key][a] = true, true
			}
		}
	}
	for _, c := range of["call"] {
		typ := str(c.Get("Of"))
		within := files[typ+"\x00"+c.Place.File]
		one := call{scope: scope{str(c.Get("Account")), str(c.Get("Region"))}, speaks: within, why: str(c.Get("Why")), folder: path.Dir(c.Place.File)}
		for a := range l.accounts {
			one.named = one.named || within[a]
		}
		l.calls[typ] = append(l.calls[typ], one)
	}
	return l
}

var zone = regexp.MustCompile(`^([a-z]{2}(-[a-z]+){1,3}-[0-9])[a-z]?$`)

// own is the Region that a thing says itself.
func own(r resource.Resource) string {
	if r.Region != "" {
		return r.Region
	}
	for _, key := range []string{"AvailabilityZone", "Placement"} {
		v := get(r.Body, key)
		if key == "Placement" {
			v = get(v, "AvailabilityZone")
		}
		if m := zone.FindStringSubmatch(str(v)); m != nil {
			return m[1]
		}
	}
	for _, z := range strs(get(r.Body, "AvailabilityZones"), "ZoneName") {
		if m := zone.FindStringSubmatch(z); m != nil {
			return m[1]
		}
	}
	if a, err := ref.ParseARN(arnOf(r)); err == nil {
		return a.Region
	}
	return ""
}

// arnOf is the ARN that a thing gives, or "".
func arnOf(r resource.Resource) string {
	if strings.HasPrefix(string(r.ID), "arn:") {
		return string(r.ID)
	}
	for _, key := range []string{"SubnetArn", "SecurityGroupArn", "DBInstanceArn", "DBClusterArn", "TransitGatewayArn", "ARN", "Arn"} {
		if a := str(get(r.Body, key)); a != "" {
			return a
		}
	}
	return ""
}

// region is the Region of a thing, also if only what it belongs to tells it.
func (l *listed) region(r resource.Resource) string {
	if region := own(r); region != "" {
		return region
	}
	return l.vpc[cmp.Or(str(get(r.Body, "VpcId")), str(get(r.Body, "ResourceId")), string(r.ID))]
}

// account is the account of a thing, or "".
func account(r resource.Resource) string {
	if a := str(get(r.Body, "Account")); a != "" {
		return a
	}
	if a := str(get(r.Body, "OwnerId")); a != "" {
		return a
	}
	if a, err := ref.ParseARN(arnOf(r)); err == nil {
		return a.Account
	}
	return ""
}

// ofRegion reports whether an answer speaks for a Region: its path names it, or
// there is only one, or something in the answer is there.
func (c call) ofRegion(region string, all map[string]bool) bool {
	if c.region != "" {
		return c.region == region || region == "" && len(all) <= 1
	}
	return len(all) <= 1 || c.speaks[region]
}

// ofAccount reports the same of an account. Many answers name no account; those
// speak for what was saved beside them.
func (c call) ofAccount(account, folder string, all map[string]bool) bool {
	switch {
	case c.account != "" && account != "":
		return c.account == account
	case len(all) <= 1 || c.speaks[account]:
		return true
	}
	return !c.named && c.folder == folder
}

// lack says why the list of a kind of thing does not speak for the place where
// a thing is, or "".
func (l *listed) lack(typ string, near resource.Resource) string {
	at := scope{account(near), l.region(near)}
	name := callOf[typ]
	if name == "" {
		name = "the call that lists " + typ
	}
	why := "no answer to " + name + " is here"
	if at.region != "" && len(l.calls[typ]) > 0 {
		why += " for " + at.region
	}
	for _, c := range l.calls[typ] {
		if !c.ofRegion(at.region, l.regions) || !c.ofAccount(at.account, path.Dir(near.Place.File), l.accounts) {
			continue
		}
		if c.why == "" {
			return ""
		}
		why = "the answer to " + name + " is not whole: " + c.why
	}
	return why
}
