import { CashbellError } from '#core/errors.ts';
import type { Connector } from '#connectors/contract.ts';
import type { PaymentId } from '#core/ids.ts';
import type { ApprovalForm } from '#store/approval-forms.ts';
import { findApprovalForm } from '#store/approval-forms.ts';
import type { Directory, DirectoryApp } from '#store/directory.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { AppCalls } from '../dingtalk/app-calls.ts';
import type { Announcer, Ring } from '../notification/announce.ts';
import type { FormMapping } from './form-mapping.ts';
import type { FormPayment } from './read-form.ts';

/** What an approved form asks for, each of its rows a payment. */
export interface FormRequest {
  readonly orgId: string;
  readonly processCode: string;
  readonly processInstanceId: string;
  readonly payments: readonly FormPayment[];
  /** `per_…` or `dingtalk:<userId>`. */
  readonly maker: string;
  readonly approvalsRequired: number;
}

export type IntakeOutcome =
  | { readonly kind: 'requested'; readonly paymentIds: readonly PaymentId[] }
  | {
      readonly kind: 'refused';
      readonly problem: IntakeProblem;
      /** It may be accepted later, such as when the payee was registered. */
      readonly mayPassLater: boolean;
    };

export interface IntakeProblem {
  readonly code: 'payment.invalid' | 'payment.beneficiaryUnknown' | 'payment.notSupported';
  readonly field: string;
  readonly problem: string;
  readonly row?: number | undefined;
}

/** Where payments are asked for and woken; approvals know nothing else of them. */
export interface PaymentIntake {
  /** Asks for all payments of a form or for none. Asking again gives the same payments. */
  requestFromApproval(request: FormRequest): Promise<IntakeOutcome>;
  /** Something happened to the approval of these payments: their story reads it afresh. */
  wake(orgId: string, paymentIds: readonly string[]): Promise<void>;
}

/** What everything about approvals is made of; put together once per process. */
export interface ApprovalDeps {
  readonly services: AdminServices;
  readonly directory: Directory;
  readonly announcer: Announcer;
  readonly connectorOf: (id: string) => Connector | undefined;
  readonly calls: AppCalls;
  readonly onRings: (rings: readonly Ring[]) => void;
}

export type KnownForm = ApprovalForm<FormMapping>;

/** A form in use with its app, ready to be asked about. */
export interface FormPlace {
  readonly form: KnownForm;
  readonly app: DirectoryApp;
}

/** Finds a form; undefined when we do not know it, or know it no more. */
export async function findFormPlace(
  { services, directory }: Pick<ApprovalDeps, 'services' | 'directory'>,
  orgId: string,
  processCode: string,
): Promise<FormPlace | undefined> {
  const form = await findApprovalForm<FormMapping>(services.pool, orgId, processCode);
  if (!form) return undefined;
  const app = (await directory.org(orgId)).apps.get(form.appId);
  return app && { form, app };
}

/**
 * A form that can be trusted to say what people meant. A broken one is not: somebody changed it since
 * its mapping was checked.
 */
export async function requireFormPlace(
  deps: Pick<ApprovalDeps, 'services' | 'directory'>,
  orgId: string,
  processCode: string,
): Promise<FormPlace> {
  const place = await findFormPlace(deps, orgId, processCode);
  if (!place) throw new CashbellError('approval.formMissing', { form: processCode });
  if (place.form.state === 'broken') {
    const { field = '', problem = '' } = place.form.problem ?? {};
    throw new CashbellError('approval.formMismatch', { field, problem });
  }
  return place;
}
