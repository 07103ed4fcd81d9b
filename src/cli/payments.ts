import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { PaymentDetailWire, PaymentWire } from '#api/contract/payments.ts';
import { proofOf } from '#api/operations/payment-proof.ts';
import { askForPayment, requirePayment, toPaymentWire } from '#api/operations/payments.ts';
import { listPayments } from '#api/queries/payments.ts';
import { rolledDay, toCancellationWire, toDetail } from '#api/routes/payments.ts';
import { rolls } from '#core/bank-calendar.ts';
import type { Roll } from '#core/bank-calendar.ts';
import { parseId } from '#core/ids.ts';
import type { PaymentPurpose, PaymentRail, PaymentState } from '#core/payments.ts';
import { paymentPurposes, paymentRails, paymentStates } from '#core/payments.ts';
import { cancelPayment } from '#flows/payment/cancel-payment.ts';
import { submitPayment } from '#flows/payment/submit-payment.ts';
import type { TokenFlag } from './acting.ts';
import { actingMaker, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import { paymentsGroup } from './payments-group.ts';
import { ORG_OPTION, parseWhole } from './token.ts';

type Payment = z.infer<typeof PaymentWire>;

interface ListFlags {
  readonly org?: string;
  readonly state?: PaymentState;
  readonly account?: string;
  readonly batch?: string;
  readonly text?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** What is paid, as options of several commands name it. */
export interface PaymentFlags {
  readonly account: string;
  readonly to?: string;
  readonly toAccount?: string;
  readonly toBank?: string;
  readonly toName?: string;
  readonly amount: string;
  readonly currency?: string;
  readonly purpose: PaymentPurpose;
  readonly remark?: string;
  readonly rail?: PaymentRail;
}

interface RequestFlags extends PaymentFlags, TokenFlag {
  readonly date?: string;
  readonly roll?: Roll;
  readonly draft?: boolean;
  readonly key?: string;
}

/** `cashbell payments list|show|request|submit|cancel|proof` */
export function addPaymentCommands(program: Command, context: CommandContext): void {
  const payments = paymentsGroup(program);
  addReadCommands(payments, context);
  addRequestCommand(payments, context);
  addChangeCommands(payments, context);
}

export function paymentTable(items: readonly Payment[], whenEmpty: string): string {
  return toTable(
    items,
    [
      { title: 'ID', read: (item) => item.paymentId },
      { title: 'STATE', read: (item) => item.state },
      {
        title: 'AMOUNT',
        align: 'right',
        read: (item) => `${item.currency} ${item.amount}`,
      },
      { title: 'TO', read: (item) => `${item.creditor.name} ${item.creditor.account}` },
      { title: 'FOR', read: (item) => item.remittanceInformation },
      { title: 'DAY', read: (item) => item.requestedExecutionDate },
      { title: 'WHY', read: (item) => item.reasonCode },
    ],
    whenEmpty,
  );
}

function addReadCommands(payments: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  payments
    .command('list')
    .option(...ORG_OPTION)
    .addOption(new Option('--state <state>', 'only in this state').choices(paymentStates))
    .option('--account <id>', 'only from this account')
    .option('--batch <id>', 'only of this batch')
    .option('--text <text>', "creditor's account, or part of a name or text")
    .option('--limit <number>', 'how many', parseWhole, 50)
    .option('--cursor <text>', 'go on after the list before')
    .description('List payments, newest first.')
    .addHelpText('after', example('cashbell payments list --state blocked'))
    .action((flags: ListFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const { language } = shared(command);
        const { org: _org, account: accountId, batch: batchId, ...rest } = flags;
        const page = await listPayments(services.pool, orgId, { ...rest, accountId, batchId });
        const items: Payment[] = [];
        for (const payment of page.items) {
          items.push(await toPaymentWire(services.payments, payment, language));
        }
        print(terminal, shared(command), { ...page, items }, () => {
          const more = page.nextCursor === undefined ? '' : `\nMore: --cursor ${page.nextCursor}`;
          return paymentTable(items, 'No payment.') + more;
        });
      }),
    );
  payments
    .command('show')
    .argument('<payment>', 'id of the payment (pay_…)')
    .option(...ORG_OPTION)
    .description('Show a payment with everything that happened to it.')
    .addHelpText('after', example('cashbell payments show pay_01…'))
    .action((paymentId: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const payment = await requirePayment(services.payments, { orgId, paymentId });
        const detail = await toDetail(services.payments, payment, shared(command).language);
        print(terminal, shared(command), detail, () => describe(detail));
      }),
    );
  payments
    .command('proof')
    .argument('<payment>', 'id of the payment (pay_…)')
    .option(...ORG_OPTION)
    .description('Show what the bank and the statement say of a payment, to pass on.')
    .addHelpText('after', example('cashbell payments proof pay_01… --language id'))
    .action((paymentId: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const payment = await requirePayment(services.payments, { orgId, paymentId });
        const proof = await proofOf(services.payments, payment, shared(command).language);
        print(terminal, shared(command), proof, () => proof.text);
      }),
    );
}

