import type { z } from 'zod';
import type { Instant, PlainDate } from '#core/dates.ts';
import type { CashbellError, ErrorCode, ErrorDetails } from '#core/errors.ts';
import type { HttpReply, HttpRequest, HttpResponse, InboundCall } from '#core/http.ts';
import type { Money } from '#core/money.ts';
import type {
  Creditor,
  CreditorAccountScheme,
  PaymentRail,
  TransferAnswer,
  TransferInstruction,
  TransferReport,
} from '#core/payments.ts';
import type { BalanceReport, EntryReport, StatementPage } from '#core/statements.ts';

/** Keys of one environment never work in the other, and neither does a base address. */
export type Environment = 'sandbox' | 'production';

/** What a connector sees while it builds a request or reads an answer. It reaches nothing else. */
export interface CallContext<Config> {
  readonly config: Config;
  readonly environment: Environment;
  readonly now: Instant;
  /** Path part of the base address, such as `/prefix` or empty; signatures may cover it. */
  readonly basePath: string;
}

/** Context of a request that carries a session and an id of its own. */
export interface SignedContext<Config> extends CallContext<Config> {
  /** Access token, where the connector has a session. */
  readonly token?: string;
  /** Made by `formatExternalId` and stored before the request leaves. */
  readonly externalId: string;
}

/** An account as a connector needs it. */
export interface AccountReference {
  /** The number or id by which the bank knows the account. */
  readonly number: string;
  readonly currency: string;
}

export interface StatementQuery {
  readonly account: AccountReference;
  readonly from: Instant;
  readonly to: Instant;
  readonly cursor?: string;
}

/** A question to the bank and how its answer reads: two pure functions, tested with plain values. */
export interface Exchange<Config, Question, Answer> {
  /** Name of the service at the bank, for the call log, such as `14 bank-statement`. */
  readonly service: string;
  request(question: Question, context: SignedContext<Config>): HttpRequest;
  /** Called only with an answer that `judge` let pass. Throws when it cannot be read. */
  parse(response: HttpResponse, question: Question, context: CallContext<Config>): Answer;
}

export interface Session {
  readonly token: string;
  readonly expiresAt: Instant;
}

/** Why an inbound call is refused; also the key of the sentence that explains it. */
export type RefusalReason = Extract<ErrorCode, `inbound.${string}`>;

/** What a connector may use to judge an inbound call. */
export interface InboundContext<Config> extends CallContext<Config> {
  /** Whether we issued this access token to this bank and it is still valid. */
  readonly isIssuedToken: (token: string) => boolean;
  /** What earlier calls taught, such as the minify dialect that matched. */
  readonly learned: Readonly<Record<string, string>>;
}

/** Answers in the bank's own format for outcomes that only the engine can see. */
export interface InboundReplies {
  readonly accepted: HttpReply;
  /** The same message again: the bank must get the same answer as the first time. */
  readonly repeated: HttpReply;
  /** Same nonce with another content: a replay or a bank's mistake. */
  readonly nonceReused: HttpReply;
  readonly accountUnknown: HttpReply;
  /** We could not store it; the bank should try again. */
  readonly unavailable: HttpReply;
}

export type InboundVerdict =
  | {
      /** The bank asks us for an access token; `reply` writes it in the bank's format. */
      readonly kind: 'tokenRequested';
      readonly lifetimeSeconds: number;
      readonly reply: (token: string) => HttpReply;
    }
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      /** What exactly was wrong, for the stored reason; never a secret. */
      readonly details: ErrorDetails;
      readonly reply: HttpReply;
    }
  | {
      readonly kind: 'accepted';
      /** How it was verified, for example `hmac-sha512 hex, raw body`. */
      readonly verifiedBy: string;
      /** Unique per bank and scope (a day, for ever); a second use is a repeat or a replay. */
      readonly nonce: string;
      /** The same for a repeated delivery of the same message. */
      readonly messageKey: string;
      /** Account identifiers of which at least one must be known; empty when the body tells none. */
      readonly accountIdentifiers: readonly string[];
      readonly learned?: Readonly<Record<string, string>>;
      readonly replies: InboundReplies;
    };

