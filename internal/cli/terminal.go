package cli

import (
	"fmt"
	"io"
	"os"
	"time"
)

// isTerminal reports whether a stream is a device that shows characters. The
// null device passes for one, where it does no harm.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// useColor decides about colour on stdout. NO_COLOR (no-color.org) and a
// terminal that calls itself dumb are honoured unless colour is asked for.
func useColor(when string, stdout io.Writer) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(stdout), nil
	}
	return false, fail("use auto, always or never", "--color cannot be %q", when)
}

// patience is how long nothing is said.
const patience = time.Second

// waitFor runs work and returns its result, or the error of the context if it is
// interrupted first; the work is then left to end with the program. On a
// terminal it says what is going on once that takes longer than a second.
func waitFor[T any](a *app, what string, work func() T) (T, error) {
	done := make(chan T, 1)
	go func() { done <- work() }()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	said := false
	defer func() {
		if said {
			fmt.Fprint(a.stderr, "\r\x1b[K") // takes the line away again
		}
	}()
	for {
		select {
		case out := <-done:
			return out, nil
		case <-a.ctx.Done():
			var none T
			return none, a.ctx.Err()
		case <-timer.C:
			if said = isTerminal(a.stderr); said {
				fmt.Fprint(a.stderr, oneLine(what)+" …")
			}
		}
	}
}
