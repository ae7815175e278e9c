"""A pipeline of MLlib, tuned by cross-validation: will a customer leave?

    bin/submit examples/jobs/ml_pipeline.py                                   # made-up customers
    bin/submit examples/jobs/ml_pipeline.py --model /data/models/churn        # keeps the best model, and reads it again
    bin/submit examples/jobs/ml_pipeline.py --customers /data/customers       # parquet: plan, months, calls, left

Three folds for each setting; the folds are computed --parallelism at a time. What is measured at the end are customers that
neither the training nor the choice of the setting has seen.
"""

import argparse

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import SparkSession

parser = argparse.ArgumentParser()
parser.add_argument("--customers")
parser.add_argument("--model")
parser.add_argument("--rows", type=int, default=2000)
parser.add_argument("--parallelism", type=int, default=2)
options = parser.parse_args()

# The data are small: 200 partitions, Spark's default, would cost more than they bring.
spark = SparkSession.builder.appName("ml pipeline").config("spark.sql.shuffle.partitions", 2).getOrCreate()


def make_customers(rows):
    """Monthly contracts, short ones and much trouble with the support make people leave; the rest is chance."""
    return spark.range(rows, numPartitions=2).selectExpr(
        "element_at(array('monthly', 'yearly', 'family'), CAST(id % 3 AS int) + 1) AS plan",
        "CAST(pmod(hash(id, 1), 60) AS double) AS months",
        "CAST(pmod(hash(id, 2), 10) AS double) AS calls",
        "CAST(IF(id % 3 = 0, 1.5, -0.5) + pmod(hash(id, 2), 10) * 0.4 - pmod(hash(id, 1), 60) * 0.06"
        " + pmod(hash(id, 3), 100) / 50 - 1 > 0 AS double) AS left",
    )


customers = spark.read.parquet(options.customers) if options.customers else make_customers(options.rows)
training, unseen = customers.randomSplit([0.8, 0.2], seed=7)
training.cache()

regression = LogisticRegression(labelCol="left", elasticNetParam=1.0, maxIter=10)
pipeline = Pipeline(
    stages=[
        StringIndexer(inputCol="plan", outputCol="plan_index", handleInvalid="keep"),
        OneHotEncoder(inputCols=["plan_index"], outputCols=["plan_vector"]),
        VectorAssembler(inputCols=["plan_vector", "months", "calls"], outputCol="raw"),
        StandardScaler(inputCol="raw", outputCol="features"),
        regression,
    ]
)
grid = ParamGridBuilder().addGrid(regression.regParam, [0.001, 1.0]).build()
area = BinaryClassificationEvaluator(labelCol="left")
validator = CrossValidator(
    estimator=pipeline, estimatorParamMaps=grid, evaluator=area, numFolds=3, parallelism=options.parallelism, seed=7
)
chosen = validator.fit(training)

for setting, value in zip(grid, chosen.avgMetrics):
    print(f"regParam {setting[regression.regParam]}: area under ROC {value:.3f}")
model = chosen.bestModel
if options.model:
    model.write().overwrite().save(options.model)
    model = PipelineModel.load(options.model)
best = model.stages[-1]
print(f"best: regParam {best.getRegParam()}")
print(f"unseen customers: area under ROC {area.evaluate(model.transform(unseen)):.3f}")
spark.stop()
