import { createHash } from "node:crypto";

/** Returns the SHA-256 of bytes: 64 lower-case hexadecimal digits, as in SHA256SUMS and in Krew's manifests. */
export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
