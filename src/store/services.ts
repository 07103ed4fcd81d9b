import type { Pool } from 'pg';
import type { Keyring } from './keyring.ts';

/** What every part that touches our database needs. */
export interface Services {
  readonly pool: Pool;
  readonly keyring: Keyring;
}

/**
 * The registry of sealed columns: everything that is sealed with an organisation's data key. Rotation
 * seals each of them anew, and a test compares it with the catalogue (ask 71).
 */
export const sealedColumns = {
  secret: 'secret.sealed',
  inbound: 'inbound.sealed',
  bankSession: 'session.sealed_token',
  appToken: 'dingtalk_app.sealed_token',
  apiAnswer: 'api_answer.sealed_answer',
  dingtalkEvent: 'dingtalk_event.sealed_data',
  reportFile: 'report_file.sealed',
} as const;
