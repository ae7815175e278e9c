"""Calls a Java class that came by --packages on the executors, and says what it answered."""

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
words = spark.createDataFrame([("tea",), ("coffee",), ("lemonade",)], "word string").repartition(2)
sizes = words.selectExpr("word", "java_method('WordLengths', 'sizeOf', word) AS size").orderBy("word").collect()
print(", ".join(f"{row.word} {row.size}" for row in sizes))
