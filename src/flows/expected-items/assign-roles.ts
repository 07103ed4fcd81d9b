import { isCreditorReference } from '#reconciliation/key-forms.ts';
import { foldColumnName, namedRoleOf } from './column-roles.ts';
import type { TableHead } from './find-head.ts';
import { isEmptyCell, textOf, unfitAnswer } from './import-table.ts';
import type { ImportCell } from './import-table.ts';
import { columnRoles } from './import-words.ts';
import type { ColumnRole, ImportAnswers, ImportMapping, ImportQuestion } from './import-words.ts';
import { bareAmount, currencyNamedBy } from './number-formats.ts';

/** Why a column is taken for what it is. */
export type RoleBasis = 'answer' | 'mapping' | 'header' | 'content' | 'none';

export interface AssignedColumn {
  /** Its place in a row, from 0. */
  readonly place: number;
  readonly header: string;
  /** Absent: passed over. */
  readonly role?: ColumnRole;
  readonly basis: RoleBasis;
}

export interface AssignedColumns {
  readonly columns: readonly AssignedColumn[];
  readonly questions: readonly ImportQuestion[];
}

/** Answer that says: no column is it. */
export const NO_COLUMN = 'none';
/** Rows that are looked at where the content of a column must tell what it is. */
const ROWS_LOOKED_AT = 2_000;

/**
 * Says what each column holds: by people's answer, by the remembered mapping, by its name, and last
 * by its content where that leaves one possibility only. Two columns with one meaning are asked about.
 */
export function assignRoles(
  head: TableHead,
  answers: ImportAnswers,
  mapping: ImportMapping | undefined,
): AssignedColumns {
  const wished = wishedRoles(head, answers, mapping);
  const questions: ImportQuestion[] = [];
  const byPlace = new Map<number, { readonly role: ColumnRole; readonly basis: RoleBasis }>();
  for (const role of columnRoles) {
    const wish = wished.byRole.get(role);
    if (wish === 'none') continue;
    if (wish !== undefined) {
      byPlace.set(wish.place, { role, basis: wish.basis });
      continue;
    }
    const places = namedPlaces(head, role, wished.taken);
    const [only, another] = places;
    if (only !== undefined && another === undefined) byPlace.set(only, { role, basis: 'header' });
    else if (another !== undefined) questions.push(columnQuestion(head, role, places));
  }
  assignByContent(head, byPlace, wished.taken);
  const isAsked = questions.some(({ key }) => key === 'column.amount');
  if (!isAsked && !hasAmount(byPlace)) questions.push(amountQuestion(head, byPlace));
  const columns = head.headers.map((header, place): AssignedColumn => {
    const found = byPlace.get(place);
    return found ? { place, header, ...found } : { place, header, basis: 'none' };
  });
  return { columns, questions };
}

interface Wishes {
  readonly byRole: ReadonlyMap<ColumnRole, { place: number; basis: RoleBasis } | 'none'>;
  /** Columns that somebody has given a meaning, so that their names mean nothing any more. */
  readonly taken: ReadonlySet<number>;
}

function wishedRoles(
  head: TableHead,
  answers: ImportAnswers,
  mapping: ImportMapping | undefined,
): Wishes {
  const byRole = new Map<ColumnRole, { place: number; basis: RoleBasis } | 'none'>();
  const taken = new Set<number>();
  head.headers.forEach((header, place) => {
    const role = mapping?.columns[foldColumnName(header)];
    if (role === undefined) return;
    taken.add(place);
    if (role !== 'ignore') byRole.set(role, { place, basis: 'mapping' });
  });
  for (const role of columnRoles) {
    const answer = answers[`column.${role}`];
    if (answer === undefined) continue;
    if (answer === NO_COLUMN) {
      byRole.set(role, 'none');
      continue;
    }
    const place = placeNamed(head, answer);
    if (place === undefined) throw unfitAnswer(`column.${role}`, answer);
    for (const [other, wish] of byRole) {
      if (wish !== 'none' && wish.place === place) byRole.delete(other);
    }
    byRole.set(role, { place, basis: 'answer' });
    taken.add(place);
  }
  return { byRole, taken };
}

/** A column by its header, or by its number from 1. */
function placeNamed({ headers }: TableHead, answer: string): number | undefined {
  const folded = foldColumnName(answer);
  const byName = headers.findIndex((header) => foldColumnName(header) === folded);
  if (byName >= 0) return byName;
  const number = /^#?(\d{1,3})$/.exec(answer.trim())?.[1];
  const place = number === undefined ? -1 : Number(number) - 1;
  return place >= 0 && place < headers.length ? place : undefined;
}

