"""python3 -I -c SCRIPT FOLDER WISH …: what Spark's event logs in FOLDER say, and how they are cleaned away.

ids job|application VALUE      one application id a line, of the job VALUE (spark.swarm.jobId), oldest first
costs job|application VALUE    one line of JSON for each application: see JobCost in src/jobs/job-cost.ts
clean dry|delete OLDER KEEP LARGEST
    A log goes when nothing was written to it for OLDER seconds. Above LARGEST bytes in all the oldest go, too. None goes that
    was written to within KEEP seconds, or has no end and was written to within a day. One line of JSON for each: name, bytes.
    What is no event log is left alone.

A log may be unfinished, cut in the middle of a line, in several files, or gone while it is read.
Python's own library and, for compressed logs, pyarrow are enough.
"""

import glob
import json
import math
import os
import re
import shutil
import sys
import time

# Of a compressed log that is cut, the last piece is lost.
READ_BYTES = 4096
# What json and sums raise of a log that is malformed: numbers and depths without a bound among them.
MALFORMED = (ArithmeticError, AttributeError, RecursionError, TypeError, ValueError)
# The environment is the fourth event; a log without one within so many is none of ours.
HEAD_LINES = 200
REASON_CHARACTERS = 2000
# A log without an end is an application's that runs, or was killed.
OPEN_SECONDS = 86400
REMOVED_EXECUTORS = 20
LOG_NAME = re.compile(r"(eventlog_v2_)?(app-\d{14}-\d+|local-\d+|driver-\d{14}-\d+)([._].*)?")
WANTED = re.compile(
    rb'{"Event":"(?:SparkListener(?:ApplicationStart|ApplicationEnd|EnvironmentUpdate|JobStart|JobEnd|StageCompleted|TaskEnd'
    rb'|ExecutorAdded|ExecutorRemoved|StageExecutorMetrics|ExecutorMetricsUpdate))"'
)


def parts(path):
    """Files of one log in their order; compacted ones stand for all before them. Source: Spark's EventLogFileWriters."""
    if not os.path.isdir(path):
        # What is no file, a pipe or a device, may never end.
        return [path] if os.path.isfile(path) else []
    found = []
    for name in os.listdir(path):
        match = re.match(r"events_(\d+)_", name)
        if match and not name.endswith(".crc"):
            found.append((int(match.group(1)), name.endswith(".compact"), os.path.join(path, name)))
    found.sort()
    compacted = max((index for index, is_compact, _ in found if is_compact), default=0)
    return [
        file
        for index, is_compact, file in found
        if index > compacted or (index == compacted and is_compact)
    ]


def chunks(file):
    """The text of one file in pieces. Ends with an error where it was cut."""
    name = re.sub(r"\.(compact|inprogress)$", "", file)
    if name.endswith(".zstd"):
        import pyarrow

        with pyarrow.OSFile(file) as raw, pyarrow.CompressedInputStream(raw, "zstd") as stream:
            while True:
                piece = stream.read(READ_BYTES)
                if not piece:
                    return
                yield piece
    elif re.search(r"\.(lz4|lzf|snappy)$", name):
        raise ValueError("only zstd can be read")
    else:
        with open(file, "rb") as stream:
            while True:
                piece = stream.read(READ_BYTES)
                if not piece:
                    return
                yield piece


class Log:
    """One application's log: an iterator of its events, and whether all of it could be read."""

    def __init__(self, path):
        self.path = path
        self.is_whole = True

    def lines(self):
        try:
            files = parts(self.path)
        except OSError:
            files = []
            self.is_whole = False
        for file in files:
            rest = []
            try:
                for piece in chunks(file):
                    first, *pieces = piece.split(b"\n")
                    rest.append(first)
                    for last in pieces:
                        yield b"".join(rest)
                        rest = [last]
            except (OSError, EOFError, ValueError, ImportError):
                # Being written, or cut: what was read counts.
                self.is_whole = False
            if any(rest):
                yield b"".join(rest)

    def events(self):
        for line in self.lines():
            if not WANTED.match(line):
                continue
            try:
                event = json.loads(line)
            except MALFORMED:
                self.is_whole = False
                continue
            if isinstance(event, dict):
                yield event


