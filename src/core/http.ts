/** A request that a connector built and the engine will send. The body is the exact bytes. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query below the connection's base address, starting with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What came back. Header names are lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A call that a bank made to us, before anything about it is believed. */
export interface InboundCall {
  readonly method: string;
  /** Path and query exactly as the caller wrote them: signatures cover these characters. */
  readonly target: string;
  /** Path below `/hooks/<connectionId>`, starting with `/`. */
  readonly subpath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly remoteAddress: string;
}

/** Our answer to a caller. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Body as UTF-8 text. */
export function bodyText(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}
