import { CashbellError } from '#core/errors.ts';
import type { FormSchema } from '#dingtalk/form-schema.ts';
import { digestOfSchema } from '#dingtalk/form-schema.ts';
import { readForm, saveForm } from '#dingtalk/workflow.ts';
import {
  findApprovalForm,
  listApprovalForms,
  noteFormChecked,
  saveApprovalForm,
} from '#store/approval-forms.ts';
import type { DirectoryApp, DirectoryOrg } from '#store/directory.ts';
import type { Actor } from '#store/orgs.ts';
import { invalidField, parseLanguage, parseName } from '#store/orgs.ts';
import type { ApprovalDeps, KnownForm } from './approval-deps.ts';
import type { FormMapping, MappingProblem, MappingWish } from './form-mapping.ts';
import { checkMapping, wishOf } from './form-mapping.ts';
import type { FormAccount } from './own-form.ts';
import { makeOwnForm } from './own-form.ts';

/** What the set-up of forms needs of a process. */
export type FormDeps = Pick<ApprovalDeps, 'services' | 'directory' | 'calls' | 'connectorOf'>;

export interface FormInput {
  readonly orgId: string;
  /** Absent: the only app there is. */
  readonly appId?: string | undefined;
  /** Absent: our name for it in the organisation's language. */
  readonly name?: string | undefined;
  readonly approvalsRequired?: number | undefined;
}

/** What came of a check: the form when it is stored and usable, and everything that is wrong. */
export interface FormResult {
  readonly form?: KnownForm;
  readonly problems: readonly MappingProblem[];
}

/** Makes our own form at DingTalk, with the accounts that can be paid from (dingtalk.md section 4.1). */
export async function createForm(
  deps: FormDeps,
  input: FormInput,
  actor: Actor,
): Promise<FormResult> {
  const org = await freshOrg(deps, input.orgId);
  const app = appOf(org, input.appId);
  const own = ownFormOf(deps, org);
  const name = parseName(input.name ?? own.name);
  const { processCode } = await deps.calls.call(app, saveForm, { ...own, name });
  return store(deps, { input, app, processCode, name, kind: 'own', wish: own.wish }, actor);
}

/** Brings our own form up to date: new accounts, another language. Ids and aliases stay. */
export async function updateForm(
  deps: FormDeps,
  input: { readonly orgId: string; readonly processCode: string },
  actor: Actor,
): Promise<FormResult> {
  const { orgId, processCode } = input;
  const org = await freshOrg(deps, orgId);
  const form = await requireForm(deps, orgId, processCode);
  if (form.kind !== 'own') {
    throw invalidField('processCode', 'is a form of your own; change it in DingTalk and check it');
  }
  const app = appOf(org, form.appId);
  const own = ownFormOf(deps, org);
  const { name, approvalsRequired } = form;
  await deps.calls.call(app, saveForm, { ...own, name, processCode });
  const kept = { orgId, approvalsRequired };
  return store(deps, { input: kept, app, processCode, name, kind: 'own', wish: own.wish }, actor);
}

/** Maps the fields of a form that people have made. Nothing is stored while anything is wrong. */
export async function mapForm(
  deps: FormDeps,
  input: FormInput & { readonly processCode: string; readonly wish: MappingWish },
  actor: Actor,
): Promise<FormResult> {
  const { processCode, wish } = input;
  const org = await freshOrg(deps, input.orgId);
  const known = await findApprovalForm<FormMapping>(deps.services.pool, input.orgId, processCode);
  const app = appOf(org, input.appId ?? known?.appId);
  const kind = known?.kind ?? 'mapped';
  return store(deps, { input, app, processCode, kind, wish }, actor);
}

/** Checks a form's mapping against the form as it is now, and mends or breaks it accordingly. */
export async function checkForm(
  deps: FormDeps,
  input: { readonly orgId: string; readonly processCode: string },
  actor: Actor,
): Promise<FormResult> {
  const { orgId, processCode } = input;
  const org = await freshOrg(deps, orgId);
  const form = await requireForm(deps, orgId, processCode);
  const app = appOf(org, form.appId);
  const { kind, name, approvalsRequired } = form;
  const kept = { orgId, approvalsRequired };
  const wish = wishOf(form.mapping);
  const result = await store(deps, { input: kept, app, processCode, name, kind, wish }, actor);
  const [first] = result.problems;
  if (!first) return result;
  const problem = { field: first.control ?? first.field, problem: first.problem };
  await noteFormChecked(deps.services, form, problem);
  return { form: await requireForm(deps, orgId, processCode), problems: result.problems };
}

