/** Every field of `status -o json` of a healthy cluster, with what may be in it; `[]` stands for each of a list. */
export const STATUS_KEYS = [
  'containers[].address string',
  'containers[].containerId string',
  'containers[].displayName string',
  'containers[].error string',
  'containers[].failures number',
  'containers[].id string',
  'containers[].isRunning boolean',
  'containers[].node string',
  'containers[].nodeId string',
  'containers[].role string',
  'containers[].since string',
  'containers[].state string',
  'endpoints[].address string',
  'endpoints[].name string',
  'findings list',
  'healthy boolean',
  'master.aliveWorkers number',
  'master.applications list',
  'master.cores number',
  'master.coresUsed number',
  'master.memoryBytes number',
  'master.memoryUsedBytes number',
  'master.status string',
  'master.url string',
  'master.wantedWorkers number',
  'master.workers[].cores number',
  'master.workers[].coresUsed number',
  'master.workers[].host string',
  'master.workers[].id string',
  'master.workers[].memoryBytes number',
  'master.workers[].memoryUsedBytes number',
  'master.workers[].name string',
  'master.workers[].state string',
  'name string',
  'platform string',
  'problems list',
  'schemaVersion number',
  'services[].id string',
  'services[].image string',
  'services[].name string',
  'services[].role string',
  'services[].running number',
  'services[].wanted number',
  'warnings list',
];

/** Fields of a document, with their types, each once and in order. An empty list has none. */
export function listKeys(value: unknown, path = ''): readonly string[] {
  const found = Array.isArray(value)
    ? value.length === 0
      ? [`${path} list`]
      : value.flatMap((entry) => listKeys(entry, `${path}[]`))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, part]) => listKeys(part, path === '' ? key : `${path}.${key}`))
      : [`${path} ${value === null ? 'null' : typeof value}`];
  return [...new Set(found)].toSorted();
}
