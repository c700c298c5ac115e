package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// judgeTLSData judges every data store of the design by whether it refuses plain
// connections, and every task definition that mounts a file system by how it
// does so (AWS "Using SSL/TLS to encrypt a connection to a DB instance or
// cluster", and the same page of the other services).
func judgeTLSData(r *run) {
	for i := range r.Stores {
		st := &r.Stores[i]
		switch {
		case st.Elsewhere:
		case st.Engine.Or("") == "efs":
			r.add(st.Thing, r.fileSystem(st))
		default:
			r.add(st.Thing, r.storeLeg(st))
		}
	}
	for i := range r.TaskDefinitions {
		if d := &r.TaskDefinitions[i]; len(d.Volumes) > 0 && !d.Elsewhere {
			r.add(d.Thing, r.volumes(d))
		}
	}
}

// A forcing is what makes a kind of store refuse plain connections.
type forcing struct{ off, fix string }

// forcingOf says it for a store, by its type where several engines share it.
func (r *run) forcingOf(st *topo.Store) forcing {
	word := func(name string) string { return r.word(st.Thing, name) }
	engine := st.Engine.Or("")
	kind := strings.ToLower(strings.NewReplacer("_", "", "::", "").Replace(st.Type))
	switch {
	case strings.Contains(kind, "dbproxy"):
		return forcing{"the proxy does not require TLS", "Set " + word("require_tls") + " of the proxy to true."}
	case strings.Contains(engine, "postgres"), strings.Contains(engine, "sqlserver"):
		return forcing{"the parameter rds.force_ssl is off", "Set the parameter rds.force_ssl to 1 in a parameter group of its own."}
	case strings.Contains(engine, "mysql"), strings.Contains(engine, "mariadb"), engine == "aurora":
		return forcing{"the parameter require_secure_transport is off", "Set the parameter require_secure_transport to ON in a parameter group of its own."}
	case engine == "docdb":
		return forcing{"the parameter tls is disabled", "Set the parameter tls to enabled, or leave it out."}
	case engine == "redshift":
		return forcing{"its parameter group does not require SSL", "Set the parameter for SSL of its parameter group to true."}
	case strings.Contains(kind, "memorydb"):
		return forcing{"TLS is switched off", "Set " + word("tls_enabled") + " to true, or leave it out."}
	case engine == "memcached":
		return forcing{"encryption in transit is off", "Set " + word("transit_encryption_enabled") + " to true, which makes a new cluster, and let clients connect over TLS."}
	case engine == "redis", engine == "valkey":
		return forcing{"encryption in transit is off, or only preferred", "Set " + word("transit_encryption_enabled") + " to true and the transit encryption mode to required; clients then connect over TLS (rediss://)."}
	case engine == "kafka":
		return forcing{"brokers let clients in over plain text", "Set " + word("client_broker") + " of " + word("encryption_in_transit") + " to TLS."}
	case engine == "opensearch":
		return forcing{"the domain answers plain HTTP", "Set " + word("enforce_https") + " of " + word("domain_endpoint_options") + " to true."}
	case engine == "dax":
		return forcing{"the cluster does not encrypt its endpoint", "Set " + word("cluster_endpoint_encryption_type") + " to TLS."}
	}
	return forcing{"it does not refuse plain connections", "Make the data store refuse plain connections."}
}

// storeUsers are the workloads that use a data store: those that can connect, or
// that hold its address.
type storeUsers struct {
	sure, perhaps []*topo.Workload
	insist        []finding.Evidence // clients that ask for TLS by themselves
	insisting     int                // how many of sure do
	outside       string             // a user in another VPC
}

