import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type {
  ImportCheckWire,
  ImportProblemWire,
  ImportQuestionWire,
  ImportResultWire,
} from '#api/contract/item-imports.ts';
import {
  checkItemFile,
  importItemFile,
  readAnswers,
  toItemImportWire,
  toMappingWire,
} from '#api/operations/item-imports.ts';
import { listImports } from '#api/queries/items.ts';
import type { ImportAnswers } from '#flows/expected-items/import-words.ts';
import { cancelImport } from '#flows/expected-items/cancel-items.ts';
import { forgetMapping } from '#flows/expected-items/forget-mapping.ts';
import { listMappings } from '#store/import-mappings.ts';
import type { TokenFlag } from './acting.ts';
import { actingMaker, TOKEN_OPTION } from './acting.ts';
import type { CommandContext, Terminal } from './context.ts';
import { CheckFailed, collect, example, findOrg, UsageError } from './context.ts';
import { itemsGroup } from './items-group.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION } from './token.ts';

type Check = z.infer<typeof ImportCheckWire>;
type Question = z.infer<typeof ImportQuestionWire>;
type Result = z.infer<typeof ImportResultWire>;
type Problem = z.infer<typeof ImportProblemWire>;

interface ImportFlags extends TokenFlag {
  readonly mapping?: string;
  readonly dryRun?: boolean;
  readonly takeGood?: boolean;
  readonly refuseAll?: boolean;
  readonly applyChanges?: boolean;
  readonly answer: readonly string[];
}

/** `cashbell import <file>`, and what was imported before. */
export function addItemImportCommands(program: Command, context: CommandContext): void {
  addImportCommand(program, context);
  addReadCommands(itemsGroup(program), context);
  addMappingCommands(itemsGroup(program), context);
}

function addImportCommand(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  program
    .command('import')
    .argument('<file>', 'CSV or XLSX of invoices or bills, as your books give it')
    .option('--answer <name=value>', 'what the file cannot prove (repeatable)', collect, [])
    .option('--mapping <id|name>', 'read it like files of this mapping')
    .option('--dry-run', 'only show how it is understood; nothing is written')
    .addOption(
      new Option('--take-good', 'take the good rows, leave out the others').conflicts('refuseAll'),
    )
    .option('--refuse-all', 'take nothing when one row is bad (this is the default)')
    .option('--apply-changes', 'change what is known already, as long as nothing is matched to it')
    .option(...TOKEN_OPTION)
    .description('Expect what a file lists. Asks where the file can be read in several ways.')
    .addHelpText(
      'after',
      example('cashbell import invoices.xlsx --dry-run --answer dateFormat=dd/MM/yyyy'),
    )
    .action((file: string, flags: ImportFlags, command: Command) =>
      withServices(async ({ services }) => {
        const { language } = shared(command);
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const bytes = await readBytes(file);
        const { mapping } = flags;
        const check = (answers: ImportAnswers): Promise<Check> =>
          checkItemFile(services, bytes, { answers, mapping }, { orgId, language });
        const given = readAnswers(flags.answer);
        const answers = shared(command).json ? given : await askAll(terminal, given, check);
        if (flags.dryRun === true) {
          const checked = await check(answers);
          print(terminal, shared(command), checked, () => describeCheck(checked));
          if (checked.questions.length > 0 || checked.rowsRefused > 0) throw new CheckFailed();
          return;
        }
        const progress = progressOn(terminal);
        const result = await importItemFile(
          services,
          bytes,
          {
            answers,
            mapping,
            fileName: basename(file),
            choice: flags.takeGood === true ? 'takeGood' : 'refuseAll',
            changes: flags.applyChanges === true ? 'apply' : 'propose',
            onProgress: progress.show,
          },
          { orgId, actor, language },
        ).finally(() => progress.end());
        print(terminal, shared(command), result, () => describeResult(result));
      }),
    );
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UsageError(`${path} cannot be read (${why})`);
  }
}

/** More rounds than these would be questions that no answer ends. */
const ROUNDS_MAX = 20;

