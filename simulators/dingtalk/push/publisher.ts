import { createRandom } from '../../lib/random.ts';

/** Something that an app may be told, with the body of dingtalk.md 4.5. */
export interface AppEvent {
  /** Such as `bpms_instance_change`. */
  readonly eventType: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event as it was born: every delivery of it, on whatever way and how often, has the same id. */
export interface PublishedEvent extends AppEvent {
  readonly eventId: string;
  readonly bornAt: number;
}

export interface EventPublisher {
  publish(event: AppEvent): void;
  /** Hears every event from now on, in order; the answer ends it. */
  subscribe(listener: (event: PublishedEvent) => void): () => void;
}

/** Makes the place where parts of the simulator tell what happened; delivering it is another part's work. */
export function createPublisher(seed: number, now: () => number): EventPublisher {
  const listeners = new Set<(event: PublishedEvent) => void>();
  // A generator of its own: events must not shift what the world's seed gives elsewhere.
  const random = createRandom(seed ^ 0x0e_7e_47);
  let count = 0;
  return {
    publish(event) {
      count += 1;
      const bornAt = now();
      const published = { ...event, eventId: eventId(bornAt, count, random.next()), bornAt };
      for (const listener of listeners) listener(published);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

// The time is part of it, so that a restart with the same seed does not give ids that were seen before.
function eventId(bornAt: number, count: number, chance: number): string {
  const parts = [bornAt.toString(16), count.toString(16).padStart(8, '0')];
  parts.push(
    Math.floor(chance * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0'),
  );
  return parts.join('');
}
