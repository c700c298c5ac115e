package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/muralla-net/muralla/internal/finding"
)

// A further VPC endpoint serves somebody or nobody: what has a way keeps it.
func TestMoreEndpointsNeverTakeAway(t *testing.T) {
	vpc := regexp.MustCompile(`(?m)^resource "aws_vpc" "([a-z0-9_]+)" \{`)
	better, kept := 0, 0
	for _, d := range blurDesigns(t) {
		before := d.judge()
		for _, name := range slices.Sorted(maps.Keys(d.files)) {
			for _, m := range vpc.FindAllStringSubmatch(d.files[name], -1) {
				for i, service := range []string{"ecr.api", "secretsmanager", "ecs-telemetry", "s3"} {
					kind := "Interface"
					if service == "s3" {
						kind = "Gateway"
					}
					more := fmt.Sprintf("resource \"aws_vpc_endpoint\" \"more%d\" {\n vpc_id = aws_vpc.%s.id\n vpc_endpoint_type = %q\n service_name = \"com.amazonaws.eu-west-1.%s\"\n}\n", i, m[1], kind, service)
					after := d.with(nil, map[string]string{name: more}).judge()
					for k, was := range before.verdicts {
						if k.slug != "endpoints" {
							continue
						}
						now := after.verdicts[k]
						switch {
						case now == was:
							kept++
						case badness(now) < badness(was):
							better++
						case was == finding.Follows:
							t.Errorf("%s: with an endpoint for %s in %s, %s of %s is %s", d.name, service, m[1], k.slug, k.id, now)
						}
					}
				}
			}
		}
	}
	if better < 3 || kept < 50 {
		t.Errorf("the designs are too narrow: %d better, %d kept", better, kept)
	}
}
