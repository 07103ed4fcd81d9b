import type { Clock } from '../../lib/clock.ts';

interface Appointment {
  readonly at: Date;
  readonly run: (at: Date) => void;
}

/** A timer never fires sooner than this, so that a clock that stands still does not spin it. */
const SOONEST_MS = 20;
/** The longest delay that a timer of Node takes. */
const LATEST_MS = 2 ** 31 - 1;

/**
 * What the bank does later, by the simulator's clock: every call on either interface first does what
 * is due, so that a clock that was moved has its consequences at once; a timer serves when nobody calls.
 */
export class Agenda {
  readonly #clock: Clock;
  /** In order of time. */
  readonly #appointments: Appointment[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Plans an action; it is told its own moment, however late it is carried out. */
  plan(at: Date, run: (at: Date) => void): void {
    let index = this.#appointments.length;
    while (index > 0 && (this.#appointments[index - 1]?.at ?? at) > at) index -= 1;
    this.#appointments.splice(index, 0, { at, run });
    this.#arm();
  }

  /** Does what is due, in order of time; an action may plan another that is due as well. */
  runDue(): void {
    const now = this.#clock.now();
    for (;;) {
      const due = this.#appointments.findIndex(({ at }) => at > now);
      const ready = this.#appointments.splice(0, due < 0 ? this.#appointments.length : due);
      if (ready.length === 0) break;
      for (const { at, run } of ready) run(at);
    }
    this.#arm();
  }

  /** Actions that are still to come. */
  waiting(): number {
    return this.#appointments.length;
  }

  stop(): void {
    this.#stopped = true;
    this.#appointments.length = 0;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#appointments[0];
    if (!next || this.#stopped) return;
    const ms = next.at.getTime() - this.#clock.now().getTime();
    const delay = Math.min(Math.max(ms, SOONEST_MS), LATEST_MS);
    this.#timer = setTimeout(() => this.runDue(), delay).unref();
  }
}
