package ecs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/container"
	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

func definitionElsewhere(t topo.Thing) *topo.TaskDefinition {
	return &topo.TaskDefinition{Thing: t, Family: fact.Missing[string](elsewhere, t.Place), Mode: fact.Missing[topo.NetworkMode](elsewhere, t.Place),
		ContainersMore: elsewhere, TaskRole: fact.Missing[string](elsewhere, t.Place), ExecutionRole: fact.Missing[string](elsewhere, t.Place),
		Windows: fact.Missing[bool](elsewhere, t.Place), PIDModeHost: fact.Missing[bool](elsewhere, t.Place)}
}

func (r *reader) readDefinitions() {
	for _, res := range r.d.Of("aws_ecs_task_definition") {
		r.definitionOf[res.ID] = r.read(res)
	}
	for _, res := range r.d.Of("data.aws_ecs_task_definition") {
		if link := r.findDefinition(res.Get("task_definition"), res.ID); r.definitionOf[link.ID] != nil {
			r.d.Alias(res.ID, link.ID)
			for _, attr := range []ref.ID{".family", ".arn_without_revision"} {
				r.d.Alias(res.ID+attr, link.ID)
			}
			continue
		}
		r.definitionOf[res.ID] = definitionElsewhere(r.d.Thing(res, "task_definition"))
		r.started[res.ID] = true
	}
}

// findDefinition resolves what a service writes: an ARN, a family, a family with
// a revision, or a text made of attributes of one task definition.
func (r *reader) findDefinition(v resource.Value, from ref.ID) topo.Link {
	if v.Kind == resource.List && len(v.List) == 1 {
		v = v.List[0]
	}
	switch v.Kind {
	case resource.Text:
		var found []ref.ID
		for _, part := range v.List {
			id := r.d.Canonical(part.Ref.ID)
			if res, ok := r.d.Find(id); part.Kind == resource.Ref && ok && res.Type == "aws_ecs_task_definition" && !slices.Contains(found, id) {
				found = append(found, id)
			}
		}
		if len(found) == 0 { // the family is written with the same unknown pieces
			shown := design.Display(v)
			if id := r.definitions.Named(shown[:max(strings.LastIndex(shown, ":"), 0)], from); id != "" {
				found = append(found, id)
			}
		}
		if len(found) == 1 {
			return topo.Link{ID: found[0], Exists: fact.Yes, Place: v.Place}
		}
	case resource.String:
		family := v.Text
		if i := strings.LastIndexByte(family, ':'); i > 0 {
			if _, err := strconv.Atoi(family[i+1:]); err == nil {
				family = family[:i]
			}
		}
		short := family[strings.LastIndexByte(family, '/')+1:]
		if id := r.definitions.Named(short, from); id != "" {
			return topo.Link{ID: id, Exists: fact.Yes, Place: v.Place}
		}
	}
	return r.definitions.Find(v, from)
}

func (r *reader) read(res resource.Resource) *topo.TaskDefinition {
	t := &topo.TaskDefinition{Thing: r.d.Thing(res, "family"), Family: design.String(res.Get("family"), "")}
	unsure := ""
	for _, c := range res.Get("requires_compatibilities").Items() {
		if s, ok := design.String(c, "").Get(); ok {
			t.Compatibility = append(t.Compatibility, strings.ToUpper(s))
		} else {
			unsure = design.Why(c)
		}
	}
	slices.Sort(t.Compatibility)
	os := design.String(res.Get("runtime_platform", "operating_system_family"), "LINUX")
	if s, ok := os.Get(); ok {
		t.Windows = fact.Known(strings.HasPrefix(strings.ToUpper(s), "WINDOWS"), os.Place)
	} else {
		t.Windows = fact.Missing[bool](os.Why, os.Place)
	}
	r.mode(t, res.Get("network_mode"), unsure, res.Place)
	var diags diag.List
	t.Containers, t.ContainersMore, diags = container.Read(res.Get("container_definitions"), r.d.Find)
	r.diags = append(r.diags, diags...)
	for _, c := range t.Containers {
		for _, call := range c.Calls {
			for i, id := range call.Things {
				call.Things[i] = r.d.Canonical(id)
			}
		}
	}
	t.TaskRole, t.ExecutionRole = wire.Named(r.d, res.Get("task_role_arn")), wire.Named(r.d, res.Get("execution_role_arn"))
	pid := design.String(res.Get("pid_mode"), "")
	if s, ok := pid.Get(); ok {
		t.PIDModeHost = fact.Known(s == "host", pid.Place)
	} else {
		t.PIDModeHost = fact.Missing[bool](pid.Why, pid.Place)
	}
	for _, v := range res.Get("volume").Items() {
		r.volume(t, v)
	}
	t.Mesh = wire.Written(res.Get("proxy_configuration")) != fact.No
	return t
}

