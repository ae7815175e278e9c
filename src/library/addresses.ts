import type { Endpoint } from '../cluster/endpoints.ts';

/** One line of what `deploy` and `status` print: `master web UI`, and where it is. */
export type Address = Pick<Endpoint, 'name' | 'address'>;

export function toAddresses(endpoints: readonly Endpoint[]): readonly Address[] {
  return endpoints.map(({ name, address }) => ({ name, address }));
}

/** `spark://HOST:PORT`; `undefined` if the port is not published. */
export function masterUrlOf(endpoints: readonly Address[]): string | undefined {
  return endpoints.find(({ name }) => name === 'spark master')?.address;
}
