"""From the configuration in force to a deployment: files for Compose, Helm and Terraform, without a secret in them."""
