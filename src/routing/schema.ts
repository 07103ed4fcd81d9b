import { z } from 'zod';
import { isTimeZone, parsePlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { parseId, type RouteId } from '#core/ids.ts';
import { detailLevels, languages } from '#core/languages.ts';
import { formatDecimal, type Money, parseCurrency, parseMoney } from '#core/money.ts';
import { inspectTree, type RouteWarning } from './inspect.ts';
import { isAlwaysMuted, MUTED_DAYS_MAX } from './mute.ts';
import {
  type AmountBand,
  groupingKeys,
  isWordMatcher,
  type LocalHours,
  type Matcher,
  minutesOf,
  type MuteTime,
  type RouteNode,
  type RouteSettings,
  type WordMatcherKind,
  weekdays,
  wordMatchers,
} from './route.ts';

const texts = (maximum: number) => z.array(z.string().trim().min(1).max(200)).min(1).max(maximum);
const not = z.boolean().optional();
const decimalText = z
  .string({ error: 'write the amount as text in quotes, such as "1500000.00"' })
  .max(40);

const hours = {
  weekdays: z.array(z.enum(weekdays)).min(1).max(7).optional(),
  from: z.string(),
  to: z.string(),
  zone: z.string().max(60),
};

const plainBand = z.strictObject({
  currency: z.string().max(12),
  min: decimalText.optional(),
  max: decimalText.optional(),
});

const wordKinds = Object.keys(wordMatchers).filter((key): key is WordMatcherKind =>
  Object.hasOwn(wordMatchers, key),
);

const wordSchemas = wordKinds.map((kind) =>
  z.strictObject({
    kind: z.literal(kind),
    values: z.array(z.enum(wordMatchers[kind].words)).min(1),
    not,
  }),
);

const plainMatcher = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('account'), values: texts(5_000), not }),
  z.strictObject({ kind: z.literal('bank'), values: texts(200), not }),
  z.strictObject({ kind: z.literal('currency'), values: texts(200), not }),
  z.strictObject({ kind: z.literal('amount'), bands: z.array(plainBand).min(1).max(200), not }),
  z.strictObject({
    kind: z.literal('counterparty'),
    how: z.enum(['contains', 'equals', 'glob']),
    values: texts(1_000),
    not,
  }),
  z.strictObject({
    kind: z.literal('text'),
    how: z.enum(['contains', 'glob']),
    values: texts(1_000),
    not,
  }),
  z.strictObject({ kind: z.literal('hour'), ...hours, not }),
  ...wordSchemas,
]);

const plainMuteTime = z.strictObject({
  ...hours,
  dates: z
    .array(z.strictObject({ from: z.string(), to: z.string() }))
    .min(1)
    .max(400)
    .optional(),
});

const plainSettings = z.strictObject({
  language: z.enum(languages).optional(),
  detail: z.enum(detailLevels).optional(),
  lane: z.enum(['urgent', 'normal']).optional(),
  mentions: z.array(z.string().trim().min(1).max(64)).max(50).optional(),
  grouping: z
    .union([
      z.literal('none'),
      z.strictObject({
        by: z.array(z.enum(groupingKeys)),
        waitMs: z.int().min(0).max(86_400_000),
        maximum: z.int().min(1).max(1_000),
      }),
    ])
    .optional(),
  muteTimes: z.array(plainMuteTime).max(50).optional(),
  alerts: z.boolean().optional(),
  isSilent: z.boolean().optional(),
  tellMaker: z.boolean().optional(),
});

/** A route as the API and YAML write it: amounts are decimal text, defaults may be left out. */
export const plainRouteSchema = z.strictObject({
  routeId: z.string().optional(),
  name: z.string().trim().min(1).max(120),
  matchers: z.array(plainMatcher).max(50).optional(),
  destinationIds: z.array(z.string()).max(100).optional(),
  continueMatching: z.boolean().optional(),
  settings: plainSettings.optional(),
  get children(): z.ZodOptional<z.ZodArray<typeof plainRouteSchema>> {
    return z.array(plainRouteSchema).optional();
  },
});

