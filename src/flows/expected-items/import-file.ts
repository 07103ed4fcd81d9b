import { createHash } from 'node:crypto';
import { dayIn } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { OrgId } from '#core/ids.ts';
import type { ChangeChoice, ImportChoice } from '#core/item-changes.ts';
import { parseCurrency } from '#core/money.ts';
import type { CurrencyCode } from '#core/money.ts';
import { newId } from '#secret/ids.ts';
import { findMapping, getMapping, saveMapping } from '#store/import-mappings.ts';
import { findImportByDigest, getImport, insertImport } from '#store/item-imports.ts';
import type { ImportCounts, ItemImport } from '#store/item-imports.ts';
import type { AdminServices } from '#store/orgs.ts';
import { getOrg } from '#store/orgs.ts';
import type { ImportAnswers, ImportMapping, ImportQuestion, ItemProblem } from './import-words.ts';
import { splitRepeats } from './plan-items.ts';
import type { StatedRow } from './plan-items.ts';
import { documentKeyOf, toStated } from './stated-item.ts';
import { changeItems, requireItemManager, takeItems } from './take-items.ts';
import type { Taken, TakeScope } from './take-items.ts';
import { understandFile } from './understand-file.ts';
import type { Understanding } from './understand-file.ts';

export type ImportServices = Pick<AdminServices, 'pool' | 'now'>;

/** A file of documents that somebody wants to expect. */
export interface ImportRequest {
  readonly orgId: OrgId;
  readonly actor: string;
  readonly bytes: Uint8Array;
  readonly fileName: string;
  readonly answers: ImportAnswers;
  /** Read it as files of this mapping, whatever its columns are called. */
  readonly mapping?: string | undefined;
  readonly choice: ImportChoice;
  readonly changes: ChangeChoice;
  readonly onProgress?: TakeScope['onProgress'];
}

/** A file as it would be taken. */
export interface CheckedFile {
  readonly understood: Understanding;
  readonly rows: readonly StatedRow[];
  /** In the order of the file. */
  readonly problems: readonly ItemProblem[];
  readonly refusedRows: number;
}

export interface ImportedFile extends CheckedFile {
  /** Absent: the file said nothing new, and no file said it before. */
  readonly taken: ItemImport | undefined;
  readonly counts: ImportCounts;
  readonly outcome: Taken;
  readonly isRepeated: boolean;
}

/** How many refused rows an import keeps to be shown later. */
const PROBLEMS_KEPT = 500;

/** Understands a file without writing anything: what to ask, the first rows, what is wrong. */
export async function checkFile(
  services: ImportServices,
  request: Pick<ImportRequest, 'orgId' | 'bytes' | 'answers' | 'mapping'>,
): Promise<CheckedFile> {
  const { orgId, bytes, answers, mapping: wish } = request;
  const { pool } = services;
  const { zone } = await getOrg(services, orgId);
  const forced =
    wish === undefined ? undefined : await getMapping<ImportMapping>(pool, orgId, wish);
  const understood = await understandFile(bytes, {
    answers,
    today: dayIn(services.now(), zone),
    currencies: await currenciesOf(services, orgId),
    recall: async (headDigest) =>
      (forced ?? (await findMapping<ImportMapping>(pool, orgId, headDigest)))?.mapping,
  });
  const stated = understood.drafts.map((draft): StatedRow => {
    const statement = toStated(draft);
    return { row: draft.row, stated: statement, documentKey: documentKeyOf(statement) };
  });
  const column = understood.columns.find(({ role }) => role === 'number')?.header ?? '';
  const { good, problems } = splitRepeats(stated, column);
  return {
    understood,
    rows: good,
    problems: [...understood.problems, ...problems].toSorted((left, right) => left.row - right.row),
    refusedRows: understood.refusedRows + problems.length,
  };
}

async function currenciesOf(
  { pool }: ImportServices,
  orgId: string,
): Promise<readonly CurrencyCode[]> {
  const { rows } = await pool.query<{ currency: string }>(
    'SELECT DISTINCT currency FROM account WHERE org_id = $1 ORDER BY currency',
    [orgId],
  );
  return rows.map(({ currency }) => parseCurrency(currency));
}

