import type { Instant, PlainDate } from '#core/dates.ts';
import type { ConfigField, ConnectorTraits } from '../contract.ts';
import type { SnapConfig } from './config.ts';
import type { InboundServiceCode } from './inbound-services.ts';
import type { SnapPayments } from './payment-profile.ts';
import type { SignatureEncoding } from './signature.ts';

/** Everything in which one SNAP bank differs from the next (A13–A16, A22). */
export interface SnapProfile {
  readonly id: string;
  readonly displayName: string;
  readonly documentation: string;
  readonly factsAsOf: PlainDate;
  readonly traits: ConnectorTraits;
  /** In front of every path of `paths`; a connection may replace it. */
  readonly pathPrefix: string;
  readonly paths: {
    readonly token: string;
    readonly balance: string;
    readonly statement: string;
    readonly history: string;
  };
  /** A7.5; a connection may replace it. */
  readonly timestampPrecision: 'second' | 'millisecond';
  /** Encoding of the HMAC; the RSA signature of the token call is base64 everywhere (A7.4). */
  readonly signatureEncoding: SignatureEncoding;
  /** `sorted`: sorted and percent-encoded; `asSent`: untouched (A7.2). */
  readonly query: 'sorted' | 'asSent';
  /** Headers that this bank wants beyond the standard ones. */
  readonly extraHeaders?: (config: SnapConfig) => Readonly<Record<string, string>>;
  /** Whether account services want a `partnerReferenceNo`. */
  readonly hasPartnerReference: boolean;
  readonly statement: {
    /** `midnights`: whole days, no paging; `moments`: with time and `hasMore`. */
    readonly window: 'midnights' | 'moments';
    /** An answer with so many lines may have been cut off. */
    readonly entriesMax?: number;
  };
  readonly formatExternalId: (now: Instant, sequence: number) => string;
  /** Absent: accounts at this bank are watched, not paid from. */
  readonly payments?: SnapPayments;
  readonly inbound: {
    /** Path endings of the services that this bank calls, and of its token request. */
    readonly services: Readonly<Record<string, InboundServiceCode>>;
    /** Words after `Unauthorized. ` for a wrong signature, as the bank's acceptance test wants. */
    readonly signatureWording: { readonly token: string; readonly message: string };
    /** Answer to the same payment again: BCA wants 4042518, others the first answer (A12.5). */
    readonly repeatedPayment: 'sameAnswer' | 'inconsistentRequest';
  };
  /** Patterns, names and hints where they are other than those of the family. */
  readonly fields?: Readonly<Record<string, Partial<Omit<ConfigField, 'name'>>>>;
}
