import { useLab } from '../helpers/lab-tests.ts';

// One lab for all of them, because bringing it up and bringing the image there costs a minute. They run in this order:
// the cluster "spark" is deployed once, used, resized, harmed and removed; others live beside it.
import './swarm/deploy.ts';
import './swarm/submit.ts';
import './swarm/logs.ts';
import './swarm/resize.ts';
import './swarm/harm.ts';
import './swarm/remove.ts';
import './swarm/again.ts';
import './swarm/by-hand.ts';
import './swarm/crash.ts';

useLab();
