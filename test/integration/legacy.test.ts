import { usePlainEngine } from '../helpers/lab-tests.ts';
import { besideTests } from './legacy/beside.ts';
import { daemonTests } from './legacy/daemons.ts';
import { startTests } from './legacy/start.ts';

// The defects of the older scripts that only an engine can show, by their numbers; the others are in
// test/unit/legacy/defects.test.ts. The older names are typed throughout. The order matters: the cluster "old" is started
// once and then used; "beside" joins it when it has shrunk to one worker, and both are taken away.
usePlainEngine();

startTests();
daemonTests();
besideTests();
