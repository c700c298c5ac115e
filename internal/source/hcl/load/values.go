package load

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// Values reads the files that give values to the variables of a root module,
// in the order in which they win (Terraform "Variable Definition Precedence"):
// later arguments of the result replace earlier ones. more are the files that
// the user named, as paths below the boundary.
func (r *Reader) Values(dir string, more []string) map[string]Attr {
	var names []string
	if entries, err := r.ReadDir(dir); err == nil {
		var auto []string
		for _, e := range entries {
			switch n := e.Name(); {
			case !IsValues(n):
			case strings.TrimSuffix(n, ".json") == "terraform.tfvars":
				names = append(names, path.Join(dir, n)) // .json sorts behind
			default:
				auto = append(auto, path.Join(dir, n))
			}
		}
		names = append(names, auto...)
	}
	out := map[string]Attr{}
	for _, name := range append(names, more...) {
		body := r.parseFile(name)
		if body == nil {
			continue
		}
		for _, a := range body.Attrs {
			out[a.Name] = a
		}
	}
	return out
}

// IsValues reports whether a file of this name gives values to the variables of
// a root module that it is in.
func IsValues(name string) bool {
	name = strings.TrimSuffix(path.Base(name), ".json")
	return name == "terraform.tfvars" || strings.HasSuffix(name, ".auto.tfvars")
}

// Installed reads .terraform/modules/modules.json of a root module: the
// directory of each module call by its key, such as "web.alb".
func (r *Reader) Installed(root string) map[string]string {
	name := path.Join(root, ".terraform/modules/modules.json")
	data, err := r.ReadFile(name)
	if err != nil {
		return nil // not initialised, which is normal
	}
	var manifest struct {
		Modules []struct{ Key, Dir string }
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		r.Diags.Add(diag.Warning, ref.Place{File: r.Shown(name)}, "list of modules not understood",
			fmt.Sprintf("Modules of registries are not found without it: %v. Run terraform init again.", err))
		return nil
	}
	out := map[string]string{}
	for _, m := range manifest.Modules {
		out[m.Key] = path.Join(root, strings.ReplaceAll(m.Dir, `\`, "/"))
	}
	return out
}

// skipped are directories that hold no configuration of the user.
var skipped = []string{".terraform", ".git", "node_modules", ".terragrunt-cache"}

// maxDirs bounds how many directories are searched for root modules.
const maxDirs = 20000

// Roots lists the directories at or below start that hold configuration files
// and that no other of them calls as a local module, sorted.
func (r *Reader) Roots(start string) []string {
	var dirs []string
	called := map[string]bool{}
	queue := []string{path.Clean(start)}
	for n := 0; n < len(queue); n++ {
		if n == maxDirs {
			r.Diags.Add(diag.Warning, ref.Place{File: r.Shown(queue[n])}, "directories left out",
				fmt.Sprintf("More than %d directories are below the start; the rest is not searched. Name the directories to read.", maxDirs))
			break
		}
		dir := queue[n]
		entries, err := r.ReadDir(dir)
		if err != nil {
			r.Diags.Add(diag.Warning, ref.Place{File: r.Shown(dir)}, "directory not read", fmt.Sprintf("The directory cannot be read: %v.", err))
			continue
		}
		for _, e := range entries {
			// A link to a directory is no directory here, so that no cycle is walked.
			if e.IsDir() && !slices.Contains(skipped, e.Name()) {
				queue = append(queue, path.Join(dir, e.Name()))
			}
		}
		files, err := r.configFiles(dir)
		if err != nil || len(files) == 0 {
			continue
		}
		dirs = append(dirs, dir)
		for _, source := range r.localSources(files) {
			if to := path.Join(dir, source); to != dir {
				called[to] = true
			}
		}
	}
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return called[dir] })
	slices.Sort(dirs)
	return dirs
}

// localSources are the local module sources in some files. Problems are not
// reported: the files are read again when their module is.
func (r *Reader) localSources(files []string) []string {
	quiet := *r
	quiet.Diags = new(diag.List)
	var out []string
	for _, name := range files {
		body := quiet.parseFile(name)
		if body == nil {
			continue
		}
		for _, b := range body.Blocks {
			if source := Source(b); b.Type == "module" && IsLocal(source) {
				out = append(out, source)
			}
		}
	}
	r.total = quiet.total
	return out
}

// Source is the source of a module block, or "".
func Source(b *Block) string {
	a, ok := b.Attr("source")
	if !ok {
		return ""
	}
	return literal(a.Expr)
}

// Public is a module source without the user and password that an address may
// hold, and without its query but for the version.
func Public(source string) string {
	scheme, rest, ok := strings.Cut(source, "://")
	if !ok {
		return source
	}
	host, way, _ := strings.Cut(rest, "/")
	if i := strings.LastIndex(host, "@"); i >= 0 {
		host = host[i+1:]
	}
	way, query, _ := strings.Cut(way, "?")
	out := scheme + "://" + host + "/" + way
	for _, part := range strings.Split(query, "&") {
		if strings.HasPrefix(part, "ref=") || strings.HasPrefix(part, "version=") {
			out += "?" + part
			break
		}
	}
	return out
}

// IsLocal reports whether a module source is a path.
func IsLocal(source string) bool {
	return strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../") || source == "." || source == ".."
}
