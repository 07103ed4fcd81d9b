import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operationServices } from '../../src/api/api.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import { parseId } from '../../src/core/ids.ts';
import { registerCardRoutes } from '../../src/flows/claims/card-routes.ts';
import { changeDingtalkApp, listDingtalkApps } from '../../src/store/dingtalk-apps-admin.ts';
import { createToken } from '../../src/store/tokens.ts';
import { BCA, startClaimStand } from './claims-stand.ts';
import type { ClaimStand, ShownCard } from './claims-stand.ts';

// Presses that come by HTTP: registered, signed by the simulated DingTalk, answered by the server.

let stand: ClaimStand;
let appId: string;
let url: string;
/** As DingTalk has it; the test signs with it on its own (dingtalk.md section 3.5). */
let apiSecret: string;
beforeAll(async () => {
  stand = await startClaimStand();
  const { runtime, server } = stand.started;
  const { services, directory, approvals } = runtime;
  const orgId = parseId('org', stand.orgId);
  const [app] = await listDingtalkApps(services, orgId);
  appId = app?.appId ?? '';
  await changeDingtalkApp(
    services,
    {
      orgId,
      appId,
      eventMode: 'callback',
      callbackToken: 'TestToken123',
      callbackAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
    },
    'test',
  );
  directory.forget(orgId);
  const publicUrl = server?.url;
  await registerCardRoutes({ services, directory, calls: approvals.calls, publicUrl });
  url = `${publicUrl}/dingtalk/cards/${orgId}/${appId}`;
  apiSecret = (await directory.org(orgId)).apps.get(appId)?.cardRoute?.apiSecret.reveal() ?? '';
}, 120_000);
afterAll(async () => {
  await stand?.stop();
});

const bodyOf = (card: ShownCard, userId: string, actionId: string): string =>
  JSON.stringify({
    type: 'actionCallback',
    outTrackId: card.outTrackId,
    userId,
    userIdType: 1,
    content: JSON.stringify({
      cardPrivateData: { actionIds: ['1'], params: { action: actionId, for: 'PT Satu' } },
    }),
  });

async function post(
  body: string,
  change: { readonly timestamp?: string; readonly secret?: string; readonly path?: string } = {},
) {
  const { timestamp = String(Date.now()), secret = apiSecret, path = url } = change;
  const signature = createHmac('sha256', secret).update(timestamp).digest('base64');
  const response = await fetch(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-ddpaas-signature-timestamp': timestamp,
      'x-ddpaas-signature': signature,
    },
    body,
  });
  return { status: response.status, body: await response.text() };
}

const presses = async (): Promise<number> => {
  const { rows } = await stand.database.pool.query(
    `SELECT FROM dingtalk_event WHERE kind = 'cardPress'`,
  );
  return rows.length;
};

describe('claims by cards over HTTP', () => {
  test('claims: a press by HTTP is done and answered with the card as it stands', async () => {
    const claim = await stand.receipt(BCA, '510001.00');
    const card = await stand.card(claim);
    expect(card.callbackType).toBe('HTTP');
    await stand.press(card, stand.users.ani, 'claim@', { for: 'PT Satu' });
    expect(await stand.answerTo(card)).toMatchObject({ via: 'http' });
    const claimed = await stand.card(claim, 2);
    await stand.press(claimed, stand.users.citra, 'confirm');
    await stand.waitForClaim(claim.claimId, ({ life }) => life.state === 'confirmed');
    const { rows } = await stand.database.pool.query(
      `SELECT DISTINCT source FROM dingtalk_event WHERE kind = 'cardPress'`,
    );
    expect(rows).toEqual([{ source: 'callback' }]);
  });

  test('claims: the same call again is answered alike and counts once', async () => {
    const claim = await stand.receipt(BCA, '520001.00');
    const body = bodyOf(await stand.card(claim), stand.users.ani, 'claim@1');
    const timestamp = String(Date.now());
    const first = await post(body, { timestamp });
    const second = await post(body, { timestamp });
    expect([first.status, second.status]).toEqual([200, 200]);
    for (const answer of [first, second]) {
      const shown = JSON.parse(answer.body) as {
        cardData: { cardParamMap: Record<string, string> };
        userPrivateData: { cardParamMap: Record<string, string> };
      };
      expect(shown.cardData.cardParamMap['state']).toBe('claimed');
      expect(shown.userPrivateData.cardParamMap['hint']).toBe('');
    }
    // Another moment is another press, for a card that is no longer so.
    const late = await post(body);
    expect(late.body).toContain('changed since this card was shown');
    expect(await stand.acts(claim.claimId)).toEqual(['asked', 'claimed']);
  });

  test('claims: a call that DingTalk did not sign, or signed long ago, is nothing', async () => {
    const claim = await stand.receipt(BCA, '530001.00');
    const body = bodyOf(await stand.card(claim), stand.users.ani, 'claim@1');
    const before = await presses();
    const old = String(Date.now() - 6 * 60_000);
    const calls = [
      post(body, { secret: 'not the secret' }),
      post(body, { timestamp: old }),
      post(body, { timestamp: 'now' }),
      post(body, { path: url.replace(appId, 'app_0000000000') }),
      post(body, { path: url.replace(stand.orgId, 'org_0000000000') }),
    ];
    for (const call of calls) expect((await call).status).toBe(403);
    expect(await presses()).toBe(before);
    expect((await stand.claim(claim.claimId)).life.state).toBe('open');
  });

  test('claims: what is signed and yet no press, or of another card, changes nothing', async () => {
    for (const body of ['', 'x', '{}', '{"outTrackId":"pay-1","userId":"user01"}']) {
      expect(await post(body)).toEqual({ status: 200, body: '{}' });
    }
  });
});

