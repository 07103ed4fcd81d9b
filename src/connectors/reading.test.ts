import { expect, test } from 'vitest';
import { endToEndIdOf, endToEndIdsIn } from './reading.ts';

const OURS = '218332800000000017';

test.each([
  ['in one piece', `TRSF E-BANKING DB ${OURS} INV 001`],
  ['broken at the edge of a field', 'TRSF E-BANKING DB 2183328000000000 17 INV 001'],
  ['broken with padding', 'TRSF DB 2183328000000000   17 INV 001'],
  ['broken twice', '21833280 00000000 17'],
  ['glued to letters', `TRF${OURS}INV001`],
  ['after another number', `WS95051 10000.00 ${OURS}`],
])('our reference is found in a narrative: %s', (_title, narrative) => {
  expect(endToEndIdsIn(narrative)).toEqual([OURS]);
  expect(endToEndIdOf(narrative)).toEqual({ endToEndId: OURS });
});

test.each([
  ['none', 'BIAYA ADM 06 2025'],
  ['a longer number', `${OURS}1`],
  ['a shorter number', OURS.slice(1)],
  ['four pieces', '21833 28000 0000 0017'],
])('a narrative without our reference has none: %s', (_title, narrative) => {
  expect(endToEndIdsIn(narrative)).toEqual([]);
});

test('two references in one narrative are evidence, but neither is the reference', () => {
  const other = '218332800000000018';
  expect(endToEndIdsIn(`${OURS} AND ${other}`)).toEqual([OURS, other]);
  expect(endToEndIdOf(`${OURS} AND ${other}`)).toEqual({});
});
