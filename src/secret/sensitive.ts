import { inspect } from "node:util";

/**
 * A text that must not be shown. Every way of printing it gives `***`; only {@link Sensitive.reveal} gives the text,
 * and it is called at the two places where the text has to leave: a Secret's data and a request to a registry or to Azure.
 */
export class Sensitive {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  get isEmpty(): boolean {
    return this.#text === "";
  }

  equals(other: Sensitive): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }

  [inspect.custom](): string {
    return "***";
  }
}