describe('claims by API and command line', () => {
  const tokenOf = async (name: string, personId: string): Promise<string> => {
    const { services } = stand.started.runtime;
    const scopes = ['write'] as const;
    const made = await createToken(
      services,
      { orgId: stand.orgId, name, scopes, personId },
      'test',
    );
    return made.token.reveal();
  };
  const api = async (method: string, path: string, token: string, body?: object) => {
    const response = await fetch(`${stand.started.server?.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const cli = async (token: string, ...line: string[]) => {
    let out = '';
    let err = '';
    const terminal = {
      environment: { CASHBELL_TOKEN: token },
      isInteractive: false,
      write: (text: string) => {
        out += text;
      },
      writeError: (text: string) => {
        err += text;
      },
      readStdin: () => Promise.resolve(''),
      ask: () => Promise.resolve(''),
    };
    const { services, transport, settings } = stand.started.runtime;
    const shared = operationServices({ services, transport, settings, isSandbox: true });
    const opened = { services: { ...shared, transport }, settings, close: () => Promise.resolve() };
    const org = line[1] === 'list' || line[1] === 'show' || line[1] === 'settings';
    const args = org ? [...line, '--org', stand.orgId] : line;
    const code = await runCommandLine(args, terminal, () => Promise.resolve(opened));
    return { code, out, err };
  };

  test('claims: by the API, with the rights and the second person of every other way', async () => {
    const [ani, citra] = [
      await tokenOf('Ani', stand.people.ani),
      await tokenOf('Citra', stand.people.citra),
    ];
    await stand.invoice('INV-5401', '540001.00');
    const { number } = await stand.receipt(BCA, '540002.00');
    const path = `/claims/${number}`;
    const claimed = await api('POST', `${path}/claim`, ani, { for: 'INV-5401', version: 1 });
    expect(claimed).toMatchObject({
      status: 200,
      body: {
        state: 'claimed',
        entry: { amount: '540002.00', currency: 'IDR' },
        parties: [{ personId: stand.people.ani, claimedFor: { text: 'INV-5401' } }],
      },
    });
    const own = await api('POST', `${path}/confirm`, ani, {});
    expect(own).toMatchObject({ status: 403, body: { code: 'api.secondPerson' } });
    const late = await api('POST', `${path}/confirm`, citra, { version: 1 });
    expect(late).toMatchObject({ status: 409, body: { code: 'claim.outdated' } });
    const done = await api('POST', `${path}/confirm`, citra, { version: 2 });
    expect(done).toMatchObject({ status: 200, body: { state: 'confirmed' } });
    const shown = await api('GET', path, citra);
    expect(shown.body.acts.map(({ act }: { act: string }) => act)).toEqual([
      'asked',
      'claimed',
      'confirmed',
    ]);
    const newest = await api('GET', '/claims?limit=1', citra);
    expect(newest.body.items).toHaveLength(1);
    expect(newest.body.nextCursor).toMatch(/^\d+$/);
    const next = await api('GET', `/claims?limit=1&cursor=${newest.body.nextCursor}`, citra);
    expect(next.body.items[0].number).toBeLessThan(newest.body.items[0].number);
    const open = await api('GET', '/claims?state=open', citra);
    expect(open.body.items.every(({ state }: { state: string }) => state === 'open')).toBe(true);
    expect((await api('GET', '/claims/999999', citra)).status).toBe(404);
  });

  test('claims: on the command line, with a token of one’s own', async () => {
    const [ani, citra] = [
      await tokenOf('Ani', stand.people.ani),
      await tokenOf('Citra', stand.people.citra),
    ];
    const { number } = await stand.receipt(BCA, '550001.00');
    const no = String(number);
    expect((await cli(ani, 'claims', 'claim', no, '--for', 'PT Satu')).out).toContain('claimed');
    expect((await cli(ani, 'claims', 'confirm', no)).err).toContain('[api.secondPerson]');
    expect((await cli(citra, 'claims', 'refuse', no, '--reason', 'no')).out).toContain('open');
    expect((await cli(ani, 'claims', 'claim', no, '--not-ours')).out).toContain('claimed');
    expect((await cli(ani, 'claims', 'release', no)).out).toContain('open');
    expect((await cli(ani, 'claims', 'list', '--state', 'open')).out).toContain('550001.00');
    expect((await cli(ani, 'claims', 'show', no)).out).toContain('refused');
    const json = JSON.parse((await cli(ani, 'claims', 'show', no, '--json')).out);
    expect(json).toMatchObject({ number, state: 'open', entry: { amount: '550001.00' } });
    const set = await cli('', 'claims', 'settings', '--claimed-hours', '8', '--owner', 'none');
    expect(set.out).toContain('claimedHours: 8');
    const wrong = await cli('', 'claims', 'settings', '--open-hours', '0');
    expect(wrong.code).toBe(2);
  });
});
