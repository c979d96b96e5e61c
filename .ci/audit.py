"""Known vulnerabilities of what users install: ``python .ci/audit.py SITE_PACKAGES``, in a Python that has pip-audit.

1 if there are any. Where the service cannot be asked, that is said, and it is no failure.
"""

import json
import subprocess
import sys


def main(site_packages: str) -> int:
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json", "--timeout", "15"]
    try:
        done = subprocess.run(
            [*command, "--path", site_packages], capture_output=True, text=True, check=False, timeout=180
        )
        found = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return skipped("the service did not answer within three minutes")
    except (ValueError, KeyError, TypeError):
        return skipped((done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1])
    audited = [each for each in found if "vulns" in each and each["name"] != "sidscope"]
    unknown = [each["name"] for each in found if "vulns" not in each and each["name"] != "sidscope"]
    for each in audited:
        for flaw in each["vulns"]:
            fixed = ", ".join(flaw.get("fix_versions", [])) or "no version yet"
            print(f"{each['name']} {each['version']}: {flaw['id']}, fixed in {fixed}")
    if not audited:
        return skipped(f"the service knows none of {len(unknown)} packages: it is not the real one")
    print(f"{len(audited)} packages audited" + (f", not known there: {', '.join(unknown)}" if unknown else ""))
    return 1 if any(each["vulns"] for each in audited) else 0


def skipped(reason: str) -> int:
    print(f"SKIPPED, nothing was audited: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
