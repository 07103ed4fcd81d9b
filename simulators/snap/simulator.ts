import type { BankSimulator } from '../lib/bank.ts';
import type { SnapMovementOrder } from './books.ts';
import { Deliveries } from './deliveries.ts';
import { Gateway } from './disturbance.ts';
import { Generator } from './generator.ts';
import { manage } from './management.ts';
import { profileOfPath } from './profiles.ts';
import { TransferDesk } from './transfers/desk.ts';
import { shownTransfer } from './transfers/shown-transfer.ts';
import { serveWire } from './wire.ts';
import { createWorld } from './world.ts';
import type { WorldOptions } from './world.ts';

/** The SNAP simulator; its orders may also name a channel, a virtual account and a booking date. */
export interface SnapSimulator extends BankSimulator {
  move(order: SnapMovementOrder): { reference: string };
}

/** Makes BCA, BRI and BNI as SNAP shows them, in one simulator with the default world of a seed. */
export function createSnapSimulator(options: WorldOptions): SnapSimulator {
  const world = createWorld(options);
  const deliveries = new Deliveries(world);
  const generator = new Generator(world, deliveries);
  const gateway = new Gateway();
  const desk = new TransferDesk(world, deliveries);
  const move = (order: SnapMovementOrder): { reference: string } => {
    const movement = world.books.enter(order, world.clock.now());
    // A pending movement is told when it is booked.
    if (movement.push && movement.status === 'booked') deliveries.tell(movement);
    return { reference: movement.reference };
  };
  return {
    name: 'snap',
    handles: (path) => profileOfPath(path) !== undefined,
    wire: (request, response) => serveWire({ world, gateway, desk }, request, response),
    manage: (method, path, body) => {
      desk.agenda.runDue();
      return manage({ world, deliveries, generator, desk, move }, method, path, body);
    },
    accounts: () => {
      desk.agenda.runDue();
      return world.books.views();
    },
    transfersOf: (account, most) =>
      desk.journal.ofAccount(account).slice(-most).toReversed().map(shownTransfer),
    move,
    stop: async () => {
      desk.stop();
      generator.stop();
      deliveries.stop();
      gateway.stop();
    },
  };
}
