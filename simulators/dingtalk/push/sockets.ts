import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { strikes } from '../call.ts';
import { hex } from '../world.ts';
import type { World } from '../world.ts';
import { readAnswer, sendFrame } from './frames.ts';
import { channelOf } from './state.ts';
import type { Channel, Connection, Ticket } from './state.ts';

const PATH = '/connect';
const FRAME_BYTES_MAX = 1024 * 1024;

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Takes WebSocket connections of Stream on the wire's own port. */
export function createUpgrade(world: () => World): Upgrade {
  const server = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES_MAX });
  return (request, socket, head) => {
    const current = world();
    socket.on('error', () => socket.destroy());
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://dingtalk.invalid');
    if (strikes(current, 'outage', pathname)) {
      socket.destroy();
      return;
    }
    if (pathname !== PATH) return refuse(socket, 404, 'no such path');
    const ticket = current.push.tickets.get(searchParams.get('ticket') ?? '');
    const refusal = judgeTicket(current, ticket, pathname);
    if (ticket) ticket.uses += 1;
    if (refusal || !ticket) {
      if (ticket) channelOf(current, ticket.appKey).connectRefusedCount += 1;
      const { status, reason } = refusal ?? { status: 401, reason: 'unknown ticket' };
      current.books.refuse({ path: PATH, code: String(status), message: reason });
      return refuse(socket, status, reason);
    }
    server.handleUpgrade(request, socket, head, (client) =>
      openConnection(current, ticket, client),
    );
  };
}

/** A ticket opens one connection within its 90 seconds; which status refuses it is not published. */
function judgeTicket(
  world: World,
  ticket: Ticket | undefined,
  path: string,
): { status: number; reason: string } | undefined {
  if (!ticket) return { status: 401, reason: 'unknown ticket' };
  const fault = strikes(world, 'streamHandshakeRefused', path);
  if (fault)
    return { status: Number(fault.settings['status'] ?? 503), reason: 'simulated refusal' };
  if (ticket.connectionId) return { status: 401, reason: 'ticket was used' };
  const ageMs = world.clock.now().getTime() - ticket.issuedAtMs;
  if (ageMs > world.push.settings.ticketLifetimeMs) return { status: 401, reason: 'ticket is old' };
  return undefined;
}

function refuse(socket: Duplex, status: number, reason: string): void {
  const head = `HTTP/1.1 ${status} Refused\r\nX-Simulated-By: cashbell\r\nConnection: close\r\n`;
  socket.end(
    `${head}Content-Type: text/plain\r\nContent-Length: ${reason.length}\r\n\r\n${reason}`,
  );
}

function openConnection(world: World, ticket: Ticket, socket: WebSocket): void {
  const connection: Connection = {
    connectionId: hex(world.push.random, 24),
    appKey: ticket.appKey,
    ticket,
    socket,
    openedAt: world.clock.now().toISOString(),
    state: 'open',
    zombie: false,
    closedAt: null,
    closedBy: null,
    lastSeenAt: null,
    framesSent: 0,
    framesReceived: 0,
    pingsSent: 0,
    pingsAnswered: 0,
    clientPings: 0,
    acknowledged: 0,
    strayAnswers: 0,
    waiting: new Map(),
  };
  ticket.connectionId = connection.connectionId;
  world.push.connections.set(connection.connectionId, connection);
  enlist(channelOf(world, ticket.appKey), connection);
  listen(world, connection);
  announce(world, connection);
  keepAsking(world, connection);
}

function enlist(channel: Channel, connection: Connection): void {
  channel.live.add(connection);
  channel.connectCount += 1;
  channel.connectionsMax = Math.max(channel.connectionsMax, channel.live.size);
  if (connection.ticket.subscriptions.some(({ type }) => type === 'EVENT')) {
    channel.streamVerified = true;
  }
}

