"""A workshop's seats on a Kubernetes cluster: values for the chart Zero to JupyterHub, and a recipe for the image."""
