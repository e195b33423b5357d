import type { Azure, Exchanged } from "../azure/port.ts";
import { type Cluster, listAll } from "../cluster/port.ts";
import { type Finding, findingOf } from "../doctor/finding.ts";
import { isPublic } from "../doctor/ladder.ts";
import { providerMetric } from "../doctor/nodes.ts";
import { asRefusal, CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import type { KubeObjects, ServiceAccount } from "../objects.ts";
import type { ImageRef, Registry } from "../registry/port.ts";
import { tokenUser } from "../secret/guess.ts";
import type { Sensitive } from "../secret/sensitive.ts";
import { type Account, annotationKeys, audienceRight, kubeletGroup, tokenAudience, tokenSubject } from "../secretless/objects.ts";

/** The parts of a pull without a pull secret. docs/secretless.md has a section for each, which `explain` prints. */
export type PartId =
  | "annotations"
  | "token-audience"
  | "account-token"
  | "token-exchange"
  | "registry-access"
  | "image-access"
  | "node-provider"
  | "pod-pull";

export type PartFinding = Finding<PartId>;

type Checked = {
  readonly account: Account;
  readonly image: ImageRef;
  readonly cluster: Cluster;
  readonly azure: Pick<Azure, "exchangeAssertion">;
  readonly registry: Registry;
};

/**
 * Checks each part of a pull as the kubelet and its credential provider do it: the annotations, the right to request the token, the token,
 * the sign-in and the manifest. Reads no node except its metrics, changes nothing, and prints no token.
 */
export async function* checkSecretless(checked: Checked): AsyncGenerator<PartFinding> {
  const { cluster, account } = checked;
  const [audience, provider, token] = [
    audienceOf(checked),
    providerOf(checked),
    cluster.requestToken(account, tokenAudience).catch(asRefusal),
  ];
  const found = await cluster.get(account).catch(asRefusal);
  const annotations = annotationsOf(checked, found);
  yield annotations.finding;
  yield await audience;
  yield* await pull(checked, annotations.identity, await token);
  yield await provider;
}

const of = <Id extends PartId>(id: Id, { kind, name }: Account) => ({ id, subject: `${kind}/${name}` });

type Named = { readonly clientId: string; readonly tenant: string };

function annotationsOf(
  { account, image }: Checked,
  found: ServiceAccount | CliError | undefined,
): { readonly finding: PartFinding; readonly identity?: Named } {
  const part = of("annotations", account);
  if (found instanceof CliError) return { finding: findingOf(found, part) };
  const { clientId: client, tenant: directory } = annotationKeys;
  const annotations = found?.metadata.annotations ?? {};
  const { [client]: clientId, [directory]: tenant } = annotations;
  if (clientId && tenant)
    return { finding: { ...part, status: "ok", message: `client ${clientId}, tenant ${tenant}` }, identity: { clientId, tenant } };
  const missing = [client, directory].filter((key) => !annotations[key]).join(" and ");
  const message = found ? `annotation ${missing} missing` : `serviceaccounts "${account.name}" not found`;
  return { finding: { ...part, status: "failed", message, next: setUp(account, image) } };
}

const setUp = ({ namespace, name }: Account, { host }: ImageRef): Fix => ({
  do: "shell",
  argv: ["kubectl", "acr-secret", "secretless", "create", name, "-n", namespace, "--registry", host],
});

async function audienceOf({ cluster, account, image }: Checked): Promise<PartFinding> {
  const part = of("token-audience", account);
  const allowed = await cluster.groupMay(kubeletGroup, audienceRight(account)).catch(asRefusal);
  if (allowed instanceof Error) return findingOf(allowed, part);
  if (allowed) return { ...part, status: "ok", message: `kubelets may request tokens for ${tokenAudience}` };
  return { ...part, status: "failed", message: `kubelets may not request tokens for ${tokenAudience}`, next: setUp(account, image) };
}

/** The steps that need the results of the steps before. Those after a failed one are not checked. */
async function* pull(checked: Checked, identity: Named | undefined, token: Sensitive | CliError): AsyncGenerator<PartFinding> {
  const { account, image, azure, registry } = checked;
  if (token instanceof CliError) return yield findingOf(token, of("account-token", account));
  yield tokenOf(account, token);
  if (!identity) return;
  const exchanged = await azure.exchangeAssertion({ ...identity, assertion: token }).catch(asRefusal);
  const part = of("token-exchange", account);
  if (exchanged instanceof CliError) return yield findingOf(exchanged, part);
  if (!("token" in exchanged)) return yield { ...part, ...refusalOf(exchanged, checked, token) };
  yield { ...part, status: "ok", message: "Microsoft Entra ID accepts the token" };
  const answer = await registry.exchange(image.host, { text: exchanged.token, of: { name: identity.clientId, tenant: identity.tenant } });
  const access = of("registry-access", account);
  if (!("token" in answer)) {
    const message = `${answer.message}; the identity may lack the role, or Azure has not replicated it yet`;
    return yield { ...access, status: failure(answer.verdict), message, next: setUp(account, image) };
  }
  yield { ...access, status: "ok", message: `${image.host} accepts the identity` };
  const { verdict, message } = await registry.prove(image, { username: tokenUser, password: answer.token });
  const next = verdict === "out-of-scope" ? setUp(account, image) : undefined;
  yield { ...of("image-access", account), status: verdict === "pulls" ? "ok" : failure(verdict), message, next };
}

const failure = (verdict: string) => (verdict === "unreachable" ? "unknown" : "failed");

function tokenOf(account: Account, token: Sensitive): PartFinding {
  const part = of("account-token", account);
  const issuer = token.claims?.issuer ?? "";
  if (isPublic(issuer)) return { ...part, status: "ok", message: `issuer ${issuer}, subject ${tokenSubject(account)}` };
  return { ...part, status: "failed", message: `Microsoft Entra ID cannot reach the issuer of ServiceAccount tokens, ${issuer}` };
}

const printKeys: Fix = { do: "shell", argv: ["kubectl", "get", "--raw", "/openid/v1/jwks"], when: "to print the keys to publish" };

type Refused = Exclude<Exchanged, { readonly token: Sensitive }>;

/** The part that is wrong, by the number of the AADSTS error. */
function refusalOf({ refused, message: words }: Refused, { account, image }: Checked, token: Sensitive) {
  const { issuer = "" } = token.claims ?? {};
  const create = setUp(account, image);
  const known: Readonly<Record<number, readonly [message: string, next?: Fix]>> = {
    700016: [`the identity in annotation ${annotationKeys.clientId} does not exist in the tenant`, create],
    90002: [`the tenant in annotation ${annotationKeys.tenant} does not exist`, create],
    700211: [`the identity has no federated credential for issuer ${issuer}`, create],
    700212: [`the federated credential does not accept the audience ${tokenAudience}`, create],
    700213: [`the identity has no federated credential for subject ${tokenSubject(account)}`, create],
    50166: [`Microsoft Entra ID cannot read the keys at ${issuer}`],
    501661: [`Microsoft Entra ID cannot read the keys at ${issuer}`],
    7000272: [`the keys at ${issuer} are not those of the cluster`, printKeys],
  };
  const [message, next] = known[refused] ?? [words];
  return { status: "failed", message: known[refused] ? `${message} (AADSTS${refused})` : message, next } as const;
}

/** A kubelet's metrics can have a megabyte. */
const maxNodes = 100;

async function providerOf({ cluster }: Checked): Promise<PartFinding> {
  const part = { id: "node-provider", subject: "nodes" } as const;
  const all = await listAll(cluster, "node").catch(asRefusal);
  if (all instanceof Error) return findingOf(all, part);
  const read = async ({ metadata: { name } }: KubeObjects["node"]) => ({ name, metrics: await cluster.nodeMetrics(name).catch(asRefusal) });
  const some = await Promise.all(all.slice(0, maxNodes).map(read));
  const without = some.filter(({ metrics }) => typeof metrics === "string" && !providerMetric.test(metrics)).map(({ name }) => name);
  if (without.length > 0) {
    const others = without.length > 1 ? ` and ${without.length - 1} other nodes` : "";
    return { ...part, status: "failed", message: `node ${without[0]}${others} without a credential provider` };
  }
  const unread = some.map(({ metrics }) => metrics).find((metrics) => metrics instanceof Error);
  // The API server connects to the kubelet, and answers with any error if it can't
  if (unread) return { ...findingOf(unread, part), status: "unknown" };
  if (some.length === 0) return { ...part, status: "unknown", message: "the cluster has no nodes" };
  return { ...part, status: "ok", message: `${some.length} of ${all.length} nodes have a credential provider` };
}