export type PlainRoute = z.infer<typeof plainRouteSchema>;
export type PlainMatcher = z.infer<typeof plainMatcher>;
type PlainSettings = z.infer<typeof plainSettings>;
type PlainBand = z.infer<typeof plainBand>;

/** Something to repair: where it is and how. */
export interface RouteProblem {
  /** Such as `children[2].matchers[0].bands[0].min`; empty for the tree itself. */
  readonly path: string;
  readonly problem: string;
}

export type RouteReading =
  | { readonly ok: true; readonly tree: RouteNode; readonly warnings: readonly RouteWarning[] }
  | { readonly ok: false; readonly problems: readonly RouteProblem[] };

export interface ReadOptions {
  /** Gives an id to a route that has none yet; without it, each route must bring its own. */
  readonly mintRouteId?: () => RouteId;
}

/** Levels of a tree; more is a mistake or an attack. */
export const ROUTE_DEPTH_MAX = 12;

/** Reads a tree and reports everything that is wrong with it, not only the first thing. */
export function readRouteTree(input: unknown, options: ReadOptions = {}): RouteReading {
  if (depthOf(input) > ROUTE_DEPTH_MAX) {
    const problem = `routes are nested deeper than ${ROUTE_DEPTH_MAX} levels; flatten the tree`;
    return { ok: false, problems: [{ path: '', problem }] };
  }
  const shape = plainRouteSchema.safeParse(input);
  if (!shape.success) return { ok: false, problems: shape.error.issues.map(toProblem) };
  const reader = new TreeReader(options);
  const tree = reader.read(shape.data, '');
  if (tree === undefined || reader.problems.length > 0) {
    return { ok: false, problems: reader.problems };
  }
  return { ok: true, tree, warnings: inspectTree(tree) };
}

/** As {@link readRouteTree}, but throws `route.invalid` with the first problem and their number. */
export function parseRouteTree(
  input: unknown,
  options: ReadOptions = {},
): { readonly tree: RouteNode; readonly warnings: readonly RouteWarning[] } {
  const reading = readRouteTree(input, options);
  if (reading.ok) return { tree: reading.tree, warnings: reading.warnings };
  const [first] = reading.problems;
  throw new CashbellError('route.invalid', {
    path: first?.path ?? '',
    problem: first?.problem ?? '',
    count: reading.problems.length,
  });
}

/** Writes a tree as {@link parseRouteTree} reads it, for storage, API and YAML. */
export function toPlain(route: RouteNode): PlainRoute {
  return {
    routeId: route.routeId,
    name: route.name,
    matchers: route.matchers.map(toPlainMatcher),
    destinationIds: [...route.destinationIds],
    continueMatching: route.continueMatching,
    settings: plainSettings.parse(route.settings),
    children: route.children.map(toPlain),
  };
}

function depthOf(input: unknown): number {
  // A loop over levels, because a recursion would fall to the very input it guards against.
  let level: unknown[] = [input];
  let depth = 0;
  while (level.length > 0 && depth <= ROUTE_DEPTH_MAX) {
    depth += 1;
    level = level.flatMap((node): unknown[] => {
      if (typeof node !== 'object' || node === null || !('children' in node)) return [];
      return Array.isArray(node.children) ? node.children : [];
    });
  }
  return depth;
}

function toProblem(issue: z.core.$ZodIssue): RouteProblem {
  const path = issue.path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : join(text, String(key))),
    '',
  );
  const isUnknownKind = issue.code === 'invalid_union' && path.endsWith('kind');
  if (!isUnknownKind) return { path, problem: issue.message };
  const kinds = ['account', 'bank', 'currency', 'amount', 'counterparty', 'text', 'hour'];
  return { path, problem: `kind must be one of ${[...kinds, ...wordKinds].join(', ')}` };
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** Checks what the shape alone cannot say and collects every problem on the way. */
class TreeReader {
  readonly problems: RouteProblem[] = [];
  readonly #options: ReadOptions;
  readonly #seen = new Set<string>();

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  read(plain: PlainRoute, path: string): RouteNode | undefined {
    const routeId = this.#try(join(path, 'routeId'), () => this.#readRouteId(plain.routeId));
    const matchers = (plain.matchers ?? []).map((matcher, index) =>
      this.#readMatcher(matcher, join(path, `matchers[${index}]`)),
    );
    const destinationIds = (plain.destinationIds ?? []).map((text, index) =>
      this.#try(join(path, `destinationIds[${index}]`), () => parseId('dst', text)),
    );
    const settings = this.#readSettings(plain.settings ?? {}, join(path, 'settings'));
    const children = (plain.children ?? []).map((child, index) =>
      this.read(child, join(path, `children[${index}]`)),
    );
    if (routeId === undefined) return undefined;
    return {
      routeId,
      name: plain.name,
      matchers: matchers.filter(isDefined),
      destinationIds: destinationIds.filter(isDefined),
      continueMatching: plain.continueMatching ?? false,
      settings,
      children: children.filter(isDefined),
    };
  }

