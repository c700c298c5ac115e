// Package userdata reads EC2 user data in all its dialects and says what it does
// to the settings of the ECS agent, to proxies, and to the way of containers to
// the instance metadata service.
//
// # Model
// User data is a list of segments, some of which the design does not know. The
// text is unwrapped (base64, gzip, MIME, cloud-config archive) into parts; parts
// run in the order in which cloud-init runs them on one abstract machine
// (package shell): boothooks, bootcmd, write_files, then scripts and runcmd by
// file name. At the end the files of that machine are read as their programs
// read them: /etc/ecs/ecs.config as ecs-init does (split at the first =, quotes
// kept, later lines win), systemd drop-ins as systemd does. Bottlerocket TOML
// and PowerShell have readers of their own.
//
// # Guarantees
//   - Three values: a setting that something not understood may write is unknown,
//     with the reason; a setting that is absent from user data that is fully
//     understood is known to be absent. Zero values are unknown.
//   - No String method and no diagnostic prints a setting's value.
//   - Any input ends in bounded time and memory: sizes, nesting, decompression,
//     aliases and the steps of scripts are limited, and what lies beyond a limit
//     is unknown, with a diagnostic.
//
// # Not modelled
// Defaults that come with a machine image beyond those of ecs-init, what
// foreign programs do (see package shell), vendor data, part handlers, batch
// scripts on Windows. Docker is taken to keep its rules in the packet filter, and
// to start between bootcmd and the scripts or before. An unknown piece inside a line is taken to be a value
// that does not end the line; an unknown line may be anything.
//
// The package is longer than 1,500 lines because user data has eight dialects
// that share one result; each has a file.
package userdata
