"""What this machine has, what is missing, and what to install: one line a thing."""

from collections.abc import Sequence

from bearometer_cli.doctor import machine, model, servers
from bearometer_cli.doctor.finding import Finding


def examine() -> list[Finding]:
    """Looks at everything; starts nothing and changes nothing."""
    return [*machine.findings(), *servers.findings(), *model.findings()]


def report(findings: Sequence[Finding]) -> str:
    return "\n".join(finding.line() for finding in findings)
