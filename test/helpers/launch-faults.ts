import type http from 'node:http';

import { CallLog, type Fault, type FaultMoment } from './docker-proxy.ts';

/** A moment of a launch: the n-th request from the upload on, and whether the engine sees it. */
export interface LaunchMoment {
  /** From 1, which is the upload itself. */
  readonly request: number;
  readonly moment: FaultMoment;
}

/** Kills the client at one moment of a launch. */
export class LaunchFaults extends CallLog {
  /** Requests from the upload on, as `PUT /containers/…/archive`. */
  readonly seen: string[] = [];
  #due: (LaunchMoment & Pick<Fault, 'kill'>) | undefined;

  expect(due: LaunchMoment & Pick<Fault, 'kill'>): void {
    this.seen.length = 0;
    this.hasFired = false;
    this.#due = due;
  }

  override take(_engine: string, { method = '', url = '' }: http.IncomingMessage): Fault | undefined {
    if (this.seen.length === 0 && !(method === 'PUT' && url.includes('/archive'))) return undefined;
    this.seen.push(`${method} ${url.replace(/\?.*/, '')}`);
    if (this.seen.length !== this.#due?.request || this.hasFired) return undefined;
    this.hasFired = true;
    return { ...this.#due, call: this.seen.length, sparesDocker: false };
  }
}
