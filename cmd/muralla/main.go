// Command muralla analyses the network security of Amazon ECS designs.
package main

import (
	"os"

	"github.com/muralla-net/muralla/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
