// Package eval evaluates one CloudFormation template to its resources.
//
// # Model
// A [Stack] is a template with values for its parameters. Resources and
// outputs are evaluated when they are asked for. What only AWS knows is a
// [resource.Reference]:
//
//	Ref of a resource              {ID: path/LogicalId, Attr: "Ref"}
//	Fn::GetAtt A.B.C               {ID: path/A, Attr: "B.C"}
//	a parameter without value      {ID: path/Parameter}
//	element i of a list of these   the same with Attr "i", or Attr + ".i"
//	AWS::StackName, ::StackId, ::NotificationARNs   {ID: path/AWS::StackName}
//	AWS::Region and other pseudo parameters         {ID: AWS::Region}
//	Fn::GetAZs of this region      {ID: AWS::GetAZs}; of another {ID: AWS::GetAZs:eu-west-1}
//	Fn::ImportValue of N           {ID: import:N}, where unknown parts of N are ${ID.Attr}
//
// One reference may stand for a whole list. Split at a comma such a reference
// is the list again, since a list is given to a parameter as one text.
//
// Fn::Base64 is kept as a map {"Fn::Base64": text}, because who reads user data
// wants the text. Fn::If with a condition that nobody can tell gives what both
// branches have in common: lists and maps are joined, with what is only in one
// branch marked as Maybe; other values are unknown, with their references as
// candidates. Within a resource that exists only under a condition, and within
// a branch of Fn::If, that condition holds.
//
// The Body of a resource is a map, except where a macro or a loop over what is
// not known stands in its Properties: then it is unknown as a whole. Parts of a
// template that make resources which nobody can tell are [Stack.Missing].
//
// The package has more than 1,500 lines because functions evaluate their
// arguments, which call functions: it is one recursion over one state.
//
// # Guarantees
// Conditions are three-valued: Yes and No hold for all values that parameters
// without value can have. Two uses of one unknown value are equal. Work and
// memory are bounded by [MaxValues] and [MaxText] whatever the template says.
// Values of parameters with NoEcho, and dynamic references to secrets, are
// marked as sensitive.
//
// # Not modelled
// Macros, which may change everything: AWS::Include and others are named in
// diagnostics and their results are unknown. What a parameter store holds: a
// parameter of type AWS::SSM::Parameter::Value is a reference whatever name it
// is given. Rules, Hooks, policies of updates and the order of creation.
package eval

// Limits of what is said.
const (
	maxSaid      = 1000 // problems
	maxProposals = 100  // names looked for that are near another
	maxName      = 200  // bytes of a name in a message
)

// Limits of what is computed.
const (
	MaxValues = 1 << 20  // values, over all of a stack
	MaxText   = 1 << 20  // bytes of one text
	MaxTexts  = 64 << 20 // bytes of all texts that functions make
)
