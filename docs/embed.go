// Package docs holds the pages of the documentation that the program shows.
//
// # Model
// [Recommendations] is one Markdown page for each recommendation, by its slug.
//
// # Guarantees
// The pages are those of this version of the program; nothing is downloaded.
//
// # Not modelled
// How a page looks on a screen: that is cli.
package docs

import "embed"

// Recommendations holds recommendations/SLUG.md.
//
//go:embed recommendations/*.md
var Recommendations embed.FS
