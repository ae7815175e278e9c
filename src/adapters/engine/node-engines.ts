import { ToolkitError, UnreachableError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import type { SwarmNode } from '../../stack/swarm-state.ts';
import { answerLimitMs } from './answer-limit.ts';
import type { TlsMaterial } from './endpoint.ts';
import type { EngineApi } from './engine-api.ts';
import { openNodeEngine } from './open-engine.ts';

/** How long a node's engine may take to say who it is. */
const ANSWER_LIMIT_MS = 5000;

type Environment = Readonly<Record<string, string | undefined>>;

/** The engine of a node, or why it cannot be reached. */
type Found =
  { readonly api: EngineApi; readonly error?: never } | { readonly api?: never; readonly error: UnreachableError };

/**
 * The engines of a swarm's nodes. The manager's API cannot enter a container on another node, stop exactly one, or see
 * who holds a port: each node's own engine can. Its address is in a node label (design §5 "Reaching nodes").
 *
 * A label like `unix:///…` means another engine on another machine: before its first use an engine is asked whose it is. Each
 * node's connection is kept, over ssh also for the next command. Looks at several nodes may run at the same time.
 */
export class NodeEngines {
  readonly #manager: EngineApi;
  readonly #env: Environment;
  /** By the node's id. Of engines that did not answer nothing is kept: they are asked again. */
  readonly #found = new Map<string, Promise<Found>>();
  #managerNodeId: Promise<string> | undefined;

  /** @param env where this operator's certificates are looked for */
  constructor(manager: EngineApi, env: Environment = process.env) {
    this.#manager = manager;
    this.#env = env;
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
    if (isKnown) await found.api.get('/_ping', { timeoutMs: answerLimitMs(found.api, ANSWER_LIMIT_MS) });
    return found.api;
  }

  async #ask(node: SwarmNode): Promise<Found> {
    const host = node.labels[LABELS.nodeEngine];
    const hint = `docker node update --label-add ${LABELS.nodeEngine}=ssh://USER@HOST ${node.hostname}`;
    const refuse = (seen: string, cause?: unknown): Found => ({
      error: new UnreachableError(`Cannot reach the engine of node ${node.hostname}: ${seen}`, { hint, cause }),
    });
    if (host === undefined) {
      const isManager = (await this.#askManager()) === node.id;
      return isManager ? { api: this.#manager } : refuse(`it has no label ${LABELS.nodeEngine}`);
    }
    let api: EngineApi;
    try {
      api = await openNodeEngine(host, { node: node.hostname, tls: this.#ownTls(), env: this.#env });
    } catch (error) {
      if (error instanceof UnreachableError) return { error };
      if (!(error instanceof ToolkitError)) throw error;
      return refuse(error.message, error);
    }
    try {
      if ((await readNodeId(api)) === node.id) return { api };
    } catch (error) {
      api.close();
      if (!(error instanceof ToolkitError)) throw error;
      return error instanceof UnreachableError ? { error } : refuse(error.message, error);
    }
    api.close();
    return refuse(
      host.startsWith('unix:')
        ? `its label says ${host}, and that is another engine on this machine`
        : `its label says ${host}, and the engine there is not that node`,
    );
  }

  /** Of the engine that we came by: who may use the manager may use the nodes that were made with it. */
  #ownTls(): TlsMaterial | undefined {
    const { endpoint } = this.#manager;
    return endpoint.kind === 'tcp' ? endpoint.tls : undefined;
  }

  async #askManager(): Promise<string | undefined> {
    const asked = (this.#managerNodeId ??= readNodeId(this.#manager));
    asked.catch(() => {
      if (this.#managerNodeId === asked) this.#managerNodeId = undefined;
    });
    return asked;
  }
}

/** Id of an engine in its swarm; empty without one. */
async function readNodeId(api: EngineApi): Promise<string> {
  const info = await api.get<{ readonly Swarm?: { readonly NodeID?: string } }>('/info', {
    timeoutMs: answerLimitMs(api, ANSWER_LIMIT_MS),
  });
  return info.Swarm?.NodeID ?? '';
}
