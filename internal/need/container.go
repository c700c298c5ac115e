package need

import (
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// publicRegistries are hosts of registries that are reached over the internet
// only, by the end of their name.
var publicRegistries = map[string]string{
	"docker.io": "Docker Hub", "registry-1.docker.io": "Docker Hub", "index.docker.io": "Docker Hub", "registry.hub.docker.com": "Docker Hub",
	"public.ecr.aws": "", "ghcr.io": "", "quay.io": "", "gcr.io": "", "pkg.dev": "", "registry.k8s.io": "",
	"mcr.microsoft.com": "", "registry.gitlab.com": "", "nvcr.io": "", "docker.elastic.co": "", "lscr.io": "",
	"container-registry.oracle.com": "", "registry.access.redhat.com": "", "registry.redhat.io": "",
}

// source is where an image comes from.
type source struct {
	private  bool   // Amazon ECR, private registry
	region   string // of it, if it is written in words
	registry string // a registry on the internet
	cached   bool   // the repository looks like one of a pull-through cache
}

// sourceOf reads a name of an image in which ${…} stands for what is not known.
// Without a host it is one of Docker Hub (Docker "Image reference"). Ok is false
// if it cannot be told.
func sourceOf(image string) (source, bool) {
	host, path, slash := strings.Cut(image, "/")
	if !slash {
		name, _, tagged := strings.Cut(host, ":")
		name, _, digest := strings.Cut(name, "@")
		if name == "" || strings.Contains(name, "$") || strings.Contains(image, "$") && !tagged && !digest {
			return source{}, false
		}
		return source{registry: "Docker Hub"}, !capitals(name)
	}
	named := host
	host = strings.ToLower(host)
	if i := ecrHost(host); i != "" {
		region := i
		if strings.Contains(region, "$") {
			region = ""
		}
		return source{private: true, region: region, cached: cachePath(path)}, true
	}
	if strings.Contains(host, "$") {
		return source{}, false
	}
	name, _, port := strings.Cut(host, ":")
	if !port && !strings.Contains(host, ".") && host != "localhost" {
		return source{registry: "Docker Hub"}, !capitals(named)
	}
	for suffix, label := range publicRegistries {
		if name == suffix || strings.HasSuffix(name, "."+suffix) {
			if label == "" {
				label = name
			}
			return source{registry: label}, true
		}
	}
	return source{}, false
}

// capitals reports whether the first part of a name has some. Then it is none of
// Docker Hub: it stands for something else, or it is a host (Docker "Image
// reference").
func capitals(part string) bool { return strings.ToLower(part) != part }

// ecrHost is the Region in the host name of a private registry of Amazon ECR, or
// "" (AWS "Amazon ECR private registry", and "dual-stack endpoints").
func ecrHost(host string) string {
	for _, form := range [][2]string{{".dkr.ecr.", ".amazonaws.com"}, {".dkr.ecr-fips.", ".amazonaws.com"}, {".dkr-ecr.", ".on.aws"}, {".dkr-ecr-fips.", ".on.aws"}} {
		if _, rest, ok := strings.Cut(host, form[0]); ok {
			if region, end, ok := strings.Cut(rest, form[1]); ok && (end == "" || end == ".cn") && region != "" {
				return region
			}
			if region, _, ok := strings.Cut(rest, "."); ok && strings.Contains(rest[len(region):], "$") {
				return region // the suffix of the partition is not known
			}
		}
	}
	return ""
}

// cachePath reports whether a repository has a prefix that AWS suggests for
// pull-through caches (AWS "Sync an upstream registry with an Amazon ECR private
// registry").
func cachePath(path string) bool {
	prefix, _, _ := strings.Cut(path, "/")
	switch prefix {
	case "ecr-public", "docker-hub", "quay", "kubernetes", "github", "ghcr", "registry-k8s":
		return prefix != path
	}
	return false
}

// callers are images of sidecars that are known to call a service of AWS.
var callers = []struct{ image, text string }{
	{"aws-xray-daemon", "the X-Ray daemon calls xray"},
	{"aws-otel-collector", "the collector of OpenTelemetry calls xray and monitoring, and perhaps aps-workspaces"},
	{"cloudwatch-agent", "the CloudWatch agent calls monitoring and logs"},
	{"amazon-ssm-agent", "the Systems Manager agent calls ssm and ssmmessages"},
	{"appmesh-envoy", "the Envoy of App Mesh calls appmesh-envoy-management"},
}

func (c *collector) image(k *topo.Container) {
	what := "image of container " + k.Name
	for _, x := range callers {
		if strings.Contains(k.ImageText, x.image) {
			c.notes = append(c.notes, "Container "+k.Name+": "+x.text+".")
		}
	}
	from, ok := sourceOf(k.ImageText)
	if k.Repository != "" {
		from, ok = source{private: true}, true
	}
	switch {
	case !ok:
		why := k.Image.Why
		if why == "" {
			why = "the registry of its name is not one that is known"
		}
		c.unknown(what, why, k.Place, RegistryAPI, RegistryImages, ObjectStore)
	case from.private:
		c.registry(from.region, what, k.Place)
		if from.cached {
			c.notes = append(c.notes, "Container "+k.Name+" seems to come through a pull-through cache, whose first pull needs a way to the internet.")
		}
	default:
		c.add(Need{Registry: from.registry, Certain: fact.Yes, Host: c.host}, what, k.Place)
	}
}

// registry adds what a pull from Amazon ECR needs.
func (c *collector) registry(region, what string, at ref.Place) {
	if n, needed := c.atStart(RegistryAPI, region); needed {
		c.add(n, what, at)
	}
	c.add(Need{Service: RegistryImages, Region: region, Certain: fact.Yes, Host: c.host}, what, at)
	c.add(Need{Service: ObjectStore, Region: region, Layers: true, Certain: fact.Yes, Host: c.host}, what, at)
}

// outputs are the plugins of Fluent Bit that write to a service of AWS, with the
// service (AWS "Send Amazon ECS logs to an AWS service").
var outputs = map[string]string{
	"cloudwatch": Logs, "cloudwatch_logs": Logs,
	"firehose": "kinesis-firehose", "kinesis_firehose": "kinesis-firehose",
	"kinesis": "kinesis-streams", "kinesis_streams": "kinesis-streams",
	"s3": ObjectStore,
}

func (c *collector) logs(k *topo.Container) {
	what := "logs of container " + k.Name
	region := func(option string) string {
		if r := k.LogOptions[option]; !strings.Contains(r, "$") {
			return r
		}
		return ""
	}
	driver, known := k.LogDriver.Get()
	n := Need{Service: Logs, Certain: fact.Yes, Host: c.host}
	switch {
	case !known:
		n.Certain, n.Why = fact.Unknown, "log driver: "+k.LogDriver.Why
		c.add(n, what, k.Place)
	case driver == "awslogs":
		n.Region = region("awslogs-region")
		c.add(n, what, k.Place)
	case driver == "awsfirelens":
		name, written := k.LogOptions["Name"]
		service := outputs[strings.ToLower(name)]
		switch {
		case service != "":
			c.add(Need{Service: service, Region: region("region"), Certain: fact.Yes}, what, k.Place)
		case written && (name == "" || strings.Contains(name, "$")), k.LogOptionsMore != "":
			c.add(Need{Why: "the output of its log router is not known", Candidates: []string{Logs, "kinesis-firehose", "kinesis-streams", ObjectStore}}, what, k.Place)
		case written:
			c.notes = append(c.notes, "Logs of container "+k.Name+" are sent by the output "+name+" of its log router.")
		default:
			c.notes = append(c.notes, "Logs of container "+k.Name+" go where the configuration file of its log router says.")
		}
	case driver == "splunk":
		c.notes = append(c.notes, "Logs of container "+k.Name+" are sent to Splunk.")
	}
	switch from, known := k.RouterConfig.Get(); {
	case !known:
		c.add(Need{Service: ObjectStore, Why: "configuration of the log router: " + k.RouterConfig.Why, Host: c.host}, "log router "+k.Name, k.Place)
	case from == "s3":
		c.add(Need{Service: ObjectStore, Certain: fact.Yes, Host: c.host}, "configuration of log router "+k.Name, k.Place)
	}
}
