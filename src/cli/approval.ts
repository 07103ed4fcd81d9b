import type { Command } from 'commander';
import { ApprovalFormMap, ApprovalRuleNew } from '#api/contract/approval-set-up.ts';
import {
  formDeps,
  toCheckWire,
  toFormResult,
  toFormWire,
  toRuleInput,
  toRuleWire,
} from '#api/operations/approval-set-up.ts';
import type { FormResult } from '#flows/approval/forms.ts';
import {
  checkForm,
  createForm,
  listForms,
  mapForm,
  showForm,
  updateForm,
} from '#flows/approval/forms.ts';
import { checkRules, proposeRule } from '#flows/approval/rules.ts';
import { removeApprovalForm } from '#store/approval-forms.ts';
import type { ApprovalRuleRecord } from '#store/approval-rules.ts';
import {
  confirmApprovalRule,
  listApprovalRules,
  proposeApprovalRuleRemoval,
  refuseApprovalRule,
} from '#store/approval-rules.ts';
import type { TokenFlag } from './acting.ts';
import { actingPerson, TOKEN_OPTION } from './acting.ts';
import type { CommandContext, Shared, Terminal } from './context.ts';
import { CheckFailed, CLI_ACTOR, example, findOrg, readDocument, UsageError } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION, parseWhole } from './token.ts';
import { readText } from './values.ts';

/** `cashbell approval …` */
export function addApprovalCommands(program: Command, context: CommandContext): void {
  const approval = program
    .command('approval')
    .description('Through which DingTalk forms payments are asked for, and who must agree.');
  addFormCommands(approval, context);
  addRuleCommands(approval, context);
}

interface FormFlags {
  readonly org?: string;
  readonly app?: string;
  readonly name?: string;
  readonly required?: number;
}

const APP_OPTION = ['--app <id>', 'DingTalk app (default: the only one)'] as const;
const REQUIRED_OPTION = [
  '--required <number>',
  'people who must have agreed at least, the maker not among them (default: 1)',
  parseWhole,
] as const;

function addFormCommands(approval: Command, context: CommandContext): void {
  const form = approval
    .command('form')
    .description('Approval forms of DingTalk and how they are read.');
  addFormMaking(form, context);
  addFormReading(form, context);
}

function addFormMaking(form: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  form
    .command('create')
    .option('--name <text>', 'what people see in DingTalk')
    .option(...APP_OPTION)
    .option(...REQUIRED_OPTION)
    .option(...ORG_OPTION)
    .description("Make our own form at DingTalk, in the organisation's language.")
    .addHelpText('after', example('cashbell approval form create --required 2'))
    .action((flags: FormFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const input = {
          orgId,
          appId: flags.app,
          name: flags.name,
          approvalsRequired: flags.required,
        };
        report(terminal, shared(command), await createForm(formDeps(services), input, CLI_ACTOR));
      }),
    );
  form
    .command('update')
    .argument('<processCode>', 'PROC-… of a form that we made')
    .option(...ORG_OPTION)
    .description('Bring our own form up to date: new accounts, another language.')
    .addHelpText('after', example('cashbell approval form update PROC-…'))
    .action((processCode: string, flags: FormFlags, command: Command) =>
      withServices(async ({ services }) => {
        const place = { orgId: await findOrg(services, flags.org), processCode };
        report(terminal, shared(command), await updateForm(formDeps(services), place, CLI_ACTOR));
      }),
    );
  form
    .command('map')
    .argument('<processCode>', 'PROC-… of a form of yours')
    .requiredOption('--values <file>', 'YAML or JSON: table, fields; - is standard input')
    .option('--name <text>', 'what it is called here')
    .option(...APP_OPTION)
    .option(...REQUIRED_OPTION)
    .option(...ORG_OPTION)
    .description(
      'Say which control of a form carries what. Nothing is stored while anything is wrong.',
    )
    .addHelpText('after', example('cashbell approval form map PROC-… --values mapping.yaml'))
    .action((processCode: string, flags: FormFlags & { values: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const { table, fields } = await readMapping(terminal, flags.values);
        const result = await mapForm(
          formDeps(services),
          {
            orgId,
            processCode,
            appId: flags.app,
            name: flags.name,
            approvalsRequired: flags.required,
            wish: { table, fields },
          },
          CLI_ACTOR,
        );
        report(terminal, shared(command), result);
      }),
    );
}

