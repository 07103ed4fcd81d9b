import { strikes } from '../call.ts';
import type { World } from '../world.ts';
import { judgeAnswer, sendFrame } from './frames.ts';
import type { Frame } from './frames.ts';
import { disconnect, drop } from './sockets.ts';
import { channelOf, closeAttempt, openAttempt } from './state.ts';
import type { Answer, Attempt, Connection, Delivery } from './state.ts';

/** How one push is to go. */
export interface Push {
  readonly frame: Frame;
  readonly deadlineMs: number;
  readonly isExtra?: boolean;
  /** Called once, when the answer was judged or nothing can come any more. */
  settled(attempt: Attempt, answer?: Answer): void;
}

/** Pushes over one connection of the app, chosen by chance; several share the load. */
export function pushOnce(world: World, delivery: Delivery, push: Push): void {
  const { topic } = delivery;
  if (strikes(world, 'streamDisconnect', topic)) {
    const leaving = choose(world, delivery, push.frame);
    if (leaving) disconnect(world, leaving, 'simulated disconnect');
  }
  const connection = choose(world, delivery, push.frame);
  const extra = push.isExtra === true;
  if (!connection) {
    const attempt = openAttempt(world, delivery, { extra });
    closeAttempt(world, attempt, { verdict: 'noConnection' });
    push.settled(attempt);
    return;
  }
  if (strikes(world, 'streamZombie', topic)) connection.zombie = true;
  const slow = strikes(world, 'pushSlow', topic);
  if (!slow) return send(world, delivery, connection, push);
  world.push.deadlines.after(Number(slow.settings['ms'] ?? 1000), () =>
    send(world, delivery, connection, push),
  );
}

function choose(world: World, delivery: Delivery, frame: Frame): Connection | undefined {
  const wanted = frame.type === 'EVENT' ? '*' : frame.topic;
  const able = [...channelOf(world, delivery.appKey).live].filter(
    ({ state, ticket }) =>
      state === 'open' &&
      ticket.subscriptions.some(({ type, topic }) => type === frame.type && topic === wanted),
  );
  return able.length > 0 ? world.push.random.pick(able) : undefined;
}

function send(world: World, delivery: Delivery, connection: Connection, push: Push): void {
  const { connectionId } = connection;
  const extra = push.isExtra === true;
  const cut = strikes(world, 'streamDropped', delivery.topic);
  if (cut && cut.settings['after'] !== true) drop(connection);
  if (connection.state !== 'open' || (cut && cut.settings['after'] !== true)) {
    const attempt = openAttempt(world, delivery, { connectionId, extra });
    closeAttempt(world, attempt, { verdict: 'connectionLost' });
    push.settled(attempt);
    return;
  }
  if (connection.zombie) {
    const attempt = openAttempt(world, delivery, { connectionId, extra });
    expire(world, attempt, push);
    return;
  }
  // The frame leaves first, then the line breaks: the client has it, its answer goes nowhere.
  const messageId = sendFrame(world, connection, push.frame, () => {
    if (cut) drop(connection);
  });
  const attempt = openAttempt(world, delivery, { connectionId, messageId, extra });
  attempt.sent = true;
  awaitAnswer(world, connection, attempt, push);
}

function awaitAnswer(world: World, connection: Connection, attempt: Attempt, push: Push): void {
  const messageId = attempt.messageId ?? '';
  const stopWaiting = expire(world, attempt, push);
  connection.waiting.set(messageId, {
    answered(answer) {
      if (attempt.verdict !== 'waiting') {
        // Too late: what was to follow from silence stands.
        closeAttempt(world, attempt, { verdict: attempt.verdict, answer: answer.raw });
        return;
      }
      stopWaiting();
      const verdict = judgeAnswer(push.frame.type, answer);
      if (verdict === 'acknowledged') connection.acknowledged += 1;
      closeAttempt(world, attempt, { verdict, answer: answer.raw });
      push.settled(attempt, answer);
    },
    lost() {
      if (attempt.verdict !== 'waiting') return;
      stopWaiting();
      closeAttempt(world, attempt, { verdict: 'connectionLost' });
      push.settled(attempt);
    },
  });
}

function expire(world: World, attempt: Attempt, push: Push): () => void {
  return world.push.deadlines.after(push.deadlineMs, () => {
    closeAttempt(world, attempt, { verdict: 'noAnswer' });
    push.settled(attempt);
  });
}
