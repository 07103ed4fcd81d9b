import type { ErrorCode } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import type { DestinationRecord } from '#store/destinations-admin.ts';

/** What came of a test message. */
export interface ProbeResult {
  readonly accepted: boolean;
  readonly code?: ErrorCode | undefined;
  readonly dingtalkCode?: string | undefined;
  readonly dingtalkMessage?: string | undefined;
}

/** Sends one test message, outside the queue and its budget lanes. Throws only for our mistakes. */
export type DestinationProbe = (
  orgId: string,
  destination: DestinationRecord,
  language: Language,
) => Promise<ProbeResult>;
