import { listObjectsNamed } from '../helpers/docker-objects.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import { AGAIN } from './contract/again.ts';
import { runBehaviours, type Stand } from './contract/behaviour.ts';
import { DEPLOY } from './contract/deploy.ts';
import { HARM } from './contract/harm.ts';
import { LOGS } from './contract/logs.ts';
import { REFUSALS } from './contract/refusals.ts';
import { removeBehaviours } from './contract/remove.ts';
import { RESIZE } from './contract/resize.ts';
import { SUBMIT } from './contract/submit.ts';

usePlainEngine();

const stand: Stand = {
  cluster: (key) => theEngine().cluster(key),
  listObjects: async () => listObjectsNamed(theEngine().manager, theEngine().name),
};

// On this machine's engine, without a swarm. The order matters: the cluster "spark" is started once, and then used, resized,
// harmed and removed.
runBehaviours(
  [...REFUSALS, ...DEPLOY, ...SUBMIT, ...LOGS, ...RESIZE, ...HARM, ...removeBehaviours(() => []), ...AGAIN],
  () => stand,
);