func (r *run) usersOfStore(st *topo.Store) storeUsers {
	var u storeUsers
	ports := talk()
	if p, known := st.Port.Get(); known && p > 0 && p < 1<<16 {
		ports = netset.TCP(uint16(p), uint16(p))
	}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		uses := fact.No
		for j := range r.Endpoints {
			e := &r.Endpoints[j]
			if e.ID != st.ID && e.Owner != st.ID {
				continue
			}
			for _, id := range r.endpointsOf(w) {
				uses = uses.Or(r.connect(reach.At(id), reach.At(e.ID), ports).Packets.Any(ports))
				if from := r.Endpoint(id); from != nil && uses == fact.Yes && from.VPC != "" && e.VPC != "" && from.VPC != e.VPC {
					u.outside = w.Name
				}
			}
		}
		insists, named := r.insists(w, st.ID)
		if named {
			uses = fact.Yes
		}
		switch uses {
		case fact.Yes:
			u.sure = append(u.sure, w)
			if len(insists) > 0 {
				u.insisting++
			}
			u.insist = append(u.insist, insists...)
		case fact.Unknown:
			u.perhaps = append(u.perhaps, w)
		}
	}
	return u
}

// insists lists the variables of a workload by which it connects to a store over
// TLS only. Named is whether a variable holds an attribute of the store.
func (r *run) insists(w *topo.Workload, store ref.ID) (evidence []finding.Evidence, named bool) {
	d := r.TaskDefinition(w.Definition)
	if d == nil {
		return nil, false
	}
	for _, c := range d.Containers {
		for _, call := range c.Calls {
			about := slices.Contains(call.Things, store)
			named = named || about
			option := call.Scheme == "" && len(call.Things) == 0 // a variable such as PGSSLMODE is about no store in particular
			if call.TLS == fact.Yes && (about || option) {
				evidence = append(evidence, because(fmt.Sprintf("container %s of %s asks for TLS by itself (%s)", c.Name, w.Name, call.Variable), c.Place))
			}
		}
	}
	return evidence, named
}

func (r *run) storeLeg(st *topo.Store) finding.Finding {
	how := r.forcingOf(st)
	required, known := st.RequireTLS.Get()
	if known && required {
		return finding.Finding{Verdict: finding.Follows, Title: st.Name + " refuses plain connections", Message: "Whoever connects has to speak TLS.",
			Evidence: []finding.Evidence{because("plain connections are refused", st.RequireTLS.Place)}}
	}
	u := r.usersOfStore(st)
	f := finding.Finding{Verdict: finding.Violates, Title: st.Name + " lets clients connect without TLS", Fix: how.fix,
		Message:  "Whether queries and passwords are encrypted is left to each client.",
		Evidence: []finding.Evidence{because(how.off, st.RequireTLS.Place)}, Facts: []string{"plain"}}
	if f.Evidence[0].Place.IsZero() {
		f.Evidence[0].Place = st.Place
	}
	f.Severity, f.SeverityWhy = finding.Low, "what travels stays in the VPC"
	if names := workloadNames(u.sure); names != "" {
		f.Message += " It is in reach of " + names + "."
	}
	public, publicKnown := st.Public.Get()
	switch {
	case publicKnown && public:
		f.Severity, f.SeverityWhy = finding.Medium, "it has a public address, so that connections may come over the internet"
	case u.outside != "":
		f.Severity, f.SeverityWhy = finding.Medium, u.outside+" connects from another VPC"
	case len(u.sure)+len(u.perhaps) == 0:
		f.Severity, f.SeverityWhy = finding.Note, "no task of the design is known to use it"
	case u.insisting > 0 && u.insisting == len(u.sure) && len(u.perhaps) == 0:
		f.Severity, f.SeverityWhy = finding.Note, "the tasks that use it ask for TLS by themselves"
	}
	f.Evidence = append(f.Evidence, u.insist...)
	if needs, why := r.demands(st.ID, st.Name); needs {
		f.Severity, f.SeverityWhy = finding.High, why
	}
	for _, w := range u.sure {
		if needs, why := r.demands(w.ID, w.Name); needs && f.Severity < finding.High {
			f.Severity, f.SeverityWhy = finding.High, why
		}
	}
	if !known {
		f.Verdict, f.Facts, f.Evidence = finding.Undecided, nil, u.insist
		f.Title = "it is not known whether " + st.Name + " refuses plain connections"
		f.Gaps = []finding.Evidence{gap("whether it requires TLS", st.RequireTLS)}
	}
	return f
}

