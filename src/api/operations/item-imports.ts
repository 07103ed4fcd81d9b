import type { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import type { ChangeChoice, ImportChoice } from '#core/item-changes.ts';
import { parseId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import { addMoney, money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import {
  checkFile,
  importFile,
  ImportOpen,
  ImportRefused,
} from '#flows/expected-items/import-file.ts';
import type {
  CheckedFile,
  ImportedFile,
  ImportServices,
} from '#flows/expected-items/import-file.ts';
import { toStated } from '#flows/expected-items/stated-item.ts';
import type { ItemDraft } from '#flows/expected-items/read-item-row.ts';
import { itemProblemCodes } from '#flows/expected-items/import-words.ts';
import type {
  ImportAnswers,
  ImportQuestion,
  ItemProblem,
} from '#flows/expected-items/import-words.ts';
import { explain, isMessageKey, translate } from '#i18n/messages.ts';
import type { StoredMapping } from '#store/import-mappings.ts';
import type { ItemImport } from '#store/item-imports.ts';
import type {
  ImportCheckWire,
  ImportMappingWire,
  ImportProblemWire,
  ImportQuestionWire,
  ImportResultWire,
  ItemImportWire,
  UnderstoodRowWire,
} from '../contract/item-imports.ts';
import { toMoneyWire } from './payments.ts';
import { problemsError } from './refusal.ts';

/** Who sends a file, and in which language they are told. */
export interface FileSender {
  readonly orgId: string;
  readonly actor: string;
  readonly language: Language;
}

export interface FileWish {
  readonly answers: ImportAnswers;
  readonly mapping?: string | undefined;
  readonly fileName: string;
  readonly choice: ImportChoice;
  readonly changes: ChangeChoice;
  readonly onProgress?: (done: number, all: number) => void;
}

const PREVIEW_ROWS = 20;
const PROBLEMS_SHOWN = 500;
const CHANGES_SHOWN = 500;

/** Reads `dateFormat=dd/MM/yyyy` pairs. */
export function readAnswers(pairs: string | readonly string[] | undefined): ImportAnswers {
  const list = pairs === undefined ? [] : typeof pairs === 'string' ? [pairs] : pairs;
  return Object.fromEntries(
    list.map((pair) => {
      const place = pair.indexOf('=');
      if (place < 1) {
        const problem = `"${pair.slice(0, 60)}" must look like dateFormat=dd/MM/yyyy`;
        throw new CashbellError('api.invalid', { field: 'answer', problem });
      }
      return [pair.slice(0, place).trim(), pair.slice(place + 1).trim()] as const;
    }),
  );
}

/** How a file is understood; nothing is written. */
export async function checkItemFile(
  services: ImportServices,
  bytes: Uint8Array,
  wish: Pick<FileWish, 'answers' | 'mapping'>,
  { orgId, language }: Omit<FileSender, 'actor'>,
): Promise<z.infer<typeof ImportCheckWire>> {
  const checked = await checkFile(services, { ...wish, bytes, orgId: parseId('org', orgId) });
  return toCheckWire(checked, language);
}

/** Takes a file, or throws with every question or every bad row in the sender's language. */
export async function importItemFile(
  services: ImportServices,
  bytes: Uint8Array,
  wish: FileWish,
  { orgId, actor, language }: FileSender,
): Promise<z.infer<typeof ImportResultWire>> {
  try {
    const request = { ...wish, bytes, actor, orgId: parseId('org', orgId) };
    return toResultWire(await importFile(services, request), language);
  } catch (error) {
    throw inWords(error, language);
  }
}

function inWords(error: unknown, language: Language): unknown {
  if (error instanceof ImportOpen) {
    const problems = error.questions.map((question) => {
      const { key, question: sentence, options } = toQuestionWire(question, language);
      const choices = options.map(({ answer, example }) =>
        example === '' ? answer : `${answer} (${example})`,
      );
      return { field: key, problem: `${sentence} ${choices.join(' | ')}`.trim() };
    });
    return problemsError('import.questionOpen', problems, error.details);
  }
  if (error instanceof ImportRefused) {
    const problems = error.problems.slice(0, PROBLEMS_SHOWN).map((problem) => ({
      field:
        problem.column === '' ? `row ${problem.row}` : `row ${problem.row} · ${problem.column}`,
      problem: sentenceOf(problem, language),
    }));
    return problemsError('import.rowsRefused', problems, error.details);
  }
  return error;
}

function sentenceOf({ code, values }: ItemProblem, language: Language): string {
  return explain(language, `items.problem.${code}`, values);
}

export function toProblemWire(
  problem: ItemProblem,
  language: Language,
): z.infer<typeof ImportProblemWire> {
  const { row, column, code } = problem;
  return { row, column, code, problem: sentenceOf(problem, language) };
}

export function toQuestionWire(
  { key, code, values, options }: ImportQuestion,
  language: Language,
): z.infer<typeof ImportQuestionWire> {
  const role = `items.role.${values['role'] ?? ''}`;
  const words = isMessageKey(role) ? { ...values, role: translate(language, role) } : values;
  return {
    key,
    question: explain(language, `items.question.${code}`, words),
    options: options.map(({ answer, example }) => {
      const name = `items.answer.${answer}`;
      const isNamed = example === '' && isMessageKey(name);
      return { answer, example: isNamed ? translate(language, name) : example };
    }),
  };
}

function toCheckWire(
  { understood, rows, problems, refusedRows }: CheckedFile,
  language: Language,
): z.infer<typeof ImportCheckWire> {
  const { table, head, formats, columns, questions, drafts } = understood;
  const good = new Set(rows.map(({ row }) => row));
  const taken = drafts.filter(({ row }) => good.has(row));
  const mark = formats?.decimalMark;
  return {
    format: {
      kind: table?.kind,
      encoding: table?.encoding,
      delimiter: table?.delimiter,
      sheet: table?.sheet,
      headerRow: head?.row,
      decimalMark: mark && { mark: mark.format, basis: mark.basis, proof: mark.witness },
      dates: [...(formats?.dates ?? [])].map(([place, chosen]) => ({
        column: head?.headers[place] ?? '',
        format: chosen.format,
        basis: chosen.basis,
        proof: chosen.witness,
      })),
      currency: understood.currency,
      direction: understood.side,
    },
    columns: columns.map(({ header, role, basis }) => ({
      header,
      role,
      roleName: role && translate(language, `items.role.${role}`),
      basis,
    })),
    questions: questions.map((question) => toQuestionWire(question, language)),
    rowsRead: understood.rowCount,
    rowsGood: rows.length,
    rowsRefused: refusedRows,
    rowsOfTotals: understood.totalRows,
    totals: totalsOf(taken),
    preview: taken.slice(0, PREVIEW_ROWS).map(toRowWire),
    problems: problems.slice(0, PROBLEMS_SHOWN).map((one) => toProblemWire(one, language)),
    isMappingKnown: understood.isMappingKnown,
  };
}

function totalsOf(drafts: readonly ItemDraft[]): z.infer<typeof ImportCheckWire>['totals'] {
  const sums = new Map<string, { direction: 'credit' | 'debit'; count: number; sum: Money }>();
  for (const draft of drafts) {
    const { creditDebitIndicator: direction } = toStated(draft);
    const open = draft.open ?? draft.amount;
    const key = `${direction}/${open.currency}`;
    const before = sums.get(key) ?? { direction, count: 0, sum: money(0n, open.currency) };
    sums.set(key, { direction, count: before.count + 1, sum: addMoney(before.sum, open) });
  }
  return [...sums.values()].map(({ sum, ...total }) => ({ ...total, sum: toMoneyWire(sum) }));
}

function toRowWire(draft: ItemDraft): z.infer<typeof UnderstoodRowWire> {
  const { side, isCredit: _credit, amount, amountMin, open, issuedOn, dueOn, ...words } = draft;
  return {
    ...words,
    direction: side,
    kind: toStated(draft).kind,
    amount: toMoneyWire(amount),
    amountMin: amountMin && toMoneyWire(amountMin),
    open: open && toMoneyWire(open),
    issuedOn: issuedOn?.toString(),
    dueOn: dueOn?.toString(),
  };
}

function toResultWire(
  { taken, counts, outcome, isRepeated, problems }: ImportedFile,
  language: Language,
): z.infer<typeof ImportResultWire> {
  return {
    importId: taken?.importId,
    isRepeated,
    ...counts,
    changes: outcome.changes.slice(0, CHANGES_SHOWN).map(({ stated: _stated, ...change }) => ({
      ...change,
      before: { ...change.before },
      after: { ...change.after },
      explanation: translate(language, `items.rule.${change.rule}`),
    })),
    problems: problems.slice(0, PROBLEMS_SHOWN).map((one) => toProblemWire(one, language)),
  };
}

export function toItemImportWire(
  taken: ItemImport,
  language: Language,
): z.infer<typeof ItemImportWire> {
  const { orgId: _org, mapping: _mapping, problems, createdAt, ...rest } = taken;
  return {
    ...rest,
    problems: readProblems(problems).map((one) => toProblemWire(one, language)),
    createdAt: createdAt.toString(),
  };
}

/** Problems as an import has kept them; codes that this version does not know are left out. */
function readProblems(kept: unknown): ItemProblem[] {
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('code' in one) || !('row' in one)) return [];
    const code = itemProblemCodes.find((known) => known === one.code);
    const column = 'column' in one ? String(one.column) : '';
    const values = 'values' in one && typeof one.values === 'object' ? one.values : {};
    const texts = Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]);
    return code ? [{ row: Number(one.row), column, code, values: Object.fromEntries(texts) }] : [];
  });
}

export function toMappingWire(stored: StoredMapping): z.infer<typeof ImportMappingWire> {
  const { createdAt, usedAt, ...rest } = stored;
  return { ...rest, createdAt: createdAt.toString(), usedAt: usedAt.toString() };
}
