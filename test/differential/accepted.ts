import { isDeepStrictEqual } from "node:util";
import { serversOf } from "../../src/kubelet/read-pull-secret.ts";
import { kubeletKey } from "../../src/registry/server-key.ts";
import { asPullSecret, type Input, type SecretText } from "./inputs.ts";

/** A difference from Kubernetes that stays. */
type Accepted<K extends keyof Input> = {
  readonly kind: K;
  readonly reason: string;
  is(input: Input[K], ours: unknown, theirs: unknown): boolean;
};

const row = <K extends keyof Input>(accepted: Accepted<K>) => accepted;

/** Logins without an order. */
const sorted = (logins: unknown) =>
  Array.isArray(logins) && logins.map(({ secret, username, password }) => JSON.stringify([secret, username, password])).sort();

const isRefusal = (ours: unknown) => ours === "refused";

/** All accepted differences. The texts of errors are not compared. */
export const accepted = [
  row({
    kind: "keyring",
    reason: "The order of two spellings of one key in one Secret is random in the kubelet.",
    is: ({ secrets }, ours, theirs) => {
      const keysIn = (secret: SecretText) => (serversOf(asPullSecret(secret)) ?? []).map(kubeletKey);
      const hasSpellings = secrets.map(keysIn).some((keys) => new Set(keys).size < keys.length);
      return hasSpellings && isDeepStrictEqual(sorted(ours), sorted(theirs));
    },
  }),
  row({
    kind: "keyring",
    reason: "A password in `auth` that isn't UTF-8 can't be a password of Azure.",
    is: (_, _ours, theirs) => JSON.stringify(theirs).includes("\ufffd"),
  }),
  row({
    kind: "selector",
    reason: "A selector without a requirement selects all namespaces. A file says that with `all: true`.",
    is: (text, ours) => isRefusal(ours) && text.trim() === "",
  }),
  row({
    kind: "selector",
    reason: "Only spaces separate the words of a selector. For a tab or a line break, the plugin prints a clear error.",
    is: (text, ours) => isRefusal(ours) && /[\t\r\n]/.test(text),
  }),
  row({
    kind: "cron",
    reason: "`?-16` is a star, and `+5` is a number, only because cron doesn't check them. The plugin prints a clear error.",
    is: (text, ours) => ours === "refused" && /[*?]-|\+\d/.test(text),
  }),
  row({
    kind: "cron",
    reason: "The plugin reads no names of schedules such as `@daily`. It prints a clear error.",
    is: (text, ours) => ours === "refused" && text.startsWith("@"),
  }),
  row({
    kind: "yaml",
    reason: "A text of the API never contains a lone surrogate, because the API server rejects it.",
    is: (data) => /(?<!\\)(\\\\)*\\ud[89a-f]/.test(JSON.stringify(data)),
  }),
];
