"""A library of Java's world by its maven coordinates: HTML entities in a text become characters, on the executors.

    bin/submit --packages org.jsoup:jsoup:1.17.2 examples/jobs/clean_html.py 'fish &amp; chips' '&lt;b&gt;'

Behind a mirror or a proxy with certificates of its own: docs/applications.md.
"""

import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("clean html").getOrCreate()
texts = spark.createDataFrame([(text,) for text in sys.argv[1:]], "text string").repartition(2)
cleaned = texts.selectExpr("text", "java_method('org.jsoup.parser.Parser', 'unescapeEntities', text, true) AS clean")
for row in cleaned.orderBy("text").collect():
    print(f"{row['text']} -> {row['clean']}")
spark.stop()