  #readRouteId(text: string | undefined): RouteId {
    const routeId = text === undefined ? this.#options.mintRouteId?.() : parseId('rte', text);
    if (routeId === undefined) throw new Refusal('each route needs its routeId (rte_…)');
    if (this.#seen.has(routeId)) {
      throw new Refusal(`${routeId} stands twice in the tree; leave the id of the copy out`);
    }
    this.#seen.add(routeId);
    return routeId;
  }

  #readMatcher(plain: PlainMatcher, path: string): Matcher | undefined {
    const isNegated = plain.not ?? false;
    const each = <T>(values: readonly string[], parse: (text: string) => T): T[] =>
      values
        .map((text, index) => this.#try(`${path}.values[${index}]`, () => parse(text)))
        .filter(isDefined);
    switch (plain.kind) {
      case 'account':
        return { kind: 'account', isNegated, values: each(plain.values, readAccountId) };
      case 'currency':
        return { kind: 'currency', isNegated, values: each(plain.values, parseCurrency) };
      case 'amount': {
        const bands = plain.bands.map((band, index) =>
          this.#try(`${path}.bands[${index}]`, () => readBand(band)),
        );
        return { kind: 'amount', isNegated, bands: bands.filter(isDefined) };
      }
      case 'hour': {
        const hoursRead = this.#try(path, () => readHours(plain));
        return hoursRead && { kind: 'hour', isNegated, ...hoursRead };
      }
      case 'counterparty':
        return { kind: 'counterparty', how: plain.how, values: plain.values, isNegated };
      case 'text':
        return { kind: 'text', how: plain.how, values: plain.values, isNegated };
      case 'bank':
        return { kind: 'bank', values: plain.values, isNegated };
      default:
        return { kind: plain.kind, values: plain.values, isNegated };
    }
  }

  #readSettings(plain: PlainSettings, path: string): RouteSettings {
    const { language, detail, lane, mentions, grouping, alerts, isSilent, tellMaker } = plain;
    const muteTimes = plain.muteTimes
      ?.map((mute, index) => this.#try(`${path}.muteTimes[${index}]`, () => readMute(mute)))
      .filter(isDefined);
    this.#try(`${path}.muteTimes`, () => refuseAlwaysMuted(muteTimes ?? []));
    return {
      ...(language === undefined ? {} : { language }),
      ...(detail === undefined ? {} : { detail }),
      ...(lane === undefined ? {} : { lane }),
      ...(mentions === undefined ? {} : { mentions }),
      ...(grouping === undefined ? {} : { grouping }),
      ...(muteTimes === undefined ? {} : { muteTimes }),
      ...(alerts === undefined ? {} : { alerts }),
      ...(isSilent === undefined ? {} : { isSilent }),
      ...(tellMaker === undefined ? {} : { tellMaker }),
    };
  }

  #try<T>(path: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof Refusal) this.problems.push({ path, problem: error.message });
      else if (error instanceof CashbellError)
        this.problems.push({ path, problem: explain(error) });
      else throw error;
      return undefined;
    }
  }
}

/** A problem of our own, caught where its path is known. */
class Refusal extends Error {}

