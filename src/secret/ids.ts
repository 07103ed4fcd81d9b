import { randomBytes } from 'node:crypto';
import { formatId } from '#core/ids.ts';
import type { Id, IdPrefix } from '#core/ids.ts';

/** Makes a new id of the given kind; the only place where our ids are born. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  return formatId(prefix, Date.now(), randomBytes(16));
}
