/**
 * The labels by which everything of ours is found. What does not carry one is never changed or removed (design D5).
 */
export const LABELS = {
  /** Name of the cluster an object belongs to. On services, containers, networks, volumes, secrets, configs. */
  cluster: 'io.spark-swarm.cluster',
  /** `master` or `worker`; also in the raw docker-compose.yml, which makes a stack deployed by hand ours. */
  role: 'io.spark-swarm.role',
  /** sha256 of the service as we last resolved it: equal means that there is nothing to deploy. */
  hash: 'io.spark-swarm.hash',
  /** What the user asked for, as JSON, so that a later `deploy` keeps it. On the master's service; on one engine on a volume. */
  spec: 'io.spark-swarm.spec',
  /** Id of the image a service runs: the same tag built anew is another image. On containers. */
  imageId: 'io.spark-swarm.image-id',
  /** Id of the job whose driver a one-shot service runs. On services and their containers. */
  job: 'io.spark-swarm.job',
  /** When the manager was last made to look at a service's tasks again. On services. */
  revised: 'io.spark-swarm.revised',
  /** While workers are taken away: the platforms that the service may run on otherwise, as JSON. On the worker's service. */
  held: 'io.spark-swarm.held',
  /** How many workers there shall be on one engine, where no manager keeps count. On a volume. */
  workers: 'io.spark-swarm.workers',
  /** The file a cluster was made from, fully resolved, as JSON: another worker is made like the first. On a volume. */
  document: 'io.spark-swarm.document',
  /** Of several volumes that remember the same cluster the one with the highest number counts. */
  revision: 'io.spark-swarm.revision',
  /** Kind of a lock, and who holds it, as JSON. On configs, on volumes. */
  lock: 'io.spark-swarm.lock',
  /** Shows that a lock's holder lives. On configs, on volumes. */
  beat: 'io.spark-swarm.beat',
  /** Name of the lab an outer container, network or volume belongs to. */
  lab: 'io.spark-swarm.lab',
  /** On swarm nodes: how that node's engine is reached, as a DOCKER_HOST value (`unix:///…`). */
  nodeEngine: 'io.spark-swarm.node.engine',
  /** On swarm nodes: machine that several nodes share; its memory counts once. */
  nodeHost: 'io.spark-swarm.node.host',
  /** On swarm nodes: path there of a folder that all nodes share; it becomes `/data`. */
  nodeData: 'io.spark-swarm.node.data',
  /** On swarm nodes: the same folder as this machine sees it. */
  nodeDataHere: 'io.spark-swarm.node.data-here',
  /** On swarm nodes: MTU of the network between the nodes, bytes. */
  nodeMtu: 'io.spark-swarm.node.mtu',
  /** On swarm nodes: the swarm that `swarm create` made this node part of; nodes without it are somebody else's. */
  nodeSwarm: 'io.spark-swarm.node.swarm',
  /** On swarm nodes: the machine, as `source/reference`: `ssh/root@10.0.0.4:22`, `docker-machine/myvm1`. */
  nodeMachine: 'io.spark-swarm.node.machine',
  /** On swarm nodes that have joined and are kept drained until they have the images. */
  nodeJoining: 'io.spark-swarm.node.joining',
  /** On a swarm itself, and on the gateway bridge that was made for it: its name, where `swarm create` made it. */
  swarm: 'io.spark-swarm.swarm',
  /** On engines of machines that we made: name of the swarm they were made for. */
  machine: 'io.spark-swarm.machine',
  /** Containers, networks and images that a check of the network makes and takes away again. */
  probe: 'io.spark-swarm.probe',
} as const;

/** Docker Compose's own label on everything of a project. Source: docker/compose `pkg/api/labels.go`. */
export const COMPOSE_PROJECT_LABEL = 'com.docker.compose.project';

/** Its label on containers: the key in the file. */
export const COMPOSE_SERVICE_LABEL = 'com.docker.compose.service';

/** Docker's own label on everything of a stack. Source: docker/cli `cli/compose/convert/compose.go`. */
export const STACK_NAMESPACE_LABEL = 'com.docker.stack.namespace';
