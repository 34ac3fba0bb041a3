"""What a system's scheduler needs to run this workspace's reports every night.

`mlastats report` works out itself which periods are due, so a schedule only has to call it often
enough: a machine that was off catches up every period it missed, and two runs never overlap.
"""

import shlex
import sys
import unicodedata
from pathlib import Path
from xml.sax.saxutils import escape

from mlastats.errors import ConfigurationError, Exit
from mlastats.settings import Settings

# A run that takes longer than this is stuck.
LONGEST_HOURS = 6


def lines(system: str, settings: Settings, on_failure: str = "") -> str:
    """The text to give to `system` (systemd, cron or windows); `on_failure` is a command to call.

    Raises ConfigurationError for settings that were not read from a file, and where a sign in the path of the workspace
    or in the command would end the line that it stands in.
    """
    ends = {"Cc", "Zl", "Zp"}
    if any(unicodedata.category(sign) in ends for part in [*_command(settings), on_failure] for sign in part):
        raise ConfigurationError(
            "The path of the workspace, or the command of --on-failure, has a control character, which a scheduler would "
            "take for the end of a line. Rename the folder."
        )
    return {"systemd": _systemd, "cron": _cron, "windows": _windows}[system](settings, on_failure)


def _systemd(settings: Settings, on_failure: str) -> str:
    folder = str(settings.folder).replace("%", "%%")
    command = " ".join(_quoted(part) for part in _command(settings))
    hook = (
        on_failure
        or "/usr/bin/logger -p user.err 'mlastats: a report failed; see journalctl --user -u mlastats'"
    )
    return f"""\
# ~/.config/systemd/user/mlastats.service
[Unit]
Description=Reports of the mlastats workspace
OnFailure=mlastats-failed.service

[Service]
Type=oneshot
WorkingDirectory={folder}
ExecStart={command}
TimeoutStartSec={LONGEST_HOURS}h
# {Exit.LOCKED}: {Exit.LOCKED.means}, which is no failure
SuccessExitStatus={Exit.LOCKED}
KillMode=mixed
Nice=10

# ~/.config/systemd/user/mlastats.timer
[Unit]
Description=Every night, and after the machine was off

[Timer]
OnCalendar=*-*-* 02:30:00
Persistent=true
RandomizedDelaySec=10min

[Install]
WantedBy=timers.target

# ~/.config/systemd/user/mlastats-failed.service
[Unit]
Description=Says that a report of mlastats failed

[Service]
Type=oneshot
ExecStart=/bin/sh -c {_quoted(hook)}

# Put each part into the file that its first line names, then:
#   systemctl --user daemon-reload && systemctl --user enable --now mlastats.timer
#   loginctl enable-linger    so that it runs while nobody is logged in
"""


def _cron(settings: Settings, on_failure: str) -> str:
    command = " ".join(shlex.quote(part) for part in _command(settings))
    hook = on_failure or "logger -p user.err 'mlastats: a report failed'"
    # A percent sign ends a command of cron unless it is escaped.
    line = f"cd {shlex.quote(str(settings.folder))} && {{ {command} || [ $? -eq {Exit.LOCKED} ] || {hook}; }}"
    entry = line.replace("%", "\\%")
    return f"""\
# Add with `crontab -e`. It runs every night, and after the machine was switched on; what was missed
# meanwhile is caught up, and a run that finds another at work ends at once.
30 2 * * * {entry}
@reboot sleep 300; {entry}
"""


def _windows(settings: Settings, on_failure: str) -> str:
    program, *arguments = _command(settings)
    given = " ".join(f'"{part}"' if " " in part else part for part in arguments)
    if on_failure:
        given = f'/c ""{program}" {given} || {on_failure}"'
        program = "cmd.exe"
    text = f"""\
<?xml version="1.0"?>
<!-- Save as mlastats.xml, then: schtasks /Create /TN mlastats /XML mlastats.xml -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Reports of the mlastats workspace</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2026-01-01T02:30:00</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RestartOnFailure>
      <Interval>PT1H</Interval>
      <Count>2</Count>
    </RestartOnFailure>
    <ExecutionTimeLimit>PT{LONGEST_HOURS}H</ExecutionTimeLimit>
    <Enabled>true</Enabled>
  </Settings>
  <Actions>
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(given)}</Arguments>
      <WorkingDirectory>{escape(str(settings.folder))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""
    # Whatever encoding a shell writes, the letters of a path are read as they are.
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _command(settings: Settings) -> list[str]:
    """The same Python and the same configuration, whatever the scheduler's environment."""
    return [
        str(Path(sys.executable)),
        "-P",
        "-m",
        "mlastats",
        "report",
        "--keep-going",
        "--config",
        str(settings.source),
    ]


def _quoted(part: str) -> str:
    """A word of an ExecStart line."""
    return '"' + part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$") + '"'
