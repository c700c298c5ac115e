package compute

import (
	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/resource"
)

// interfaces are the network interfaces of an instance or template as blocks.
func interfaces(v resource.Value) resource.Value {
	return form.Rename(v, map[string]string{"GroupSet": "security_groups", "Groups": "security_groups", "PrivateIpAddress": "private_ip"})
}

func instance(s *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{
		"SecurityGroupIds": "vpc_security_group_ids", "PrivateIpAddress": "private_ip", "ImageId": "ami", "NetworkInterfaces": "network_interface",
	})
	body["network_interface"] = interfaces(r.Get("NetworkInterfaces"))
	body["user_data"] = userData(s, r, r.Get("UserData"))
	return one(r, "aws_instance", body)
}

// launchTemplate translates a launch template: what its data say are arguments
// of the template itself at the provider.
func launchTemplate(s *form.Scope, r resource.Resource) []resource.Resource {
	data := r.Get("LaunchTemplateData")
	body := form.Arguments(data, map[string]string{
		"SecurityGroupIds": "vpc_security_group_ids", "SecurityGroups": "security_group_names",
	})
	body["name"] = r.Get("LaunchTemplateName")
	if data.Kind != resource.Map && !data.IsNull() {
		// Everything that the data may say is as unknown as they are.
		for _, name := range []string{"vpc_security_group_ids", "security_group_names", "network_interfaces", "user_data", "metadata_options", "iam_instance_profile"} {
			body[name] = form.Unknown(form.Why(data, "its data are not known"), data.Place)
		}
		return one(r, "aws_launch_template", body)
	}
	body["network_interfaces"] = interfaces(data.Get("NetworkInterfaces"))
	body["user_data"] = userData(s, r, data.Get("UserData"))
	return one(r, "aws_launch_template", body)
}

func launchConfiguration(s *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"LaunchConfigurationName": "name"})
	body["user_data"] = userData(s, r, r.Get("UserData"))
	return one(r, "aws_launch_configuration", body)
}

// spotFleet translates a Spot Fleet request: its specifications name groups as
// objects.
func spotFleet(s *form.Scope, r resource.Resource) []resource.Resource {
	config := r.Get("SpotFleetRequestConfigData")
	body := form.Arguments(config, map[string]string{"LaunchTemplateConfigs": "launch_template_config"})
	if config.Kind != resource.Map && !config.IsNull() {
		body["launch_specification"] = config
	}
	delete(body, "launch_specifications")
	if v := config.Get("LaunchSpecifications"); !v.IsNull() {
		body["launch_specification"] = form.Each(v, func(m resource.Value) resource.Value {
			out := form.Arguments(m, nil)
			delete(out, "security_groups")
			if groups := m.Get("SecurityGroups"); !groups.IsNull() {
				out["vpc_security_group_ids"] = form.Pluck(groups, "GroupId")
			}
			if nics := m.Get("NetworkInterfaces"); !nics.IsNull() {
				out["network_interfaces"] = interfaces(nics)
			}
			if data := m.Get("UserData"); !data.IsNull() {
				out["user_data"] = userData(s, r, data)
			}
			return form.Map(m, out)
		})
	}
	return one(r, "aws_spot_fleet_request", body)
}

// userData is the text of user data, which is written as base64 of it.
func userData(s *form.Scope, r resource.Resource, v resource.Value) resource.Value {
	return initialised(s, r, form.Plain(v))
}
