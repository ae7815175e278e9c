/** What the master's page of an application says, which is in none of its JSON. */
export interface ApplicationPage {
  /** Cores that it asks for in all; `undefined` for as many as there are. */
  readonly coresAsked: number | undefined;
  readonly coresGranted: number;
  readonly executors: readonly ExecutorRow[];
}

export interface ExecutorRow {
  readonly id: number;
  readonly workerId: string;
  readonly cores: number;
  readonly memoryMib: number;
  /** As Spark spells it: `LAUNCHING`, `RUNNING`, `KILLED`, `FAILED`, `LOST`, `EXITED`, `DECOMMISSIONED`. */
  readonly state: string;
}

/**
 * Reads the page `/app/?appId=…` of the master.
 *
 * Shape: HTML with a line `Cores: 2 (1 granted, 1 left)` or `Cores: Unlimited (1 granted)`, and tables whose rows have the
 * cells executor, worker, cores, memory (MiB), resource profile, resources, state, logs. Columns are found by their number, as
 * the page has been since Spark 3.1. Source: core/…/deploy/master/ui/ApplicationPage.scala.
 *
 * @returns `undefined` when it is not that page
 */
export function parseApplicationPage(html: string): ApplicationPage | undefined {
  const cores = /(Unlimited|\d+)\s*\((\d+) granted/.exec(plain(html.slice(html.indexOf('Cores:'))));
  if (!html.includes('Cores:') || !cores) return undefined;
  const rows = [...html.matchAll(/<tr[^>]*>([^]*?)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<td[^>]*>([^]*?)<\/td>/g)].map(([, cell = '']) => plain(cell)),
  );
  return {
    coresAsked: cores[1] === 'Unlimited' ? undefined : Number(cores[1]),
    coresGranted: Number(cores[2]),
    executors: rows.flatMap(([id = '', workerId = '', coreCount = '', memory = '', , , state = '']) =>
      /^\d+$/.test(id) && /^[A-Z]+$/.test(state)
        ? [{ id: Number(id), workerId, cores: Number(coreCount), memoryMib: Number(memory), state }]
        : [],
    ),
  };
}

function plain(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
