package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/render/text"
)

// inputOptions is what the flags say about reading a design. Commands that read
// one have them in common.
type inputOptions struct {
	config         string
	vars           []string
	varFiles       []string
	workspace      string
	parameters     []string
	parameterFiles []string
	region         string
	account        string
	root           string
}

func (o *inputOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.config, "config", "", "read this `FILE` in place of muralla.yaml beside the first PATH")
	f.StringArrayVar(&o.vars, "var", nil, "set a Terraform variable, `NAME=VALUE`; may be repeated")
	f.StringArrayVar(&o.varFiles, "var-file", nil, "read Terraform variables from `FILE`; may be repeated")
	f.StringVar(&o.workspace, "workspace", "", "`NAME` of the Terraform workspace")
	f.StringArrayVar(&o.parameters, "parameter", nil, "set a CloudFormation parameter, `NAME=VALUE`; may be repeated")
	f.StringArrayVar(&o.parameterFiles, "parameter-file", nil, "read CloudFormation parameters from `FILE`; may be repeated")
	f.StringVar(&o.region, "region", "", "`REGION` that templates are deployed to, such as eu-west-1")
	f.StringVar(&o.account, "account", "", "`ID` of the account that templates are deployed to")
	f.StringVar(&o.root, "root", "", "read nothing outside `DIR`, in place of the repository of each path")
}

func (o inputOptions) request(paths []string) (request, error) {
	r := request{
		Paths: paths, Root: o.root, VarFiles: o.varFiles, Workspace: o.workspace,
		ParameterFiles: o.parameterFiles, Region: o.region, Account: o.account,
	}
	var err error
	if r.Vars, err = pairs("--var", "region=eu-west-1", o.vars); err != nil {
		return request{}, err
	}
	if r.Parameters, err = pairs("--parameter", "VpcCidr=10.0.0.0/16", o.parameters); err != nil {
		return request{}, err
	}
	if o.account != "" && !accountID.MatchString(o.account) {
		return request{}, fail("for example: --account=111122223333", "--account wants the 12 digits of an account, not %q", o.account)
	}
	if o.region != "" && !regionName.MatchString(o.region) {
		return request{}, fail("for example: --region=eu-west-1", "--region wants the name of a Region, not %q", o.region)
	}
	for _, p := range slices.Concat(paths, o.varFiles, o.parameterFiles) {
		if _, err := os.Stat(p); err != nil {
			var in *fs.PathError
			if errors.As(err, &in) {
				err = in.Err
			}
			return request{}, fail("paths are relative to the current directory", "read %s: %w", p, err)
		}
	}
	if o.root != "" {
		if info, err := os.Stat(o.root); err != nil || !info.IsDir() {
			return request{}, fail("name a directory around the paths", "--root is no directory: %s", o.root)
		}
	}
	return r, nil
}

var (
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	regionName = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+$`)
)

// pairs reads the values of a flag that takes NAME=VALUE; the last of a name
// counts. A word without a name is refused.
func pairs(flag, example string, words []string) (map[string]string, error) {
	out := map[string]string{}
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		if !ok || name == "" {
			return nil, fail("for example: "+flag+"="+example, "%s wants NAME=VALUE, not %q", flag, w)
		}
		out[name] = value
	}
	return out, nil
}

// configFile is the default name of what the user declares.
const configFile = "muralla.yaml"

// configName is the file in which the user declares, whether or not it is there.
func (o inputOptions) configName(first string) string {
	if o.config != "" {
		return o.config
	}
	dir := first
	if info, err := os.Stat(first); err != nil || !info.IsDir() {
		dir = filepath.Dir(first)
	}
	return filepath.Join(dir, configFile)
}

// maxConfig is one byte more than the reader of the file takes.
const maxConfig = 1<<20 + 1

// declared is the file in which the user declares: its name and what it holds,
// or nothing if there is none.
func (o inputOptions) declared(first string) (name string, data []byte, err error) {
	var file *os.File
	if name = o.config; name != "" {
		if file, err = os.Open(name); err != nil {
			return "", nil, fail("--config names the file to read", "%w", err)
		}
	} else {
		name = o.configName(first)
		// Within a design that others wrote the file may be a link to anywhere.
		if file, err = os.OpenInRoot(filepath.Dir(name), configFile); errors.Is(err, fs.ErrNotExist) {
			return "", nil, nil
		} else if err != nil {
			return "", nil, fail("name it with --config if it is meant", "%w", err)
		}
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", nil, fmt.Errorf("read %s: it is no regular file", name)
	}
	if data, err = io.ReadAll(io.LimitReader(file, maxConfig)); err != nil {
		return "", nil, fmt.Errorf("read what is declared: %w", err)
	}
	return name, data, nil // not nil, even if the file is empty
}

// intent reads what the user declares. A file with errors is a failure, since
// findings without the exceptions and facts that were meant would mislead.
func (o inputOptions) intent(a *app, first string, view text.Options) (intent.Intent, diag.List, error) {
	name, data, err := o.declared(first)
	if err != nil || data == nil {
		return intent.Intent{}, nil, err
	}
	// Places name the file alone: a path would differ from machine to machine.
	in, diags := intent.Parse(filepath.Base(name), data)
	if len(diags) > 0 {
		if err := text.WriteDiagnostics(a.stderr, diags, view); err != nil {
			return intent.Intent{}, nil, err
		}
		return intent.Intent{}, nil, fail("nothing was read further: without what it declares the result would mislead", "cannot use %s", name)
	}
	return in, unknownSlugs(in), nil
}

// unknownSlugs warns of severities of recommendations that do not exist. An
// exception from one is a finding.
func unknownSlugs(in intent.Intent) diag.List {
	var out diag.List
	known := slugs()
	for _, m := range in.Named() {
		if slices.Contains(known, m.Recommendation) {
			continue
		}
		detail := fmt.Sprintf("There is no recommendation %q, so this entry has no effect.", m.Recommendation)
		if best := diag.Closest(m.Recommendation, known); best != "" {
			detail += fmt.Sprintf(" Did you mean %q?", best)
		} else {
			detail += " Those that exist are listed by: muralla explain"
		}
		out.Add(diag.Warning, m.Place, "unknown recommendation", detail)
	}
	return out
}
