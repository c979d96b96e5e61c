"""``sidscope doctor``: what works here and what does not, and what to do about it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sidscope.archive import ArchiveError
from sidscope.commands import doctor_here as here
from sidscope.commands.findings import OK, SKIPPED, WARNING, WRONG, Finding
from sidscope.commands.opening import Way, opener, way_to
from sidscope.commands.options import Options, UsageError
from sidscope.domain.sids import sids_in
from sidscope.domain.value import replace
from sidscope.safetext import safe
from sidscope.settings import SettingsError

_PROXIES = ("HTTPS_PROXY", "ALL_PROXY")  # their values may hold passwords
_SIGNS = {OK: "✓", WARNING: "!", WRONG: "✗", SKIPPED: "–"}


def run_doctor(options: Options, env: Mapping[str, str], home: Path) -> int:
    """Looks at everything that it can, prints it, and gives back the exit code.

    1 if something is wrong; 3 (2) if the credentials are missing (unusable) or refused, 4 if nobody answers, whatever
    else is wrong.
    """
    if options.query_text:
        raise UsageError("doctor looks at everything: it takes options, no words.")
    way, findings, code = _credentials(options, env, home)
    if way is None or options.offline:
        findings.append(
            Finding("Twilio", SKIPPED, "not asked: " + ("--offline" if options.offline else "no credentials"))
        )
    else:
        from sidscope.commands.doctor_reach import look

        open_account = opener(way, policy=here.PATIENCE)
        if open_account is not None:
            reached, code = asyncio.run(look(open_account, way.api_url))
            findings += reached
    findings += here.terminal(env)
    findings.append(here.clipboard(env))
    findings += here.archive(options, way.account_sid if way else None)
    findings += here.configuration(env)
    findings += here.versions()
    _write_json(findings) if options.format == "json" else _write(findings)
    return code or (1 if any(finding.status == WRONG for finding in findings) else 0)


def _credentials(options: Options, env: Mapping[str, str], home: Path) -> tuple[Way | None, list[Finding], int]:
    """The way to the account if there is one, what is to be said about it, and the exit code."""
    try:
        way = way_to(replace(options, offline=False), env, home, lambda: datetime.now(UTC))
    except SettingsError as error:
        if options.offline:
            return _offline(options, env, home, lacking=_discreet(str(error)))
        return None, [Finding("credentials", WRONG, str(error), "sidscope --demo works without any")], error.exit_code
    credentials = way.credentials
    if credentials is None:
        return way, [], 0
    source = "--demo" if options.demo else "the environment"
    if credentials.profile is not None:
        source = f"twilio-cli's profile {credentials.profile!r}"
    kind = "the account's auth token" if credentials.username == credentials.account_sid else "an API key"
    says = f"from {source}: account …{credentials.account_sid[-4:]}, {kind}"
    places = [f"{name} {value}" for name in ("region", "edge") if (value := getattr(credentials, name))]
    findings = [Finding("credentials", OK, ", ".join([says, *places]))]
    if way.api_url:
        says = f"SIDSCOPE_API_URL sends every request to {way.api_url} instead of Twilio"
        findings.append(Finding("address", WARNING, says, "unset it to ask Twilio itself"))
    if proxies := [name for name in _PROXIES if env.get(name) or env.get(name.lower())]:
        findings.append(Finding("proxy", OK, f"requests go through that of {' and '.join(proxies)}"))
    return way, findings, 0


def _offline(
    options: Options, env: Mapping[str, str], home: Path, *, lacking: str
) -> tuple[Way | None, list[Finding], int]:
    """The same where there are no credentials and none are needed: only whose archive it is must be known."""
    try:
        way = way_to(options, env, home, lambda: datetime.now(UTC))
    except (SettingsError, ArchiveError) as error:
        says = _discreet(str(error)) if isinstance(error, SettingsError) else lacking
        do = "set TWILIO_ACCOUNT_SID: --offline needs no more, and not even that where there is one archive"
        return None, [Finding("credentials", WARNING, says, do)], 0
    whose = "the account's SID" if way.credentials else "that there is one archive"
    says = f"none, and --offline needs none: {whose} is enough, of …{way.account_sid[-4:]}"
    return way, [Finding("credentials", OK, says)], 0


def _discreet(sentence: str) -> str:
    """Of the SIDs of accounts in a sentence no more than the tail."""
    for sid in sids_in(sentence):
        sentence = sentence.replace(sid, f"AC…{sid[-4:]}")
    return sentence


def _write_json(findings: list[Finding]) -> None:
    documents = [
        {"check": finding.check, "status": finding.status, "says": finding.says, "do": finding.do or None}
        for finding in findings
    ]
    json.dump(documents, sys.stdout, ensure_ascii=True, indent=2)
    sys.stdout.write("\n")


def _write(findings: list[Finding]) -> None:
    size = max(len(finding.check) for finding in findings)
    for finding in findings:
        head = f"{_SIGNS[finding.status]} {finding.status:<7}  {finding.check:<{size}}"
        sys.stdout.write(f"{head}  {safe(finding.says, 1000)}\n")
        if finding.do:
            sys.stdout.write(f"{'':<{len(head)}}  → {safe(finding.do, 1000)}\n")
