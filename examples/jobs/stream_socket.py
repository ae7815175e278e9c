"""A stream from a socket: the words that a server has sent so far, counted anew with every batch.

    bin/submit examples/jobs/stream_socket.py HOST PORT --stop /data/stop-words
    touch nfs/stop-words                                                       # ends it after the batch that is computed now

The driver connects to the server, so HOST is what the master's container reaches: not localhost, that is itself. A socket
cannot be asked again: what was sent before a crash is lost. For work that counts take files (stream_files.py) or Kafka.
"""

import argparse
import pathlib

from pyspark.sql import SparkSession, functions

parser = argparse.ArgumentParser()
parser.add_argument("host")
parser.add_argument("port", type=int)
parser.add_argument("--stop", type=pathlib.Path, required=True)
options = parser.parse_args()

spark = SparkSession.builder.appName("stream from a socket").config("spark.sql.shuffle.partitions", 2).getOrCreate()
lines = spark.readStream.format("socket").option("host", options.host).option("port", options.port).load()
words = lines.select(functions.explode(functions.split("value", " ")).alias("word")).filter("word <> ''")


def show(batch, number):
    counts = batch.orderBy(functions.desc("count"), "word").collect()
    print(f"batch {number}: {', '.join(f'{row['word']} {row['count']}' for row in counts)}", flush=True)


query = words.groupBy("word").count().writeStream.outputMode("complete").foreachBatch(show).start()
while not query.awaitTermination(1):
    if options.stop.exists():
        query.processAllAvailable()
        query.stop()
options.stop.unlink()
print("stopped", flush=True)
spark.stop()
