"""The README and the example of variables beside exported Terraform files."""

from __future__ import annotations

from collections.abc import Iterable

from gateway_kit.stack.exporting.charts import LANGFUSE, VALUES, find_digests, litellm_version
from gateway_kit.stack.exporting.hcl import quoted
from gateway_kit.stack.exporting.helm_readme import notes, what_became_of_models
from gateway_kit.stack.exporting.kubernetes import NAMESPACE, RELEASE, secrets_of
from gateway_kit.stack.exporting.production_config import ProductionConfig
from gateway_kit.stack.exporting.terraform_variables import Input, secret_variable, variables
from gateway_kit.stack.exporting.values_text import comment


def tfvars_example(config: ProductionConfig) -> str:
    """What is no secret, with empty values where one has to be given."""
    given = [each for each in variables(config) if not each.secret and each.default is None]
    lines = "".join(f"{each.name} = {quoted('')}  # {each.description}\n" for each in given)
    return (
        comment("Copy it to terraform.tfvars and fill it in. Secrets do not belong here: README.md.") + lines
    )


def terraform_readme(config: ProductionConfig) -> str:
    """The whole text."""
    email = (
        f" The first user's address stands in `values/{LANGFUSE}` (`LANGFUSE_INIT_USER_EMAIL`): write yours."
        if config.tracing == "langfuse"
        else ""
    )
    parts = [
        "# The gateway on Kubernetes, by Terraform\n",
        f"`gateway-kit export terraform` wrote these files for LiteLLM {litellm_version()}. They install the same "
        "charts with the same values as `gateway-kit export helm` (`values/`), and make the namespace, the Secrets, "
        "a service account and a network policy. They need Terraform 1.11 or newer, a cluster, and PostgreSQL and "
        "Redis that it reaches. No file holds a secret.\n",
        "## What to fill in, in this order\n",
        "1. `cp terraform.tfvars.example terraform.tfvars`, and write hosts, the cluster's context and the images' "
        f"digests into it. `terraform.tfvars` is in `.gitignore`.{email} The digests, and who made LiteLLM's "
        f"image:\n\n{_shell(find_digests(langfuse=config.tracing == 'langfuse'))}\n",
        "2. **Where the state lies.** By default it is a file in this folder. A team needs a backend with encryption, "
        "locking and few readers (`s3`, `gcs`, `azurerm`): add its `backend` block to `versions.tf`.\n",
        "3. **Secrets**, as variables of the environment. The commands make good values, once: store each in the "
        "tool that keeps your secrets, and let later runs read them from there. Salt and encryption keys are never "
        f"changed, and what they encrypted is lost without them.\n\n{_exports(config)}\n",
        "4. `terraform init`, and keep `.terraform.lock.hcl` with these files: it pins the providers by their "
        "hashes. Then `terraform plan -out gateway.tfplan`, read it, and `terraform apply gateway.tfplan` with the "
        "same variables set.\n",
        "5. `kubectl label namespace YOUR-APPLICATIONS llm-gateway/client=true`: only such namespaces may call the "
        "gateway. Set the addresses of your stores in the place of the private networks in `main.tf`.\n",
        f"6. `kubectl --namespace {NAMESPACE} port-forward service/{RELEASE} 4000:4000`, and then "
        "`GATEWAY_URL=http://127.0.0.1:4000 LITELLM_MASTER_KEY=... gateway-kit doctor`.\n",
        "## What the state knows\n",
        "The Secrets' values are write-only arguments (`data_wo`) from ephemeral variables: neither the state nor a "
        "saved plan has them. Terraform therefore does not notice a changed one: set all of them, raise "
        f"`secrets_revision`, apply, and `kubectl --namespace {NAMESPACE} rollout restart deployment/{RELEASE}`. The "
        "state does hold the values files, so names of hosts, models and prices: keep it private all the same. "
        "Never move a secret into `values/` or into `data`: both are in the state as text.\n",
        what_became_of_models(config),
        notes(config),
        "## Upgrade and rolling restart\n",
        "Change `version` and the image's tag of the release in `main.tf` and `image_digest` together, after a "
        "backup of the database; the migration job runs before any new pod. The configuration is in "
        f"`values/{VALUES}`: pods are replaced one by one when it changes, each new one ready before an old one "
        "goes.\n",
        "## Without Kubernetes\n",
        "LiteLLM has modules of its own for AWS (ECS) and Google Cloud (Cloud Run), in its repository under "
        "`terraform/litellm`. They bring the network, the database and the load balancer too, and run gateway, "
        f"administration and pages apart. Give them the configuration of `values/{VALUES}` as `proxy_config`, and "
        "pin their images: the defaults move. These files are for a cluster that you have.\n",
    ]
    return "\n".join(part for part in parts if part)


def _exports(config: ProductionConfig) -> str:
    found: list[Input] = []
    made: dict[str, str] = {}
    for secret, keys in secrets_of(config).items():
        for key in keys:
            variable = secret_variable(secret, key)
            found.append(variable)
            made[variable.name] = key.make
    lines = [f'export TF_VAR_{each.name}="{made[each.name]}"  # {each.description}' for each in found]
    return _shell(lines)


def _shell(lines: Iterable[str]) -> str:
    return "\n".join(["   ```sh", *(f"   {line}" for line in lines), "   ```"])
