import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { TemplateDetailWire } from '#api/contract/item-templates.ts';
import {
  templateDeps,
  toTemplateDetail,
  toTemplateInput,
  toTemplateWire,
} from '#api/operations/item-templates.ts';
import { rolls } from '#core/bank-calendar.ts';
import type { Roll } from '#core/bank-calendar.ts';
import { createTemplate, moveTemplate } from '#flows/expected-items/item-templates.ts';
import type { TemplateItem } from '#flows/expected-items/item-templates.ts';
import { getTemplate, listTemplates } from '#store/item-templates.ts';
import type { TemplateState } from '#store/item-templates.ts';
import type { TokenFlag } from './acting.ts';
import { actingMaker, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { example, findOrg, UsageError } from './context.ts';
import { itemsGroup } from './items-group.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION } from './token.ts';

/** `cashbell items template`: what is expected again and again. */
export function addItemTemplateCommands(program: Command, context: CommandContext): void {
  const template = itemsGroup(program)
    .command('template')
    .description('What is expected again and again: rent, subscriptions, instalments.');
  addAddCommand(template, context);
  addReadCommands(template, context);
  addMoveCommands(template, context);
}

interface AddFlags extends TokenFlag {
  readonly direction: 'receivable' | 'payable';
  readonly amount: string;
  readonly min?: string;
  readonly currency: string;
  readonly party?: string;
  readonly partyKey?: string;
  readonly partyAccount?: string;
  readonly number?: string;
  readonly reference?: string;
  readonly virtualAccount?: string;
  readonly text?: string;
  readonly account?: string;
  readonly rule: string;
  readonly from: string;
  readonly until?: string;
  readonly zone?: string;
  readonly roll?: Roll;
  readonly country?: string;
  readonly ahead: number;
}

function addAddCommand(template: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  template
    .command('add')
    .argument('<name>', 'what people call it')
    .addOption(
      new Option('--direction <way>', 'receivable: customers owe it; payable: you owe it')
        .choices(['receivable', 'payable'])
        .makeOptionMandatory(),
    )
    .requiredOption('--amount <decimal>', 'each time; of bounds, the upper one')
    .requiredOption('--currency <code>', 'such as IDR')
    .requiredOption('--rule <rule>', 'RFC 5545, such as "FREQ=MONTHLY;BYMONTHDAY=1"')
    .requiredOption('--from <day>', 'the rule counts from this day')
    .option('--until <day>', 'none after this day')
    .option('--min <decimal>', 'lowest amount, where it is not known exactly')
    .option('--party <name>', 'customer or supplier')
    .option('--party-key <text>', 'number of the customer or supplier in your books')
    .option('--party-account <text>', 'account of the customer or supplier')
    .option('--number <text>', 'number; {yyyy}, {MM} and {dd} are filled in')
    .option('--reference <text>', 'creditor reference or payment code')
    .option('--virtual-account <text>', 'virtual account that the customer pays to')
    .option('--text <text>', 'description')
    .option('--account <id>', 'only an entry of this account can settle it (acc_…)')
    .option('--zone <zone>', 'whose days (default: the organisation’s)')
    .addOption(new Option('--roll <rule>', 'where a day without banks moves to').choices(rolls))
    .option('--country <code>', 'whose bank days count, such as ID')
    .option('--ahead <days>', 'make items so many days ahead', parseDays, 30)
    .option(...TOKEN_OPTION)
    .description('Add a template, and show its next days.')
    .addHelpText(
      'after',
      example(
        'cashbell items template add "Rent Tower A" --direction payable --party "PT Gedung" --amount 45000000 --currency IDR --rule "FREQ=MONTHLY;BYMONTHDAY=1" --from 2026-12-01 --roll following --country ID',
      ),
    )
    .action((name: string, flags: AddFlags, command: Command) =>
      withServices(async ({ services }) => {
        const deps = templateDeps(services);
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const input = toTemplateInput(toWish(name, flags), orgId);
        const detail = await toTemplateDetail(deps, await createTemplate(deps, input, actor));
        print(terminal, shared(command), detail, () => describe(detail));
      }),
    );
}

function parseDays(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new UsageError(`"${text.slice(0, 20)}" must be a number of days`);
}

function toWish(name: string, flags: AddFlags) {
  return {
    name,
    rule: flags.rule,
    startsOn: flags.from,
    endsOn: flags.until,
    zone: flags.zone,
    roll: flags.roll,
    country: flags.country,
    aheadDays: flags.ahead,
    item: {
      direction: flags.direction,
      number: flags.number,
      counterpartyName: flags.party,
      counterpartyKey: flags.partyKey,
      counterpartyAccount: flags.partyAccount,
      amount: flags.amount,
      amountMin: flags.min,
      currency: flags.currency,
      description: flags.text,
      creditorReference: flags.reference,
      virtualAccount: flags.virtualAccount,
      accountId: flags.account,
    },
  };
}

function describe(detail: z.infer<typeof TemplateDetailWire>): string {
  const { item } = detail;
  return [
    `${detail.templateId}  ${detail.state}  ${detail.name}  ${detail.rule}`,
    `${item.direction}  ${item.currency} ${item.amount}  ${item.counterpartyName ?? ''}`.trim(),
    toTable(
      detail.next,
      [
        { title: 'DAY', read: (one) => one.day },
        { title: 'DUE', read: (one) => one.dueOn },
      ],
      'No day to come.',
    ),
  ].join('\n');
}

function addReadCommands(template: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  template
    .command('list')
    .option(...ORG_OPTION)
    .description('List templates.')
    .addHelpText('after', example('cashbell items template list'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const found = await listTemplates<TemplateItem>(services.pool, { orgId });
        const items = found.map(toTemplateWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (one) => one.templateId },
              { title: 'NAME', read: (one) => one.name },
              { title: 'STATE', read: (one) => one.state },
              { title: 'RULE', read: (one) => one.rule },
              { title: 'NEXT', read: (one) => one.nextOn },
            ],
            'No template yet. Run: cashbell items template add <name>',
          ),
        );
      }),
    );
  template
    .command('show')
    .argument('<template>', 'id (tpl_…)')
    .option(...ORG_OPTION)
    .description('Show a template with its next days.')
    .addHelpText('after', example('cashbell items template show tpl_01…'))
    .action((templateId: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const found = await getTemplate<TemplateItem>(services.pool, { orgId, templateId });
        const detail = await toTemplateDetail(templateDeps(services), found);
        print(terminal, shared(command), detail, () => describe(detail));
      }),
    );
}

function addMoveCommands(template: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const moves: readonly (readonly [string, TemplateState, string])[] = [
    ['pause', 'paused', 'Make no more items for now.'],
    ['resume', 'active', 'Go on; what passed meanwhile is not made up for.'],
    ['end', 'ended', 'End it. Items that were made already stay.'],
  ];
  for (const [name, to, description] of moves) {
    template
      .command(name)
      .argument('<template>', 'id (tpl_…)')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell items template ${name} tpl_01…`))
      .action((templateId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const deps = templateDeps(services);
          const { orgId, actor } = await actingMaker(services, terminal, flags);
          const moved = await moveTemplate(deps, { orgId, templateId }, { to, actor });
          const detail = await toTemplateDetail(deps, moved);
          print(terminal, shared(command), detail, () => describe(detail));
        }),
      );
  }
}
