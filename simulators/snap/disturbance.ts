import type { ServerResponse } from 'node:http';
import { sendText } from '../lib/http.ts';
import { numberSetting, strike, textSetting } from './faults.ts';
import type { FaultScope } from './faults.ts';
import { Refusal, unauthorized } from './refusal.ts';
import type { World } from './world.ts';

const HANG_MS = 60_000;

/** The bank's front: it holds calls open that are never answered, and lets go of them at the end. */
export class Gateway {
  readonly #held = new Map<ServerResponse, NodeJS.Timeout>();
  readonly #delays = new Set<() => void>();

  /** Leaves a call without an answer for a while, then cuts the connection. */
  hang(response: ServerResponse, ms: number): void {
    const cut = (): void => {
      this.#held.delete(response);
      response.destroy();
    };
    const timer = setTimeout(cut, ms);
    this.#held.set(response, timer);
    response.once('close', () => {
      clearTimeout(timer);
      this.#held.delete(response);
    });
  }

  /** Waits, unless the simulator stops first. */
  async delay(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => end(), ms);
      const end = (): void => {
        clearTimeout(timer);
        this.#delays.delete(end);
        resolve();
      };
      this.#delays.add(end);
    });
  }

  stop(): void {
    for (const [response, timer] of this.#held) {
      clearTimeout(timer);
      response.destroy();
    }
    this.#held.clear();
    for (const end of this.#delays) end();
  }
}

/** What became of a call before the bank looked at it. */
export interface Disturbance {
  /** Status of the answer that was given in the bank's place; 0 for none. */
  readonly ended?: { readonly status: number; readonly detail: string };
  /** The refusal that the bank shall answer. */
  readonly refusal?: Refusal;
}

/** Lets the faults strike that stand in front of the bank's services, outermost first. */
export async function disturb(
  world: World,
  gateway: Gateway,
  scope: FaultScope & { service: string },
  response: ServerResponse,
): Promise<Disturbance> {
  const { faults } = world;
  const before = strike(faults, 'timeoutBeforeAccepting', scope);
  if (before) {
    gateway.hang(response, hangMs(before));
    return { ended: { status: 0, detail: 'fault timeoutBeforeAccepting: not looked at' } };
  }
  const slow = strike(faults, 'slow', scope);
  if (slow) await gateway.delay(numberSetting(slow, 'ms', 3000));
  const html = strike(faults, 'htmlError', scope);
  if (html) return page(response, numberSetting(html, 'status', 502), 'Bad Gateway');
  const closed = strike(faults, 'maintenance', scope);
  if (closed && textSetting(closed, 'as', 'html') === 'html') {
    return page(response, 503, 'Sistem sedang dalam pemeliharaan');
  }
  if (closed) {
    return refused(403, scope, '06', 'Feature Not Allowed At This Time. [System Maintenance]');
  }
  return refusalOf(world, scope);
}

/** How long a call stays without an answer under a timeout fault. */
export function hangMs(fault: Parameters<typeof numberSetting>[0]): number {
  return numberSetting(fault, 'ms', HANG_MS);
}

function refusalOf(world: World, scope: FaultScope & { service: string }): Disturbance {
  const { faults } = world;
  const failed = strike(faults, 'serverError', scope);
  if (failed) {
    const code = textSetting(failed, 'code', '01');
    return refused(numberSetting(failed, 'status', 500), scope, code, errorMessage(code));
  }
  if (strike(faults, 'conflict', scope)) return refused(409, scope, '00', 'Conflict');
  if (strike(faults, 'throttle', scope)) return refused(429, scope, '00', 'Too Many Requests');
  if (strike(faults, 'ipNotAllowed', scope)) {
    return { refusal: unauthorized(scope.service, 'Connection not allowed') };
  }
  if (strike(faults, 'unknownClient', scope)) {
    return { refusal: unauthorized(scope.service, 'Unknown client') };
  }
  if (scope.service !== '73' && strike(faults, 'serviceNotActivated', scope)) {
    return refused(403, scope, '01', 'Feature Not Allowed [Service is not registered]');
  }
  return {};
}

function refused(
  status: number,
  { service }: { service: string },
  caseCode: string,
  message: string,
): Disturbance {
  return { refusal: new Refusal({ status, service, caseCode, message }) };
}

function errorMessage(code: string): string {
  const messages: Record<string, string> = {
    '00': 'General Error',
    '02': 'External Server Error',
  };
  return messages[code] ?? 'Internal Server Error';
}

/** A gateway or firewall answers a page, not JSON (A8.1, E1). */
export function page(response: ServerResponse, status: number, title: string): Disturbance {
  const text = `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
  sendText(response, status, text, 'text/html; charset=utf-8');
  return { ended: { status, detail: `page "${title}" in the bank's place` } };
}
