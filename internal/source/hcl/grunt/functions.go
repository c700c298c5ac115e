package grunt

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/funcs"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// Function returns a function of Terraform or of Terragrunt.
func (f *file) Function(name string) (function.Function, bool) {
	if f.functions == nil {
		f.functions = funcs.Table(funcs.Context{
			Files: noted{f.e.Files, f}, Dir: f.dir(), RootDir: f.dir(), Budget: &f.e.budget,
			Eval: func(src []byte, filename string, vars cty.Value) (cty.Value, error) {
				expr, err := load.ParseTemplate(string(src), filename, hcl.Pos{Line: 1, Column: 1})
				if err != nil {
					return cty.DynamicVal, fmt.Errorf("render template: %w", err)
				}
				v, problem := f.e.ev.With(expr, f, vars)
				if problem != nil {
					return cty.DynamicVal, problem
				}
				return v, nil
			},
		})
		for name, of := range f.terragrunt() {
			f.functions[name] = of
		}
	}
	fn, ok := f.functions[name]
	return fn, ok
}

// terragrunt are the functions of Terragrunt ("HCL Functions").
func (f *file) terragrunt() map[string]function.Function {
	text := func(s string) (cty.Value, error) { return cty.StringVal(s), nil }
	out := map[string]function.Function{
		"get_env":                                      withTexts(f.env),
		"find_in_parent_folders":                       withTexts(f.find),
		"get_terragrunt_dir":                           withTexts(func([]string) (cty.Value, error) { return text(absolute(f.unit)) }),
		"get_original_terragrunt_dir":                  withTexts(func([]string) (cty.Value, error) { return text(absolute(f.original)) }),
		"get_repo_root":                                withTexts(func([]string) (cty.Value, error) { return text(absolute(f.repository())) }),
		"get_path_to_repo_root":                        withTexts(func([]string) (cty.Value, error) { return text(relative(f.unit, f.repository())) }),
		"get_path_from_repo_root":                      withTexts(func([]string) (cty.Value, error) { return text(relative(f.repository(), f.unit)) }),
		"get_terragrunt_source_cli_flag":               withTexts(func([]string) (cty.Value, error) { return text("") }),
		"read_terragrunt_config":                       function.New(f.readConfig()),
		"mark_as_read":                                 withTexts(func(args []string) (cty.Value, error) { return text(path.Join(args...)) }),
		"get_parent_terragrunt_dir":                    f.toInclude(absolute),
		"path_relative_to_include":                     f.toInclude(func(dir string) string { return relative(dir, f.unit) }),
		"path_relative_from_include":                   f.toInclude(func(dir string) string { return relative(f.unit, dir) }),
		"get_aws_account_id":                           f.account("account_id"),
		"get_aws_account_alias":                        f.account("account_alias"),
		"get_aws_caller_identity_arn":                  f.account("arn"),
		"get_aws_caller_identity_user_id":              f.account("user_id"),
		"run_cmd":                                      never("run_cmd runs a command"),
		"sops_decrypt_file":                            never("sops_decrypt_file decrypts a secret"),
		"get_working_dir":                              never("get_working_dir names a directory that is made later"),
		"get_platform":                                 never("get_platform depends on the machine"),
		"get_terraform_command":                        never("get_terraform_command depends on the command that is run"),
		"get_terraform_cli_args":                       never("get_terraform_cli_args depends on the command that is run"),
		"get_default_retryable_errors":                 never("get_default_retryable_errors depends on the version of Terragrunt"),
		"read_tfvars_file":                             never("read_tfvars_file reads a file that may hold anything"),
		"get_terraform_commands_that_need_vars":        never("which commands need variables depends on the version of Terragrunt"),
		"get_terraform_commands_that_need_locking":     never("which commands need locking depends on the version of Terragrunt"),
		"get_terraform_commands_that_need_input":       never("which commands need input depends on the version of Terragrunt"),
		"get_terraform_commands_that_need_parallelism": never("which commands need parallelism depends on the version of Terragrunt"),
	}
	return out
}

// anything is a parameter that takes all values as they are.
var anything = function.Parameter{Name: "args", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true}

// withTexts is a function of texts. Of texts that are not known it is unknown.
func withTexts(impl func([]string) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		VarParam: &anything,
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var texts []string
			for _, v := range args {
				text, ok := plain(v)
				if !ok {
					return unknown(why(v, "an argument is not a text that is known"), ref.Place{}), nil
				}
				texts = append(texts, text)
			}
			return impl(texts)
		},
	})
}