/** Puts to the person at the terminal what the file cannot prove. */
async function askAll(
  terminal: Terminal,
  given: ImportAnswers,
  check: (answers: ImportAnswers) => Promise<Check>,
): Promise<ImportAnswers> {
  let answers = given;
  if (!terminal.isInteractive) return answers;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { questions } = await check(answers);
    const [question] = questions;
    if (!question) return answers;
    answers = { ...answers, [question.key]: await ask(terminal, question) };
  }
  return answers;
}

async function ask(terminal: Terminal, { question, options }: Question): Promise<string> {
  terminal.write(`${question}\n`);
  options.forEach(({ answer, example: shown }, index) => {
    terminal.write(`  ${index + 1}. ${answer}${shown === '' ? '' : `  ${shown}`}\n`);
  });
  const typed = (await terminal.ask('> ', { isSecret: false })).trim();
  const number = /^\d{1,2}$/.test(typed) ? Number(typed) : 0;
  return options[number - 1]?.answer ?? typed;
}

/** Items that were written, on a line that people see and programs do not. */
function progressOn(terminal: Terminal) {
  let isShown = false;
  return {
    show: (done: number, all: number): void => {
      if (!terminal.isInteractive || all < PROGRESS_MIN) return;
      isShown = true;
      terminal.writeError(`\rWrote ${done} of ${all} items`);
    },
    end: (): void => {
      if (isShown) terminal.writeError('\n');
    },
  };
}

const PROGRESS_MIN = 5_000;
const PROBLEMS_SHOWN = 50;

function problemTable(problems: readonly Problem[]): string {
  const shown = problems.slice(0, PROBLEMS_SHOWN);
  const rest = problems.length - shown.length;
  const table = toTable(
    shown,
    [
      { title: 'ROW', align: 'right', read: (item) => String(item.row) },
      { title: 'COLUMN', read: (item) => item.column },
      { title: 'PROBLEM', read: (item) => item.problem },
    ],
    '',
  );
  return rest === 0 ? table : `${table}\n… and ${rest} more; see them with --json`;
}

function questionLines({ key, question, options }: Question): string[] {
  return [
    question,
    ...options.map(
      ({ answer, example: shown }) =>
        `  --answer ${JSON.stringify(`${key}=${answer}`)}${shown === '' ? '' : `  ${shown}`}`,
    ),
  ];
}

function describeCheck(check: Check): string {
  const { format } = check;
  const columns = check.columns
    .filter(({ role }) => role !== undefined)
    .map(({ header, roleName, basis }) => `  ${header} = ${roleName ?? ''} (${basis})`);
  const passed = check.columns.filter(({ role }) => role === undefined).map(({ header }) => header);
  const dates = format.dates.map(
    ({ column, format: read, proof }) =>
      `  ${column}: ${read}${proof ? ` (row ${proof.row}: ${proof.text})` : ''}`,
  );
  const mark = format.decimalMark;
  return [
    [
      format.kind,
      format.encoding,
      format.sheet,
      format.headerRow && `head in row ${format.headerRow}`,
    ]
      .filter((word) => word !== undefined)
      .join(' · '),
    ...columns,
    ...(passed.length === 0 ? [] : [`  passed over: ${passed.join(', ')}`]),
    ...dates,
    ...(mark?.proof
      ? [`  decimals: ${mark.mark} (row ${mark.proof.row}: ${mark.proof.text})`]
      : []),
    ...check.questions.flatMap(questionLines),
    previewTable(check),
    ...check.totals.map(
      ({ direction, count, sum }) =>
        `${direction === 'credit' ? 'in' : 'out'}: ${count}, ${sum.currency} ${sum.amount}`,
    ),
    `${check.rowsGood} of ${check.rowsRead} rows are right; ${check.rowsRefused} are not.`,
    ...(check.problems.length === 0 ? [] : [problemTable(check.problems)]),
  ].join('\n');
}

