import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type {
  BatchProblemWire,
  BatchResultWire,
  BatchWire,
} from '#api/contract/payment-batches.ts';
import { toBatchDetail, toBatchWire, uploadFile } from '#api/operations/payment-batches.ts';
import { toMoneyWire, toPaymentWire } from '#api/operations/payments.ts';
import { listBatches, listBatchPayments } from '#api/queries/payments.ts';
import type { PaymentPurpose } from '#core/payments.ts';
import { paymentPurposes } from '#core/payments.ts';
import { cancelBatch, submitBatch } from '#flows/payment-batch/cancel-batch.ts';
import { decideBatch } from '#flows/payment-batch/decide-batch.ts';
import { errorSentence } from '#i18n/messages.ts';
import { getBatch } from '#store/payment-batches.ts';
import type { TokenFlag } from './acting.ts';
import { actingMaker, actingPerson, TOKEN_OPTION } from './acting.ts';
import type { CommandContext, Terminal } from './context.ts';
import { CheckFailed, collect, example, findOrg, UsageError } from './context.ts';
import { print, toTable } from './output.ts';
import { paymentTable } from './payments.ts';
import { paymentsGroup } from './payments-group.ts';
import { ORG_OPTION } from './token.ts';

interface ImportFlags extends TokenFlag {
  readonly account: string;
  readonly name?: string;
  readonly purpose: PaymentPurpose;
  readonly dryRun?: boolean;
  readonly onlyValid?: boolean;
  readonly repeat?: boolean;
  readonly draft?: boolean;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly decimalMark?: '.' | ',';
  readonly sheet?: string;
  readonly column: readonly string[];
  readonly ignore: readonly string[];
}

type Problem = z.infer<typeof BatchProblemWire>;
type Result = z.infer<typeof BatchResultWire>;

/** `cashbell payments import`, and what is done with a batch afterwards. */
export function addPaymentBatchCommands(program: Command, context: CommandContext): void {
  const payments = paymentsGroup(program);
  addImportCommand(payments, context);
  addReadCommands(payments, context);
  addAnswerCommands(payments, context);
}

function addImportCommand(payments: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  payments
    .command('import')
    .argument('<file>', 'CSV or XLSX with one payment in each row')
    .requiredOption('--account <id>', 'account that pays (acc_…)')
    .option('--name <text>', 'what people call it (default: the name of the file)')
    .addOption(
      new Option('--purpose <purpose>', 'for rows that name none')
        .choices(paymentPurposes)
        .default('other'),
    )
    .option('--dry-run', 'only check, and tell what would come of it')
    .option('--only-valid', 'leave out rows that are not right; else one of them stops all')
    .option('--repeat', 'the same payments were uploaded before, and are meant once more')
    .option('--draft', 'write them down without asking anybody')
    .option('--encoding <name>', 'of text that is not UTF-8, such as gb18030')
    .option('--delimiter <sign>', 'between the cells (default: found out)')
    .addOption(new Option('--decimal-mark <sign>', 'before the decimals').choices(['.', ',']))
    .option('--sheet <name>', 'of a workbook with several')
    .option('--column <name=header>', 'a header that we do not know (repeatable)', collect, [])
    .option('--ignore <header>', 'a column that is passed over (repeatable)', collect, [])
    .option(...TOKEN_OPTION)
    .description('Ask for all payments of a file. Every row is checked before anybody is asked.')
    .addHelpText(
      'after',
      example(
        'cashbell payments import salaries.xlsx --account acc_01… --purpose salary --dry-run',
      ),
    )
    .action((file: string, flags: ImportFlags, command: Command) =>
      withServices(async ({ services }) => {
        const { orgId, actor: maker } = await actingMaker(services, terminal, flags);
        const bytes = await readBytes(file);
        const progress = progressOn(terminal);
        const result = await uploadFile(services.payments, bytes, toWish(file, flags), {
          orgId,
          maker,
          onProgress: progress.show,
        }).finally(() => progress.end());
        services.payments.onWoken();
        print(terminal, shared(command), result, () => describe(result, flags.dryRun === true));
        if (flags.dryRun === true && result.problems.length > 0) throw new CheckFailed();
      }),
    );
}

function toWish(file: string, flags: ImportFlags) {
  return {
    accountId: flags.account,
    name: flags.name,
    fileName: basename(file),
    purpose: flags.purpose,
    dryRun: flags.dryRun === true,
    onlyValid: flags.onlyValid === true,
    repeat: flags.repeat === true,
    draft: flags.draft === true,
    encoding: flags.encoding,
    delimiter: flags.delimiter,
    decimalMark: flags.decimalMark,
    sheet: flags.sheet,
    columns: flags.column.length === 0 ? undefined : flags.column.join(','),
    ignore: flags.ignore.length === 0 ? undefined : flags.ignore.join(','),
  };
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UsageError(`${path} cannot be read (${why})`);
  }
}

/** Rows that were looked at, on a line that people see and programs do not. */
function progressOn(terminal: Terminal) {
  let shown = 0;
  let isShown = false;
  return {
    show: (done: number, all: number): void => {
      const isWorthIt = all >= 100 && (done === all || done - shown >= all / 20);
      if (!terminal.isInteractive || !isWorthIt) return;
      shown = done;
      isShown = true;
      terminal.writeError(`\rChecked ${done} of ${all} rows`);
    },
    end: (): void => {
      if (isShown) terminal.writeError('\n');
    },
  };
}

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
      { title: 'WHAT TO DO', read: (item) => item.fix },
    ],
    '',
  );
  return rest === 0 ? table : `${table}\n… and ${rest} more; see them all with --json`;
}

