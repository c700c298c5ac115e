package revision

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a revision.
const (
	maxFiles = 200_000
	maxFile  = 256 << 20 // of one file; a plan may be as long
	maxBytes = 2 << 30   // of all
	maxLink  = 4096      // of the target of a link

	maxModules     = 20_000 // files of downloaded modules
	maxModuleFile  = 4 << 20
	maxModuleBytes = 256 << 20
)

// Tree is the files of one revision.
type Tree struct {
	Name    string   // as it was given
	Commit  string   // its hash
	Skipped []string // what was left out and why, as sentences

	top  string // of the repository
	root string // of the files, without links on the way
	temp string
}

// Open writes the files of a revision of the repository that holds a directory
// into a temporary directory. The error is an [*Error] if the user can mend it.
// The caller closes the tree, also after an error of its own.
func Open(ctx context.Context, dir, name string) (*Tree, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	root, err := top(ctx, dir)
	if err != nil {
		return nil, err
	}
	g := git{root}
	commit, err := g.commit(ctx, name)
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "muralla-revision-*")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the revision: %w", err)
	}
	t := &Tree{Name: name, Commit: commit, top: root, temp: temp}
	if t.root, err = filepath.EvalSymlinks(temp); err == nil {
		// A tree of its own keeps the name of the repository's directory.
		t.root = filepath.Join(t.root, filepath.Base(root))
		if err = os.Mkdir(t.root, 0o700); err == nil {
			err = t.write(ctx, g)
		}
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Close removes the files.
func (t *Tree) Close() error {
	if err := os.RemoveAll(t.temp); err != nil {
		return fmt.Errorf("remove the files of the revision: %w", err)
	}
	return nil
}

// Root is the directory that holds all files of the revision.
func (t *Tree) Root() string { return t.root }

// Below is a path of the work tree relative to the top of the repository, with
// slashes; "." is the top.
func (t *Tree) Below(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", p, err)
	}
	// What the revision holds may not be in the work tree any more.
	real, rest := abs, ""
	for {
		if found, err := filepath.EvalSymlinks(real); err == nil {
			real = filepath.Join(found, rest)
			break
		}
		if filepath.Dir(real) == real {
			break
		}
		real, rest = filepath.Dir(real), filepath.Join(filepath.Base(real), rest)
	}
	rel, err := filepath.Rel(t.top, real)
	if err != nil || !filepath.IsLocal(rel) {
		return "", &Error{p + " is not in the repository " + filepath.Base(t.top), "paths are those of the repository that holds the revision"}
	}
	return filepath.ToSlash(rel), nil
}

// Path is where a path of the work tree is in the revision.
func (t *Tree) Path(p string) (string, error) {
	rel, err := t.Below(p)
	if err != nil {
		return "", err
	}
	at := filepath.Join(t.root, filepath.FromSlash(rel))
	// A link of the revision must not lead out of it.
	if real, err := filepath.EvalSymlinks(at); err != nil || !within(t.root, real) {
		return "", &Error{fmt.Sprintf("%s is not in %s", p, t.Name), "name a path that the revision has too, or compare with another revision"}
	}
	return at, nil
}

func within(dir, p string) bool {
	rel, err := filepath.Rel(dir, p)
	return err == nil && filepath.IsLocal(rel)
}

// object is a file of the commit.
type object struct {
	mode, hash, path string
	size             int64
}

// write writes every file of the commit.
func (t *Tree) write(ctx context.Context, g git) error {
	out, said, err := g.run(ctx, "ls-tree", "-r", "-l", "-z", "--full-tree", t.Commit)
	if err != nil {
		return fmt.Errorf("list the files of %s: %w: %s", t.Name, err, said)
	}
	var objects []object
	var bytes int64
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		o, ok := parse(entry)
		switch {
		case !ok:
			continue // a submodule, or nothing at all
		case !filepath.IsLocal(filepath.FromSlash(o.path)) || slices.ContainsFunc(strings.Split(o.path, "/"), isGit):
			t.skip("%q is no path that a file may have", o.path)
			continue
		case o.size > maxFile:
			t.skip("%s has %d MiB, and at most %d MiB of a file are read", o.path, o.size>>20, maxFile>>20)
			continue
		}
		if bytes += o.size; bytes > maxBytes || len(objects) >= maxFiles {
			t.skip("the revision has more than %d files or %d MiB; %s and what follows is left out", maxFiles, maxBytes>>20, o.path)
			break
		}
		objects = append(objects, o)
	}
	root, err := os.OpenRoot(t.root)
	if err != nil {
		return fmt.Errorf("open the directory for the revision: %w", err)
	}
	defer root.Close()
	if err := t.contents(ctx, g, root, objects); err != nil {
		return err
	}
	return t.modules(ctx, root)
}

func (t *Tree) skip(format string, args ...any) {
	const most = 20
	if len(t.Skipped) < most {
		t.Skipped = append(t.Skipped, fmt.Sprintf(format, args...))
	}
}

func isGit(name string) bool { return strings.EqualFold(name, ".git") }

