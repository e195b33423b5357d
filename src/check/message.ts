import { ago } from "../duration.ts";
import { linesIn } from "../errors.ts";
import { nameOf } from "../kinds.ts";
import { readWaiting } from "../kubelet/message.ts";
import { loginServerIn } from "../registry/login-server.ts";
import type { Proof } from "../registry/port.ts";
import { either, joinNames, shownName } from "../wording.ts";
import type { Cause } from "./cause.ts";
import type { ImageFacts, TriedLogin } from "./facts.ts";
import { nearMiss } from "./near-miss.ts";

/** The reason of a verdict in one line, and the registry's own words. */
type Explanation = { readonly message: string; readonly details?: readonly string[] };

/** Explains why a login does not pull. @param expiredAt RFC 3339 */
export function explainRefusal(facts: ImageFacts, { secret, proof }: TriedLogin, expiredAt: string | undefined): Explanation {
  if (expiredAt !== undefined)
    return {
      message: `with secret ${secret}: its password expired ${ago(facts.now.getTime() - Date.parse(expiredAt))} ago (${expiredAt})`,
    };
  const missing = proof.verdict === "not-found" ? missingRepository(facts) : undefined;
  if (missing !== undefined) return { message: `with secret ${secret}: ${missing}` };
  const { message, details } = explanationIn(proof);
  return { message: `with secret ${secret}: ${message}`, details };
}

/** Separates the message of a proof from the registry's own words. */
export function explanationIn({ message }: Pick<Proof, "message">): Required<Explanation> {
  const [first = "", ...details] = linesIn(message);
  return { message: first, details };
}

function missingRepository({ ref: { repository, host }, noRepository }: ImageFacts): string | undefined {
  if (!noRepository) return undefined;
  const similar = either(noRepository.similar.map((name) => JSON.stringify(name)));
  return `repository "${repository}" not found in ${host}${similar === "" ? "" : `; did you mean ${similar}?`}`;
}

/** Explains why no pull secret has a login for an image. */
export function absence(facts: ImageFacts): string {
  const { names, secrets, ref, pods, account, only, elsewhere } = facts;
  const known = new Map(secrets.map((secret) => [secret.name, secret]));
  const inOthers = new Set(elsewhere.map(({ secret }) => secret));
  const missing = names.filter((name) => !known.has(name) && !inOthers.has(name)).map(shownName);
  const cloud = otherCloudOf(facts);
  const others = names.flatMap((name) => {
    const { skipped = [], servers } = known.get(name) ?? {};
    if (skipped.length > 0) return skipped.map((because) => `secret ${name} ${because}`);
    const why = cloud?.secret === name ? `in another cloud than ${ref.host}` : undefined;
    return servers ? [nearMiss(name, servers, { ...ref, why })] : [];
  });
  const found = [
    ...elsewhere.map(
      ({ secret, namespaces }) =>
        `secret ${secret} exists in namespace${namespaces.length > 1 ? "s" : ""} ${joinNames(namespaces)}, but a pod can use only Secrets of its own namespace`,
    ),
    ...(missing.length > 0 ? [`secret${missing.length > 1 ? "s" : ""} ${joinNames(missing)} not found`] : []),
    ...others,
  ];
  if (found.length > 0) return found.join("; ");
  return pods.length > 0 && !only
    ? "the pod has no pull secret for this registry"
    : `serviceaccount/${account} has no pull secret for this registry`;
}

/** Returns a login of the pods for the registry of the same name in another cloud: `myregistry.azurecr.io` for `myregistry.azurecr.cn`. */
export function otherCloudOf({ azure, names, secrets }: ImageFacts): { readonly secret: string; readonly host: string } | undefined {
  if (!azure) return undefined;
  const [own] = azure.loginServer.split(".azurecr.");
  for (const { name, servers = [] } of secrets.filter((secret) => names.includes(secret.name)))
    for (const host of servers.flatMap((server) => loginServerIn(server) ?? []))
      if (host !== azure.loginServer && host.split(".azurecr.")[0] === own) return { secret: name, host };
  return undefined;
}

/** Says that the image of a pod is not that of its template. */
export const rewriteNotes = ({ rewritten }: ImageFacts): string[] =>
  rewritten
    ? [
        `the template of ${nameOf(rewritten.owner)} has the image ${rewritten.image}: an admission webhook, a policy or a user changed it in the pod`,
      ]
    : [];

/** Parts of messages that several verdicts share. */
const statuses: readonly (readonly [words: RegExp, causes: readonly Cause[]])[] = [
  [/illegal base64 data|unable to parse auth field|cannot unmarshal /, ["malformed-secret"]],
  [/pull policy of Never/, ["never-pulled"]],
  [/couldn't parse image name/, ["invalid-image"]],
  [/\b401\b|\bunauthorized\b/i, ["no-login", "refused", "expired", "older-pod"]],
  [/\b403\b|\bforbidden\b/i, ["blocked", "data-blocked", "denied"]],
  [/\b429\b|\btoo many requests\b/i, ["throttled"]],
];

/** Returns the causes that a message or a reason of the kubelet can mean, a part of a message, or lines of `kubectl describe`. */
export function causesIn(text: string): readonly Cause[] {
  const byReason = text.includes(" ") ? [] : readWaiting({ reason: text });
  // A shell removes the quotes
  const pulls = [...text.matchAll(/(?:Failed to pull|Back-off pulling) image \S+ (?:ErrImagePull: )?(.*)/g)].map(([, error = ""]) => error);
  const said = (pulls.length > 0 ? pulls : [text]).flatMap((error) => readWaiting({ reason: "ErrImagePull", message: error.trim() }));
  const read = [...said, ...byReason].flatMap(({ cause }) => (cause === "unknown" ? [] : cause));
  return read.length > 0 ? [...new Set(read)] : (statuses.find(([words]) => words.test(text))?.[1] ?? []);
}
