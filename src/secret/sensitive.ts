import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import { readJwt, type TokenClaims } from "./jwt.ts";

/**
 * A text that must not be printed. Every way to print it gives `***`. Only {@link Sensitive.reveal} returns the text, for the data of a
 * Secret and for requests to a registry or to Azure.
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

  /** The claims of a JWT; undefined for any other text. */
  get claims(): TokenClaims | undefined {
    return readJwt(this.#text);
  }

  /** SHA-256, in hex, of these values and the text. */
  hash(...values: readonly string[]): string {
    return createHash("sha256")
      .update(JSON.stringify([...values, this.#text]))
      .digest("hex");
  }

  /** HMAC-SHA-256, in hex, of these values with the text as the key. */
  sign(...values: readonly string[]): string {
    return createHmac("sha256", this.#text).update(JSON.stringify(values)).digest("hex");
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
