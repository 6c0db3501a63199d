# SPDX-License-Identifier: Apache-2.0
"""A Slurm of one node on this machine, to try ENGINE=slurm without a cluster.

    python -m scripts.engines.one_node make nightly BLOCKS=msb_skip ENGINE=slurm SEEDS=1

runs a command with it. Nothing outlives it, and nothing of an installed Slurm is touched: munge and
both daemons have their own configuration, key, ports and state in a temporary folder, and run as
the calling user.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from scripts.errors import UserError
from scripts.progress import cores

DAEMONS = ("munged", "slurmctld", "slurmd")
START_S = 60.0
_STOP_S = 10.0
_POLL_S = 0.2
_STATUS = 128 + signal.SIGTERM  # after it, as a shell has it

# Looked at between steps: an exception out of the handler could lose a process that just starts.
_terminated = threading.Event()

# No accounting, no containers, no power saving; a core is what is given out.
_CONFIGURATION = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={ctld_port}
SlurmdPort={slurmd_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
MinJobAge=2
KillWait=2
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP MaxTime=INFINITE
"""


def missing() -> str:
    """What keeps Slurm from being started here, in words; nothing if it can be."""
    absent = [name for name in (*DAEMONS, "sbatch") if shutil.which(name, path=_path()) is None]
    if absent:
        return f"{', '.join(absent)} not found; install: apt-get install slurm-wlm munge"
    return ""


@contextmanager
def one_node(folder: Path) -> Iterator[Mapping[str, str]]:
    """Start Slurm with its state in `folder`; yield the environment in which its commands find it.

    Raises UserError when it cannot be started.
    """
    if reason := missing():
        raise UserError(reason)
    environment = _configure(folder)
    with ExitStack() as stack:
        commands = (
            ["munged", "--foreground", "--force", *_munge(folder)],
            ["slurmctld", "-D", "-f", environment["SLURM_CONF"]],
            ["slurmd", "-D", "-f", environment["SLURM_CONF"], "-N", _host()],
        )
        for command in commands:
            stack.enter_context(_daemon(command, folder, environment))
            if command[0] == "munged":
                _wait((folder / "munge.socket").exists, folder, "munged")
        _wait(lambda: _state(environment).startswith("idle"), folder, "slurmd")
        yield environment


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def _host() -> str:
    return socket.gethostname().partition(".")[0]


def _configure(folder: Path) -> dict[str, str]:
    folder.chmod(0o755)  # munge looks at who may reach its socket
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    ports = _free_ports(2)
    text = _CONFIGURATION.format(
        host=_host(),
        user=getpass.getuser(),
        ctld_port=ports[0],
        slurmd_port=ports[1],
        folder=folder,
        cpus=cores(),
    )
    (folder / "slurm.conf").write_text(text)
    return {**os.environ, "SLURM_CONF": str(folder / "slurm.conf"), "PATH": _path()}


def _munge(folder: Path) -> list[str]:
    names = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munge.pid"}
    names |= {"log-file": "munge.log", "seed-file": "munge.seed"}
    return [f"--{option}={folder / name}" for option, name in names.items()]


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@contextmanager
def _daemon(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a daemon in the foreground; in the end it is asked to end, and after a while made to."""
    with (folder / f"{command[0]}.out").open("w") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(ready: Callable[[], bool], folder: Path, name: str) -> None:
    deadline = time.monotonic() + START_S
    while not ready():
        if time.monotonic() > deadline:
            raise UserError(f"{name} does not start:\n{_last(folder)}")
        if _terminated.wait(_POLL_S):
            sys.exit(_STATUS)


def _state(environment: Mapping[str, str]) -> str:
    command = ["sinfo", "--noheader", "--format=%T"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return run.stdout.strip()


def _last(folder: Path) -> str:
    """The last lines of all logs."""
    logs = sorted([*folder.glob("*.log"), *folder.glob("*.out")])
    lines = [(path.name, path.read_text(errors="replace").splitlines()[-4:]) for path in logs]
    return "\n".join(f"  {name}: {line}" for name, tail in lines for line in tail)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command; if this is ended meanwhile, so is the command, before Slurm is."""
    process = subprocess.Popen(command, env=environment)
    try:
        while process.poll() is None:
            if _terminated.wait(_POLL_S):
                return _STATUS
        return process.returncode
    except KeyboardInterrupt:  # which the command has got, too
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_S)
        raise
    finally:
        _end(process)


def main(arguments: Sequence[str]) -> int:
    """Run a command with a Slurm of its own; return its status."""
    try:
        if shutil.which(name := next(iter(arguments), "")) is None:
            raise UserError(f"no program {name!r}; give a command: make nightly ENGINE=slurm")
        with tempfile.TemporaryDirectory() as folder, one_node(Path(folder)) as environment:
            return _run(arguments, environment)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: _terminated.set())
    sys.exit(main(sys.argv[1:]))
