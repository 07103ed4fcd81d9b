import { listOf, textOf } from '../../harness/child.ts';
import { Refused } from './api.ts';
import type { Api } from './api.ts';
import type { Furniture, RealPerson, RealScene } from './furnish.ts';
import { changedAmount } from './plan.ts';
import type { RealRequest } from './plan.ts';

/** What somebody did in our own console, as they would write it down themselves. */
export interface OwnDeed {
  readonly request: RealRequest;
  readonly askedAtMs: number;
  readonly paymentId: string;
  agreedAtMs: number | undefined;
  refusedAtMs: number | undefined;
}

/** Makers and approvers of a run. */
export interface Deeds {
  readonly own: readonly OwnDeed[];
  /** Which instance at DingTalk asks for which request. */
  readonly instances: ReadonlyMap<string, RealRequest>;
  carryOut(request: RealRequest): Promise<void>;
}

const PATIENCE_MS = 400;

export function createDeeds(scene: RealScene, furniture: Furniture, api: Api): Deeds {
  const own: OwnDeed[] = [];
  const instances = new Map<string, RealRequest>();
  const maker = ({ maker: index }: RealRequest): RealPerson => at(furniture.makers, index);
  const checker = ({ checker: index }: RealRequest): RealPerson => at(furniture.checkers, index);

  const askInConsole = async (request: RealRequest): Promise<void> => {
    const { token } = maker(request);
    const order = {
      accountId: at(furniture.accounts[request.bank], request.account).accountId,
      beneficiaryId: at(furniture.payees[request.bank], request.payee).beneficiaryId,
      amount: request.amount,
      purpose: 'supplier',
      remittanceInformation: request.invoice,
    };
    const key = `request-${request.number}`;
    const askedAtMs = Date.now();
    const answers = await Promise.all(
      Array.from({ length: request.triggers }, () =>
        api.call(token, 'POST', '/payments', order, key),
      ),
    );
    const [payment] = answers;
    const paymentId = textOf(payment, 'paymentId');
    const deed: OwnDeed = {
      request,
      askedAtMs,
      paymentId,
      agreedAtMs: undefined,
      refusedAtMs: undefined,
    };
    own.push(deed);
    await pause(PATIENCE_MS);
    const isRefused = request.course === 'refused';
    const path = `/payments/${paymentId}/${isRefused ? 'decline' : 'approve'}`;
    const said = { digest: textOf(payment, 'digest') };
    // It counts from the moment at which it may have been heard.
    deed[isRefused ? 'refusedAtMs' : 'agreedAtMs'] = Date.now();
    await api.call(checker(request).token, 'POST', path, said);
  };

  const askAtDingtalk = async (request: RealRequest): Promise<void> => {
    const { dingtalk } = scene;
    const account = at(furniture.accounts[request.bank], request.account);
    const payee = at(furniture.payees[request.bank], request.payee);
    const by = checker(request).dingtalkUserId;
    const instance = await dingtalk.manage('POST', 'instances', {
      form: furniture.processCode,
      userId: maker(request).dingtalkUserId,
      values: {
        cashbell_debtor: account.option,
        cashbell_creditor: payee.name,
        cashbell_account: payee.account,
        ...(payee.agent === '' ? {} : { cashbell_agent: payee.agent }),
        cashbell_amount: request.amount,
        cashbell_currency: account.currency,
        cashbell_purpose: 'supplier',
        cashbell_text: request.invoice,
      },
      approvers: [{ actionType: 'NONE', userIds: [by] }],
    });
    const id = textOf(instance, 'processInstanceId');
    instances.set(id, request);
    const act = (what: string, order: object): Promise<unknown> =>
      dingtalk.manage('POST', `instances/${id}/${what}`, order);
    await pause(PATIENCE_MS);
    if (request.course === 'revoked') {
      await act('revoke', { userId: maker(request).dingtalkUserId });
      return;
    }
    if (request.course === 'changed') {
      // Long enough that the first version has been read.
      await pause(2_000);
      const values = { cashbell_amount: changedAmount(request.amount) };
      await act('edit', { userId: by, values });
    }
    await act(request.course === 'refused' ? 'refuse' : 'agree', { userId: by });
  };

  return {
    own,
    instances,
    carryOut: (request) =>
      request.via === 'local' ? askInConsole(request) : askAtDingtalk(request),
  };
}

/** Finance people who answer questions, by what the banks' own portals show. */
export async function decideQuestions(
  { banks }: RealScene,
  { deciders }: Furniture,
  api: Api,
): Promise<number> {
  const [one, two] = deciders;
  let decided = 0;
  for (const state of ['unknown', 'submitted']) {
    const page = await api.call(one.token, 'GET', `/payments?state=${state}&limit=200`);
    for (const payment of listOf(page, 'items')) {
      if (typeof Object(payment).decisionSince !== 'string') continue;
      const choice = await seeInPortal(banks, textOf(payment, 'endToEndId'), state);
      if (choice === undefined) continue;
      const path = `/payments/${textOf(payment, 'paymentId')}/decisions`;
      try {
        const order = { choice, reason: 'Seen in the portal of the bank.' };
        const proposal = await api.call(one.token, 'POST', path, order);
        const decisionId = textOf(proposal, 'decisionId');
        await api.call(two.token, 'POST', `${path}/${decisionId}/confirm`, {});
        decided += 1;
      } catch (error) {
        // The bank's word came first.
        if (!(error instanceof Refused)) throw error;
      }
    }
  }
  return decided;
}

/** Somebody asked twice for the same: one of the two is taken back. */
export async function takeBackDoubles({ checkers }: Furniture, api: Api): Promise<void> {
  const [checker] = checkers;
  if (!checker) return;
  const page = await api.call(checker.token, 'GET', '/payments?state=blocked&limit=200');
  for (const payment of listOf(page, 'items')) {
    if (Object(payment).reasonCode !== 'payment.duplicateSuspected') continue;
    const path = `/payments/${textOf(payment, 'paymentId')}/cancel`;
    await api.call(checker.token, 'POST', path, {}).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
    });
  }
}

async function seeInPortal(
  banks: RealScene['banks'],
  endToEndId: string,
  state: string,
): Promise<'executed' | 'notExecuted' | 'sendAgain' | undefined> {
  const transfers = await readPortal(banks);
  const ours = transfers.filter(({ reference }) => reference === endToEndId);
  if (ours.some(({ isOpen }) => isOpen)) return undefined;
  if (ours.some(({ isPaid }) => isPaid)) return 'executed';
  return state === 'unknown' ? 'sendAgain' : 'notExecuted';
}

interface PortalLine {
  readonly reference: string;
  readonly isOpen: boolean;
  readonly isPaid: boolean;
}

async function readPortal(banks: RealScene['banks']): Promise<PortalLine[]> {
  const snap = listOf(await banks.manage('GET', 'snap/transfers'), 'transfers').map((one) => ({
    reference: String(Object(one).partnerReferenceNo),
    isOpen: ['01', '02', '03'].includes(String(Object(one).status)),
    isPaid: Object(one).status === '00',
  }));
  const wallet = listOf(await banks.manage('GET', 'airwallex/state'), 'transfers').map((one) => ({
    reference: String(Object(one).requestId),
    isOpen: !['PAID', 'FAILED', 'CANCELLED'].includes(String(Object(one).status)),
    isPaid: Object(one).status === 'PAID',
  }));
  return [...snap, ...wallet];
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no number ${index}`);
  return item;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
