import type { Pool } from 'pg';
import type { Keyring } from './keyring.ts';

/** What every part that touches our database needs. */
export interface Services {
  readonly pool: Pool;
  readonly keyring: Keyring;
}

/** Place of a row of `secret`, for sealing; see the registry of sealed columns. */
export const sealedColumns = {
  secret: 'secret.sealed',
  inbound: 'inbound.sealed',
  bankSession: 'session.sealed_token',
  appToken: 'dingtalk_app.sealed_token',
} as const;
