import type { BankMovement, ChatState, Telling } from './books.ts';

/** What the auditor found. */
export interface Verdict {
  /** Booked at a bank and in no message and on no card. */
  readonly lost: readonly string[];
  /** Told, but as it stands at the bank now: a booked movement known only as pending. */
  readonly notTheLast: readonly string[];
  readonly toldTwice: readonly Repetition[];
  readonly toldTwiceUnavoidable: readonly Repetition[];
  readonly outOfOrder: readonly string[];
  readonly pairsCompared: number;
}

export interface Repetition {
  readonly reference: string;
  readonly state: string;
  readonly group: string;
  readonly why: string;
}

const KEYLESS =
  'an app robot takes no idempotency key: the answer to this message was lost, it was sent again, and DingTalk had shown it already';

/** Judges a run by the books of the banks and of DingTalk alone. */
export function audit(movements: readonly BankMovement[], chat: ChatState): Verdict {
  const owners = new Map<string, BankMovement>();
  for (const movement of movements) for (const key of movement.keys) owners.set(key, movement);
  const tellings = new Map<string, Told[]>();
  for (const telling of chat.tellings) {
    const movement = owners.get(telling.key);
    if (!movement) continue;
    const known = tellings.get(movement.reference) ?? [];
    tellings.set(movement.reference, known);
    // One line may name a movement by several of its keys.
    if (!known.some((one) => isSamePlace(one, telling))) known.push({ ...telling, movement });
  }
  const repetitions = findRepetitions(tellings);
  const order = compareOrder(movements, tellings);
  return {
    lost: movements
      .filter(({ reference }) => !tellings.has(reference))
      .map(({ reference, account, way }) => `${reference} of ${account} (${way})`),
    notTheLast: findOutdated(movements, tellings, chat),
    toldTwice: repetitions,
    toldTwiceUnavoidable: repetitions.filter(({ why }) => why === KEYLESS),
    ...order,
  };
}

type Told = Telling & { readonly movement: BankMovement };

function isSamePlace(left: Telling, right: Telling): boolean {
  return left.sequence === right.sequence && left.index === right.index;
}

function findOutdated(
  movements: readonly BankMovement[],
  tellings: ReadonlyMap<string, readonly Told[]>,
  chat: ChatState,
): string[] {
  return movements
    .filter(({ reference, keys, status }) => {
      const told = tellings.get(reference);
      if (!told || status !== 'booked') return false;
      const onCard = keys.map((key) => chat.cardStates.get(key)).find((state) => state);
      const states = [...told.map(({ state }) => state), onCard];
      return !states.some((state) => state === 'booked' || state === 'corrected');
    })
    .map(({ reference }) => reference);
}

/** The same movement in the same state in two messages of one group that are no updates of one card. */
function findRepetitions(tellings: ReadonlyMap<string, readonly Told[]>): Repetition[] {
  const found: Repetition[] = [];
  for (const [reference, told] of tellings) {
    const first = new Map<string, Told>();
    for (const one of told.toSorted(bySequence)) {
      const place = `${one.group}\n${one.state}`;
      const before = first.get(place);
      if (!before) {
        first.set(place, one);
        continue;
      }
      // A repetition after a lost answer tells exactly the same movements again.
      const isRepeat = before.fingerprint === one.fingerprint;
      const isKeyless = before.via === 'appRobot' && one.via === 'appRobot';
      const why =
        isRepeat && isKeyless
          ? KEYLESS
          : `avoidable: ${before.via} ${before.sequence} and ${one.via} ${one.sequence}`;
      found.push({ reference, state: one.state, group: one.group, why });
    }
  }
  return found;
}

function bySequence(left: Telling, right: Telling): number {
  return left.sequence - right.sequence || left.index - right.index;
}

/**
 * First tellings of an account against the order in which the bank certainly told us: a before b,
 * when we had acknowledged a before b even existed; or when b was never pushed, so that the
 * statement which told of b told of the older a as well. Other pairs reached us in an order that
 * nobody but us knows. Movements that were pending first are left out: their booking is later than
 * their first telling.
 */
function compareOrder(
  movements: readonly BankMovement[],
  tellings: ReadonlyMap<string, readonly Told[]>,
): Pick<Verdict, 'outOfOrder' | 'pairsCompared'> {
  const byAccount = Map.groupBy(
    movements.filter(({ wasPending }) => !wasPending),
    ({ account }) => account,
  );
  const outOfOrder: string[] = [];
  let pairsCompared = 0;
  for (const [account, all] of byAccount) {
    const told = all
      .map((movement) => ({ movement, first: firstOf(tellings.get(movement.reference)) }))
      .filter((one): one is Placed => one.first !== undefined)
      .toSorted((left, right) => bySequence(left.first, right.first));
    // The told ones in their order: whoever comes later must not have to come before.
    for (const [index, later] of told.entries()) {
      for (const earlier of told.slice(Math.max(0, index - WINDOW), index)) {
        pairsCompared += 1;
        const why = mustPrecede(later.movement, earlier.movement);
        if (why === undefined) continue;
        outOfOrder.push(
          `${account}: ${describe(earlier)} was told before ${describe(later)}, though ${why}`,
        );
      }
    }
  }
  return { outOfOrder, pairsCompared };
}

interface Placed {
  readonly movement: BankMovement;
  readonly first: Told;
}

/** How far back a telling is compared; what is further apart was told minutes apart. */
const WINDOW = 200;

function firstOf(told: readonly Told[] | undefined): Told | undefined {
  return told?.toSorted(bySequence)[0];
}

function mustPrecede(a: BankMovement, b: BankMovement): string | undefined {
  if (a.acknowledgedAtMs !== undefined && a.acknowledgedAtMs < b.atMs) {
    return 'we had acknowledged it before the other was booked';
  }
  const isOlder = !b.wasPushed && a.atMs < b.atMs;
  return isOlder ? 'the statement that told of the other told of it too' : undefined;
}

function describe({ movement, first }: Placed): string {
  const booked = new Date(movement.atMs).toISOString().slice(11, 23);
  return `${movement.reference} (${movement.way}, booked ${booked}, ${first.via} ${first.sequence})`;
}
