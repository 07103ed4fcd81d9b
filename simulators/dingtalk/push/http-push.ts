import { strikes } from '../call.ts';
import type { World } from '../world.ts';
import { postJson } from './post.ts';
import { closeAttempt, openAttempt } from './state.ts';
import type { Attempt, Delivery } from './state.ts';

/** Tells an app once over HTTP: a message to the robot, or a press on a card. */
export async function postOnce(
  world: World,
  delivery: Delivery,
  order: {
    url: string;
    body: unknown;
    deadlineMs: number;
    headers(timestamp: string): Record<string, string>;
  },
): Promise<{ verdict: Attempt['verdict']; text: string }> {
  const attempt = openAttempt(world, delivery);
  const slow = strikes(world, 'pushSlow', delivery.topic);
  if (slow) await pause(world, Number(slow.settings['ms'] ?? 1000));
  const timestamp = String(world.clock.now().getTime());
  attempt.sent = true;
  const answer = await postJson({ ...order, headers: order.headers(timestamp) });
  const verdict = verdictOf(answer.status);
  closeAttempt(world, attempt, { verdict, answer: answer.text });
  return { verdict, text: answer.text };
}

function verdictOf(status: number | undefined): Attempt['verdict'] {
  if (status === undefined) return 'noAnswer';
  return status === 200 ? 'acknowledged' : 'refused';
}

function pause(world: World, ms: number): Promise<void> {
  return new Promise((resolve) => world.push.deadlines.after(ms, resolve));
}
