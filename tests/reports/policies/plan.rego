# What an agency asks of a plan, in the words of policies for Terraform.
package main

import rego.v1

deny contains msg if {
	some change in input.resource_changes
	"delete" in change.change.actions
	msg := sprintf("%d would be deleted", [change.change.before.id])
}

deny contains msg if {
	some change in input.resource_changes
	change.type == "reconcile_site"
	change.change.after.auto_payment
	not change.change.before.auto_payment
	msg := sprintf("%s would pay by itself", [change.index])
}

deny contains msg if {
	some change in input.resource_changes
	change.reconcile.labels.tier == "gold"
	not change.change.after.widget.schedule.saturday.enable
	msg := sprintf("%s is gold and closed on Saturday", [change.index])
}

warn contains msg if {
	some resource in input.planned_values.root_module.resources
	resource.sensitive_values.password
	msg := sprintf("%s gets a password", [resource.index])
}

deny contains "the plan is incomplete" if input.errored
