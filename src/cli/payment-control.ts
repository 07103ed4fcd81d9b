import { Option } from 'commander';
import type { Command } from 'commander';
import { toApprovalWire, toDecisionWire } from '#api/routes/approvals.ts';
import { toStopWire } from '#api/routes/payment-controls.ts';
import { decidePayment } from '#flows/payment-controls/decide-payment.ts';
import {
  proposeToResume,
  resumePayments,
  stopPayments,
} from '#flows/payment-controls/stop-payments.ts';
import { approvePayment, declinePayment } from '#store/approvals.ts';
import type { DecisionChoice } from '#store/payment-decisions.ts';
import {
  decisionChoices,
  listDecisions,
  proposeDecision,
  refuseDecision,
} from '#store/payment-decisions.ts';
import { listStops } from '#store/payment-stops.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, TOKEN_OPTION } from './acting.ts';
import type { CommandContext, Opened } from './context.ts';
import { example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import { paymentsGroup } from './payments-group.ts';
import { ORG_OPTION } from './token.ts';

interface StopFlags extends TokenFlag {
  readonly account?: string;
  readonly reason: string;
}

interface ApprovalFlags extends TokenFlag {
  readonly digest: string;
  readonly remark?: string;
}

interface DecideFlags extends TokenFlag {
  readonly reason: string;
  readonly code?: string;
}

/** `cashbell payments stop|resume|approve|decide …` */
export function addPaymentControlCommands(program: Command, context: CommandContext): void {
  const payments = paymentsGroup(program);
  addStopCommands(payments, context);
  addApprovalCommands(payments, context);
  addDecisionCommands(payments, context);
}

function controlsOf(services: Opened['services']) {
  return { ...services, announcer: services.payments.announcer };
}

function addStopCommands(
  payments: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  payments
    .command('stop')
    .requiredOption('--reason <text>', 'why; everybody is told')
    .option('--account <id>', 'only this account (default: all)')
    .option(...TOKEN_OPTION)
    .description('Pull the kill switch: nothing more leaves. One entitled person is enough.')
    .addHelpText('after', example('cashbell payments stop --reason "phone stolen"'))
    .action((flags: StopFlags, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const pull = { accountId: flags.account, reason: flags.reason };
        const stop = await stopPayments(controlsOf(services), by, pull);
        print(
          terminal,
          shared(command),
          toStopWire(stop),
          () => `${stop.stopId}  ${stop.accountId ?? 'All payments'} stopped.`,
        );
      }),
    );
  const releases = [
    ['propose-resume', proposeToResume, 'Propose to go on; another person has to confirm it.'],
    ['resume', resumePayments, 'Let payments go on, as the second of two people.'],
  ] as const;
  for (const [name, release, description] of releases) {
    payments
      .command(name)
      .argument('<stop>', 'id of the stop (stp_…)')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell payments ${name} stp_01…`))
      .action((stopId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const stop = await release(controlsOf(services), by, stopId);
          print(terminal, shared(command), toStopWire(stop), () =>
            stop.releasedAt === undefined
              ? `Waits for another person: cashbell payments resume ${stopId}`
              : 'Payments go on.',
          );
        }),
      );
  }
  payments
    .command('stops')
    .option('--all', 'released ones too')
    .option(...ORG_OPTION)
    .description('List what is stopped, by whom and why.')
    .addHelpText('after', example('cashbell payments stops'))
    .action((flags: { org?: string; all?: boolean }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const scope = { orgId, isWithReleased: flags.all === true };
        const items = (await listStops(services.pool, scope)).map(toStopWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.stopId },
              { title: 'ACCOUNT', read: (item) => item.accountId ?? 'all' },
              { title: 'SINCE', read: (item) => item.pulledAt },
              { title: 'BY', read: (item) => item.pulledBy },
              { title: 'REASON', read: (item) => item.reason },
              { title: 'RESUME PROPOSED BY', read: (item) => item.releaseProposedBy },
              { title: 'RELEASED', read: (item) => item.releasedAt },
            ],
            'Payments are not stopped.',
          ),
        );
      }),
    );
}

function addApprovalCommands(
  payments: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  const answers = [
    ['approve', approvePayment, 'Agree to a payment of somebody else.', 'Agreed.'],
    ['decline', declinePayment, 'Say no to a payment; that ends it.', 'Declined.'],
  ] as const;
  for (const [name, answer, description, done] of answers) {
    payments
      .command(name)
      .argument('<payment>', 'id of the payment (pay_…)')
      .requiredOption('--digest <text>', 'digest of the payment as it was shown to you')
      .option('--remark <text>', 'what you want to say')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell payments ${name} pay_01… --digest 9f2c…`))
      .action((paymentId: string, flags: ApprovalFlags, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const { digest, remark } = flags;
          const approval = await answer(services, by, { paymentId, digest, remark });
          services.payments.onWoken();
          print(terminal, shared(command), toApprovalWire(approval), () => done);
        }),
      );
  }
}

