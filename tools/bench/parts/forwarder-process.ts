// The floor of `bench ring`: what the least possible program would do. It verifies the bank's
// signature, signs the robot's address and posts the message; nothing is kept anywhere.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import { stopWithParent } from '../../harness/stop-with-parent.ts';

interface Setup {
  readonly secret: string;
  readonly robots: Readonly<Record<string, { readonly webhook: string; readonly secret: string }>>;
}

let setup: Setup = { secret: '', robots: {} };
const token = randomBytes(24).toString('hex');
const agent = new Agent({ connections: 64 });

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const body = Buffer.concat(chunks);
    const reply = (status: number, answer: unknown): void => {
      outgoing.writeHead(status, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(answer));
    };
    if (incoming.url === '/setup') {
      setup = JSON.parse(body.toString('utf8'));
      reply(200, {});
      return;
    }
    if (incoming.url?.endsWith('/access-token/b2b')) {
      reply(200, { responseCode: '2007300', accessToken: token, expiresIn: '900' });
      return;
    }
    const headers = incoming.headers;
    const digest = createHash('sha256').update(body).digest('hex');
    const signed = `POST:${incoming.url}:${token}:${digest}:${String(headers['x-timestamp'])}`;
    const wanted = createHmac('sha512', setup.secret).update(signed).digest();
    const given = Buffer.from(String(headers['x-signature']), 'base64');
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      reply(401, { responseCode: '4012500', responseMessage: 'Unauthorized. [Signature]' });
      return;
    }
    const payment: unknown = JSON.parse(body.toString('utf8'));
    reply(200, { responseCode: '2002500', responseMessage: 'Successful' });
    void forward(payment);
  });
});

async function forward(payment: unknown): Promise<void> {
  const { partnerServiceId, paidAmount, referenceNo, virtualAccountNo } = Object(payment);
  const robot = setup.robots[String(partnerServiceId).trim()];
  if (!robot) return;
  const timestamp = String(Date.now());
  const sign = createHmac('sha256', robot.secret).update(`${timestamp}\n${robot.secret}`).digest();
  const url = `${robot.webhook}&timestamp=${timestamp}&sign=${encodeURIComponent(sign.toString('base64'))}`;
  const title = `+ ${String(Object(paidAmount).value)} IDR`;
  const text = `### ${title}\n\nVA ${String(virtualAccountNo)}\n\n${String(referenceNo)}`;
  const answer = await request(url, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ msgtype: 'markdown', markdown: { title, text } }),
  });
  await answer.body.dump();
}

server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
stopWithParent(async () => {
  server.closeAllConnections();
  await agent.destroy();
});
