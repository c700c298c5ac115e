package resource

import "github.com/muralla-net/muralla/internal/ref"

// Set is everything that one source read. The zero Set is an empty design.
type Set struct {
	Kind      string     // "terraform", "plan", "state": what was read, in one word
	Resources []Resource // sorted by ID
	Missing   []Missing  // sorted by ID
	Remarks   []Remark   // sorted by place, then scope
	Files     int        // how many files were read
	Lines     int        // how many lines they have
}

// Part says which part of a thing something that is missing may change.
type Part uint8

// The parts. The zero Part is the whole thing.
const (
	OfAll       Part = iota
	OfLogs           // flow logs of a VPC
	OfEndpoints      // VPC endpoints in a VPC
	OfGateways       // internet gateways of a VPC
)

// Missing is a part of the design that is referred to but is not here, such as
// a registry module that was not downloaded. Whatever it is given it may change:
// a module that receives the id of a VPC may put a flow log or a route in it.
type Missing struct {
	ID     ref.ID      // "module.vpc": outputs are references to this ID
	Source string      // "terraform-aws-modules/vpc/aws"; empty if What says what is missing
	What   string      // what is missing, if it is no module: "DescribeFlowLogs"
	Of     Part        // only this part of the inputs may differ
	Why    string      // "its source is not in .terraform/modules", as a clause
	Inputs []Reference // references among its arguments, sorted, without repetition
	Place  ref.Place
}
