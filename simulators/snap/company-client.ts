import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** What a company answered; undefined stands for no answer at all. */
export interface CompanyAnswer {
  readonly status: number;
  readonly body: string;
}

const ANSWER_BYTES_MAX = 1024 * 1024;
const CONNECTIONS_MAX = 32;

/** Posts bytes to companies. It keeps connections, follows no redirects and changes no path. */
export class CompanyClient {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });

  async post(
    url: URL,
    call: { headers: Record<string, string>; body: Buffer; timeoutMs: number },
  ): Promise<CompanyAnswer | undefined> {
    const secure = url.protocol === 'https:';
    const options = {
      method: 'POST',
      agent: secure ? this.#https : this.#http,
      headers: { ...call.headers, 'Content-Length': String(call.body.length) },
      timeout: call.timeoutMs,
    };
    return new Promise((resolve) => {
      const request = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > ANSWER_BYTES_MAX) request.destroy();
          else chunks.push(chunk);
        });
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
        });
        response.once('error', () => resolve(undefined));
        response.once('close', () => resolve(undefined));
      });
      request.once('timeout', () => request.destroy());
      request.once('error', () => resolve(undefined));
      request.end(call.body);
    });
  }

  stop(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}
