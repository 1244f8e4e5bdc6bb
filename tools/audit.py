"""`make audit`: known holes in the pinned packages, and a bill of materials (sbom.json).

Ends with 1 when a package has a known hole. When the service cannot be reached it says so, and ends
with 0: that is no fault of the code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

UV = str(Path(sys.executable).with_name("uv"))
PIP_AUDIT, CYCLONEDX = "pip-audit==2.9.0", "cyclonedx-bom==7.2.1"
SECONDS = 120
LOCK, BILL = "requirements.txt", "sbom.json"


def main() -> int:
    """Write the bill, then ask the service."""
    bill = ["requirements", "--output-reproducible", "--of", "JSON", "-o", BILL, LOCK]
    if _run(CYCLONEDX, "cyclonedx-py", *bill).returncode:
        print(f"{BILL} could not be written: cyclonedx-bom cannot be had.")
    else:
        print(f"{BILL} names {len(json.loads(Path(BILL).read_text())['components'])} packages.")
    asked = ["--requirement", LOCK, "--disable-pip", "--require-hashes", "--format", "json"]
    said = _run(PIP_AUDIT, "pip-audit", *asked, "--progress-spinner", "off").stdout
    try:
        packages: list[dict[str, Any]] = json.loads(said)["dependencies"]
    except ValueError:
        packages = []
    return report(packages)


def report(packages: list[dict[str, Any]]) -> int:
    """Say what pip-audit found; 1 when there is a hole."""
    asked = [one for one in packages if "vulns" in one]
    if not asked:
        print("The service that knows of holes cannot be reached: nothing was checked.")
        return 0
    holes = [(one, hole) for one in asked for hole in one["vulns"]]
    for one, hole in holes:
        mended = ", ".join(hole["fix_versions"]) or "no version yet"
        print(f"{one['name']} {one['version']}: {hole['id']}, mended in {mended}")
    print(f"{len(asked)} of {len(packages)} packages checked, {len(holes)} known holes.")
    return 1 if holes else 0


def _run(package: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [UV, "tool", "run", "--quiet", "--from", package, *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", "")


if __name__ == "__main__":
    sys.exit(main())
