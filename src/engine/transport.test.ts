import { lookup as systemLookup } from 'node:dns';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import {
  createServer as createRawTlsServer,
  getCACertificates,
  setDefaultCACertificates,
} from 'node:tls';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothingBehind } from '#tests/servers.ts';
import { waitFor } from '#tests/wait.ts';
import { createTransport, isPrivateAddress, joinUrl } from './transport.ts';
import type { Transport, TransportOptions } from './transport.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function open(options: Partial<TransportOptions> = {}): Transport {
  const transport = createTransport({
    allowedPrivateHosts: ['*'],
    userAgent: 'Cashbell/test',
    ...options,
  });
  const release = leaveNothingBehind('a transport');
  closing.push(async () => {
    await transport.close();
    release();
  });
  return transport;
}

async function serve(server: Server | TcpServer): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket: { destroy(): void }) => sockets.add(socket));
  server.on('secureConnection', (socket: { destroy(): void }) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const release = leaveNothingBehind('a server');
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    release();
  });
  return (server.address() as AddressInfo).port;
}

const answering = (listener: RequestListener): Promise<number> => serve(createServer(listener));

const get = (path = '/'): { method: 'GET'; path: string; headers: Record<string, string> } => ({
  method: 'GET',
  path,
  headers: {},
});

/** Code and disposition of what is thrown. */
async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'it was answered',
    (error: { code: string; disposition: string }) => [error.code, error.disposition],
  );
}

const toLoopback: TransportOptions['lookup'] = (_name, options, callback) =>
  systemLookup('127.0.0.1', options, callback);

/** Lets the certificate of these tests be believed until the test ends. */
function trustTestCertificate(): void {
  const known = getCACertificates('default');
  setDefaultCACertificates([...known, certificate]);
  onTestFinished(() => setDefaultCACertificates(known));
}

