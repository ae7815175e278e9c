import test from 'ava';

import {
  parseDriverProperties,
  parseDriverVersion,
  parseNewestJobState,
  parseStageFailures,
} from '../../../src/spark/driver-state.ts';

test("a driver's version, properties, failed stages and newest job are read", (t) => {
  t.is(parseDriverVersion('{\n  "spark" : "4.2.1"\n}'), '4.2.1');
  t.deepEqual(parseDriverProperties('{"sparkProperties":[["spark.app.name","etl"],["spark.cores.max","1"]]}'), {
    'spark.app.name': 'etl',
    'spark.cores.max': '1',
  });
  t.deepEqual(
    parseStageFailures('[{"stageId":1,"failureReason":"a"},{"stageId":3,"failureReason":"b"},{"stageId":2}]'),
    [
      { stageId: 3, reason: 'b' },
      { stageId: 2, reason: '' },
      { stageId: 1, reason: 'a' },
    ],
  );
  t.is(parseNewestJobState('[{"jobId":0,"status":"FAILED"},{"jobId":2,"status":"RUNNING"}]'), 'RUNNING');
  t.is(parseNewestJobState('[]'), '');
});

test('a driver that only starts answers with words, which are nothing', (t) => {
  const words = "Spark is starting up. Please wait a while until it's ready.";
  t.is(parseDriverVersion(words), '');
  t.is(parseDriverProperties(words), undefined);
  t.deepEqual(parseStageFailures(words), []);
  t.is(parseNewestJobState(words), '');
});

test('what a driver says that is of another shape is left out', (t) => {
  t.is(parseDriverVersion('{"spark":[4]}'), '');
  t.is(parseDriverVersion('null'), '');
  t.deepEqual(parseDriverProperties('{"sparkProperties":[["a","b"],["c"],["d",1],null,"ef"]}'), { a: 'b' });
  t.is(parseDriverProperties('null'), undefined);
  t.deepEqual(parseStageFailures('[null,7,{"stageId":1,"failureReason":{}}]'), [{ stageId: 1, reason: '' }]);
  t.is(parseNewestJobState('[null,{"jobId":1,"status":2}]'), '');
});
