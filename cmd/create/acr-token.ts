import { carryOut, type Hands } from "../../src/apply/carry-out.ts";
import type { Outcome } from "../../src/apply/outcome.ts";
import { rehearse } from "../../src/apply/rehearse.ts";
import type { Azure, AzureRegistry, Cluster, IdentitySource, Login, Named, ScopeMap } from "../../src/context.ts";
import { acrToken } from "../../src/credential/acr-token.ts";
import { type Claim, proveLogin } from "../../src/credential/prove.ts";
import { CliError } from "../../src/errors.ts";
import { planAcrToken, pulledRepositories } from "../../src/plan/acr-token.ts";
import type { Plan, Store } from "../../src/plan/change.ts";
import type { Held } from "../../src/plan/store.ts";
import { tokenName } from "../../src/secret/names.ts";
import { pullSecret } from "../../src/secret/pull-secret.ts";
import { noNamespace } from "../gather/accounts.ts";
import { readHeld, testHeld } from "../gather/held.ts";
import { imagesFrom } from "../gather/pods.ts";
import { dryRunOf, reporter } from "../report.ts";
import type { Session } from "../session.ts";
import { expiryAfter } from "./expiry.ts";
import type { CreateRequest } from "./request.ts";
import { lookAt, planTargets, type Scene } from "./scene.ts";

/** `create` with an ACR token of its own: scope map, token, password, Secret, references. */
export async function createAcrToken(request: CreateRequest, session: Session): Promise<number> {
  const cluster = session.cluster();
  const dryRun = dryRunOf(request);
  const azure = session.azure(request.auth as IdentitySource);
  const expiresAt = request["expires-in"] === undefined ? undefined : expiryAfter(request["expires-in"], session.context.now());
  // Azure is asked while the cluster is, but the cluster's error comes first: nothing else matters without it
  const looking = azure.findRegistry(request.registry);
  looking.catch(() => undefined);
  const at = { namespace: await cluster.namespace(), name: request.name };
  const [scene, token] = await Promise.all([
    lookAt(cluster, at, request, { withPods: true }),
    nameToken(cluster, at, request["acr-token"]),
  ]);

  const registry = await session.progress.during(`Looking for ${request.registry} in Azure`, () => looking);
  const [acr, scopeMap] = await Promise.all([azure.token(registry, token.name), azure.scopeMap(registry, token.name)]);
  const claim = claimFor(request, registry, scene, scopeMap);
  const { held, login } = await observeHeld(registry, claim, scene, request.verify, session);
  const planned = planAcrToken(
    {
      secret: at,
      registry: registry.loginServer,
      token: token.name,
      derived: token.derived,
      repositories: claim.repositories,
      force: request.force,
      ...(expiresAt && { expiresAt }),
    },
    { ...(held && { held }), ...(acr && { token: acr }), ...(scopeMap && { scopeMap }) },
  );
  const { plan: targets, notices } = planTargets(at.name, registry.loginServer, scene);
  const plan = [...planned, ...targets];

  const { report, end } = reporter(session, request, dryRun);
  if (dryRun === "client") rehearse(plan, scene.seen, login).forEach(report);
  else {
    const write = { dryRun: dryRun === "server", fieldManager: request["field-manager"] ?? "", force: request.force };
    const hands = { cluster, write, login, seen: scene.seen, sleep: session.context.sleep };
    if (dryRun === "server") await carryOut(plan, hands, report);
    else await mintAndStore(plan, hands, { session, azure, registry, at, claim, verify: request.verify }, report);
  }
  if (dryRun !== "none" && request.output && plan.some(({ act }) => act === "mint")) {
    session.warn("the password is only made without --dry-run, so the Secret is shown without it");
  }
  notices.forEach(session.warn);
  return end();
}

