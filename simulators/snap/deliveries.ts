import type { Movement } from './books.ts';
import { callbackOrder } from './callback-bodies.ts';
import type { CallbackOrder } from './callback-bodies.ts';
import { callbackExternalId, writeMessage } from './callback-message.ts';
import { judge, refusesToken } from './callback-verdict.ts';
import type { Verdict } from './callback-verdict.ts';
import { CompanyClient } from './company-client.ts';
import { companyBaseUrl, CompanyTokens } from './company-tokens.ts';
import { numberSetting, strike } from './faults.ts';
import type { BankCode } from './profiles.ts';
import type { World } from './world.ts';

/** One attempt to tell a company, as the management interface shows it. */
export interface DeliveryAttempt {
  readonly at: string;
  readonly bank: BankCode;
  readonly service: string;
  readonly path: string;
  readonly reference: string;
  readonly attempt: number;
  readonly externalId: string;
  readonly status: number | 'no answer';
  readonly responseCode: string | null;
  readonly outcome: Verdict['outcome'];
  readonly latencyMs: number;
  /** The body as sent, cut when it is very long. */
  readonly body: string;
  readonly answer: string;
  readonly stringToSign: string | null;
  readonly faults: readonly string[];
}

const ATTEMPTS_KEPT = 5000;
const TEXT_KEPT = 4000;
/** Calls under way at once, so that a bulk load does not open thousands of sockets. */
const AT_ONCE = 16;

/** One telling of one movement: its attempts share what BCA keeps between them. */
interface Telling {
  readonly movement: Movement;
  readonly order: CallbackOrder;
  externalId: string | undefined;
  attempt: number;
  /** Called when the first attempt is over. */
  readonly tried?: () => void;
}

