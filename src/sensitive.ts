import { createHmac, hash } from "node:crypto";
import { inspect } from "node:util";
import { parseObject, textOf } from "./json.ts";
import { toSeconds } from "./timestamp.ts";

/** The claims of a token (RFC 7519, 4.1). Its signature is not checked here. Times are RFC 3339. */
export type TokenClaims = {
  /** Distinguishes it from other tokens of the same second. */
  readonly id: string | undefined;
  readonly issuer: string;
  readonly audience: string;
  /** The identity of the token. */
  readonly subject: string | undefined;
  readonly madeAt: string | undefined;
  readonly expiresAt: string | undefined;
};

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

  get length(): number {
    return this.#text.length;
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
    return hash("sha256", JSON.stringify([...values, this.#text]));
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

/** Reads a JWT; undefined for any other text. */
function readJwt(text: string): TokenClaims | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(text) ?? [];
  const claims = payload === undefined ? undefined : parseObject(Buffer.from(payload, "base64url").toString());
  if (!claims) return undefined;
  const { jti, iss, aud, sub, iat, exp } = claims;
  const subject = typeof sub === "string" ? sub : undefined;
  const id = typeof jti === "string" && /^[\w-]{1,64}$/.test(jti) ? jti : undefined;
  // RFC 7519 4.1.3: one text, or several
  const audience = [aud]
    .flat()
    .flatMap((one) => textOf(one) ?? [])
    .join(",");
  return { id, issuer: textOf(iss) ?? "", audience, subject, madeAt: timestampOf(iat), expiresAt: timestampOf(exp) };
}

/** The last second of the year 9999, the limit of RFC 3339. A later value, such as a claim in milliseconds, is not a time. */
const maxSeconds = 253_402_300_799;

const timestampOf = (seconds: unknown): string | undefined =>
  typeof seconds === "number" && seconds >= 0 && seconds <= maxSeconds ? toSeconds(new Date(seconds * 1000)) : undefined;
