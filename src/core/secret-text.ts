const REDACTED = '[secret]';

/**
 * Text that must not be seen. It prints as `[secret]` wherever it is turned into text by accident:
 * in a template, in JSON, in an error, in `console.log`. Only `reveal` gives it out, and grep finds
 * every call of it.
 */
export class SecretText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the one place that needs it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  /** Node's `util.inspect` asks for this symbol. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