function previewTable({ preview }: Check): string {
  return toTable(
    preview,
    [
      { title: 'ROW', align: 'right', read: (row) => String(row.row) },
      { title: 'NUMBER', read: (row) => row.number },
      { title: 'PARTY', read: (row) => row.counterpartyName },
      {
        title: 'AMOUNT',
        align: 'right',
        read: (row) => `${row.amount.currency} ${row.amount.amount}`,
      },
      { title: 'OPEN', align: 'right', read: (row) => row.open?.amount },
      { title: 'ISSUED', read: (row) => row.issuedOn },
      { title: 'DUE', read: (row) => row.dueOn },
    ],
    '',
  );
}

function describeResult(result: Result): string {
  const { rowsTaken, rowsKnown, rowsRefused, changes, problems } = result;
  const waiting = changes.filter(({ isApplied }) => !isApplied).length;
  return [
    `${result.importId ?? '–'}  ${rowsTaken} new, ${rowsKnown} known, ${rowsRefused} refused.`,
    ...(result.isRepeated ? ['Exactly this file was taken before.'] : []),
    ...(changes.length > waiting ? [`${changes.length - waiting} changed as the file says.`] : []),
    ...(waiting === 0 ? [] : [`${waiting} changes wait for you: cashbell items changes`]),
    ...(problems.length === 0 ? [] : [problemTable(problems)]),
  ].join('\n');
}

function addReadCommands(items: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  items
    .command('imports')
    .option(...ORG_OPTION)
    .description('List files that were imported, newest first.')
    .addHelpText('after', example('cashbell items imports'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const { language } = shared(command);
        const page = await listImports(services.pool, orgId, { limit: 200 });
        const found = page.items.map((one) => toItemImportWire(one, language));
        print(terminal, shared(command), { ...page, items: found }, () =>
          toTable(
            found,
            [
              { title: 'ID', read: (one) => one.importId },
              { title: 'FILE', read: (one) => one.fileName },
              { title: 'NEW', align: 'right', read: (one) => String(one.rowsTaken) },
              { title: 'KNOWN', align: 'right', read: (one) => String(one.rowsKnown) },
              { title: 'REFUSED', align: 'right', read: (one) => String(one.rowsRefused) },
              { title: 'AT', read: (one) => one.createdAt },
            ],
            'No file was imported yet. Run: cashbell import <file>',
          ),
        );
      }),
    );
  items
    .command('cancel-import')
    .argument('<import>', 'id (imp_…)')
    .option(...TOKEN_OPTION)
    .description('Take an import back: its items that nothing is matched to.')
    .addHelpText('after', example('cashbell items cancel-import imp_01…'))
    .action((importId: string, flags: TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const done = await cancelImport(services, { orgId, importId, actor });
        print(
          terminal,
          shared(command),
          done,
          () => `${done.cancelled} are expected no more; ${done.kept} stay.`,
        );
      }),
    );
}

function addMappingCommands(items: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  items
    .command('mappings')
    .option(...ORG_OPTION)
    .description('List how files were read before; the next of their kind asks nothing.')
    .addHelpText('after', example('cashbell items mappings'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const found = (await listMappings(services.pool, orgId)).map(toMappingWire);
        print(terminal, shared(command), { items: found }, () =>
          toTable(
            found,
            [
              { title: 'ID', read: (one) => one.mappingId },
              { title: 'NAME', read: (one) => one.name },
              { title: 'USED', read: (one) => one.usedAt },
            ],
            'No mapping yet. It is remembered with the first file.',
          ),
        );
      }),
    );
  items
    .command('forget-mapping')
    .argument('<mapping>', 'id (map_…)')
    .option(...TOKEN_OPTION)
    .description('Forget a mapping; the next file of its kind is asked about anew.')
    .addHelpText('after', example('cashbell items forget-mapping map_01…'))
    .action((mappingId: string, flags: TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        await forgetMapping(services, { orgId, mappingId, actor });
        print(terminal, shared(command), {}, () => `${mappingId} is forgotten.`);
      }),
    );
}