// modes are the network modes that the API takes.
var modes = map[string]topo.NetworkMode{
	"awsvpc": topo.ModeAWSVPC, "bridge": topo.ModeBridge, "host": topo.ModeHost, "none": topo.ModeNone, "nat": topo.ModeNAT,
}

// mode reads the network mode. Without one a definition for Fargate alone
// cannot be registered, one for EC2 is in bridge mode on Linux and in the nat
// mode of Docker on Windows (AWS "TaskDefinition", networkMode).
func (r *reader) mode(t *topo.TaskDefinition, v resource.Value, unsure string, at ref.Place) {
	f := design.String(v, "")
	name, ok := f.Get()
	t.ModeWritten = !v.IsNull() && (!ok || name != "")
	switch {
	case !ok:
		t.Mode = fact.Missing[topo.NetworkMode](f.Why, f.Place)
	case t.ModeWritten:
		if m, known := modes[strings.ToLower(name)]; known {
			t.Mode = fact.Known(m, f.Place)
		} else {
			t.Mode = fact.Missing[topo.NetworkMode]("its network mode is not one that AWS knows", f.Place)
		}
	case unsure != "":
		t.Mode = fact.Missing[topo.NetworkMode]("it writes no network mode, and what it is compatible with is not known: "+unsure, at)
	case slices.Equal(t.Compatibility, []string{"FARGATE"}):
		r.diags.Add(diag.Error, at, "task definition without network mode",
			"The task definition requires FARGATE and has no network mode, so AWS refuses it: Fargate only supports awsvpc. It was read as awsvpc. Set the network mode to awsvpc.")
		t.Mode = fact.Default(topo.ModeAWSVPC)
	case slices.Contains(t.Compatibility, "FARGATE") || slices.Contains(t.Compatibility, "MANAGED_INSTANCES"):
		t.Mode = fact.Missing[topo.NetworkMode]("it writes no network mode, and not all that it is compatible with have a default", at)
	case !t.Windows.IsKnown():
		t.Mode = fact.Missing[topo.NetworkMode]("it writes no network mode, and the default depends on the operating system: "+t.Windows.Why, at)
	case t.Windows.Or(false):
		t.Mode = fact.Default(topo.ModeNAT)
	default:
		t.Mode = fact.Default(topo.ModeBridge)
	}
}

func (r *reader) volume(t *topo.TaskDefinition, v resource.Value) {
	if v.Kind != resource.Map {
		if t.ContainersMore == "" {
			t.ContainersMore = "a volume is not known: " + design.Why(v)
		}
		return
	}
	name := design.Display(v.Get("name"))
	if efs := v.Get("efs_volume_configuration"); wire.Written(efs) != fact.No {
		vol := topo.Volume{Name: name, Kind: "efs", FileSystem: r.d.Link(efs.Get("file_system_id")).ID, Place: efs.Place}
		vol.Encrypted = design.Bool(efs.Get("transit_encryption"), false)
		t.Volumes = append(t.Volumes, vol)
	}
	if fsx := v.Get("fsx_windows_file_server_volume_configuration"); wire.Written(fsx) != fact.No {
		t.Volumes = append(t.Volumes, topo.Volume{Name: name, Kind: "fsx", FileSystem: r.d.Link(fsx.Get("file_system_id")).ID, Place: fsx.Place,
			Encrypted: fact.Missing[bool]("whether SMB is encrypted depends on server and client", fsx.Place)})
	}
}
