import type { Ring } from '../../src/flows/notification/announce.ts';
import { createBudgetWatch } from '../../src/flows/notification/budget-watch.ts';
import type { SendOutcome } from '../../src/flows/notification/dingtalk-sender.ts';
import { drainDestination } from '../../src/flows/notification/notification-flow.ts';
import { notificationSteps } from '../../src/flows/notification/notification-steps.ts';
import type { NotificationOptions, Work } from '../../src/flows/notification/notification-steps.ts';
import { ingestBatch } from '../../src/flows/ingest/ingest-steps.ts';
import { createReceiver } from '../../src/flows/ingest/receive.ts';
import type { Services } from '../../src/store/services.ts';
import type { FlowWorld, StoryMessage } from './flow-world.ts';

/** Receives a message and takes it through to notices; tells which destinations have work. */
export async function bringIn(world: FlowWorld, ...messages: StoryMessage[]): Promise<Ring[]> {
  const receiver = createReceiver({
    services: world.services,
    directory: world.directory,
    connectorOf: world.connectorOf,
    onStored: () => {},
    onLearned: () => Promise.resolve(),
  });
  for (const message of messages) {
    const { outcome } = await receiver.receive(world.connectionId, world.call(message));
    if (outcome !== 'stored' && outcome !== 'repeated') throw new Error(`not stored: ${outcome}`);
  }
  return ingestAll(world);
}

/** Ingests until nothing waits. A problem of matching fails the test, unless it is wanted. */
export async function ingestAll(
  world: FlowWorld,
  services?: Services,
  onMatchProblem: (error: unknown) => void = (error) => {
    throw error;
  },
): Promise<Ring[]> {
  const rings: Ring[] = [];
  for (;;) {
    const result = await ingestBatch({
      services: services ?? world.services,
      directory: world.directory,
      connectorOf: world.connectorOf,
      announcer: world.announcer,
      onMatchProblem,
    });
    rings.push(...result.rings);
    if (result.messages === 0) return rings;
  }
}

export type Send = (work: Work) => SendOutcome | Promise<SendOutcome>;

/** Options of a worker of this world. */
export function workerOf(
  world: FlowWorld,
  workerId: string,
  send: Send,
  more: Partial<NotificationOptions> = {},
): NotificationOptions {
  return {
    services: world.services,
    directory: world.directory,
    announcer: world.announcer,
    budgets: createBudgetWatch(world.services.pool),
    workerId,
    send: async (work) => send(work),
    onDelivered: () => {},
    onRings: () => {},
    ...more,
  };
}

export function placeOf(world: FlowWorld, index = 0): Ring {
  const destinationId = world.destinations[index];
  if (!destinationId) throw new Error(`no destination ${index}`);
  return { orgId: world.orgId, destinationId };
}

/** Drains one destination as one worker would. */
export function drainAs(world: FlowWorld, options: NotificationOptions, index = 0) {
  return drainDestination(notificationSteps(options, placeOf(world, index)));
}

/**
 * A DingTalk that remembers: what it has shown, once for each key. Without a key it shows again.
 */
export function createChat(): {
  readonly shown: string[][];
  readonly keys: (string | undefined)[];
  accept: Send;
} {
  const shown: string[][] = [];
  const keys: (string | undefined)[] = [];
  return {
    shown,
    keys,
    accept: ({ delivery, notices }) => {
      const { idempotencyKey } = delivery;
      const isNew = idempotencyKey === undefined || !keys.includes(idempotencyKey);
      keys.push(idempotencyKey);
      if (isNew) {
        shown.push(
          notices.map(({ fact }) => ('amount' in fact ? fact.remittanceInformation : fact.kind)),
        );
      }
      return { kind: 'accepted' };
    },
  };
}
