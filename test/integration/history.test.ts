import { listObjectsNamed } from '../helpers/docker-objects.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import { runBehaviours } from './contract/behaviour.ts';
import { HISTORY } from './contract/history.ts';

usePlainEngine();

runBehaviours(HISTORY, () => ({
  cluster: (key) => theEngine().cluster(key),
  listObjects: async () => listObjectsNamed(theEngine().manager, theEngine().name),
}));