function addDecisionCommands(
  payments: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  payments
    .command('decide')
    .argument('<payment>', 'id of the payment (pay_…)')
    .addOption(
      new Option('--as <choice>', 'what became of it, or what shall be')
        .choices(decisionChoices)
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'what you found out, and where')
    .option('--code <code>', 'for waive: the check that shall not hold it back')
    .option(...TOKEN_OPTION)
    .description('Propose a decision where the bank cannot tell; another person has to confirm it.')
    .addHelpText(
      'after',
      example('cashbell payments decide pay_01… --as executed --reason "seen in KlikBCA"'),
    )
    .action((paymentId: string, flags: DecideFlags & { as: DecisionChoice }, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const made = await proposeDecision(services, by, {
          paymentId,
          choice: flags.as,
          waivedCode: flags.code,
          reason: flags.reason,
        });
        print(
          terminal,
          shared(command),
          toDecisionWire(made),
          () =>
            `${made.decisionId}  waits for another person: cashbell payments confirm-decision ${paymentId} ${made.decisionId}`,
        );
      }),
    );
  for (const name of ['confirm-decision', 'refuse-decision'] as const) {
    const isConfirmed = name === 'confirm-decision';
    payments
      .command(name)
      .argument('<payment>', 'id of the payment (pay_…)')
      .argument('<decision>', 'id of the decision (dec_…)')
      .option(...TOKEN_OPTION)
      .description(
        isConfirmed
          ? 'Say yes as the second person; the payment then follows.'
          : 'Say no, or take your own proposal back.',
      )
      .addHelpText('after', example(`cashbell payments ${name} pay_01… dec_01…`))
      .action((paymentId: string, decisionId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const place = { paymentId, decisionId };
          const decided = isConfirmed
            ? await decidePayment(services.payments, by, place)
            : await refuseDecision(services, by, place);
          print(
            terminal,
            shared(command),
            toDecisionWire(decided),
            () => `${decided.choice}: ${decided.outcome ?? ''}.`,
          );
        }),
      );
  }
  addDecisionList(payments, { terminal, shared, withServices });
}

function addDecisionList(
  payments: Command,
  { terminal, shared, withServices }: CommandContext,
): void {
  payments
    .command('decisions')
    .option(...ORG_OPTION)
    .description('List decisions that wait for a second person.')
    .addHelpText('after', example('cashbell payments decisions'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const items = (await listDecisions(services.pool, { orgId })).map(toDecisionWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.decisionId },
              { title: 'PAYMENT', read: (item) => item.paymentId },
              { title: 'AS', read: (item) => item.choice },
              { title: 'CODE', read: (item) => item.waivedCode },
              { title: 'REASON', read: (item) => item.reason },
              { title: 'PROPOSED BY', read: (item) => item.proposedBy },
            ],
            'Nothing waits for a decision.',
          ),
        );
      }),
    );
}