async function readMapping(terminal: Terminal, file: string) {
  const read = ApprovalFormMap.safeParse(await readDocument(terminal, file, readText));
  if (read.success) return read.data;
  throw new UsageError(`--values does not fit; look at ${whereOf(read.error)}`);
}

function whereOf({
  issues,
}: {
  issues: readonly { path: PropertyKey[]; message: string }[];
}): string {
  const [first] = issues;
  return `"${first?.path.map(String).join('.') ?? ''}": ${first?.message ?? ''}`;
}

/** Prints a form, or everything that is wrong with it; then the command has failed. */
function report(terminal: Terminal, options: Shared, result: FormResult): void {
  const { form, problems } = result;
  print(terminal, options, toFormResult(result), () =>
    [
      ...(form ? [`${form.processCode}  ${form.name}  ${form.state}`] : []),
      ...problems.map(({ field, control, problem }) =>
        [field, ...(control === undefined ? [] : [`(${control})`]), problem].join(' '),
      ),
    ].join('\n'),
  );
  if (problems.length > 0) throw new CheckFailed('the mapping does not hold');
}

function addFormReading(form: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  form
    .command('show')
    .argument('<processCode>', 'PROC-… of any form')
    .option(...APP_OPTION)
    .option(...ORG_OPTION)
    .description('Show the controls of a form, for those who map one.')
    .addHelpText('after', example('cashbell approval form show PROC-…'))
    .action((processCode: string, flags: FormFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const place = { orgId, appId: flags.app, processCode };
        const { title, controls } = await showForm(formDeps(services), place);
        const items = controls.flatMap((control) => [
          control,
          ...control.children.map((child) => ({
            ...child,
            label: `${control.label} / ${child.label}`,
          })),
        ]);
        print(terminal, shared(command), { title, items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.id },
              { title: 'TYPE', read: (item) => item.type },
              { title: 'LABEL', read: (item) => item.label },
              { title: 'REQUIRED', read: (item) => (item.isRequired ? 'yes' : '') },
              { title: 'CHOICES', read: (item) => item.options.join(', ') },
            ],
            'The form has no controls.',
          ),
        );
      }),
    );
  form
    .command('check')
    .argument('<processCode>', 'as "approval form list" shows it')
    .option(...ORG_OPTION)
    .description('Check a mapping against the form as it is now; a broken one is mended by it.')
    .addHelpText('after', example('cashbell approval form check PROC-…'))
    .action((processCode: string, flags: FormFlags, command: Command) =>
      withServices(async ({ services }) => {
        const place = { orgId: await findOrg(services, flags.org), processCode };
        report(terminal, shared(command), await checkForm(formDeps(services), place, CLI_ACTOR));
      }),
    );
  form
    .command('list')
    .option(...ORG_OPTION)
    .description('List forms with their state.')
    .addHelpText('after', example('cashbell approval form list'))
    .action((flags: FormFlags, command: Command) =>
      withServices(async ({ services }) => {
        const forms = await listForms(formDeps(services), await findOrg(services, flags.org));
        const items = forms.map(toFormWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'PROCESS CODE', read: (item) => item.processCode },
              { title: 'NAME', read: (item) => item.name },
              { title: 'KIND', read: (item) => item.kind },
              { title: 'STATE', read: (item) => item.state },
              { title: 'REQUIRED', read: (item) => String(item.approvalsRequired) },
              {
                title: 'PROBLEM',
                read: ({ problem }) => (problem ? `${problem.field}: ${problem.problem}` : ''),
              },
            ],
            'No approval form yet. Make ours with: cashbell approval form create',
          ),
        );
      }),
    );
  form
    .command('remove')
    .argument('<processCode>', 'as "approval form list" shows it')
    .option(...ORG_OPTION)
    .description('Forget a form; approvals through it are not paid any more.')
    .addHelpText('after', example('cashbell approval form remove PROC-…'))
    .action((processCode: string, flags: FormFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        await removeApprovalForm(services, { orgId, processCode }, CLI_ACTOR);
        print(terminal, shared(command), { processCode }, () => `${processCode}  removed`);
      }),
    );
}