/** A payment for people: what it is, why it stands there, and its life. */
function describe(payment: z.infer<typeof PaymentDetailWire>): string {
  const { creditor } = payment;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['payment', payment.paymentId],
    ['state', payment.state],
    ['why', payment.reason],
    ['amount', `${payment.currency} ${payment.amount}`],
    [
      'to',
      [creditor.name, creditor.account, creditor.agentName ?? creditor.agent].join(' ').trim(),
    ],
    ['for', payment.remittanceInformation],
    ['day', payment.requestedExecutionDate],
    ['opens', payment.opensAt],
    ['asked by', payment.maker],
    ['reference', payment.endToEndId],
    ['digest', payment.digest],
    ['batch', payment.batchId && `${payment.batchId} row ${payment.batchItem ?? ''}`],
    ['bank', payment.bankReference],
    ['bank says', [payment.bankCode, payment.bankMessage].filter(Boolean).join(' ') || undefined],
    ['debit', payment.settlementEntryId],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name.padEnd(10)} ${value}`],
  );
  const life = toTable(
    payment.steps,
    [
      { title: 'AT', read: (step) => step.at },
      { title: 'WHAT', read: (step) => step.happening },
      { title: 'STATE', read: (step) => step.state },
      { title: 'BY', read: (step) => step.actor },
      { title: 'WHY', read: (step) => step.code },
    ],
    '',
  );
  return [...lines, '', life].join('\n');
}

/** Options that say what is paid, to whom and for what. */
export function withPaymentOptions(command: Command): Command {
  return command
    .requiredOption('--account <id>', 'account that pays (acc_…)')
    .option('--to <beneficiary>', 'id of the registered payee (ben_…)')
    .option('--to-account <number>', 'or its account')
    .option('--to-bank <code>', 'and, where that is not enough, its bank')
    .option('--to-name <name>', 'compared with the registered holder')
    .requiredOption('--amount <decimal>', 'such as 1250000.00')
    .option('--currency <code>', 'default: that of the account')
    .addOption(
      new Option('--purpose <purpose>', 'what it is for').choices(paymentPurposes).default('other'),
    )
    .option('--remark <text>', 'what the payee reads')
    .addOption(
      new Option('--rail <rail>', 'way of payment (default: the first that fits)').choices(
        paymentRails,
      ),
    );
}

/** The options as the API names them. */
export function toInput(flags: PaymentFlags) {
  return {
    accountId: flags.account,
    beneficiaryId: flags.to,
    creditorAccount: flags.toAccount,
    creditorAgent: flags.toBank,
    creditorName: flags.toName,
    amount: flags.amount,
    currency: flags.currency,
    purpose: flags.purpose,
    remittanceInformation: flags.remark ?? '',
    rail: flags.rail,
  };
}

function addRequestCommand(payments: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  withPaymentOptions(payments.command('request'))
    .option('--date <day>', 'day on which it is paid, at the bank (default: when approved)')
    .addOption(new Option('--roll <rule>', 'move the day when banks rest on it').choices(rolls))
    .option('--draft', 'write it down without asking anybody')
    .option('--key <text>', 'one of your own; asking again with it makes no second payment')
    .option(...TOKEN_OPTION)
    .description('Ask for a payment. Other people have to approve it.')
    .addHelpText(
      'after',
      example(
        'cashbell payments request --account acc_01… --to ben_01… --amount 1250000.00 --purpose supplier --remark "Invoice 77"',
      ),
    )
    .action((flags: RequestFlags, command: Command) =>
      withServices(async ({ services }) => {
        const deps = services.payments;
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const input = toInput(flags);
        const day = await rolledDay(deps, {
          ...input,
          orgId,
          requestedExecutionDate: flags.date,
          roll: flags.roll,
        });
        const { payment } = await askForPayment(
          deps,
          { ...input, requestedExecutionDate: day },
          {
            orgId,
            source: 'cli',
            sourceKey: `${actor}/${flags.key ?? randomUUID()}`,
            maker: actor,
            state: flags.draft === true ? 'draft' : 'awaitingApproval',
          },
        );
        deps.onWoken();
        const wire = await toPaymentWire(deps, payment, shared(command).language);
        print(terminal, shared(command), wire, () =>
          [
            `${wire.paymentId}  ${wire.state}  ${wire.currency} ${wire.amount} to ${wire.creditor.name}`,
            ...(wire.opensAt === undefined ? [] : [`The bank takes it from ${wire.opensAt}.`]),
          ].join('\n'),
        );
      }),
    );
}

function addChangeCommands(payments: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  payments
    .command('submit')
    .argument('<payment>', 'id of the draft (pay_…)')
    .option(...TOKEN_OPTION)
    .description('Send a draft for approval.')
    .addHelpText('after', example('cashbell payments submit pay_01…'))
    .action((paymentId: string, flags: TokenFlag, command: Command) =>
      withServices(async ({ services }) => {
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const ref = { orgId, paymentId: parseId('pay', paymentId) };
        const payment = await submitPayment(services.payments, ref, actor);
        const wire = await toPaymentWire(services.payments, payment, shared(command).language);
        print(terminal, shared(command), wire, () => `${wire.paymentId}  ${wire.state}`);
      }),
    );
  payments
    .command('cancel')
    .argument('<payment>', 'id of the payment (pay_…)')
    .option('--remark <text>', 'why')
    .option(...TOKEN_OPTION)
    .description('Take a payment back, as long as it has not left; then ask the bank to stop it.')
    .addHelpText('after', example('cashbell payments cancel pay_01… --remark "paid twice"'))
    .action((paymentId: string, flags: TokenFlag & { remark?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const { language } = shared(command);
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const ref = { orgId, paymentId: parseId('pay', paymentId) };
        const by = { actor, remark: flags.remark };
        const cancellation = await cancelPayment(services.payments, ref, by);
        const wire = await toCancellationWire(services.payments, cancellation, language);
        const done =
          wire.outcome === 'cancelled' ? 'Cancelled.' : `Bank: ${wire.bankAnswer?.status ?? ''}`;
        print(terminal, shared(command), wire, () =>
          [done, wire.note].filter((line) => line !== undefined).join('\n'),
        );
      }),
    );
}