/**
 * Takes a file: all rows or none, or the good ones, as the caller chooses. What it asks is thrown as
 * `ImportOpen`, what is wrong with it as `ImportRefused`; nothing is written then.
 */
export async function importFile(
  services: ImportServices,
  request: ImportRequest,
): Promise<ImportedFile> {
  await requireItemManager(services, request);
  const checked = await checkFile(services, request);
  const { questions } = checked.understood;
  if (questions.length > 0) throw new ImportOpen(questions);
  const isRefused = checked.problems.length > 0 && request.choice === 'refuseAll';
  if (isRefused || checked.rows.length === 0) throw new ImportRefused(checked.problems);
  return write(services, request, checked);
}

/** A file that asks; it carries all questions. */
export class ImportOpen extends CashbellError {
  readonly questions: readonly ImportQuestion[];

  constructor(questions: readonly ImportQuestion[]) {
    super('import.questionOpen', { count: questions.length, field: questions[0]?.key ?? '' });
    this.questions = questions;
  }
}

/** A file with rows that cannot be taken; it carries all of them. */
export class ImportRefused extends CashbellError {
  readonly problems: readonly ItemProblem[];

  constructor(problems: readonly ItemProblem[]) {
    super('import.rowsRefused', { row: problems[0]?.row ?? 0, count: problems.length });
    this.problems = problems;
  }
}

async function write(
  services: ImportServices,
  request: ImportRequest,
  checked: CheckedFile,
): Promise<ImportedFile> {
  const { orgId, actor, bytes, changes, onProgress } = request;
  const digest = createHash('sha256').update(bytes).digest('hex');
  const importId = newId('imp');
  return changeItems(services, { orgId, actor }, async (client, now) => {
    const before = await findImportByDigest(client, orgId, digest);
    const scope = { orgId, actor, importId, changes, now, onProgress };
    const outcome = await takeItems(client, scope, checked.rows);
    const counts = countsOf(checked, outcome);
    const result = { ...checked, counts, outcome, isRepeated: before !== undefined };
    const isNothingNew = outcome.created.length === 0 && outcome.changes.length === 0;
    if (before && isNothingNew) return { result: { ...result, taken: before } };
    const taken = importOf(request, checked, { counts, digest, importId });
    await insertImport(client, taken, now);
    await remember(client, request, checked, now);
    return {
      result: { ...result, taken: await getImport(client, orgId, importId) },
      audit: {
        action: 'item.imported',
        subject: importId,
        after: {
          fileName: taken.fileName,
          digest,
          ...counts,
          changesProposed: outcome.changes.filter(({ isApplied }) => !isApplied).length,
          changesApplied: outcome.changes.filter(({ isApplied }) => isApplied).length,
        },
      },
    };
  });
}

function countsOf({ understood, refusedRows }: CheckedFile, outcome: Taken): ImportCounts {
  return {
    rowsRead: understood.rowCount,
    rowsTaken: outcome.created.length,
    rowsKnown: outcome.known.length + outcome.changes.length,
    rowsRefused: refusedRows,
  };
}

function importOf(
  { orgId, actor, fileName }: ImportRequest,
  { understood, problems }: CheckedFile,
  { counts, digest, importId }: { counts: ImportCounts; digest: string; importId: string },
): Omit<ItemImport, 'createdAt'> {
  return {
    orgId,
    importId,
    fileName: fileName.slice(0, 200),
    digest,
    mapping: understood.mapping,
    problems: problems.slice(0, PROBLEMS_KEPT),
    createdBy: actor,
    ...counts,
  };
}

async function remember(
  client: Parameters<typeof saveMapping>[0],
  { orgId, actor, fileName }: ImportRequest,
  { understood }: CheckedFile,
  now: Date,
): Promise<void> {
  if (!understood.head) return;
  const name = fileName.replace(/\.[a-z]{3,4}$/i, '').slice(0, 100);
  await saveMapping(
    client,
    { orgId, actor, now },
    {
      mappingId: newId('map'),
      name: name === '' ? 'import' : name,
      headDigest: understood.head.digest,
      mapping: understood.mapping,
    },
  );
}
