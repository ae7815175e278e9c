import test from 'ava';

import { judge, median, type Figure } from '../../../bench/figures.ts';
import { formatTable } from '../../../bench/table.ts';

const figure: Figure = {
  id: 'P5',
  title: 'resize 4 → 2',
  floorTitle: 'stop + remove',
  unit: 'ms',
  marks: [{ kind: 'ratio', most: 1.5 }],
  samples: [100, 300, 200],
  floors: [100, 100, 100],
};

test('the median of an even number lies between the two in the middle', (t) => {
  t.is(median([4, 1, 3, 2]), 2.5);
  t.is(median([3, 1, 2]), 2);
  t.throws(() => median([]), { instanceOf: RangeError, message: 'the median of nothing' });
});

test('the ratio is the median of the pairs, not of the sums', (t) => {
  const verdict = judge({ ...figure, samples: [100, 1000, 150], floors: [100, 1000, 100] });
  t.is(verdict.ratio, 1);
  t.true(verdict.isMet);
});

test('a mark may be a ratio, an excess or a number of its own, and all of them hold', (t) => {
  t.false(judge(figure).isMet);
  t.true(judge({ ...figure, marks: [{ kind: 'excess', mostMs: 100 }] }).isMet);
  t.true(judge({ ...figure, marks: [{ kind: 'value', most: 200 }], floors: [] }).isMet);
  t.false(judge({ ...figure, marks: [{ kind: 'value', most: 200 }, ...figure.marks] }).isMet);
});

test('the table shows figure, floor, ratio and mark, and the notes below', (t) => {
  t.is(
    formatTable([
      figure,
      { ...figure, id: 'P9', title: 'busy', marks: [{ kind: 'excess', mostMs: 500 }], note: 'by hand' },
      {
        ...figure,
        id: 'P8',
        title: 'wrong',
        unit: 'count',
        marks: [{ kind: 'value', most: 0 }],
        samples: [0],
        floors: [],
      },
    ]),
    [
      '    figure        floor          pairs  ours    floor   ratio    mark',
      'P5  resize 4 → 2  stop + remove  3      200 ms  100 ms  2.00     ≤ 1.50     MISSED',
      'P9  busy          stop + remove  3      200 ms  100 ms  +100 ms  ≤ +500 ms  met',
      'P8  wrong         stop + remove  1      0                        ≤ 0        met',
      '',
      'P9 busy: by hand',
      '',
    ].join('\n'),
  );
});
