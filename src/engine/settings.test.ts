import { describe, expect, test } from 'vitest';
import { CashbellError } from '#core/errors.ts';
import { readSettings, requireSecureListen } from './settings.ts';

function detailsOf(run: () => unknown): Record<string, unknown> {
  try {
    run();
  } catch (error) {
    if (error instanceof CashbellError) return { code: error.code, ...error.details };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('settings', () => {
  test('settings: an empty environment gives the documented defaults', () => {
    const settings = readSettings({ PATH: '/bin' });
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 7420,
      logLevel: 'info',
      sandbox: {
        dingtalkPort: 7421,
        banksPort: 7422,
        dingtalkAdminPort: 7431,
        banksAdminPort: 7432,
      },
    });
    expect(settings.home.endsWith('/.cashbell')).toBe(true);
    expect(settings.masterKeyFile.endsWith('/.cashbell/master.key')).toBe(true);
    expect(settings.databaseUrl).toBeUndefined();
  });

  test.each([
    ['CASHBELL_PORT', 'http', 'whole number'],
    ['CASHBELL_PORT', '70000', 'at most 65535'],
    ['CASHBELL_PORT', '-1', 'whole number'],
    ['DATABASE_URL', 'mysql://x', 'postgresql://'],
    ['CASHBELL_PUBLIC_URL', 'cashbell.example.com', 'https://cashbell.example.com'],
    ['CASHBELL_PUBLIC_URL', 'https://a.example/?x=1', 'https://cashbell.example.com'],
    ['CASHBELL_LOG_LEVEL', 'loud', 'must be one of'],
    ['CASHBELL_LANGUAGE', 'de', 'must be one of'],
    ['CASHBELL_MASTER_KEY', 'secret-words', '32 bytes'],
    ['CASHBELL_TRUSTED_PROXIES', '10.0.0.0/8,proxy', 'IP addresses'],
  ])('settings: %s=%s is refused with the variable and the fix', (variable, value, problem) => {
    const details = detailsOf(() => readSettings({ [variable]: value }));
    expect(details).toMatchObject({ code: 'config.invalid', variable });
    expect(details['problem']).toContain(problem);
    expect(details['fix']).toContain(variable);
    expect(JSON.stringify(details)).not.toContain('secret-words');
  });

  test('settings: a mistyped name is refused with the right one', () => {
    const details = detailsOf(() => readSettings({ CASHBELL_PROT: '1' }));
    expect(details['problem']).toContain('did you mean CASHBELL_PORT?');
  });

  test('settings: the token of whoever types a command is none of them', () => {
    expect(readSettings({ CASHBELL_TOKEN: 'cbt_1_secret-words' }).port).toBe(7420);
    const file = (): string => 'CASHBELL_TOKEN: cbt_1_secret-words';
    const details = detailsOf(() => readSettings({ CASHBELL_CONFIG: '/x.yaml' }, file));
    expect(details['problem']).toContain('is no setting (found in CASHBELL_CONFIG)');
    expect(JSON.stringify(details)).not.toContain('secret-words');
  });

  test('settings: port 0 picks a free port and an empty variable counts as absent', () => {
    expect(readSettings({ CASHBELL_PORT: '0', DATABASE_URL: '' })).toMatchObject({ port: 0 });
  });

  test('settings: the environment wins over the file', () => {
    const file = (): string => 'CASHBELL_PORT: 8000\nCASHBELL_HOST: 127.0.0.2\n';
    const settings = readSettings({ CASHBELL_CONFIG: 'c.yaml', CASHBELL_PORT: '9000' }, file);
    expect(settings).toMatchObject({ port: 9000, host: '127.0.0.2' });
  });

  test.each([
    ['CASHBELL_PROT: 1', 'did you mean'],
    ['nested:\n  port: 1', 'nested'],
    ['{', 'cannot be read'],
  ])('settings: a file with %j is refused', (content, problem) => {
    const details = detailsOf(() => readSettings({ CASHBELL_CONFIG: 'c.yaml' }, () => content));
    expect(details['problem']).toContain(problem);
  });

  test('settings: a certificate without its key is refused', () => {
    const details = detailsOf(() => readSettings({ CASHBELL_TLS_CERT_FILE: 'a.pem' }));
    expect(details['variable']).toBe('CASHBELL_TLS_KEY_FILE');
  });

  test('settings: listening beyond this machine needs TLS or an https public URL', () => {
    const tls = { certificateFile: 'a', keyFile: 'b' };
    expect(detailsOf(() => requireSecureListen({ host: '0.0.0.0' }))).toMatchObject({
      code: 'config.insecureListen',
      host: '0.0.0.0',
    });
    detailsOf(() => requireSecureListen({ host: '::', publicUrl: 'http://a.example' }));
    requireSecureListen({ host: '0.0.0.0', tls });
    requireSecureListen({ host: '0.0.0.0', publicUrl: 'https://a.example' });
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost'])
      requireSecureListen({ host });
  });
});
