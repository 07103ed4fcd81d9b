import { instantFromMs, isTimeZone, minuteOfDay, weekdayIn } from '#core/dates.ts';

/** Weekday (1 Monday … 7 Sunday) and minute of the day at some place. */
export interface LocalTime {
  readonly weekday: number;
  readonly minute: number;
}

interface Remembered extends LocalTime {
  readonly quarter: number;
}

const QUARTER_MS = 15 * 60_000;

/**
 * Tells local time and remembers the last quarter of an hour per zone. Asking the zone database
 * costs more than matching a whole tree; since offsets and their changes fall on whole quarters,
 * within one quarter only the minute moves.
 */
export class LocalClock {
  readonly #remembered = new Map<string, Remembered | undefined>();

  #last: { zone: string; epochMs: number; time: LocalTime } | undefined;

  /** Undefined for a zone that this machine does not know. */
  at(zone: string, epochMs: number): LocalTime | undefined {
    const quarter = Math.floor(epochMs / QUARTER_MS);
    // Routes ask for the same zone at the same moment again and again.
    if (this.#last?.zone === zone && this.#last.epochMs === epochMs) return this.#last.time;
    const known = this.#remembered.get(zone);
    if (known === undefined && this.#remembered.has(zone)) return undefined;
    const start = known?.quarter === quarter ? known : this.#ask(zone, quarter);
    if (start === undefined) return undefined;
    const passed = Math.floor((epochMs - quarter * QUARTER_MS) / 60_000);
    const time = { weekday: start.weekday, minute: start.minute + passed };
    this.#last = { zone, epochMs, time };
    return time;
  }

  #ask(zone: string, quarter: number): Remembered | undefined {
    const answer = isTimeZone(zone) ? askZone(zone, quarter) : undefined;
    this.#remembered.set(zone, answer);
    return answer;
  }
}

function askZone(zone: string, quarter: number): Remembered {
  const instant = instantFromMs(quarter * QUARTER_MS);
  return { quarter, weekday: weekdayIn(instant, zone), minute: minuteOfDay(instant, zone) };
}
