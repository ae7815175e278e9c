import test from 'ava';

import { judgeTexts } from '../../../src/explain/judge-texts.ts';
import type { ClusterReading } from '../../../src/explain/reading.ts';
import { MIB } from '../../helpers/builders.ts';
import { daemon, reading, say, withDaemons } from '../../helpers/explain-readings.ts';

const driver = (text: string, known: ClusterReading = reading()): readonly string[] =>
  say(
    judgeTexts(known, 'job etl', [{ source: 'the driver', text: `before\n${text}\n\tat some.Method(File.scala:1)\n` }]),
  );

/** Texts of Spark 4.2.1, as programs have printed them. */
const CASES: readonly (readonly [title: string, text: string, expected: string])[] = [
  [
    'another Python',
    'pyspark.errors.exceptions.base.PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.13 than that in driver: 3.9, PySpark cannot run with different minor versions.',
    'SS-J06 job etl: runs another Python in its driver than on the workers (the driver: pyspark.errors.exceptions.base.PySparkRuntimeError: ' +
      '[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.13 than that in driver: 3.9, PySpark cannot run with different ' +
      "minor versions.; the image's own on master 3.13, worker-1 3.13, worker-2 3.13)",
  ],
  [
    'another Spark',
    'java.io.InvalidClassException: org.apache.spark.rpc.netty.RpcEndpointVerifier$CheckExistence; local class incompatible: stream classdesc serialVersionUID = 1, local class serialVersionUID = 2',
    'SS-J07 job etl: runs another version of Spark in its driver than the cluster (the driver: java.io.InvalidClassException: ' +
      'org.apache.spark.rpc.netty.RpcEndpointVerifier$CheckExistence; local class incompatible: stream classdesc serialVersionUID = 1, ' +
      'local class serialVersionUID = 2; master has Spark 4.2.1, worker-1 has Spark 4.2.1, worker-2 has Spark 4.2.1)',
  ],
  [
    'a main class',
    'Error: Failed to load class com.example.Main.',
    'SS-J08 job etl: names the class com.example.Main, which is in none of its jars (the driver: Error: Failed to load class com.example.Main.)',
  ],
  [
    'a class',
    ': java.lang.ClassNotFoundException: com.example.Missing',
    'SS-J08 job etl: needs the class com.example.Missing, which is in none of its jars (the driver: : java.lang.ClassNotFoundException: com.example.Missing)',
  ],
  [
    "a class by the machine's name",
    'java.lang.NoClassDefFoundError: com/example/Lib',
    'SS-J08 job etl: needs the class com.example.Lib, which is in none of its jars (the driver: java.lang.NoClassDefFoundError: com/example/Lib)',
  ],
  [
    'a data source',
    'pyspark.errors.exceptions.captured.AnalysisException: Failed to find data source: avro. Avro is built-in but external data source module since Spark 2.4.',
    'SS-J08 job etl: needs the data source avro, which is in none of its jars (the driver: pyspark.errors.exceptions.captured.' +
      'AnalysisException: Failed to find data source: avro. Avro is built-in but external data source module since Spark 2.4.)',
  ],
  [
    'a module',
    "ModuleNotFoundError: No module named 'nltk'",
    "SS-J09 job etl: needs the Python module nltk, which is missing where the driver runs (the driver: ModuleNotFoundError: No module named 'nltk')",
  ],
  [
    'an application',
    "python3: can't open file '/data/app.py': [Errno 2] No such file or directory",
    "SS-J09 job etl: names the application /data/app.py, which is not where its driver runs (the driver: python3: can't open file '/data/app.py': [Errno 2] No such file or directory)",
  ],
  [
    'a jar',
    '26/11/21 09:35:16 WARN DependencyUtils: Local jar /data/x.jar does not exist, skipping.',
    'SS-J09 job etl: names the jar /data/x.jar, which is not where its driver runs (the driver: Local jar /data/x.jar does not exist, skipping.)',
  ],
  [
    'a heap',
    ': java.lang.OutOfMemoryError: Java heap space',
    'SS-J12 job etl: failed, because the Java heap of the driver was full (the driver: : java.lang.OutOfMemoryError: Java heap space)',
  ],
  [
    'a heap that was full in the middle of a result',
    ': org.apache.spark.SparkException: Job aborted due to stage failure: Exception while getting task result: java.lang.IllegalStateException: unread block data\n\tat x',
    'SS-J12 job etl: could not read the result of a task, most often because the Java heap of the driver was full (the driver: : org.apache.spark.SparkException: Job aborted due to stage failure: Exception while getting task result: java.lang.IllegalStateException: unread block data)',
  ],
  [
    'a disk',
    'java.io.IOException: No space left on device',
    'SS-J16 job etl: failed, because a disk of the driver was full (the driver: java.io.IOException: No space left on device; least is free on master in /var/lib/spark/local: 40960 MiB of 102400 MiB)',
  ],
];

