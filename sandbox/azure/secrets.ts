import { randomBytes, randomUUID } from "node:crypto";
import type { ClientSecret } from "./world.ts";

/** A password as ACR makes it: 52 letters, digits and `+`. */
export function newPassword(): string {
  const letters = randomBytes(64).toString("base64").replace(/[+/=]/g, "").slice(0, 42);
  return `${letters.padEnd(42, "A")}+ACR${randomBytes(8).toString("hex").slice(0, 6)}`;
}

/** A client secret as Entra makes it: 40 characters, some of which a shell or a URL would read. */
export function newClientSecret(displayName: string | null, startDateTime: string, endDateTime: string): ClientSecret {
  const value = `${randomBytes(3).toString("base64url").slice(0, 3)}8Q~${randomBytes(32).toString("base64url").slice(0, 32)}~_`;
  return { keyId: randomUUID(), value, displayName, startDateTime, endDateTime, since: Date.now() };
}