// never is a function whose result nobody can tell.
func never(why string) function.Function {
	return function.New(&function.Spec{
		VarParam: &anything,
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return unknown(why+", so that its result is not known", ref.Place{}), nil
		},
	})
}

// env is get_env: the default, since no environment is read.
func (f *file) env(args []string) (cty.Value, error) {
	switch len(args) {
	case 1:
		return cty.StringVal(symbol.Hole("the environment variable " + args[0] + " is not read")), nil
	case 2:
		return cty.StringVal(args[1]), nil
	}
	return cty.NilVal, errors.New("get_env needs a name and perhaps a default")
}

// find is find_in_parent_folders: it starts above the unit, also in a file that
// the unit includes.
func (f *file) find(args []string) (cty.Value, error) {
	name := FileName
	if len(args) > 0 {
		name = args[0]
	}
	for at := f.unit; at != "."; {
		at = path.Dir(at)
		if found := path.Join(at, name); f.e.Reader.Exists(found) {
			return cty.StringVal(absolute(found)), nil
		}
	}
	if len(args) > 1 {
		return cty.StringVal(args[1]), nil
	}
	return cty.NilVal, fmt.Errorf("no folder above %s that may be read holds %s; widen what may be read with --root DIR", f.e.Reader.Shown(f.unit), name)
}

// repository is the nearest directory upwards that holds a repository, or the
// boundary.
func (f *file) repository() string {
	for at := f.unit; at != "."; at = path.Dir(at) {
		if f.e.Reader.Exists(path.Join(at, ".git")) {
			return at
		}
	}
	return "."
}

// toInclude is a function of the directory of an included file: of the file
// itself in an included file, else of the include that is named, or the first.
func (f *file) toInclude(of func(dir string) string) function.Function {
	return withTexts(func(args []string) (cty.Value, error) {
		if f.included {
			return cty.StringVal(of(f.dir())), nil
		}
		for _, inc := range f.includes() {
			if len(args) > 0 && args[0] != inc.label {
				continue
			}
			if inc.file == nil {
				return unknown(inc.why, ref.Place{}), nil
			}
			return cty.StringVal(of(inc.file.dir())), nil
		}
		if len(args) > 0 {
			return cty.NilVal, fmt.Errorf("there is no include %q", args[0])
		}
		return cty.StringVal(of(f.unit)), nil
	})
}

// account is a text about the account of who runs Terragrunt.
func (f *file) account(attr string) function.Function {
	return withTexts(func([]string) (cty.Value, error) {
		return symbol.Value(resource.Reference{ID: ref.ID(f.e.Prefix(f.unit) + "data.aws_caller_identity.terragrunt"), Attr: attr}), nil
	})
}

// readConfig is read_terragrunt_config: another file as a unit of its own.
func (f *file) readConfig() *function.Spec {
	return &function.Spec{
		VarParam: &anything,
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(args) == 0 || len(args) > 2 {
				return cty.NilVal, errors.New("read_terragrunt_config needs a path and perhaps a default")
			}
			text, ok := plain(args[0])
			if !ok {
				return unknown(why(args[0], "the path of a file is not known"), ref.Place{}), nil
			}
			name, inside := resolve(text, f.unit)
			if inside && f.e.Reader.IsDir(name) {
				name = path.Join(name, FileName)
			}
			switch {
			case !inside:
				return unknown("a file is outside of the directory that may be read; widen it with --root DIR", ref.Place{}), nil
			case !f.e.Reader.Exists(name) && len(args) == 2:
				return args[1], nil
			case !f.e.Reader.Exists(name):
				return cty.NilVal, fmt.Errorf("there is no file %s", f.e.Reader.Shown(name))
			case slices.Contains(f.chain, name) || len(f.chain) >= maxNested:
				return cty.NilVal, fmt.Errorf("%s is read while it is being read", f.e.Reader.Shown(name))
			}
			in := f.e.file(name, path.Dir(name), f.original)
			if in == nil {
				return unknown("a file cannot be read", ref.Place{}), nil
			}
			in.chain = append(slices.Clone(f.chain), name)
			return cty.ObjectVal(map[string]cty.Value{"locals": in.locals(), "inputs": in.inputsValue(), "dependency": in.dependencies()}), nil
		},
	}
}