describe('transport', () => {
  test('transport: what we send arrives byte for byte, and the answer comes back as it is', async () => {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const port = await answering(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      seen.push({ request, body });
      response.writeHead(404, { 'X-Kebijakan': 'a', 'Set-Cookie': ['b=1', 'c=2'] });
      response.end(Buffer.from([0, 255, 10]));
    });
    const answer = await open().send(
      { baseUrl: `http://127.0.0.1:${port}/prefix/` },
      {
        method: 'POST',
        path: '/a%2Fb?x=1',
        headers: { 'X-SIGNATURE': 'AbC', 'content-type': 'application/json' },
        body: '{"jumlah": "1.00"}',
      },
    );
    expect(seen[0]?.request.url).toBe('/prefix/a%2Fb?x=1');
    expect(seen[0]?.body).toBe('{"jumlah": "1.00"}');
    expect(seen[0]?.request.headers).toMatchObject({
      'x-signature': 'AbC',
      'user-agent': 'Cashbell/test',
    });
    // A header that a bank compares by its letters keeps them.
    expect(seen[0]?.request.rawHeaders).toContain('X-SIGNATURE');
    expect(answer.status).toBe(404);
    expect(answer.headers).toMatchObject({ 'x-kebijakan': 'a', 'set-cookie': 'b=1, c=2' });
    expect([...answer.body]).toEqual([0, 255, 10]);
  });

  test.each([
    'http://127.0.0.1:9',
    'http://2130706433:9',
    'http://0x7f.1:9',
    'http://[::1]:9',
    'http://[::ffff:10.0.0.1]:9',
    'http://169.254.169.254',
    'http://192.168.1.1',
    'http://100.64.0.1',
    'http://0.0.0.0:9',
    'http://[fe80::1]:9',
    'http://[fd00::1]:9',
    'http://localhost:9',
  ])('transport: %s is refused before a byte leaves', async (baseUrl) => {
    const transport = open({ allowedPrivateHosts: ['bank.internal'] });
    expect(await refusal(transport.send({ baseUrl }, get()))).toEqual([
      'transport.addressForbidden',
      'bug',
    ]);
  });

  test('transport: a private address that was allowed by name is reached, another is not', async () => {
    let calls = 0;
    const port = await answering((_request, response) => {
      calls += 1;
      response.end('ok');
    });
    const lookup: TransportOptions['lookup'] = (_name, options, callback) =>
      systemLookup('127.0.0.1', options, callback);
    const transport = open({ allowedPrivateHosts: ['bank.internal'], lookup });
    const target = { baseUrl: `http://bank.internal:${port}` };
    expect((await transport.send(target, get())).status).toBe(200);
    const other = { baseUrl: `http://other.internal:${port}` };
    expect(await refusal(transport.send(other, get()))).toEqual([
      'transport.addressForbidden',
      'bug',
    ]);
    expect(calls).toBe(1);
  });

  test('transport: a name whose address turns private is refused at the moment of connecting', async () => {
    const addresses = ['203.0.113.9', '127.0.0.1'];
    const asked: string[] = [];
    const lookup: TransportOptions['lookup'] = (name, _options, callback) => {
      asked.push(name);
      const address = addresses[Math.min(asked.length, 2) - 1] ?? '';
      // The first answer is public; it cannot be reached from here, so it fails as one that is away.
      if (asked.length === 1) {
        callback(Object.assign(new Error('away'), { code: 'ENETUNREACH' }), []);
      } else callback(null, [{ address, family: 4 }]);
    };
    const transport = open({ allowedPrivateHosts: [], lookup });
    const target = { baseUrl: 'http://rebind.example' };
    expect(await refusal(transport.send(target, get()))).toEqual([
      'transport.connectFailed',
      'retry',
    ]);
    expect(await refusal(transport.send(target, get()))).toEqual([
      'transport.addressForbidden',
      'bug',
    ]);
    expect(asked).toHaveLength(2);
  });

  test('transport: one private address among public ones is enough to refuse', async () => {
    const lookup: TransportOptions['lookup'] = (_name, _options, callback) =>
      callback(null, [
        { address: '203.0.113.9', family: 4 },
        { address: '10.0.0.5', family: 4 },
      ]);
    const transport = open({ allowedPrivateHosts: [], lookup });
    expect(await refusal(transport.send({ baseUrl: 'http://two.example' }, get()))).toEqual([
      'transport.addressForbidden',
      'bug',
    ]);
  });

  test.each([301, 302, 303, 307, 308])(
    'transport: a redirect %s is never followed',
    async (status) => {
      const paths: string[] = [];
      const port = await answering((request, response) => {
        paths.push(request.url ?? '');
        response.writeHead(status, { location: `http://127.0.0.1:${port}/elsewhere` }).end('moved');
      });
      const target = { baseUrl: `http://127.0.0.1:${port}` };
      expect(await refusal(open().send(target, get('/here')))).toEqual([
        'transport.redirectRefused',
        'bug',
      ]);
      expect(paths).toEqual(['/here']);
    },
  );

  test('transport: an answer that is too large is cut off, one of the limit is read', async () => {
    const port = await answering((request, response) => {
      response.end(Buffer.alloc(Number(request.url?.slice(1))));
    });
    const target = { baseUrl: `http://127.0.0.1:${port}`, answerBytesMax: 1000 };
    expect((await open().send(target, get('/1000'))).body).toHaveLength(1000);
    expect(await refusal(open().send(target, get('/1001')))).toEqual([
      'transport.answerTooLarge',
      'unknown',
    ]);
  });

  test('transport: a refused connection and an unknown name may be tried again', async () => {
    const port = await answering(() => {});
    await closing.pop()?.();
    const target = { baseUrl: `http://127.0.0.1:${port}` };
    expect(await refusal(open().send(target, get()))).toEqual(['transport.connectFailed', 'retry']);
    const lookup: TransportOptions['lookup'] = (_name, _options, callback) =>
      callback(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), []);
    const nowhere = { baseUrl: 'http://bank.invalid' };
    expect(await refusal(open({ lookup }).send(nowhere, get()))).toEqual([
      'transport.dnsFailed',
      'retry',
    ]);
  });

  test.each<[string, RequestListener]>([
    ['no answer in time', () => {}],
    ['an answer that stops in the middle', (_request, response) => void response.write('half')],
    ['a connection that is cut after the request', (request) => void request.socket.destroy()],
    [
      'an answer that drips in without end',
      (_request, response) => {
        const drip = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(drip));
      },
    ],
  ])(
    'transport: after %s the outcome is unknown, and it was sent once',
    async (_what, listener) => {
      let calls = 0;
      const port = await answering((request, response) => {
        calls += 1;
        listener(request, response);
      });
      const target = { baseUrl: `http://127.0.0.1:${port}`, timeoutMs: 300 };
      const sent = open().send(target, { ...get(), method: 'POST', body: 'x' });
      expect(await refusal(sent)).toEqual(['transport.timeout', 'unknown']);
      expect(calls).toBe(1);
    },
  );

  test('transport: a certificate that nobody vouches for ends the connection', async () => {
    let calls = 0;
    const port = await serve(
      createTlsServer({ cert: certificate, key: privateKey }, (_request, response) => {
        calls += 1;
        response.end();
      }),
    );
    const target = { baseUrl: `https://127.0.0.1:${port}` };
    expect(await refusal(open().send(target, get()))).toEqual(['transport.tlsFailed', 'bug']);
    expect(calls).toBe(0);
  });

  test('transport: a server that speaks no TLS, or one that is too old, has sent us nothing', async () => {
    const plain = await answering((_request, response) => response.end('plain'));
    const target = { baseUrl: `https://127.0.0.1:${plain}` };
    expect(await refusal(open().send(target, get()))).toEqual(['transport.tlsFailed', 'bug']);
    const old = await serve(
      createTlsServer({ cert: certificate, key: privateKey, maxVersion: 'TLSv1.2' }, () => {}),
    );
    const strict = { baseUrl: `https://127.0.0.1:${old}`, tlsMin: 'TLSv1.3' as const };
    expect(await refusal(open().send(strict, get()))).toEqual(['transport.tlsFailed', 'bug']);
  });

  test('transport: a TLS connection that breaks after the request arrived leaves the outcome unknown', async () => {
    trustTestCertificate();
    let calls = 0;
    const inner = await serve(
      createTlsServer({ cert: certificate, key: privateKey }, (request) => {
        request.resume().on('end', () => {
          calls += 1;
          // An alert of TLS outside of its encryption, as from a box in the middle.
          for (const client of clients) client.write(Buffer.from([21, 3, 3, 0, 2, 2, 80]));
        });
      }),
    );
    const clients: Socket[] = [];
    const port = await serve(
      createTcpServer((client) => {
        clients.push(client);
        const bank = connect(inner, '127.0.0.1').on('error', () => {});
        client.on('error', () => {}).pipe(bank);
        bank.pipe(client);
      }),
    );
    const target = { baseUrl: `https://bank.example:${port}`, timeoutMs: 2_000 };
    const sent = open({ lookup: toLoopback }).send(target, { ...get(), method: 'POST', body: 'x' });
    expect(await refusal(sent)).toEqual(['transport.timeout', 'unknown']);
    expect(calls).toBe(1);
  });

  test('transport: a connection that rested for too long is not used again', async () => {
    const sockets = new Set<unknown>();
    let closed = 0;
    const server = createServer((request, response) => {
      sockets.add(request.socket);
      request.socket.once('close', () => {
        closed += 1;
      });
      response.end('ok');
    });
    server.keepAliveTimeout = 60_000;
    const target = { baseUrl: `http://127.0.0.1:${await serve(server)}`, restMs: 50 };
    const transport = open();
    await transport.send(target, get());
    // We close it ourselves, before the other side could in the middle of a request.
    await waitFor(() => closed === 1, { what: 'the connection to be given up' });
    await transport.send(target, get());
    expect(sockets.size).toBe(2);
  });

  test('transport: what a server disowns is not sent to it again', async () => {
    trustTestCertificate();
    let requests = 0;
    const server = createRawTlsServer(
      { cert: certificate, key: privateKey, ALPNProtocols: ['h2', 'http/1.1'] },
      (socket) => {
        const isHttp2 = socket.alpnProtocol === 'h2';
        socket.on('error', () => {});
        if (isHttp2) socket.write(Buffer.from('000000040000000000', 'hex'));
        socket.on('data', (bytes: Buffer) => {
          if (!bytes.includes('carry this out')) return;
          requests += 1;
          // GOAWAY: "nothing of yours was looked at". HTTP/2 lets clients repeat it without asking.
          if (isHttp2) socket.write(Buffer.from('0000080700000000000000000000000000', 'hex'));
          else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        });
      },
    );
    const target = { baseUrl: `https://bank.example:${await serve(server)}`, timeoutMs: 1_000 };
    const body = 'carry this out';
    const sent = open({ lookup: toLoopback }).send(target, { ...get(), method: 'POST', body });
    await refusal(sent);
    expect(requests).toBe(1);
  });

  test('transport: garbage instead of HTTP leaves the outcome unknown', async () => {
    const port = await serve(
      createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n'));
      }),
    );
    const target = { baseUrl: `http://127.0.0.1:${port}` };
    expect(await refusal(open().send(target, get()))).toEqual(['transport.timeout', 'unknown']);
  });

  test.each<[string, string, string]>([
    ['https://bank.example', '/a', 'https://bank.example/a'],
    ['https://bank.example/', '/a', 'https://bank.example/a'],
    ['https://bank.example/snap//', '/a?b=c%20d', 'https://bank.example/snap/a?b=c%20d'],
  ])('transport: %s and %s make %s', (base, path, expected) => {
    expect(joinUrl(base, path).toString()).toBe(expected);
  });

  test.each(['203.0.113.9x', '', '198.18.0.1', '224.0.0.1', '::', '64:ff9b::7f00:1'])(
    'transport: %j is not a public address',
    (address) => expect(isPrivateAddress(address)).toBe(true),
  );

  test.each(['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'transport: %s is a public address',
    (address) => expect(isPrivateAddress(address)).toBe(false),
  );
});