function listen(world: World, connection: Connection): void {
  const { socket } = connection;
  const seen = (): void => {
    connection.lastSeenAt = world.clock.now().toISOString();
  };
  socket.on('message', (data: RawData) => {
    seen();
    hear(connection, bytesOf(data));
  });
  socket.on('ping', () => {
    seen();
    connection.clientPings += 1;
  });
  socket.on('pong', seen);
  socket.on('error', () => socket.terminate());
  socket.on('close', () => closed(world, connection));
}

// The server's sockets give Buffers; the other forms come only when somebody asks for them.
function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

function hear(connection: Connection, bytes: Buffer): void {
  connection.framesReceived += 1;
  const read = readAnswer(bytes);
  const waiting = read && connection.waiting.get(read.messageId);
  if (!read || !waiting) {
    connection.strayAnswers += 1;
    return;
  }
  connection.waiting.delete(read.messageId);
  waiting.answered(read.answer);
}

function closed(world: World, connection: Connection): void {
  connection.state = 'closed';
  connection.closedAt = world.clock.now().toISOString();
  connection.closedBy ??= 'client';
  channelOf(world, connection.appKey).live.delete(connection);
  const waiting = [...connection.waiting.values()];
  connection.waiting.clear();
  for (const one of waiting) one.lost();
}

function announce(world: World, connection: Connection): void {
  const { settings, random } = world.push;
  const isAnnounced =
    settings.announce === 'always' || (settings.announce === 'sometimes' && random.chance(0.5));
  if (!isAnnounced) return;
  for (const topic of ['CONNECTED', 'REGISTERED']) {
    sendFrame(world, connection, { type: 'SYSTEM', topic, data: '{}' });
  }
}

/** SYSTEM ping and KEEPALIVE, as long as the connection delivers anything. */
function keepAsking(world: World, connection: Connection): void {
  const { settings, deadlines } = world.push;
  const repeat = (ms: number, send: () => void): void => {
    if (ms === 0) return;
    deadlines.after(ms, () => {
      if (connection.state !== 'open') return;
      if (!connection.zombie) send();
      repeat(ms, send);
    });
  };
  repeat(settings.pingMs, () => ping(world, connection));
  repeat(settings.keepAliveMs, () => {
    sendFrame(world, connection, { type: 'SYSTEM', topic: 'KEEPALIVE', data: '{}' });
  });
}

function ping(world: World, connection: Connection): void {
  const data = JSON.stringify({ opaque: hex(world.push.random, 16) });
  const messageId = sendFrame(world, connection, { type: 'SYSTEM', topic: 'ping', data });
  connection.pingsSent += 1;
  connection.waiting.set(messageId, {
    answered: (answer) => {
      const isSame = JSON.stringify(answer.data) === data && answer.code === 200;
      if (isSame) connection.pingsAnswered += 1;
      else connection.strayAnswers += 1;
    },
    lost: () => undefined,
  });
}

/** The server's farewell: nothing is delivered from now on, and TCP ends about ten seconds later. */
export function disconnect(world: World, connection: Connection, reason: string): void {
  if (connection.state !== 'open') return;
  const { agenda, settings } = world.push;
  if (!connection.zombie) {
    const data = JSON.stringify({ reason });
    sendFrame(world, connection, { type: 'SYSTEM', topic: 'disconnect', data });
  }
  connection.state = 'draining';
  agenda.after(settings.disconnectGraceMs, () => {
    if (connection.state === 'closed') return;
    connection.closedBy = 'disconnect';
    connection.socket.terminate();
  });
}

/** Cuts a connection without any farewell, as a network does. */
export function drop(connection: Connection): void {
  if (connection.state === 'closed') return;
  connection.closedBy = 'dropped';
  connection.socket.terminate();
}

/** Ends everything that this world still holds open or still means to do. */
export function stopPush({ push }: World): void {
  push.agenda.stop();
  push.deadlines.stop();
  for (const connection of push.connections.values()) drop(connection);
}