function explain({ code, details, message }: CashbellError): string {
  switch (code) {
    case 'id.invalid':
      return `"${details['text']}" is not an id that begins with ${details['expected']}_`;
    case 'money.currencyUnknown':
      return `"${details['currency']}" is not a currency; use an ISO 4217 code such as IDR`;
    case 'money.amountInvalid':
      return `"${details['amount']}" is not an amount; write digits and a point, such as 1500000.00`;
    case 'money.tooManyDecimals':
      return `${details['amount']} has more decimals than ${details['currency']} has`;
    case 'date.dayInvalid':
    case 'date.yearImplausible':
      return `"${details['text']}" is not a day; write yyyy-MM-dd`;
    default:
      return message;
  }
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function readAccountId(text: string) {
  return parseId('acc', text);
}

function readBand(plain: PlainBand): AmountBand {
  const currency = parseCurrency(plain.currency);
  const min = readLimit(plain.min, currency);
  const max = readLimit(plain.max, currency);
  if (min === undefined && max === undefined) {
    throw new Refusal('a band needs min, max or both; for any amount use a currency matcher');
  }
  if (min && max && min.amountMinorUnits > max.amountMinorUnits) {
    throw new Refusal('min is above max, so no amount can match; swap them');
  }
  return { currency, ...(min && { min }), ...(max && { max }) };
}

function readLimit(text: string | undefined, currency: string): Money | undefined {
  if (text === undefined) return undefined;
  const limit = parseMoney(text, currency);
  if (limit.amountMinorUnits < 0n) {
    throw new Refusal('amounts are never negative; use a direction matcher for debits');
  }
  return limit;
}

interface PlainHours {
  readonly weekdays?: LocalHours['weekdays'] | undefined;
  readonly from: string;
  readonly to: string;
  readonly zone: string;
}

function readHours({ weekdays: days, from, to, zone }: PlainHours): LocalHours {
  if (minutesOf(from) === undefined || from === '24:00') {
    throw new Refusal(`from "${from}" is not a time; write HH:mm from 00:00 to 23:59`);
  }
  if (minutesOf(to) === undefined) {
    throw new Refusal(`to "${to}" is not a time; write HH:mm from 00:00 to 24:00`);
  }
  if (from === to) throw new Refusal('from and to are the same; a whole day is 00:00 to 24:00');
  if (!isTimeZone(zone)) {
    throw new Refusal(`time zone "${zone}" is unknown; write one such as Asia/Jakarta`);
  }
  return { from, to, zone, ...(days && { weekdays: days }) };
}

function readMute(plain: PlainHours & { dates?: MuteTime['dates'] | undefined }): MuteTime {
  for (const { from, to } of plain.dates ?? []) {
    if (parsePlainDate(from).until(parsePlainDate(to)).days < 0) {
      throw new Refusal(`the dates end (${to}) before they begin (${from})`);
    }
  }
  return { ...readHours(plain), ...(plain.dates && { dates: plain.dates }) };
}

function refuseAlwaysMuted(muteTimes: readonly MuteTime[]): void {
  if (!isAlwaysMuted(muteTimes)) return;
  throw new Refusal(
    `these mute times leave no moment to speak for ${MUTED_DAYS_MAX} days; to tell nobody, use isSilent`,
  );
}

function toPlainMatcher(matcher: Matcher): PlainMatcher {
  const negation = matcher.isNegated ? { not: true } : {};
  if (isWordMatcher(matcher)) {
    return plainMatcher.parse({ kind: matcher.kind, values: matcher.values, ...negation });
  }
  switch (matcher.kind) {
    case 'amount':
      return { kind: 'amount', bands: matcher.bands.map(toPlainBand), ...negation };
    case 'hour': {
      const { isNegated: _, ...rest } = matcher;
      return plainMatcher.parse({ ...rest, ...negation });
    }
    case 'counterparty':
      return { kind: 'counterparty', how: matcher.how, values: [...matcher.values], ...negation };
    case 'text':
      return { kind: 'text', how: matcher.how, values: [...matcher.values], ...negation };
    default:
      return { kind: matcher.kind, values: [...matcher.values], ...negation };
  }
}

function toPlainBand({ currency, min, max }: AmountBand): PlainBand {
  return {
    currency,
    ...(min && { min: formatDecimal(min) }),
    ...(max && { max: formatDecimal(max) }),
  };
}