def head(path):
    """Application id and job id of a log, out of its first lines."""
    application = job = None
    for count, line in enumerate(Log(path).lines()):
        if WANTED.match(line):
            try:
                event = json.loads(line)
                if event["Event"] == "SparkListenerEnvironmentUpdate":
                    job = dict(event.get("Spark Properties") or {}).get("spark.swarm.jobId")
                elif event["Event"] == "SparkListenerApplicationStart":
                    application = event.get("App ID")
            except MALFORMED:
                continue
        if (application is not None and job is not None) or count > HEAD_LINES:
            break
    return application, job


def logs(folder):
    """Paths of all logs, the oldest first; the id has the time in it, but a local application's is of another form."""
    found = []
    for path in glob.glob(os.path.join(glob.escape(folder), "*")):
        try:
            found.append((os.stat(path).st_ctime_ns if not os.path.isdir(path) else first_time(path), path))
        except OSError:
            continue
    return [path for _, path in sorted(found)]


def first_time(path):
    times = [os.stat(file).st_mtime_ns for file in glob.glob(os.path.join(glob.escape(path), "*"))]
    return min(times, default=os.stat(path).st_mtime_ns)


def reason_of(event):
    why = event.get("Task End Reason") or {}
    text = why.get("Full Stack Trace") or why.get("Description") or why.get("Loss Reason") or why.get("Message")
    text = text or why.get("Kill Reason") or why.get("Reason") or ""
    return str(text)[:REASON_CHARACTERS]


def add(cost, key, value):
    if isinstance(value, (int, float)) and math.isfinite(cost[key] + value):
        cost[key] += value


def peak(cost, key, metrics):
    value = (metrics or {}).get("JVMHeapMemory")
    if isinstance(value, int) and value > 0:
        cost[key] = max(cost[key] or 0, value)


def add_task(cost, event):
    info = event.get("Task Info") or {}
    metrics = event.get("Task Metrics") or {}
    read = metrics.get("Shuffle Read Metrics") or {}
    cost["tasks"]["total"] += 1
    if info.get("Failed"):
        cost["tasks"]["failed"] += 1
        cost["failureReason"] = reason_of(event)
    add(cost, "taskTimeMs", metrics.get("Executor Run Time"))
    add(cost, "cpuTimeMs", (metrics.get("Executor CPU Time") or 0) / 1e6)
    add(cost, "gcTimeMs", metrics.get("JVM GC Time"))
    add(cost, "resultBytes", metrics.get("Result Size"))
    add(cost, "spillMemoryBytes", metrics.get("Memory Bytes Spilled"))
    add(cost, "spillDiskBytes", metrics.get("Disk Bytes Spilled"))
    add(cost, "shuffleReadBytes", read.get("Remote Bytes Read"))
    add(cost, "shuffleReadBytes", read.get("Local Bytes Read"))
    add(cost, "shuffleWriteBytes", (metrics.get("Shuffle Write Metrics") or {}).get("Shuffle Bytes Written"))
    add(cost, "inputBytes", (metrics.get("Input Metrics") or {}).get("Bytes Read"))
    add(cost, "outputBytes", (metrics.get("Output Metrics") or {}).get("Bytes Written"))
    largest = metrics.get("Peak Execution Memory")
    if isinstance(largest, int):
        cost["peakExecutionMemoryBytes"] = max(cost["peakExecutionMemoryBytes"], largest)
    peak(cost, "peakHeapBytes", event.get("Task Executor Metrics"))


def add_executor_metrics(cost, executor, metrics):
    peak(cost, "peakDriverHeapBytes" if executor == "driver" else "peakHeapBytes", metrics)


