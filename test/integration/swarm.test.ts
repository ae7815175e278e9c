import { useLab } from '../helpers/lab-tests.ts';
import { againTests } from './swarm/again.ts';
import { byHandTests } from './swarm/by-hand.ts';
import { crashTests } from './swarm/crash.ts';
import { deployTests } from './swarm/deploy.ts';
import { harmTests } from './swarm/harm.ts';
import { logTests } from './swarm/logs.ts';
import { removeTests } from './swarm/remove.ts';
import { resizeTests } from './swarm/resize.ts';
import { submitTests } from './swarm/submit.ts';

useLab();

// One lab for all of them, because bringing it up and the image there takes half a minute. They run in this order: the
// cluster "spark" is deployed once, used, resized, harmed and removed; then others live beside each other.
deployTests();
submitTests();
logTests();
resizeTests();
harmTests();
removeTests();
againTests();
byHandTests();
crashTests();
