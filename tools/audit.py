"""Lists what is installed, and looks up its known vulnerabilities: `make audit`.

out/audit/sbom.cdx.json is a CycloneDX list of every package in .venv with its version, licence and dependencies.
out/audit/vulnerabilities.json is pip-audit's answer. Exit status: 0 nothing known, 1 a known vulnerability, 2 a tool
failed. Where no service answers, the last line says that nothing was looked up; with --strict the status is then 3.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
OUT = ROOT / "out" / "audit"
SERVICES = ("pypi", "osv")  # the second is asked where the first does not answer


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def bill_of_materials(environment: Path) -> dict[str, Any]:
    """The CycloneDX list of an environment, which lies in out/audit then.

    Raises:
        SystemExit: the list cannot be made, or does not hold to its schema.
    """
    place = OUT / "sbom.cdx.json"
    command = [
        *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--validate"),
        *("--mc-type", "library", "--pyproject", str(ROOT / "pyproject.toml"), "--output-file", str(place)),
        str(environment / "bin" / "python"),
    ]  # fmt: skip
    if subprocess.run(command, check=False).returncode:
        say("cyclonedx-py failed: no list was written.")
        sys.exit(2)
    facts: dict[str, Any] = json.loads(place.read_text("utf-8"))
    return facts


def answer_of(service: str, requirements: Path) -> dict[str, Any] | str:
    """What pip-audit answers with a service about exact requirements, or why it does not."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--vulnerability-service", service, "--format", "json"),
        *("--disable-pip", "--no-deps", "--progress-spinner", "off", "--timeout", "15"),
        *("--requirement", str(requirements)),
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answer: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:  # an error, not an answer
        lines = ran.stderr.strip().splitlines() or [f"status {ran.returncode}"]
        return lines[-1][:300]
    if all("skip_reason" in package for package in answer["dependencies"]):
        return "it knows none of the packages; a mirror of a registry may lack what it is asked for"
    return answer


def looked_up(lines: list[str]) -> tuple[dict[str, Any] | None, list[str]]:
    """The answer on requirements of the first service that answers, None if none does; and why others did not."""
    silent: list[str] = []
    probe, requirements = OUT / "probe.txt", OUT / "installed.txt"
    requirements.write_text("".join(lines), "utf-8")
    probe.write_text(next(line for line in lines if line.startswith("numpy==")), "utf-8")
    for service in SERVICES:
        answer = answer_of(service, probe)  # one question, before as many as there are packages
        if not isinstance(answer, str):
            answer = answer_of(service, requirements)
        if not isinstance(answer, str):
            return answer, silent
        silent.append(f"{service}: {answer}")
    return None, silent


def verdict(answer: dict[str, Any] | None, silent: list[str], strict: bool) -> tuple[int, list[str]]:
    """The exit status and the lines to print about an answer of pip-audit."""
    lines = [f"no answer from {why}" for why in silent]
    if answer is None:
        lines.append("NOT AUDITED: no service of known vulnerabilities answered; run it where one can be reached.")
        return (3 if strict else 0), lines
    packages = answer["dependencies"]
    if skipped := [package["name"] for package in packages if "skip_reason" in package]:
        lines.append(f"not audited, since the service does not know them: {', '.join(skipped)}")
    for package in packages:
        for known in package.get("vulns", []):
            mended = ", ".join(known["fix_versions"]) or "no version yet"
            lines.append(f"{package['name']} {package['version']}: {known['id']}, mended in {mended}")
    number = sum(len(package.get("vulns", [])) for package in packages)
    lines.append(f"{len(packages) - len(skipped)} packages audited, {number} known vulnerabilities")
    return int(number > 0), lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strict", action="store_true", help="fail where no service answers")
    parser.add_argument("--environment", type=Path, default=ROOT / ".venv")
    given = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    facts = bill_of_materials(given.environment)
    packages = [part for part in facts["components"] if part["name"] != "seqzoo"]
    say(f"out/audit/sbom.cdx.json: {len(packages)} packages, CycloneDX {facts['specVersion']}")
    # Builds such as 2.13.0+cpu are those of a version that the services know.
    lines = sorted(f"{part['name']}=={part['version'].partition('+')[0]}\n" for part in packages)
    answer, silent = looked_up(lines)
    (OUT / "vulnerabilities.json").write_text(json.dumps(answer, indent=1), "utf-8")
    status, lines = verdict(answer, silent, given.strict)
    say("\n".join(lines))
    sys.exit(status)


if __name__ == "__main__":
    main()
