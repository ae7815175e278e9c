import { compareObjects, findVolumes, listNamelessVolumes } from '../../helpers/docker-objects.ts';
import type { Behaviour } from './behaviour.ts';

/** The cluster "spark" goes. What was there before is handed in, because other tests have run since. */
export function removeBehaviours(before: () => readonly string[]): readonly Behaviour[] {
  return [
    {
      title: 'remove leaves the records of jobs, and with --volumes nothing of the cluster, and what is not ours',
      run: async (t, stand) => {
        const cluster = stand.cluster('spark');
        const nameless = await listNamelessVolumes(cluster);
        t.true(nameless.length >= 3, 'each daemon has some');
        const { status, stdout, stderr } = await cluster.remove();
        t.is(status, 0, stderr);
        const [removed, kept, ...rest] = stdout.split('\n');
        t.is(removed, `Removed the cluster "${cluster.name}"`);
        t.regex(kept ?? '', /^Kept \(--volumes removes them\): [^ ,]+[-_]jobs( on [^ ,]+)?$/);
        t.deepEqual(rest, ['']);
        const all = await cluster.remove('--volumes');
        t.is(all.status, 0, all.stderr);
        t.is(all.stdout, `Removed the cluster "${cluster.name}"\n`);
        t.deepEqual(compareObjects(before(), await stand.listObjects()), { added: [], gone: [] });
        t.deepEqual(await findVolumes(cluster.place, nameless), []);
      },
    },
    {
      title: 'removing what is gone is no error',
      run: async (t, stand) => {
        const cluster = stand.cluster('spark');
        const { status, stdout, stderr } = await cluster.remove('--volumes');
        t.is(status, 0, stderr);
        t.is(stdout, `No cluster named "${cluster.name}": nothing to remove\n`);
        t.is((await cluster.command('status')).status, 1);
      },
    },
  ];
}
