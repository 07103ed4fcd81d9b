/**
 * Signature of the custom group robot, dingtalk.md section 1.2
 * (`customize-robot-security-settings`). The time stamp is an argument; nothing here knows a clock.
 */
import { createHmac } from 'node:crypto';

/**
 * Signs one call of a robot in mode 加签: base64, not yet encoded for the query.
 * The secret is key and data at once, so it is never decoded or trimmed; its `SEC` is a habit, not a rule.
 */
export function signRobot(secret: string, timestampMs: number): string {
  return createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64');
}
