import type { Json } from './json.ts';

/** What a route is given. */
export interface Call {
  readonly path: string;
  /** What the brackets of the route's pattern matched. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Json;
  /** Called when the company is given exactly this answer. */
  readonly told?: () => void;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly answer: (call: Call) => Json;
  readonly status?: number;
  /** Hears which answer the company was really given. */
  readonly told?: (body: Json) => void;
}
