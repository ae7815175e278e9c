import { listObjects } from '../helpers/docker-objects.ts';
import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';
import { runBehaviours } from './contract/behaviour.ts';
import { HISTORY } from './contract/history.ts';

useLab(2);

runBehaviours(HISTORY, () => ({ cluster: theCluster, listObjects: async () => listObjects(theLab()) }));
