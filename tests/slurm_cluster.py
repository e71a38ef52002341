"""A SLURM cluster of this one machine on loopback, for tests: no accounting, no control groups. Needs root.

`python -m tests.slurm_cluster` starts it and says `running`; it ends with its standard input. The settings stand in
/etc/slurm/slurm.conf, because a job does not get them from anywhere else; they are removed at the end, and a cluster
that is there already is left alone.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = Path("/etc/slurm/slurm.conf")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue")
CONFIGURATION = """\
ClusterName=tests
SlurmctldHost=localhost(127.0.0.1)
SlurmctldParameters=enable_configless
SlurmUser=root
SlurmdUser=root
SlurmdParameters=config_overrides
AuthType=auth/munge
CryptoType=crypto/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
MinJobAge=86400 # seconds in which one can see what an ended job asked for
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
NodeName=localhost NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Tell why no cluster can be started here; empty where one can."""
    absent = [
        program for program in PROGRAMS if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    ]
    if absent:
        return f"SLURM is not installed ({', '.join(absent)}): apt install slurm-wlm munge"
    if os.geteuid() != 0:
        return "only root can start a cluster"
    if SETTINGS.exists():
        return f"{SETTINGS} is there: a cluster of this machine is left alone"
    return ""


@contextmanager
def running(cores: int) -> Iterator[None]:
    """Start the cluster, and end it with all its jobs."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    programs = []
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 512
    SETTINGS.parent.mkdir(exist_ok=True)
    SETTINGS.write_text(CONFIGURATION.format(folder=folder, cores=cores, memory=memory))
    try:
        for name in ("state", "spool"):
            (folder / name).mkdir()
        if not Path("/run/munge/munge.socket.2").exists() or not answered("munge", "-n"):
            subprocess.run(["install", "-d", "-o", "munge", "-g", "munge", "/run/munge"], check=True)
            programs.append(started("runuser", "-u", "munge", "--", "munged", "--foreground"))
            until(lambda: answered("munge", "-n"), "munge answers")
        programs.append(started("slurmctld", "-D"))
        until(lambda: answered("scontrol", "ping"), "slurmctld answers")
        programs.append(started("slurmd", "-D", "-N", "localhost"))
        until(lambda: "idle" in said("sinfo", "--noheader", "--format=%t"), "the node is idle")
        yield
    finally:
        if answered("scontrol", "ping"):
            answered("scancel", "--full", "--signal=KILL", "--state=RUNNING")
        for program in reversed(programs):
            program.terminate()
            try:
                program.wait(timeout=10)
            except subprocess.TimeoutExpired:
                program.kill()
        SETTINGS.unlink()
        shutil.rmtree(folder, ignore_errors=True)


def started(*command: str) -> subprocess.Popen:
    """A program in the background."""
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout


def answered(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


def until(met, what: str, seconds: float = 30) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds} s not: {what}")
        time.sleep(0.2)


if __name__ == "__main__":
    if reason := missing():
        sys.exit(reason)
    with running(cores=os.cpu_count() or 1):
        print("running", flush=True)
        sys.stdin.read()
