import { wibDigits } from './times.ts';
import type { World } from './world.ts';

const counters = new WeakMap<World, number>();

/** The bank's reference of an answer: yymmddHH, two digits for the menu, eight of a counter (A13). */
export function referenceNo(world: World, menu: string): string {
  const count = (counters.get(world) ?? 0) + 1;
  counters.set(world, count);
  return wibDigits(world.clock.now()).slice(2, 10) + menu + String(count).padStart(8, '0');
}
