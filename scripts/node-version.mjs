// Runs on any Node that knows modules, because it is there to say that this one is too old.
const OLDEST = [20, 19];

/** What is wrong with the Node that runs this; nothing when it is new enough. */
export function nodeProblem(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const isTooOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  return isTooOld ? `spark-swarm needs Node.js ${OLDEST.join('.')} or newer; this is ${version}` : undefined;
}