// parse reads "100644 blob HASH    SIZE\tPATH".
func parse(entry string) (object, bool) {
	head, name, ok := strings.Cut(entry, "\t")
	words := strings.Fields(head)
	if !ok || len(words) != 4 || words[1] != "blob" || !isHash(words[2]) || name == "" {
		return object{}, false
	}
	size, err := strconv.ParseInt(words[3], 10, 64)
	return object{words[0], words[2], name, size}, err == nil && size >= 0
}

// contents asks git for every object, one after the other.
func (t *Tree) contents(ctx context.Context, g git, root *os.Root, objects []object) error {
	if len(objects) == 0 {
		return nil
	}
	cmd := g.command(ctx, "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("ask git for files: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("ask git for files: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("ask git for files: %w", err)
	}
	asked := make(chan error, 1)
	go func() {
		w := bufio.NewWriter(in)
		for _, o := range objects {
			fmt.Fprintln(w, o.hash)
		}
		asked <- errors.Join(w.Flush(), in.Close())
	}()
	r := bufio.NewReaderSize(out, 1<<16)
	for _, o := range objects {
		if err = t.content(r, root, o); err != nil {
			break
		}
	}
	if err != nil && cmd.Process.Kill() != nil {
		err = errors.Join(err, errors.New("git does not end"))
	}
	asking := <-asked
	ended := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("read %s: %w", t.Name, err)
	}
	return errors.Join(asking, ended)
}

// content reads one answer of git cat-file --batch: a line with the size, the
// bytes, and the end of a line.
func (t *Tree) content(r *bufio.Reader, root *os.Root, o object) error {
	head, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	words := strings.Fields(head)
	if len(words) == 2 && words[1] == "missing" {
		t.skip("%s is not in this clone", o.path)
		return nil
	}
	if len(words) != 3 || words[2] != strconv.FormatInt(o.size, 10) {
		return fmt.Errorf("git answers %q about %s", strings.TrimSpace(head), o.path)
	}
	body := io.LimitReader(r, o.size)
	if err := t.put(root, o, body); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	_, err = r.Discard(1)
	return err
}

// put writes one file. A file that cannot be written, since another one of the
// commit is in its way, is left out.
func (t *Tree) put(root *os.Root, o object, body io.Reader) error {
	name := filepath.FromSlash(o.path)
	if err := makeDirs(root, filepath.Dir(name)); err != nil {
		t.skip("%s cannot be written: %v", o.path, err)
		return nil
	}
	if o.mode == "120000" {
		return t.link(root, o, body)
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.skip("%s cannot be written: %v", o.path, err)
		return nil
	}
	_, err = io.Copy(f, body)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", o.path, err)
	}
	return nil
}

// link makes a link whose target is within the revision.
func (t *Tree) link(root *os.Root, o object, body io.Reader) error {
	to, err := io.ReadAll(io.LimitReader(body, maxLink))
	if err != nil {
		return err
	}
	// A target in its shortest form goes up first and then down, so that no other
	// link decides from where it goes up.
	target := strings.TrimPrefix(strings.TrimSuffix(string(to), "/"), "./")
	if target != path.Clean(target) || path.IsAbs(target) || filepath.IsAbs(filepath.FromSlash(target)) || !filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(o.path), target))) {
		t.skip("%s is a link that leads out of the repository", o.path)
		return nil
	}
	if err := root.Symlink(filepath.FromSlash(target), filepath.FromSlash(o.path)); err != nil {
		t.skip("%s cannot be written: %v", o.path, err)
	}
	return nil
}

func makeDirs(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	if err := makeDirs(root, filepath.Dir(dir)); err != nil {
		return err
	}
	err := root.Mkdir(dir, 0o700)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	// A hostile commit may hold a link and a directory of one name.
	if info, err := root.Lstat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is no directory", filepath.ToSlash(dir))
	}
	return nil
}

// modules copies the downloaded modules of the work tree that the revision does
// not hold itself: the files that Terraform reads.
func (t *Tree) modules(ctx context.Context, root *os.Root) error {
	from, err := os.OpenRoot(t.top)
	if err != nil {
		return fmt.Errorf("open the repository: %w", err)
	}
	defer from.Close()
	files, bytes := 0, int64(0)
	err = fs.WalkDir(from.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return nil // what cannot be read is not there
		case e.IsDir():
			if isGit(e.Name()) || e.Name() == "node_modules" || strings.HasSuffix(path.Dir(p), ".terraform") && e.Name() != "modules" {
				return fs.SkipDir
			}
			return nil
		case !strings.Contains("/"+p, "/.terraform/modules/") || !e.Type().IsRegular():
			return nil
		}
		info, err := e.Info()
		if err != nil || info.Size() > maxModuleFile {
			return nil
		}
		if files, bytes = files+1, bytes+info.Size(); files > maxModules || bytes > maxModuleBytes {
			t.skip("there are more than %d files or %d MiB of downloaded modules; %s and what follows is left out", maxModules, maxModuleBytes>>20, p)
			return fs.SkipAll
		}
		data, err := from.ReadFile(filepath.FromSlash(p))
		if err != nil {
			return nil
		}
		return t.put(root, object{mode: "100644", path: p}, strings.NewReader(string(data)))
	})
	if err != nil {
		return fmt.Errorf("copy downloaded modules: %w", err)
	}
	return nil
}