// fileSystem judges an EFS file system: unless its policy refuses plain mounts,
// each mount decides for itself.
func (r *run) fileSystem(st *topo.Store) finding.Finding {
	if required, known := st.RequireTLS.Get(); known && required {
		return finding.Finding{Verdict: finding.Follows, Title: st.Name + " refuses plain mounts", Message: "Its policy denies what does not come over TLS.",
			Evidence: []finding.Evidence{because("the policy denies aws:SecureTransport false", st.RequireTLS.Place)}}
	}
	for _, d := range r.TaskDefinitions {
		for _, v := range d.Volumes {
			switch mounts := v.FileSystem == st.ID && !d.Elsewhere; {
			case mounts && !st.RequireTLS.IsKnown():
				return finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known whether " + st.Name + " refuses plain mounts",
					Message: "If it does not, each mount decides for itself; the task definitions that mount it are judged.",
					Gaps:    []finding.Evidence{gap("its policy", st.RequireTLS)}}
			case mounts:
				return finding.Finding{Verdict: finding.NotApplicable, Title: "each mount of " + st.Name + " decides for itself",
					Message: "The task definitions that mount it are judged."}
			}
		}
	}
	f := finding.Finding{Verdict: finding.Undecided, Severity: finding.Note, Title: "it is not known how " + st.Name + " is mounted",
		Message: "Encryption of NFS is a setting of each mount, and no task definition of the design mounts it.",
		Gaps:    []finding.Evidence{because("who mounts it, and how", st.Place)},
		Fix:     "A file system policy that denies requests with aws:SecureTransport false settles it for every client."}
	if !st.RequireTLS.IsKnown() {
		f.Gaps = append(f.Gaps, gap("its policy", st.RequireTLS))
	}
	return f
}

// volumes judges the network volumes of a task definition (AWS
// "EFSVolumeConfiguration": transit encryption is off unless it is written).
func (r *run) volumes(d *topo.TaskDefinition) finding.Finding {
	var bad, good, gaps []finding.Evidence
	var names []string
	for _, v := range d.Volumes {
		on, known := v.Encrypted.Get()
		at := v.Encrypted.Place
		if at.IsZero() {
			at = v.Place
		}
		st := r.Store(v.FileSystem)
		switch {
		case known && on:
			good = append(good, because("volume "+v.Name+" is mounted over TLS", at))
		case known && st != nil && st.RequireTLS.Or(false):
			good = append(good, because("volume "+v.Name+" is mounted without TLS, which the policy of the file system refuses", at))
		case known && (st == nil || st.RequireTLS.IsKnown() || st.Elsewhere || v.FileSystem == ""):
			bad = append(bad, because("transit encryption of volume "+v.Name+" is not enabled", at))
			names = append(names, v.Name)
		case known:
			gaps = append(gaps, gap("whether the policy of the file system of volume "+v.Name+" refuses plain mounts", st.RequireTLS))
		default:
			gaps = append(gaps, gap("whether volume "+v.Name+" is encrypted in transit", v.Encrypted))
		}
	}
	switch {
	case len(bad) > 0:
		f := finding.Finding{Verdict: finding.Violates, Severity: finding.Low, SeverityWhy: "what travels stays in the VPC",
			Title:    d.Name + " mounts files without encryption in transit",
			Message:  "NFS sends what the containers read and write through the VPC as it is.",
			Evidence: bad, Facts: sorted(names),
			Changes: encryptedMounts(d, names),
			Fix:     "Set " + r.word(d.Thing, "transit_encryption") + " to ENABLED in " + r.word(d.Thing, "efs_volume_configuration") + "."}
		for _, w := range r.usersOf(d) {
			if needs, why := r.demands(w.ID, w.Name); needs {
				f.Severity, f.SeverityWhy = finding.High, why
			}
		}
		return f
	case len(gaps) > 0:
		return finding.Finding{Verdict: finding.Undecided, Severity: finding.Low, Title: "it is not known whether " + d.Name + " mounts its files over TLS",
			Message: "The way to a file system may be encrypted or not.", Gaps: distinct(gaps), Evidence: good}
	}
	return finding.Finding{Verdict: finding.Follows, Title: d.Name + " mounts its files over TLS", Message: "No mount sends files as they are.", Evidence: good}
}