function describe(result: Result, isDryRun: boolean): string {
  const { batch, problems, validRows, total, repeats } = result;
  const sum = `${validRows} payments, ${total.currency} ${total.amount}`;
  const lines = [
    batch ? `${batch.batchId}  ${batch.name}: ${sum}` : `Would ask for ${sum}.`,
    ...(repeats === undefined ? [] : [`The same payments were uploaded before as ${repeats}.`]),
    ...(problems.length === 0 ? [] : [problemTable(problems)]),
    ...(isDryRun && problems.length === 0 ? ['Every row is right; nothing was written.'] : []),
  ];
  return lines.join('\n');
}

function batchLine(batch: z.infer<typeof BatchWire>): string {
  return batch.counts
    .map(({ state, count, sum }) => `${state} ${count} (${sum.currency} ${sum.amount})`)
    .join(', ');
}

function addReadCommands(payments: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  payments
    .command('batches')
    .option(...ORG_OPTION)
    .option('--account <id>', 'only from this account')
    .description('List batches, newest first.')
    .addHelpText('after', example('cashbell payments batches'))
    .action((flags: { org?: string; account?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const query = { accountId: flags.account, limit: 200 };
        const page = await listBatches(services.pool, orgId, query);
        const items = await Promise.all(
          page.items.map((one) => toBatchWire(services.payments, one)),
        );
        print(terminal, shared(command), { ...page, items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.batchId },
              { title: 'NAME', read: (item) => item.name },
              { title: 'PAYMENTS', align: 'right', read: (item) => String(item.itemCount) },
              {
                title: 'TOTAL',
                align: 'right',
                read: (item) => `${item.total.currency} ${item.total.amount}`,
              },
              { title: 'STATES', read: batchLine },
            ],
            'No batch yet. Run: cashbell payments import <file> --account <id>',
          ),
        );
      }),
    );
  payments
    .command('batch')
    .argument('<batch>', 'id of the batch (bat_…)')
    .option(...ORG_OPTION)
    .description('Show a batch with its payments and what waits for approval.')
    .addHelpText('after', example('cashbell payments batch bat_01…'))
    .action((batchId: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const batch = await getBatch(services.pool, { orgId, batchId });
        const detail = await toBatchDetail(services.payments, batch);
        const { language } = shared(command);
        const page = await listBatchPayments(services.pool, batch, { limit: 200 });
        const items = await Promise.all(
          page.items.map((payment) => toPaymentWire(services.payments, payment, language)),
        );
        const { count, total, approvalDigest } = detail.waiting;
        print(terminal, shared(command), { ...detail, payments: { ...page, items } }, () =>
          [
            `${detail.batchId}  ${detail.name}  ${detail.total.currency} ${detail.total.amount}`,
            batchLine(detail),
            ...(approvalDigest === undefined
              ? []
              : [
                  `${count} wait for approval, ${total.currency} ${total.amount}: --digest ${approvalDigest}`,
                ]),
            '',
            paymentTable(items, 'No payment.'),
          ].join('\n'),
        );
      }),
    );
}

interface AnswerFlags extends TokenFlag {
  readonly digest: string;
  readonly remark?: string;
}

function addAnswerCommands(payments: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const answers = [
    ['approve-batch', 'agreed', 'Agree to all payments of a batch that wait, in one word.'],
    ['decline-batch', 'declined', 'Say no to all payments of a batch that wait.'],
  ] as const;
  for (const [name, decision, description] of answers) {
    payments
      .command(name)
      .argument('<batch>', 'id of the batch (bat_…)')
      .requiredOption('--digest <text>', 'digest of the batch as it was shown to you')
      .option('--remark <text>', 'what you want to say')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell payments ${name} bat_01… --digest 9f2c…`))
      .action((batchId: string, flags: AnswerFlags, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const { digest, remark } = flags;
          const input = { batchId, digest, decision, remark };
          const { decided, total } = await decideBatch(services.payments, by, input);
          const wire = { decided, total: toMoneyWire(total) };
          print(
            terminal,
            shared(command),
            wire,
            () => `${decision}: ${decided} payments, ${wire.total.currency} ${wire.total.amount}`,
          );
        }),
      );
  }
  addChangeCommands(payments, context);
}

function addChangeCommands(payments: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  payments
    .command('submit-batch')
    .argument('<batch>', 'id of the batch (bat_…)')
    .option(...TOKEN_OPTION)
    .description('Send the drafts of a batch for approval.')
    .addHelpText('after', example('cashbell payments submit-batch bat_01…'))
    .action((batchId: string, flags: TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const { length: submitted } = await submitBatch(
          services.payments,
          { orgId, batchId },
          actor,
        );
        print(
          terminal,
          shared(command),
          { submitted },
          () => `${submitted} payments wait for approval.`,
        );
      }),
    );
  payments
    .command('cancel-batch')
    .argument('<batch>', 'id of the batch (bat_…)')
    .option('--remark <text>', 'why')
    .option(...TOKEN_OPTION)
    .description('Take back what can be taken back of a batch.')
    .addHelpText('after', example('cashbell payments cancel-batch bat_01… --remark "wrong month"'))
    .action((batchId: string, flags: TokenFlag & { remark?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const { language } = shared(command);
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const by = { actor, remark: flags.remark };
        const { kept, ...counts } = await cancelBatch(services.payments, { orgId, batchId }, by);
        const told = kept.map(({ error, ...payment }) => ({
          ...payment,
          reason: errorSentence(language, error.code, error.details),
        }));
        print(terminal, shared(command), { ...counts, kept: told }, () =>
          [
            `${counts.cancelled} cancelled, ${counts.bankAsked} asked of the bank, ${told.length} kept.`,
            ...told.map(({ item, paymentId, reason }) => `row ${item}  ${paymentId}  ${reason}`),
          ].join('\n'),
        );
      }),
    );
}
