import type { Behaviour } from '../contract/behaviour.ts';
import { PATIENT } from './patience.ts';

/** By the network of this machine, as it is: behind a proxy that opens TLS, the bundle of the machine has to do. */
export const PACKAGES: Behaviour = {
  title: 'clean_html.py has its library by maven coordinates, on driver and executors',
  run: async (t, stand) => {
    const coordinates = ['--packages', 'org.jsoup:jsoup:1.17.2'];
    const words = [...coordinates, 'examples/jobs/clean_html.py', 'fish &amp; chips', '&lt;b&gt;'];
    const { status, stdout, stderr } = await stand.cluster('spark').submit(words, PATIENT);
    t.is(status, 0, stderr);
    t.is(stdout, '&lt;b&gt; -> <b>\nfish &amp; chips -> fish & chips\n');
    t.regex(stderr, /found org\.jsoup#jsoup;1\.17\.2 in /);
  },
};
