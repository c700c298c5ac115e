package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tool runs the program with its real engines.
func tool(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, err bytes.Buffer
	status = Main(args, strings.NewReader(""), &out, &err)
	return out.String(), err.String(), status
}

// answersDir is a directory with a few answers of AWS.
func answersDir(t *testing.T) string {
	dir := t.TempDir()
	for name, data := range map[string]string{
		"eu-west-1/vpcs.json":     `{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}`,
		"eu-west-1/subnets.json":  `{"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-west-1a", "MapPublicIpOnLaunch": true},]}`,
		"eu-west-1/services.json": `{"services": [{"serviceArn": "arn:aws:ecs:eu-west-1:111122223333:service/c/s", "serviceName": "s", "status": "ACTIVE", "launchType": "FARGATE", "taskDefinition": "arn:aws:ecs:eu-west-1:111122223333:task-definition/f:1", "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}}]}`,
		"notes.txt":               "not JSON",
	} {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Whatever was read, check says the same of its archive, byte for byte, but for
// the path in the lines that ask again.
// patches are what a report says of edits, in JSON and in text.
var patches = regexp.MustCompile(`\s+\(patch:\s+--fix=print\)|"changes": \[\n(?s:.*?)\n      \]|  no patch [^\n]*\n(           [^\n]*\n)*`)

func TestArchiveSaysTheSame(t *testing.T) {
	stack := filepath.Join(t.TempDir(), "stack.yaml")
	if err := os.WriteFile(stack, []byte("AWSTemplateFormatVersion: \"2010-09-09\"\nResources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: 10.0.0.0/16}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, input := range map[string]string{
		"Terraform": "../../examples/orders", "plan": "../source/tfplan/testdata/plan.json", "state": "../estate/testdata/orders-state.json",
		"answers": answersDir(t), "CloudFormation": stack,
	} {
		t.Run(name, func(t *testing.T) {
			archive := filepath.Join(t.TempDir(), "a.json")
			_, stderr, status := tool(t, "snapshot", "write", "-o", archive, input)
			if status != 0 || !strings.Contains(stderr, "wrote ") {
				t.Fatalf("status %d: %s", status, stderr)
			}
			if info, err := os.Stat(archive); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the archive: %v, %v", info.Mode(), err)
			}
			// What the user declares is beside the path, so it is named here.
			none := filepath.Join(t.TempDir(), "none.yaml")
			if err := os.WriteFile(none, []byte("version: 1\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, format := range []string{"json", "text"} {
				want, wantErr, wantStatus := tool(t, "check", "--date=2027-01-31", "--all", "--config="+none, "-o", format, input)
				got, gotErr, gotStatus := tool(t, "check", "--date=2027-01-31", "--all", "--config="+none, "-o", format, archive)
				// Source text can be edited, an archive cannot.
				want, got = patches.ReplaceAllString(want, ""), strings.ReplaceAll(got, `"changes": []`, "")
				want = strings.ReplaceAll(want, `"changes": []`, "")
				if d := cmp.Diff(strings.ReplaceAll(want, input, "PATH"), strings.ReplaceAll(got, archive, "PATH")); d != "" {
					t.Errorf("%s: input -, archive +:\n%s", format, d)
				}
				if len(want) < 200 || wantErr != gotErr || wantStatus != gotStatus {
					t.Errorf("%s: %d bytes, status %d and %d, stderr\n%s\n%s", format, len(want), wantStatus, gotStatus, wantErr, gotErr)
				}
			}
			// An archive of the archive is the archive.
			first, err := os.ReadFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			second, _, _ := tool(t, "snapshot", "write", "-o", "-", archive)
			if d := cmp.Diff(string(first), second); d != "" {
				t.Errorf("first -, second +:\n%s", d)
			}
		})
	}
}

func TestSnapshotRefusals(t *testing.T) {
	dir := t.TempDir()
	newer := filepath.Join(dir, "newer.json")
	if err := os.WriteFile(newer, []byte(`{"format": "muralla.snapshot/v9", "sets": []}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		says string
	}{
		{[]string{"check", newer}, "newer version"},
		{[]string{"snapshot", "write", "-o", "", newer}, "-o names no file"},
		{[]string{"snapshot", "write", "-o", filepath.Join(dir, "none", "x.json"), answersDir(t)}, "its directory must exist"},
		{[]string{"snapshot", "write", dir + "/nothing"}, "no such file"},
	} {
		stdout, stderr, status := tool(t, tc.args...)
		if status != int(exitFailed) || stdout != "" || !strings.Contains(stderr, tc.says) {
			t.Errorf("%v: status %d, stdout %q, stderr %q", tc.args, status, stdout, stderr)
		}
	}
}
