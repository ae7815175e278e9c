"""Asks a server with TLS and one that only a proxy knows, as driver and as executor, and says in one line who answered."""

import json
import subprocess
import urllib.request

from pyspark import SparkFiles
from pyspark.sql import SparkSession

ADDRESSES = ["https://outside:8443/", "http://beyond.invalid/"]


def ask(_=None):
    return [urllib.request.urlopen(address).read().decode() for address in ADDRESSES]


def ask_java(jvm):
    streams = [jvm.java.net.URL(address).openStream() for address in ADDRESSES]
    return [jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8") for stream in streams]


context = SparkSession.builder.getOrCreate().sparkContext
# Executors bring such files by themselves, with Java.
for number, address in enumerate(ADDRESSES):
    context.addFile(f"{address}file-{number}")
one = context.parallelize([0], 1)
seen = {
    "driver, Python": ask(),
    "driver, Java": ask_java(context._jvm),
    "executor, Java": one.map(lambda _: [open(SparkFiles.get(f"file-{number}")).read() for number in (0, 1)]).first(),
    "executor, Python": one.map(ask).first(),
    "drivers": subprocess.run("/opt/spark-swarm/list-drivers", capture_output=True, text=True).stdout.splitlines(),
}
print(json.dumps(seen))