/** Columns whose name says this; weak names only where no column has a strong one. */
function namedPlaces(
  { headers, body }: TableHead,
  role: ColumnRole,
  taken: ReadonlySet<number>,
): number[] {
  const found = headers.flatMap((header, place) => {
    const named = taken.has(place) ? undefined : namedRoleOf(header);
    return named?.role === role ? [{ place, isStrong: named.isStrong }] : [];
  });
  const strong = found.filter(({ isStrong }) => isStrong);
  const places = (strong.length > 0 ? strong : found).map(({ place }) => place);
  if (places.length < 2) return places;
  // A column that is empty in every row is no rival.
  const filled = places.filter((place) => body.some(({ cells }) => !isEmptyCell(cells[place])));
  return filled.length === 0 ? places.slice(0, 1) : filled;
}

type Assigned = Map<number, { readonly role: ColumnRole; readonly basis: RoleBasis }>;

function hasAmount(assigned: Assigned): boolean {
  return [...assigned.values()].some(
    ({ role }) => role === 'amount' || role === 'openAmount' || role === 'amountMax',
  );
}

/** What only one kind of content can be: codes of currencies, references with check digits. */
function assignByContent(head: TableHead, assigned: Assigned, taken: ReadonlySet<number>): void {
  const tests: readonly (readonly [ColumnRole, (text: string) => boolean])[] = [
    ['currency', (text) => /^[A-Z]{3}$/.test(text) && currencyNamedBy(text) !== undefined],
    ['creditorReference', (text) => isCreditorReference(text.replace(/\s/g, '').toUpperCase())],
  ];
  for (const [role, fits] of tests) {
    if ([...assigned.values()].some((one) => one.role === role)) continue;
    const [only, another] = freePlaces(head, assigned, taken).filter((place) =>
      everyFilled(head, place, fits),
    );
    if (only !== undefined && another === undefined) assigned.set(only, { role, basis: 'content' });
  }
  if (hasAmount(assigned)) return;
  const [only, another] = freePlaces(head, assigned, taken).filter((place) =>
    isAmounts(head, place),
  );
  if (only !== undefined && another === undefined) {
    assigned.set(only, { role: 'amount', basis: 'content' });
  }
}

function freePlaces(head: TableHead, assigned: Assigned, taken: ReadonlySet<number>): number[] {
  return head.headers
    .map((_header, place) => place)
    .filter((place) => !assigned.has(place) && !taken.has(place));
}

function cellsAt({ body }: TableHead, place: number): ImportCell[] {
  return body
    .slice(0, ROWS_LOOKED_AT)
    .map(({ cells }) => cells[place] ?? '')
    .filter((cell) => !isEmptyCell(cell));
}

function everyFilled(head: TableHead, place: number, fits: (text: string) => boolean): boolean {
  const cells = cellsAt(head, place);
  return cells.length > 0 && cells.every((cell) => fits(textOf(cell)));
}

/** Amounts, and not numbers of documents: decimals, or a currency beside them. */
function isAmounts(head: TableHead, place: number): boolean {
  const cells = cellsAt(head, place);
  const bare = cells.map((cell) => bareAmount(textOf(cell)));
  if (bare.length === 0 || bare.some((one) => one === undefined)) return false;
  return bare.some((one) => one !== undefined && (one.sign !== '' || /[.,]\d\d$/.test(one.digits)));
}

function columnQuestion(
  head: TableHead,
  role: ColumnRole,
  places: readonly number[],
): ImportQuestion {
  return {
    key: `column.${role}`,
    code: 'column',
    values: { role },
    options: places.map((place) => ({
      answer: nameOf(head, place),
      example: samplesOf(head, place),
    })),
  };
}

function amountQuestion(head: TableHead, assigned: Assigned): ImportQuestion {
  const free = freePlaces(head, assigned, new Set());
  const numeric = free.filter((place) =>
    cellsAt(head, place).some((cell) => bareAmount(textOf(cell)) !== undefined),
  );
  return columnQuestion(head, 'amount', numeric.length > 0 ? numeric : free);
}

/** A header that stands there twice, or none, is named by its number. */
function nameOf({ headers }: TableHead, place: number): string {
  const header = headers[place] ?? '';
  const isUnique =
    headers.filter((one) => foldColumnName(one) === foldColumnName(header)).length < 2;
  return header !== '' && isUnique ? header : `#${place + 1}`;
}

function samplesOf(head: TableHead, place: number): string {
  return cellsAt(head, place).slice(0, 3).map(textOf).join(' · ').slice(0, 120);
}
