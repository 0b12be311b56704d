#!/usr/bin/env bash
# tests/versions.sh lowest|newest [PYTHON] [EXTRAS]: a fresh environment outside the tree gets the lowest versions that
# pyproject.toml names, or the newest that there are, and a smoke set passes there. A Python that is not here is skipped.
#   tests/versions.sh lowest; tests/versions.sh newest python3.13; tests/versions.sh lowest python3.11 dask,boards
set -euo pipefail
case=${1:?lowest or newest} python=${2:-python3} extras=${3:-}
[[ $case == lowest || $case == newest ]] || { echo "lowest or newest, not $case" >&2; exit 2; }
"$python" -c pass 2>/dev/null || { echo "$case with $python: not on this machine, skipped"; exit 0; }
tree=$(cd "$(dirname "$0")/.." && pwd)
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
mkdir "$fresh/source" "$fresh/smoke"
cp -r "$tree"/{pyproject.toml,README.md,LICENSE,trivium.py,core,supervised,unsupervised,reinforcement} "$fresh/source"
cp -r "$tree"/{pyproject.toml,tests,docs} "$fresh/smoke" # without the packages: what is tested is what is installed

"$python" - "$case" "$tree/pyproject.toml" "dev${extras:+,$extras}" >"$fresh/pins" <<'PINS'
import re, sys, tomllib

case, path, extras = sys.argv[1:]
project = tomllib.load(open(path, "rb"))["project"]
lines = sum((project["optional-dependencies"][extra] for extra in extras.split(",")), project["dependencies"])
pins = {}
for line in lines if case == "lowest" else ():
    name, version = re.fullmatch(r"([\w.-]+)(?:\[.*\])?>=([\d.]+)", line).groups()
    pins[name] = max(pins.get(name, ()), tuple(map(int, version.split("."))))
for name, version in pins.items():
    print(f"{name}=={'.'.join(map(str, version))}")
PINS

"$python" -m venv "$fresh/venv"
export PATH="$fresh/venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
unset PYTHONPATH
pip install -qq --disable-pip-version-check --constraint "$fresh/pins" "$fresh/source[dev${extras:+,$extras}]"
cd "$fresh/smoke"
pip list --disable-pip-version-check 2>/dev/null | grep -E '^(numpy|scipy|scikit-learn|gymnasium|matplotlib|tyro) '
python - <<'IMPORTS'
import importlib, pkgutil

from core.lab.runs.tasks import describe, installed

needy = {module for name, module in installed().items() if describe(name, module).needs}
for package in ("core", "supervised", "unsupervised", "reinforcement"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if module.name not in needy and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
IMPORTS
pytest -o pythonpath=tests -p no:cacheprovider tests/core/*.py tests/core/lab/*.py tests/core/lab/runs/test_needs.py
for task in digits digit_clusters text cartpole; do
    trivium run "$task" --quick --out "runs/$task" --json >"$task.json"
    python -c 'import json, sys; r = json.load(sys.stdin); print(r["task"], r["score"])' <"$task.json"
done
echo "$case with $python: passes"
