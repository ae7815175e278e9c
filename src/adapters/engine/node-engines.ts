import { UnreachableError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import type { SwarmNode } from '../../stack/swarm-state.ts';
import { parseDockerHost } from './endpoint.ts';
import { EngineApi } from './engine-api.ts';

/** How long a node's engine may take to answer its first request. */
const PING_TIMEOUT_MS = 5000;

/**
 * The engines of a swarm's nodes. The manager's API cannot enter a container on another node, stop exactly one, or see
 * who holds a port: each node's own engine can. Its address is in a node label (design §5 "Reaching nodes").
 */
export class NodeEngines {
  readonly #manager: EngineApi;
  readonly #opened = new Map<string, EngineApi>();
  #managerNodeId: string | undefined;

  constructor(manager: EngineApi) {
    this.#manager = manager;
  }

  /** The node's engine, without asking whether it answers; `undefined` when nothing says how to reach it. */
  async find(node: SwarmNode): Promise<EngineApi | undefined> {
    const opened = this.#opened.get(node.id);
    if (opened) return opened;
    const host = node.labels[LABELS.nodeEngine];
    if (host === undefined) return (await this.#isManager(node)) ? this.#manager : undefined;
    const api = new EngineApi(
      parseDockerHost(host, `label ${LABELS.nodeEngine} of node ${node.hostname}`, undefined),
      `${host} (node ${node.hostname})`,
    );
    this.#opened.set(node.id, api);
    return api;
  }

  /** @throws UnreachableError naming the node, if its engine cannot be reached */
  async open(node: SwarmNode): Promise<EngineApi> {
    const api = await this.find(node);
    if (!api) {
      throw new UnreachableError(
        `Cannot reach the engine of node ${node.hostname}: it has no label ${LABELS.nodeEngine}`,
        {
          hint: `docker node update --label-add ${LABELS.nodeEngine}=unix:///… ${node.hostname}`,
        },
      );
    }
    await api.get('/_ping', { timeoutMs: PING_TIMEOUT_MS });
    return api;
  }

  async #isManager(node: SwarmNode): Promise<boolean> {
    this.#managerNodeId ??=
      (await this.#manager.get<{ readonly Swarm?: { readonly NodeID?: string } }>('/info')).Swarm?.NodeID ?? '';
    return node.id === this.#managerNodeId;
  }
}
