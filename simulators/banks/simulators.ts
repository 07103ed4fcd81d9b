import { createAirwallexSimulator } from '../airwallex/simulator.ts';
import type { BankSimulator } from '../lib/bank.ts';
import { createSnapSimulator } from '../snap/simulator.ts';

/** The banks that the composed program runs; a further one is a further line here. */
const MAKERS: readonly ((options: { seed: number }) => BankSimulator)[] = [
  createSnapSimulator,
  createAirwallexSimulator,
];

/** Makes every bank simulator from one seed. */
export function createSimulators(seed: number): BankSimulator[] {
  return MAKERS.map((make) => make({ seed }));
}
