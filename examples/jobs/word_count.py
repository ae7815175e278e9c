"""The most frequent words of text files, `word: count` on each line.

    bin/submit examples/jobs/word_count.py /data/texts
    bin/submit examples/jobs/word_count.py '/data/texts/*.txt' --top 20 --output /data/words

The input is a file, a folder or a pattern that driver and executors see: below /data. --output writes all words as parquet.
"""

import argparse

from pyspark.sql import SparkSession, functions

parser = argparse.ArgumentParser()
parser.add_argument("input")
parser.add_argument("--top", type=int, default=10)
parser.add_argument("--output")
options = parser.parse_args()

spark = SparkSession.builder.appName("word count").getOrCreate()
# \p{L}: a letter of any alphabet.
words = spark.read.text(options.input).select(
    functions.explode(functions.expr(r"regexp_extract_all(lower(value), r'(\p{L}+)')")).alias("word")
)
counts = words.groupBy("word").count().cache()
if options.output:
    counts.write.mode("overwrite").parquet(options.output)
for row in counts.orderBy(functions.desc("count"), "word").limit(options.top).collect():
    print(f"{row['word']}: {row['count']}")
spark.stop()
