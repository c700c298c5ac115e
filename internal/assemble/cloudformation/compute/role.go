package compute

import (
	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/resource"
)

// role translates a role of IAM with the policies in it.
func role(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"RoleName": "name", "AssumeRolePolicyDocument": "assume_role_policy"})
	delete(body, "policies")
	body["assume_role_policy"] = form.JSON(r.Get("AssumeRolePolicyDocument"))
	body["inline_policy"] = form.Each(r.Get("Policies"), func(m resource.Value) resource.Value {
		content := m
		content.Maybe = false
		return form.Map(m, map[string]resource.Value{"name": content.Get("PolicyName"), "policy": form.JSON(content.Get("PolicyDocument"))})
	})
	return one(r, "aws_iam_role", body)
}

// rolePolicy translates a policy in each of the roles that have it.
func rolePolicy(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := func(role resource.Value) map[string]resource.Value {
		return map[string]resource.Value{"role": role, "name": r.Get("PolicyName"), "policy": form.JSON(r.Get("PolicyDocument"))}
	}
	if v := r.Get("RoleName"); !v.IsNull() {
		return one(r, "aws_iam_role_policy", body(v))
	}
	var out []resource.Resource
	for _, e := range form.Elements(r.Get("Roles")) {
		out = append(out, form.Part(r, "aws_iam_role_policy", "Roles", e, body(e.Content())))
	}
	if len(out) == 0 { // of users or groups, which start nothing
		return one(r, "aws_iam_group_policy", body(resource.Value{}))
	}
	return out
}

func managedPolicy(_ *form.Scope, r resource.Resource) []resource.Resource {
	out := one(r, "aws_iam_policy", map[string]resource.Value{
		"name": r.Get("ManagedPolicyName"), "description": r.Get("Description"), "path": r.Get("Path"), "policy": form.JSON(r.Get("PolicyDocument")),
	})
	for _, e := range form.Elements(r.Get("Roles")) {
		out = append(out, form.Part(r, "aws_iam_role_policy_attachment", "Roles", e, map[string]resource.Value{
			"role": e.Content(), "policy_arn": form.To(r, "arn"),
		}))
	}
	return out
}

func instanceProfile(_ *form.Scope, r resource.Resource) []resource.Resource {
	return one(r, "aws_iam_instance_profile", map[string]resource.Value{
		"name": r.Get("InstanceProfileName"), "path": r.Get("Path"), "role": r.Get("Roles"),
	})
}