for (const [title, text, expected] of CASES) {
  test(`the text about ${title} is understood`, (t) => {
    t.deepEqual(driver(text), [expected]);
  });
}

test('what is no error says nothing', (t) => {
  t.deepEqual(driver('26/11/21 INFO Executor: Fetching file. ClassNotFound is a word, and so is 137'), []);
});

test('a task that failed before does not take the blame for what the driver says after it', (t) => {
  const lost =
    '26/11/22 05:07:14 WARN TaskSetManager: Lost task 3.0 in stage 0.0 (TID 3) (worker-1 executor 1): x\n\tat y\n';
  const heap = 'java.lang.OutOfMemoryError: Java heap space';
  const ofDriver = (line: string): string =>
    `SS-J12 job etl: failed, because the Java heap of the driver was full (the driver: ${line.replace(/^.* ERROR Utils: /, '')})`;
  for (const line of [
    `: ${heap}`,
    `Exception in thread "task-result-getter-9" ${heap}`,
    `26/11/22 05:07:20 ERROR Utils: Uncaught exception in thread task-result-getter-9: ${heap}`,
  ]) {
    t.deepEqual(driver(`${lost}${line}`), [ofDriver(line)]);
  }
});

test('a task names its executor, by the name of the container', (t) => {
  const text =
    "26/11/21 09:22:14 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (worker-1 executor 3): x\nModuleNotFoundError: No module named 'm'";
  t.deepEqual(driver(text), [
    "SS-J09 job etl: needs the Python module m, which is missing where executor 3 on worker-1 runs (executor 3 on worker-1: ModuleNotFoundError: No module named 'm')",
  ]);
});

test('a task and its failure may stand on one line', (t) => {
  const text =
    '26/11/21 09:22:14 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (worker-2 executor 1): java.io.IOException: No space left on device';
  t.deepEqual(driver(text), [
    'SS-J16 job etl: failed, because a disk of executor 1 on worker-2 was full (executor 1 on worker-2: java.io.IOException: No space ' +
      'left on device; least is free on master in /var/lib/spark/local: 40960 MiB of 102400 MiB)',
  ]);
});

test('SS-J11: Python crashed, which is only the limit where the kernel has killed', (t) => {
  const text =
    '26/11/21 09:23:41 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (worker-1 executor 0): org.apache.spark.SparkException: Python worker exited unexpectedly (crashed).';
  t.deepEqual(driver(text), []);
  const full = daemon('worker-1', { memory: { limitBytes: 1792 * MIB, peakBytes: 1792 * MIB, kills: 4 } });
  t.deepEqual(driver(text, withDaemons(full)), [
    'SS-J11 job etl: lost processes that the kernel killed at the memory limit of worker-1 (executor 0 on worker-1: org.apache.spark.' +
      'SparkException: Python worker exited unexpectedly (crashed).; worker-1: limit 1792m, at most 1792m in use, 4 processes killed by the kernel since it started)',
  ]);
});