/** The banks' calls to companies: queue, retries and what came of them. */
export class Deliveries {
  readonly #world: World;
  readonly #client = new CompanyClient();
  readonly #tokens: CompanyTokens;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #queue: Telling[] = [];
  readonly #gathered: Telling[] = [];
  readonly #lastExternalId = new Map<BankCode, string>();
  #attempts: DeliveryAttempt[] = [];
  #underWay = 0;
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
    this.#tokens = new CompanyTokens(world, this.#client);
  }

  /** Tells the company of a movement, if the bank has a call for it and knows where to call. */
  tell(movement: Movement): boolean {
    const partner = this.#world.partners.of(movement.bank);
    const account = this.#world.books.account(movement.account);
    const order = callbackOrder(account, movement, partner);
    if (!order || companyBaseUrl(partner) === undefined) return false;
    this.#send({ movement, order, externalId: undefined, attempt: 0 });
    return true;
  }

  /** Makes a call that no movement causes by itself; resolves when its first attempt is over. */
  async tellOrder(movement: Movement, order: CallbackOrder): Promise<void> {
    if (companyBaseUrl(this.#world.partners.of(movement.bank)) === undefined) return;
    await new Promise<void>((resolve) => {
      this.#send({ movement, order, externalId: undefined, attempt: 0, tried: resolve });
    });
  }

  #send(telling: Telling): void {
    const { movement, order } = telling;
    const scope = { bank: movement.bank, service: order.service, account: movement.account };
    const late = strike(this.#world.faults, 'lateCallback', scope);
    const reordered = strike(this.#world.faults, 'reorderedCallbacks', scope);
    if (late) this.#later(numberSetting(late, 'ms', 5000), () => this.#enqueue(telling));
    else if (reordered) this.#gather(telling, reordered);
    else this.#enqueue(telling);
  }

  /** All attempts that are remembered, oldest first. */
  attempts(): DeliveryAttempt[] {
    return this.#attempts.slice(-ATTEMPTS_KEPT);
  }

  /** Calls that wait or are under way, without those that wait for a later moment. */
  waiting(): number {
    return this.#queue.length + this.#underWay;
  }

  /** Forgets a bank's token at its company, after the company's settings changed. */
  forgetToken(bank: BankCode): void {
    this.#tokens.drop(bank);
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.length = 0;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#client.stop();
  }

  #enqueue(telling: Telling): void {
    this.#queue.push(telling);
    this.#drain();
  }

  #drain(): void {
    while (!this.#stopped && this.#underWay < AT_ONCE) {
      const telling = this.#queue.shift();
      if (!telling) return;
      this.#underWay += 1;
      void this.#attempt(telling).finally(() => {
        this.#underWay -= 1;
        this.#drain();
      });
    }
  }

  /** Holds calls back until enough are together, then lets them go last first. */
  #gather(telling: Telling, fault: Parameters<typeof numberSetting>[0]): void {
    this.#gathered.push(telling);
    const release = (): void => {
      for (const held of this.#gathered.splice(0).reverse()) this.#enqueue(held);
    };
    if (this.#gathered.length >= numberSetting(fault, 'size', 3)) release();
    else if (this.#gathered.length === 1) this.#later(numberSetting(fault, 'ms', 2000), release);
  }

  #later(ms: number, action: () => void): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  async #attempt(telling: Telling): Promise<void> {
    telling.attempt += 1;
    const verdict = await this.#call(telling);
    telling.tried?.();
    if (this.#stopped) return;
    const { bank } = telling.movement;
    if (refusesToken(verdict)) this.#tokens.drop(bank);
    if (verdict.outcome === 'failed') {
      const { retryAttempts, retryDelayMs } = this.#world.partners.of(bank);
      if (telling.attempt > retryAttempts) return;
      this.#later(retryDelayMs, () => this.#enqueue(telling));
      return;
    }
    const scope = { bank, service: telling.order.service, account: telling.movement.account };
    if (strike(this.#world.faults, 'duplicateCallback', scope)) await this.#call(telling, true);
  }

  async #call(telling: Telling, duplicate = false): Promise<Verdict> {
    const { movement, order } = telling;
    const { bank } = movement;
    const partner = this.#world.partners.of(bank);
    const url = new URL((companyBaseUrl(partner) ?? '') + order.path);
    const started = performance.now();
    const token =
      partner.signatureType === 2
        ? undefined
        : await this.#tokens.get(bank, companyBaseUrl(partner) ?? '');
    if (typeof token === 'object') {
      const answer = token.status === 'no answer' ? undefined : { ...token, status: token.status };
      const verdict: Verdict = { outcome: 'failed', responseCode: null };
      const seen = { externalId: '', body: '', stringToSign: null, faults: [] };
      this.#record(telling, { path: 'access-token/b2b', verdict, answer, started, ...seen });
      return verdict;
    }
    const externalId = this.#externalId(telling, duplicate);
    const message = await writeMessage(this.#world, {
      bank,
      account: movement.account,
      order,
      url,
      externalId,
      repeated: telling.attempt > 1 && !duplicate,
      accessToken: token,
    });
    const { headers, body, stringToSign } = message;
    const answer = await this.#client.post(url, {
      headers,
      body,
      timeoutMs: partner.callbackTimeoutMs,
    });
    const verdict = judge(order.service, answer);
    const faults = duplicate ? [...message.faults, 'duplicateCallback'] : message.faults;
    const seen = { externalId, body: body.toString(), stringToSign, faults };
    this.#record(telling, { path: url.pathname, verdict, answer, started, ...seen });
    return verdict;
  }

  /**
   * BCA repeats a call under its first X-EXTERNAL-ID: that is how a company knows a repetition
   * (A12.5). BNI uses a new one for each attempt (A6); BRI makes one attempt.
   */
  #externalId(telling: Telling, duplicate: boolean): string {
    const { bank, account } = telling.movement;
    const { faults, clock, random } = this.#world;
    const last = this.#lastExternalId.get(bank);
    const scope = { bank, service: telling.order.service, account };
    if (last !== undefined && strike(faults, 'callbackReplayedExternalId', scope)) return last;
    const kept = bank === 'bca' || duplicate ? telling.externalId : undefined;
    const externalId = kept ?? callbackExternalId(bank, clock.now(), random);
    telling.externalId = externalId;
    this.#lastExternalId.set(bank, externalId);
    return externalId;
  }

  #record(
    telling: Telling,
    seen: {
      path: string;
      verdict: Verdict;
      answer: { status: number; body: string } | undefined;
      started: number;
      externalId: string;
      body: string;
      stringToSign: string | null;
      faults: readonly string[];
    },
  ): void {
    const at = this.#world.clock.now().toISOString();
    const status = seen.answer?.status ?? 'no answer';
    const answer = (seen.answer?.body ?? '').slice(0, TEXT_KEPT);
    telling.movement.pushes.push({ at, status, body: answer });
    this.#attempts.push({
      at,
      bank: telling.movement.bank,
      service: telling.order.service,
      path: seen.path,
      reference: telling.movement.reference,
      attempt: telling.attempt,
      externalId: seen.externalId,
      status,
      responseCode: seen.verdict.responseCode,
      outcome: seen.verdict.outcome,
      latencyMs: Math.round(performance.now() - seen.started),
      body: seen.body.slice(0, TEXT_KEPT),
      answer,
      stringToSign: seen.stringToSign,
      faults: seen.faults,
    });
    if (this.#attempts.length > ATTEMPTS_KEPT * 2) this.#attempts = this.attempts();
  }
}
