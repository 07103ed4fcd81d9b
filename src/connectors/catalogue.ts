import { CashbellError } from '#core/errors.ts';
import { airwallex } from './airwallex/connector.ts';
import { bca } from './bca/connector.ts';
import { bni } from './bni/connector.ts';
import { bri } from './bri/connector.ts';
import type { Connector } from './contract.ts';

/**
 * Every connector, listed by hand: a loader that goes by file names can miss one without a word
 * (style.md section 4). `conformance.test.ts` fails when a folder is not here.
 */
export const connectors: readonly Connector[] = [airwallex, bca, bni, bri];

/** The connector of a stored connection. */
export function findConnector(id: string): Connector {
  const found = connectors.find((connector) => connector.id === id);
  if (found === undefined) throw new CashbellError('connector.unknown', { id: id.slice(0, 40) });
  return found;
}