/** Carries the plan out; where it fails before the Secret holds the credential, Azure is put back to where it was. */
async function mintAndStore(
  plan: Plan,
  hands: Hands,
  {
    session,
    azure,
    registry,
    at,
    claim,
    verify,
  }: { session: Session; azure: Azure; registry: AzureRegistry; at: Named; claim: Claim; verify: boolean },
  report: Parameters<typeof carryOut>[2],
): Promise<void> {
  const mints = plan.some(({ act }) => act === "mint");
  const made = acrToken(azure, registry, `kubectl acr-secret: secret ${at.name} in namespace ${at.namespace}`);
  const prove = async (login: Login | undefined, fresh: boolean) => {
    if (!verify || !login) return;
    const { sleep } = session.context;
    const empty = await session.progress.during(`Asking ${claim.host} for a manifest as ${login.username}`, () =>
      proveLogin(claim, login, { registry: session.registry(), sleep, fresh }),
    );
    for (const name of empty) session.warn(`${claim.host}/${name} has no image yet, so nothing shows that it can be pulled`);
  };
  // What a failure takes back is not reported as made
  const unsettled: Outcome[] = [];
  let settled = false;
  try {
    if (mints) await rehearseStore(plan, hands);
    await carryOut(
      plan,
      {
        ...hands,
        async scope(change) {
          await session.progress.during(`Writing scope map ${change.to.name}`, () => made.scope(change));
          if (!mints) await prove(hands.login, false);
        },
        async mint(change) {
          const login = await session.progress.during(`Making a password of token ${change.to.name}`, () => made.mint(change));
          await prove(login, true);
          return login;
        },
      },
      (outcome) => {
        settled ||= outcome.change.to.kind === "secret";
        if (settled) [...unsettled.splice(0), outcome].forEach(report);
        else unsettled.push(outcome);
      },
    );
  } catch (error) {
    if (!settled) await session.progress.during("Taking back what was made in Azure", () => made.undo());
    throw error;
  }
}

/** Asks the API server whether it will take the Secret, before a password is made for it. */
async function rehearseStore(plan: Plan, { cluster, write }: Hands): Promise<void> {
  const store = plan.find((change): change is Store => change.act === "store");
  if (store && !store.replaces)
    await cluster.applySecret(pullSecret(store.to, store.provenance, '{"auths":{}}'), { ...write, dryRun: true });
}

async function nameToken(cluster: Cluster, at: Named, named: string | undefined): Promise<{ name: string; derived: boolean }> {
  if (named !== undefined) {
    if (/^[a-zA-Z0-9-]{5,50}$/.test(named)) return { name: named, derived: false };
    throw new CliError("usage", `invalid --acr-token "${named}": 5 to 50 letters, digits and hyphens`);
  }
  const uid = await cluster.namespaceUid(at.namespace).catch((error: unknown) => {
    if (!(error instanceof CliError) || error.kind !== "forbidden") throw error;
    // The token's name is made of the namespace's uid, unless it is given
    throw new CliError("forbidden", error.message, {
      hint: "add --acr-token NAME, a name in Azure that this Secret alone is to use",
      cause: error,
    });
  });
  if (uid === undefined) throw noNamespace(at.namespace);
  return { name: tokenName(uid, at.namespace, at.name), derived: true };
}

/** The repositories to pull: those that are named; else those that pods use and those that the scope map has already. */
function claimFor(request: CreateRequest, registry: AzureRegistry, { pods }: Scene, scopeMap: ScopeMap | undefined): Claim {
  const host = registry.loginServer;
  const images = imagesFrom(host, pods);
  const found = [...images.map((image) => image.repository), ...(scopeMap ? pulledRepositories(scopeMap) : [])];
  const repositories = [...new Set(request.repository.length > 0 ? request.repository : found)].sort();
  if (repositories.length > 0) return { host, repositories, images };
  throw new CliError("usage", `no pod in the namespace uses an image of ${host}, so the repositories have to be named`, {
    hint: `kubectl acr-secret create --registry ${request.registry} --repository REPOSITORY`,
  });
}

async function observeHeld(
  registry: AzureRegistry,
  { host, repositories, images }: Claim,
  { secret }: Scene,
  verify: boolean,
  session: Session,
): Promise<{ held?: Held; login: Login | undefined }> {
  if (!secret) return { login: undefined };
  const { held, login } = readHeld(secret, registry.loginServer);
  if (!verify || held.provenance?.registry !== registry.loginServer) return { held, login };
  return session.progress.during(`Asking ${host} whether the credential still pulls`, async () => {
    const [repository] = repositories.filter((name) => !name.endsWith("*"));
    const known = images.find((image) => repositories.includes(image.repository));
    const tag = !known && login && repository ? await session.registry().anyTag(host, repository, login) : undefined;
    const image = known ?? (repository ? { host, repository, reference: tag ?? "latest" } : undefined);
    return { held: await testHeld(held, login, image, session.registry(), session.context.now()), login };
  });
}
