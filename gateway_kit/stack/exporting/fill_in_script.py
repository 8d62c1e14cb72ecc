"""`fill-in.sh`: makes `.env` of `.env.example`, with a value for all that nobody has to give out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway_kit.stack.exporting.env_example import beginning, made_here
from gateway_kit.stack.exporting.variables import Variable

_SCRIPT = """\
#!/bin/sh
# Makes .env of .env.example: draws the secrets that nobody gives out, and asks the registries for the images' digests.
# No secret stands on a command line. What is left to fill in, it prints.
set -eu
cd "$(dirname "$0")"
if [ -e .env ]; then
  echo ".env is there already, and stays as it is. To begin anew: mv .env .env.old" >&2
  exit 1
fi
umask 077
trap 'rm -f .env.new' EXIT
digest() { docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}' < /dev/null; }
while IFS= read -r line; do
  case "$line" in
{cases}
  esac
  printf '%s\\n' "$line"
done < .env.example > .env.new
mv .env.new .env
echo "Left to fill in:"
sed -n 's/^\\([A-Z_0-9]*\\)=$/  \\1/p' .env
"""


def fill_in_script(variables: Iterable[Variable], images: Mapping[str, str]) -> str:
    """The script's text; `images` maps the variable of each digest to its image."""
    made = [each.name for each in variables if made_here(each)]
    cases = []
    for start in dict.fromkeys(beginning(name) for name in made):
        names = "|".join(f"{name}=" for name in made if beginning(name) == start)
        cases.append(f'{names}) line="${{line}}{start}$(openssl rand -hex 32)" ;;')
    # On a line of its own, so that the script ends where a registry does not answer.
    cases += [f'{name}=) found=$(digest {image}); line="$line$found" ;;' for name, image in images.items()]
    return _SCRIPT.replace("{cases}", "\n".join(f"    {each}" for each in cases))