/** What an authentic message says. */
export interface InboundContent {
  readonly movements: readonly {
    /** As stored at the account, such as `account:1234567890` or `va:12345`. */
    readonly accountIdentifiers: readonly string[];
    readonly entry: EntryReport;
  }[];
  readonly balances: readonly {
    readonly accountIdentifiers: readonly string[];
    readonly balance: BalanceReport;
  }[];
  /** What became of transfers that we sent: rejections after acceptance, payouts that failed. */
  readonly transfers?: readonly TransferNotice[];
  /** Authentic and understood, yet without a movement, such as a test ping. */
  readonly note?: string;
}

/** A bank's own call about a transfer of ours. At least one of the references is there. */
export interface TransferNotice {
  readonly endToEndId?: string;
  readonly bankReference?: string;
  readonly report: TransferReport;
}

/** A message as it was stored. */
export interface StoredMessage {
  readonly subpath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly receivedAt: Instant;
}

/** A daily time in the bank's zone when it is expected to be closed. */
export interface MaintenanceWindow {
  /** 1 Monday … 7 Sunday; empty means every day. */
  readonly weekdays: readonly number[];
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Facts about a bank that the engine obeys. */
export interface ConnectorTraits {
  readonly country: string;
  readonly zone: string;
  /** Path prefix and host are settings of each connection; these are only defaults. */
  readonly baseUrls: Readonly<Partial<Record<Environment, string>>>;
  /** Clock difference that still passes, in both directions. */
  readonly clockToleranceMs: number;
  readonly timeoutMs: number;
  readonly tlsMin: 'TLSv1.2' | 'TLSv1.3';
  /** Calls that a connection may make; the poll planner keeps within it. */
  readonly callBudget: {
    readonly perMinute: number;
    readonly perDay?: number;
    /** Transfers and questions about them, counted apart from watching. */
    readonly paymentsPerMinute?: number;
  };
  readonly poll: {
    readonly intervalSeconds: number;
    /** Oldest day that can be asked for. */
    readonly historyDaysMax: number;
    /** Longest window of one question. */
    readonly windowDaysMax: number;
    /** `day`: windows are whole days of the bank's zone. */
    readonly granularity: 'day' | 'instant';
    /** How far a new window reaches back over the last one. */
    readonly overlapMinutes: number;
    /** The bank shows an entry at the earliest so long after it happened. */
    readonly settleMinutes: number;
  };
  readonly maintenance: readonly MaintenanceWindow[];
  /** Whether statement lines carry a key that is unique for ever (design.md section 3). */
  readonly hasUniqueEntryKey: boolean;
  /** Whether every statement line carries the balance after it. */
  readonly hasRunningBalance: boolean;
  /** Whether the bank pushes at all, for which movements, and whether it repeats an unanswered push. */
  readonly push: { readonly covers: string; readonly repeats: boolean } | undefined;
}

/**
 * What happens when a transfer is sent a second time. The engine trusts only what is declared here.
 *
 * `key`: the bank refuses or repeats its answer for the same `endToEndId`, for so long; a second
 * sending cannot pay twice. `none`: it may; only a person may decide to send again.
 */
export type TransferIdempotency =
  | { readonly kind: 'key'; readonly windowMs: number }
  | { readonly kind: 'none' };

/** How the bank can be asked what became of a transfer whose answer was lost. */
export type TransferInquiry =
  | {
      readonly kind: 'byReference';
      /** "Not found" counts only so long after the last sending. */
      readonly visibilityMs: number;
      /** Older transfers cannot be asked for. */
      readonly retentionDays: number;
    }
  /** Cannot recover automatically: tighter limits and a person (ask 6). */
  | { readonly kind: 'none' };

/** One way to pay that a bank offers. */
export interface RailTraits {
  readonly rail: PaymentRail;
  readonly currencies: readonly string[];
  readonly schemes: readonly CreditorAccountScheme[];
  /** Whether the creditor's bank must be, must not be, or may be our own. */
  readonly creditorAgent: 'same' | 'other' | 'any';
  /** Limits of the rail itself, where they are published. */
  readonly amountMin?: Money;
  readonly amountMax?: Money;
  /** Minutes of the bank's day in which it is taken, on its business days only when so said. */
  readonly hours?: { readonly fromMinute: number; readonly toMinute: number };
  readonly isBusinessDaysOnly: boolean;
  /** A final status comes at the latest so long after acceptance; then people are asked. */
  readonly finalWithinMs: number;
  /** Where it is other on this rail than `PaymentCapability.isDebitReferenced` says. */
  readonly isDebitReferenced?: boolean;
}

/** A field of an instruction that the bank would refuse, and what to do about it. */
export interface InstructionProblem {
  /** Path in the instruction, such as `creditor.agent`. */
  readonly field: string;
  /** One sentence in English that names the rule. */
  readonly problem: string;
}

/** A transfer as an inquiry needs it. */
export interface TransferQuestion {
  readonly instruction: TransferInstruction;
  /** Id of the attempt that is asked about, as its request carried it. */
  readonly externalId: string;
  readonly sentAt: Instant;
  readonly bankReference?: string;
}

/** A creditor's account to be looked up before it is paid. */
export interface CreditorQuestion {
  readonly creditor: Creditor;
  readonly debtorAccount: AccountReference;
  readonly amount?: Money;
  /** Of the transfer that follows at once: BCA wants one reference for both (A13). */
  readonly endToEndId?: string;
}

/** What a connector can do about paying. Only `engine/transfer-calls.ts` may send what it builds. */
export interface PaymentCapability<Config> {
  readonly idempotency: TransferIdempotency;
  readonly inquiry: TransferInquiry;
  readonly rails: readonly RailTraits[];
  /** Whether the debit's statement line repeats the `endToEndId` or the bank's reference. */
  readonly isDebitReferenced: boolean;
  /** The bank cuts the names that it answers to so many characters; compare only those. */
  readonly creditorNameMax?: number;
  /** Checks an instruction without asking the bank: lengths, characters, codes, required fields. */
  checkInstruction(instruction: TransferInstruction, config: Config): readonly InstructionProblem[];
  readonly initiateTransfer: {
    serviceOf(instruction: TransferInstruction): string;
    request(instruction: TransferInstruction, context: SignedContext<Config>): HttpRequest;
    /**
     * Tells what the answer proves about a transfer. Its dispositions are stricter than those of
     * reading: `retry`, `reject` and `bug` promise that the transfer was NOT executed; whatever is
     * not certain is `unknown`.
     */
    judge(response: HttpResponse, context: CallContext<Config>): CashbellError | undefined;
    parse(
      response: HttpResponse,
      instruction: TransferInstruction,
      context: CallContext<Config>,
    ): TransferReport;
  };
  /** Absent when `inquiry.kind` is `none`. Answers `notFound` as a value, never as an error. */
  readonly fetchTransfer?: Exchange<Config, TransferQuestion, TransferAnswer> & {
    /** Replaces the connector's `judge` for this service, as "not found" is an answer here. */
    judge(response: HttpResponse, context: CallContext<Config>): CashbellError | undefined;
  };
  /** The holder's name as the bank knows it; `undefined` when the bank has no such account. */
  readonly fetchCreditorName?: Exchange<Config, CreditorQuestion, string | undefined> & {
    judge(response: HttpResponse, context: CallContext<Config>): CashbellError | undefined;
    isSupported(question: CreditorQuestion): boolean;
  };
  /** The bank's own dry run: what it would refuse. Moves nothing. */
  readonly validateTransfer?: Exchange<
    Config,
    TransferInstruction,
    readonly InstructionProblem[]
  > & {
    judge(response: HttpResponse, context: CallContext<Config>): CashbellError | undefined;
  };
  /** Asks the bank to stop a transfer that it has accepted and not yet executed. */
  readonly cancelTransfer?: Exchange<Config, TransferQuestion, TransferReport>;
}

/** One field of a connection's configuration, as the set-up form and the CLI show it. */
export interface ConfigField {
  readonly name: string;
  /** A secret is sealed apart, shown never again and redacted by name. */
  readonly isSecret: boolean;
  readonly kind: 'text' | 'digits' | 'pemPrivateKey' | 'pemPublicKey' | 'choice';
  readonly isRequired: boolean;
  /** One sentence in English: what it is and where the bank shows it. */
  readonly hint: string;
  /** Allowed values of a choice. */
  readonly choices?: readonly string[];
  /** What the value must look like; used by the key hygiene check. */
  readonly pattern?: RegExp;
}

/** One cause that fits a refusal, found by recomputing what a known mistake would have sent. */
export interface Diagnosis {
  /** Key of the sentence pair `diagnosis.<key>.cause` and `.fix` in the catalogues. */
  readonly key: string;
  readonly details: ErrorDetails;
}

/**
 * What a bank connector is. It is pure: it builds requests and reads answers; the engine sends,
 * retries, throttles, logs and redacts. A capability is a key of `exchanges` that is present.
 *
 * Functions that take a context are written as methods, not as arrows: TypeScript compares their
 * parameters both ways, so the catalogue can hold connectors of different configurations. That is
 * sound as long as a context is always built with the output of the same connector's `config`.
 */
export interface Connector<Config = unknown> {
  readonly id: string;
  readonly displayName: string;
  readonly documentation: string;
  readonly traits: ConnectorTraits;
  /** Parses the stored configuration, secrets included. */
  readonly config: z.ZodType<Config>;
  readonly fields: readonly ConfigField[];
  /** Account identifiers under which pushes for this account arrive, from its number and settings. */
  readonly identifiersOf: (
    account: AccountReference,
    settings: Readonly<Record<string, string>>,
  ) => string[];
  /** Request id in the bank's format from a counter that is unique for the day and connection. */
  readonly formatExternalId: (now: Instant, sequence: number) => string;
  readonly session?: {
    readonly service: string;
    request(context: CallContext<Config>): HttpRequest;
    parse(response: HttpResponse, context: CallContext<Config>): Session;
    /** Fetch a new one so long before it ends. */
    readonly renewEarlySeconds: number;
  };
  /** Adds the headers that prove who we are. The body is already the exact bytes. */
  sign(request: HttpRequest, context: SignedContext<Config>): HttpRequest;
  /** Tells a refusal from an answer, by the bank's code table; `undefined` means it may be parsed. */
  judge(response: HttpResponse, context: CallContext<Config>): CashbellError | undefined;
  /** The bank's clock as its answer shows it, where other than the Date header. */
  readonly bankTime?: (response: HttpResponse) => Instant | undefined;
  readonly exchanges: {
    readonly fetchBalances?: Exchange<Config, AccountReference, readonly BalanceReport[]>;
    readonly fetchStatement?: Exchange<Config, StatementQuery, StatementPage>;
    readonly fetchAccounts?: Exchange<
      Config,
      undefined,
      readonly (AccountReference & { readonly name: string })[]
    >;
  };
  /** Absent: the account can be watched, not paid from. */
  readonly payments?: PaymentCapability<Config>;
  readonly inbound?: {
    /** Judges a call on its raw bytes. Never throws; never believes an unverified byte. */
    receive(call: InboundCall, context: InboundContext<Config>): InboundVerdict;
    /** A refusal in the bank's own format for reasons that the engine finds first. */
    readonly refuse: (
      reason: RefusalReason,
      call: Pick<InboundCall, 'subpath'>,
      now: Instant,
    ) => HttpReply;
    /** Reads an authentic message. A throw puts it into quarantine. */
    parse(message: StoredMessage, context: CallContext<Config>): InboundContent;
  };
  /** Causes that fit an authorisation refusal, best first; pure recomputation, no call. */
  diagnose?(
    error: CashbellError,
    request: HttpRequest,
    response: HttpResponse,
    context: SignedContext<Config>,
  ): readonly Diagnosis[];
  /** For the docs and the gate: a plain day that tells since when these facts are believed. */
  readonly factsAsOf: PlainDate;
}

/** Declares a connector with its configuration type inferred, and forgets that type outside. */
export function defineConnector<Config>(connector: Connector<Config>): Connector<Config> {
  return connector;
}
