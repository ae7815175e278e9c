import { ToolkitError, UnreachableError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import type { SwarmNode } from '../../stack/swarm-state.ts';
import { parseDockerHost } from './endpoint.ts';
import { EngineApi } from './engine-api.ts';

/** How long a node's engine may take to say who it is. */
const ANSWER_LIMIT_MS = 5000;

/** The engine of a node, or why it cannot be reached. */
type Found =
  { readonly api: EngineApi; readonly error?: never } | { readonly api?: never; readonly error: UnreachableError };

/**
 * The engines of a swarm's nodes. The manager's API cannot enter a container on another node, stop exactly one, or see
 * who holds a port: each node's own engine can. Its address is in a node label (design §5 "Reaching nodes").
 *
 * A label like `unix:///…` means another engine on another machine: before its first use an engine is asked whose it is.
 */
export class NodeEngines {
  readonly #manager: EngineApi;
  /** By the node's id. Of engines that did not answer nothing is kept: they are asked again. */
  readonly #found = new Map<string, Promise<Found>>();
  #managerNodeId: Promise<string> | undefined;

  constructor(manager: EngineApi) {
    this.#manager = manager;
  }

  /** The node's engine; `undefined` when nothing says how to reach it, or when what is there is not that node. */
  async find(node: SwarmNode): Promise<EngineApi | undefined> {
    return (await this.look(node)).api;
  }

  /** The same, with the reason. */
  async look(node: SwarmNode): Promise<Found> {
    const known = this.#found.get(node.id);
    if (known) return known;
    const asked = this.#ask(node);
    this.#found.set(node.id, asked);
    const found = await asked.catch((error: unknown) => {
      this.#found.delete(node.id);
      throw error;
    });
    if (!found.api) this.#found.delete(node.id);
    return found;
  }

  /** @throws UnreachableError naming the node, if its engine cannot be reached */
  async open(node: SwarmNode): Promise<EngineApi> {
    const isKnown = this.#found.has(node.id);
    const found = await this.look(node);
    if (!found.api) throw found.error;
    // Who has just said who it is has answered.
    if (isKnown) await found.api.get('/_ping', { timeoutMs: ANSWER_LIMIT_MS });
    return found.api;
  }

  async #ask(node: SwarmNode): Promise<Found> {
    const host = node.labels[LABELS.nodeEngine];
    const hint = `docker node update --label-add ${LABELS.nodeEngine}=unix:///… ${node.hostname}`;
    const refuse = (seen: string, cause?: unknown): Found => ({
      error: new UnreachableError(`Cannot reach the engine of node ${node.hostname}: ${seen}`, { hint, cause }),
    });
    if (host === undefined) {
      const isManager = (await this.#askManager()) === node.id;
      return isManager ? { api: this.#manager } : refuse(`it has no label ${LABELS.nodeEngine}`);
    }
    const endpoint = parseDockerHost(host, `label ${LABELS.nodeEngine} of node ${node.hostname}`, undefined);
    const api = new EngineApi(endpoint, `${host} (node ${node.hostname})`);
    try {
      if ((await readNodeId(api)) === node.id) return { api };
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
      return error instanceof UnreachableError ? { error } : refuse(error.message, error);
    }
    api.close();
    return refuse(`its label says ${host}, and that is another engine on this machine`);
  }

  async #askManager(): Promise<string | undefined> {
    this.#managerNodeId ??= readNodeId(this.#manager);
    return this.#managerNodeId;
  }
}

/** Id of an engine in its swarm; empty without one. */
async function readNodeId(api: EngineApi): Promise<string> {
  const info = await api.get<{ readonly Swarm?: { readonly NodeID?: string } }>('/info', {
    timeoutMs: ANSWER_LIMIT_MS,
  });
  return info.Swarm?.NodeID ?? '';
}
