import { hostname } from 'node:os';

import type { EngineTarget } from './engine-target.ts';

/** The machine that an engine runs on, as far as its address tells. */
export interface EnginePlace {
  /** True for a socket of this machine. */
  readonly isLocal: boolean;
  /** Name of the machine. */
  readonly host: string;
  /** At which ports answer that are bound to all of its addresses. */
  readonly address: string;
}

export function placeOf({
  api: { endpoint },
  hostAddress,
}: Pick<EngineTarget, 'api'> & Partial<EngineTarget>): EnginePlace {
  return endpoint.kind === 'unix'
    ? { isLocal: true, host: hostname(), address: '127.0.0.1' }
    : { isLocal: false, host: endpoint.host, address: hostAddress ?? endpoint.host };
}