// A pair of these tests alone, valid for a hundred years; it protects nothing.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBnzCCAUSgAwIBAgIUZYvVw4kgmRPsFh3FN1NAgiA69mwwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMYmFuay5leGFtcGxlMCAXDTI2MTEyMzEzMTcyOFoYDzIxMjYx
MDMwMTMxNzI4WjAXMRUwEwYDVQQDDAxiYW5rLmV4YW1wbGUwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQCf2uFfKAX9sVN/6vH3hZ1jsl/6Ok8Rw1qK/qINh2YI5ci
kQvWu/2P6F22CGVR3IT9MxlF3rKg0dfkX/62lUm2o2wwajAdBgNVHQ4EFgQUAAV3
4agGsaLb/KuRMJEsccs2t2QwHwYDVR0jBBgwFoAUAAV34agGsaLb/KuRMJEsccs2
t2QwDwYDVR0TAQH/BAUwAwEB/zAXBgNVHREEEDAOggxiYW5rLmV4YW1wbGUwCgYI
KoZIzj0EAwIDSQAwRgIhANgMvRwMF3TNBeGZmFyZ41l0nR8K2A1EtVQiGrmW9Bbv
AiEAj5MI4jZT6C2Q0BUBj71sfVD4lab/aEfk9W/SufcXdgk=
-----END CERTIFICATE-----
`;
const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpWBUWu0b2bHhAHWK
6n8XPf0PZImNpkqUmf2ccERBmBWhRANCAAQCf2uFfKAX9sVN/6vH3hZ1jsl/6Ok8
Rw1qK/qINh2YI5cikQvWu/2P6F22CGVR3IT9MxlF3rKg0dfkX/62lUm2
-----END PRIVATE KEY-----
`;
