package compute

import (
	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/resource"
)

// initialised is user data as they are.
func initialised(_ *form.Scope, _ resource.Resource, v resource.Value) resource.Value { return v }