function addRuleCommands(approval: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const rule = approval
    .command('rule')
    .description('Who must agree to which payment. Every change needs two people.');
  rule
    .command('add')
    .requiredOption('--values <file>', 'YAML or JSON: ordinal, via, nodes …; - is standard input')
    .option(...TOKEN_OPTION)
    .description('Ask for a rule; one that can never be fulfilled is refused with the reason.')
    .addHelpText('after', example('cashbell approval rule add --values rule.yaml'))
    .action((flags: TokenFlag & { values: string }, command: Command) =>
      withServices(async ({ services }) => {
        const by = await actingPerson(services, terminal, flags);
        const input = toRuleInput(await readRule(terminal, flags.values));
        const made = await proposeRule(formDeps(services), by, input);
        const shown = { ...toRuleWire(made.rule), doubts: made.doubts };
        print(terminal, shared(command), shown, () =>
          [
            `${made.rule.ruleId}  waits for another person: cashbell approval rule confirm ${made.rule.ruleId}`,
            ...made.doubts.map(({ field, problem }) => `${field}: ${problem}`),
          ].join('\n'),
        );
      }),
    );
  for (const [name, act, description] of [
    ['confirm', confirmApprovalRule, 'Say yes to a rule or to its removal; never your own.'],
    ['refuse', refuseApprovalRule, "Say no to a proposal, or take one's own back."],
    ['remove', proposeApprovalRuleRemoval, 'Ask for a rule to be taken away.'],
  ] as const) {
    rule
      .command(name)
      .argument('<id>', 'id of the rule (rul_…)')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell approval rule ${name} rul_…`))
      .action((ruleId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const by = await actingPerson(services, terminal, flags);
          const changed = await act(services, by, ruleId);
          print(terminal, shared(command), toRuleWire(changed), () => wordsOf(changed));
        }),
      );
  }
  addRuleReading(rule, context);
}

function wordsOf({ ruleId, state, removalProposedBy }: ApprovalRuleRecord): string {
  return `${ruleId}  ${removalProposedBy !== undefined && state === 'active' ? 'removal waits' : state}`;
}

async function readRule(terminal: Terminal, file: string) {
  const read = ApprovalRuleNew.safeParse(await readDocument(terminal, file, readText));
  if (read.success) return read.data;
  throw new UsageError(`--values does not fit; look at ${whereOf(read.error)}`);
}

function addRuleReading(rule: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  rule
    .command('list')
    .option(...ORG_OPTION)
    .description('List rules in their order.')
    .addHelpText('after', example('cashbell approval rule list'))
    .action((flags: FormFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const items = (await listApprovalRules(services.pool, orgId)).map(toRuleWire);
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.ruleId },
              { title: 'NO', read: (item) => String(item.ordinal) },
              { title: 'STATE', read: (item) => item.state },
              { title: 'ACCOUNT', read: (item) => item.accountId },
              { title: 'PURPOSE', read: (item) => item.purpose },
              { title: 'FROM', read: ({ amountFrom }) => amountFrom && moneyOf(amountFrom) },
              { title: 'BELOW', read: ({ amountBelow }) => amountBelow && moneyOf(amountBelow) },
              { title: 'VIA', read: (item) => item.via },
              {
                title: 'WHO',
                read: ({ nodes }) =>
                  nodes.map(({ action, persons }) => `${action} ${persons.join(' ')}`).join(' → '),
              },
            ],
            'No rule yet: no payment can be asked for.',
          ),
        );
      }),
    );
  rule
    .command('check')
    .option(...ORG_OPTION)
    .description('Check all rules, and which payments they leave without approvers.')
    .addHelpText('after', example('cashbell approval rule check'))
    .action((flags: FormFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const checked = toCheckWire(await checkRules(formDeps(services), orgId));
        const lines = [
          ...checked.problems.map(({ ruleId, field, problem }) => `${ruleId} ${field}: ${problem}`),
          ...checked.gaps.map(
            ({ accountId, purpose, amounts }) => `${accountId} ${purpose}: no rule for ${amounts}`,
          ),
        ];
        print(terminal, shared(command), checked, () => lines.join('\n') || 'No problem found.');
        if (lines.length > 0) throw new CheckFailed('the rules leave something open');
      }),
    );
}

function moneyOf({ amount, currency }: { amount: string; currency: string }): string {
  return `${currency} ${amount}`;
}