def add_event(cost, event):
    kind = event["Event"].replace("SparkListener", "")
    if kind == "TaskEnd":
        add_task(cost, event)
    elif kind == "ApplicationStart":
        cost["applicationId"] = event.get("App ID") or ""
        cost["applicationName"] = event.get("App Name") or ""
        cost["startedMs"] = event.get("Timestamp")
    elif kind == "ApplicationEnd":
        cost["endedMs"] = event.get("Timestamp")
    elif kind == "EnvironmentUpdate":
        cost["jobId"] = dict(event.get("Spark Properties") or {}).get("spark.swarm.jobId") or cost["jobId"]
    elif kind == "JobStart":
        cost["jobs"]["total"] += 1
    elif kind == "JobEnd":
        cost["jobs"]["failed"] += (event.get("Job Result") or {}).get("Result") != "JobSucceeded"
    elif kind == "StageCompleted":
        cost["stages"]["total"] += 1
        failure = (event.get("Stage Info") or {}).get("Failure Reason")
        if failure:
            cost["stages"]["failed"] += 1
            cost["failureReason"] = str(failure)[:REASON_CHARACTERS]
    elif kind == "ExecutorAdded":
        cost["executors"]["total"] += 1
    elif kind == "ExecutorRemoved":
        cost["executors"]["lost"] += 1
        removed = {
            "id": str(event.get("Executor ID")),
            "timeMs": event.get("Timestamp"),
            "reason": str(event.get("Removed Reason") or "")[:REASON_CHARACTERS],
        }
        cost["removedExecutors"] = [*cost["removedExecutors"], removed][-REMOVED_EXECUTORS:]
    elif kind == "StageExecutorMetrics":
        add_executor_metrics(cost, event.get("Executor ID"), event.get("Executor Metrics"))
    elif kind == "ExecutorMetricsUpdate":
        for update in event.get("Executor Metrics Updated") or []:
            add_executor_metrics(cost, event.get("Executor ID"), update.get("Executor Metrics"))


def cost_of(path):
    log = Log(path)
    cost = {
        "applicationId": "",
        "applicationName": "",
        "jobId": "",
        "startedMs": None,
        "endedMs": None,
        "jobs": {"total": 0, "failed": 0},
        "stages": {"total": 0, "failed": 0},
        "tasks": {"total": 0, "failed": 0},
        "executors": {"total": 0, "lost": 0},
        "taskTimeMs": 0,
        "cpuTimeMs": 0,
        "gcTimeMs": 0,
        "inputBytes": 0,
        "outputBytes": 0,
        "shuffleReadBytes": 0,
        "shuffleWriteBytes": 0,
        "spillMemoryBytes": 0,
        "spillDiskBytes": 0,
        "resultBytes": 0,
        "peakExecutionMemoryBytes": 0,
        "peakHeapBytes": None,
        "peakDriverHeapBytes": None,
        "removedExecutors": [],
        "failureReason": "",
    }
    for event in log.events():
        try:
            add_event(cost, event)
        except MALFORMED:
            log.is_whole = False
    cost["cpuTimeMs"] = round(cost["cpuTimeMs"])
    cost["isWhole"] = log.is_whole
    return cost


def written(path):
    """Bytes of a log, when it was last written to, and whether it has no end."""
    stats = [os.stat(path)]
    is_open = path.endswith(".inprogress")
    if os.path.isdir(path) and not os.path.islink(path):
        for entry in os.scandir(path):
            stats.append(os.stat(entry.path))
            is_open = is_open or entry.name.endswith(".inprogress")
    return sum(stat.st_size for stat in stats), max(stat.st_mtime for stat in stats), is_open


def clean(folder, is_dry, older, keep, largest):
    now = time.time()
    found = []
    for entry in os.scandir(folder):
        if LOG_NAME.fullmatch(entry.name):
            try:
                size, last, is_open = written(entry.path)
            except OSError:
                continue
            found.append((last, size, is_open, entry))
    total = sum(size for _, size, _, _ in found)
    for last, size, is_open, entry in sorted(found, key=lambda log: log[0]):
        idle = now - last
        if is_open and idle <= OPEN_SECONDS:
            continue
        if idle <= keep or (idle <= older and total <= largest):
            continue
        if not is_dry:
            try:
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)
            except OSError:
                continue
        total -= size
        print(json.dumps({"name": entry.name, "bytes": size}), flush=True)


def main(folder, wish, kind, *values):
    if not os.path.isdir(folder):
        return
    if wish == "clean":
        clean(folder, kind == "dry", *(float(value) for value in values))
        return
    for path in logs(folder):
        # The id is part of the name.
        if kind == "application" and values[0] not in os.path.basename(path):
            continue
        application, job = head(path)
        if (job if kind == "job" else application) != values[0] or not isinstance(application, str):
            continue
        print(application if wish == "ids" else json.dumps(cost_of(path)), flush=True)


main(*sys.argv[1:])