/** Controls of any form, for those who map one. */
export async function showForm(
  deps: FormDeps,
  input: {
    readonly orgId: string;
    readonly appId?: string | undefined;
    readonly processCode: string;
  },
): Promise<FormSchema> {
  const org = await freshOrg(deps, input.orgId);
  const app = appOf(org, input.appId);
  return deps.calls.call(app, readForm, { processCode: input.processCode });
}

export async function listForms(deps: FormDeps, orgId: string): Promise<readonly KnownForm[]> {
  return listApprovalForms<FormMapping>(deps.services.pool, orgId);
}

interface Wanted {
  readonly input: FormInput;
  readonly app: DirectoryApp;
  readonly processCode: string;
  /** Absent: the name that it has at DingTalk. */
  readonly name?: string | undefined;
  readonly kind: 'own' | 'mapped';
  readonly wish: MappingWish;
}

/** Reads the form as it is now, checks the mapping against it, and stores it when it holds. */
async function store(deps: FormDeps, wanted: Wanted, actor: Actor): Promise<FormResult> {
  const { input, app, processCode, kind, wish } = wanted;
  const { orgId, approvalsRequired = 1 } = input;
  if (!Number.isInteger(approvalsRequired) || approvalsRequired < 1 || approvalsRequired > 20) {
    throw invalidField('approvalsRequired', 'must be a number from 1 to 20');
  }
  const schema = await deps.calls.call(app, readForm, { processCode });
  const accountIds = new Set((await deps.directory.org(orgId)).accounts.keys());
  const result = checkMapping(schema, wish, { accountIds });
  if (!result.isValid) return { problems: result.problems };
  const form = await saveApprovalForm<FormMapping>(
    deps.services,
    {
      orgId,
      processCode,
      appId: app.appId,
      name: parseName(wanted.name ?? input.name ?? (schema.title || processCode)),
      kind,
      mapping: result.mapping,
      schemaDigest: digestOfSchema(schema),
      approvalsRequired,
    },
    actor,
  );
  return { form, problems: [] };
}

async function freshOrg({ directory }: FormDeps, orgId: string): Promise<DirectoryOrg> {
  // What was entered a moment ago counts.
  directory.forget(orgId);
  return directory.org(orgId);
}

function appOf({ apps }: DirectoryOrg, appId: string | undefined): DirectoryApp {
  const [only, another] = apps.values();
  const found = appId === undefined ? (another ? undefined : only) : apps.get(appId);
  if (found) return found;
  if (appId !== undefined)
    throw new CashbellError('api.notFound', { what: 'dingtalkApp', id: appId });
  throw invalidField('appId', only ? 'name one of the DingTalk apps' : 'add a DingTalk app first');
}

async function requireForm(
  { services }: FormDeps,
  orgId: string,
  processCode: string,
): Promise<KnownForm> {
  const form = await findApprovalForm<FormMapping>(services.pool, orgId, processCode);
  if (form) return form;
  throw new CashbellError('api.notFound', { what: 'approvalForm', id: processCode.slice(0, 60) });
}

function ownFormOf({ connectorOf }: FormDeps, org: DirectoryOrg) {
  const accounts = [...org.accounts.values()].flatMap((account): FormAccount[] => {
    const connection = org.connections.get(account.connectionId);
    const connector = connection && connectorOf(connection.connector);
    if (!connector?.payments) return [];
    const { accountId, name, number, currency } = account;
    return [{ accountId, bank: connector.displayName, name, number, currency }];
  });
  if (accounts.length === 0) {
    throw invalidField('orgId', 'has no account from which can be paid; add one first');
  }
  return makeOwnForm(parseLanguage(org.language), accounts);
}
