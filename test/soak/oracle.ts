import { isDeepStrictEqual } from "node:util";
import type { Secret } from "../../src/objects.ts";
import { claimKey, claimOf, copiesOf, credentialOf, sourceOf } from "../../src/secret/record.ts";
import { pullsWith } from "../support/applied-world.ts";
import { type Login, takes, unnoted } from "../support/logins.ts";
import type { Ended } from "../support/plugin.ts";
import type { Seen, World } from "./world.ts";

/** The name of the Secrets whose login ends at once with --force. */
export const forced = "acr-force";
const host = "myregistry.azurecr.io";

/** A change by another tool, which must stay. */
type Kept = { readonly at: string; readonly uid: string | undefined; readonly data: string | undefined };

/** What must be left of a source at the end: the namespaces with the login, and the images that it pulls. */
export type Wanted = { readonly name: string; readonly namespaces: readonly string[]; readonly pulls: readonly string[] };

/** Checks the guarantees while commands run. */
export class Oracle {
  readonly breaches: string[] = [];
  /** What another tool has written: in Secrets, by the label, and in the lists of ServiceAccounts. */
  readonly kept = new Map<string, Kept>();
  readonly listed = new Map<string, readonly string[]>();
  /** The uid of the running pod of each namespace. */
  readonly running = new Map<string, string>();
  /** The login of acr-shop that a person has copied. No command ends it by force. */
  consumer: Login | undefined;
  /** The names of tokens and scope maps, and the ids of applications, that others have created. */
  readonly foreign = new Set(["theirs"]);
  /** The passwords of tokens whose note a `delete` has discarded, and printed. `prune` ends them, unless a `create` uses the token first. */
  readonly #discarded = new Set<string>();
  readonly #world: World;
  readonly #proven = new Set<string>();
  #calls = 0;
  #azure: string | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Checks a write before the API server gets it: only a login that the registry has accepted is written, and only where it belongs. */
  write(what: string, body: string): void {
    const [, config] = /"\.dockerconfigjson":"([^"]+)"/.exec(body) ?? [];
    const login = readLogin(config);
    if (!login || !this.#isOwn(login)) return;
    const calls = this.#world.shell.azure.calls.dataPlane();
    for (const { verdict, user, password = "" } of calls.slice(this.#calls))
      if (verdict === "granted") this.#proven.add(JSON.stringify([user, password]));
    this.#calls = calls.length;
    if (!this.#proven.has(JSON.stringify([login.username, login.password]))) this.breach(`${what} writes a login that is not proven`);
    if (what.includes(`/namespaces/${this.#world.at("e")}/`)) this.breach(`${what} gives another tenant the login`);
  }

  /** Checks the output of a run: it contains no password. */
  read(line: string, { stdout, stderr }: Ended): void {
    const { registries, applications } = this.#world.shell.azure.world;
    const [, discarded] = /may have created (\S+) in Azure/.exec(stderr) ?? [];
    const passwordsOf = ({ passwords }: (typeof registries)[number]["tokens"][number]) => Object.values(passwords);
    const owners = registries.flatMap((one) => one.tokens);
    for (const { value } of owners.filter(({ name }) => name === discarded).flatMap(passwordsOf)) this.#discarded.add(value);
    const tokens = owners.flatMap(passwordsOf);
    const all = [...tokens, ...applications.flatMap(({ secrets }) => secrets)].map(({ value }) => value);
    if (all.some((value) => value !== "theirs" && (stdout + stderr).includes(value))) this.breach(`${line} prints a password`);
  }

  breach(what: string): void {
    this.breaches.push(what);
  }

  #isOwn({ username }: Login): boolean {
    const { registries, applications } = this.#world.shell.azure.world;
    const names = registries.flatMap(({ tokens }) => tokens.map(({ name }) => name));
    return username.startsWith(`${this.#world.id}-`) || [...names, ...applications.map(({ appId }) => appId)].includes(username);
  }

  /** Checks the objects as they are now. */
  async check(): Promise<void> {
    const before = { kept: new Map(this.kept), listed: new Map(this.listed), running: new Map(this.running) };
    const seen = await this.#world.look();
    const ended = this.#ended(seen);
    // A password ends after its last Secret was written, so a second look shows whether the first one was old
    const again = new Set(ended.length > 0 ? this.#ended(await this.#world.look()) : []);
    for (const one of ended) if (again.has(one)) this.breach(`${one} holds a login that has ended`);
    this.#checkTool(seen, before);
    this.#checkAzure();
    for (const [namespace, uid] of before.running)
      if (!seen.pods.some(({ metadata }) => metadata.uid === uid)) this.breach(`the running pod of ${namespace} was deleted`);
  }

  #checkAzure(): void {
    const { azure } = this.#world.shell;
    if (this.consumer && !takes(azure.world, this.consumer)) this.breach("the login of another consumer has ended");
    const [registry] = azure.world.registries;
    const now = JSON.stringify([registry?.tokens, registry?.scopeMaps].map((all) => all?.filter(({ name }) => this.#isForeign(name))));
    this.#azure ??= now;
    if (now !== this.#azure) this.breach("a token or a scope map of others was changed");
    for (const { appId, displayName, secrets } of azure.world.applications)
      if (this.foreign.has(appId) && secrets.length !== 1) this.breach(`application ${displayName} of others was changed`);
  }

  #isForeign = (name: string): boolean => this.foreign.has(name) || name.startsWith("_");

  /** The Secrets with a login that the registry rejects, outside of the namespaces of the tenant. */
  #ended({ secrets }: Seen): string[] {
    const tenants = ["c", "e"].map(this.#world.at);
    const own = secrets.filter(({ metadata: { name, namespace = "" } }) => name !== forced && !tenants.includes(namespace));
    return own.flatMap((secret) => {
      if (this.#isForgotten(secret, secrets)) return [];
      const login = loginOf(secret);
      const isEnded = login !== undefined && this.#isOwn(login) && !takes(this.#world.shell.azure.world, login);
      return isEnded ? [`${keyOf(secret)} (${login.username} ${login.password.slice(-6)})`] : [];
    });
  }

  /** Whether a failed `delete` has left a copy. The editor may not list all Secrets, so its rotations do not find that copy. */
  #isForgotten({ metadata }: Secret, secrets: readonly Secret[]): boolean {
    const source = sourceOf({ metadata });
    if (source?.name !== "acr-team") return false;
    const recorded = secrets.find((one) => keyOf(one) === `${source.namespace}/${source.name}`);
    return !Object.hasOwn(copiesOf(recorded), metadata.namespace ?? "");
  }

  #checkTool({ secrets, accounts }: Seen, { kept, listed }: Pick<Oracle, "kept" | "listed">): void {
    const found = new Map(secrets.map((secret) => [keyOf(secret), secret]));
    for (const [label, one] of kept) this.#checkKept(label, one, found.get(one.at));
    for (const account of accounts) {
      const names = (account.imagePullSecrets ?? []).map(({ name }) => name);
      const lost = (listed.get(keyOf(account)) ?? []).filter((name) => !names.includes(name));
      if (lost.length > 0) this.breach(`the list of ${keyOf(account)} has lost ${lost}`);
    }
  }

  #checkKept(label: string, { at, uid, data }: Kept, secret: Secret | undefined): void {
    const isSame = secret?.metadata.uid === uid;
    // Labels alone do not keep a Secret
    if (!isSame && data === undefined) this.kept.delete(label);
    const has = isSame && secret?.metadata.labels?.[label] === "x" && secret.data?.[`${label}.crt`] === data;
    // The tool may have taken it back since
    if (!has && this.kept.has(label)) this.breach(`${at} has lost what another tool wrote: ${label} ${data ?? ""}`);
  }

  /** Moves the claims of killed runs into the past. */
  async endClaims(isDead: (run: string) => boolean): Promise<void> {
    for (const { metadata } of (await this.#world.look()).secrets) {
      const claim = claimOf({ metadata });
      if (!claim || !isDead(claim.run)) continue;
      const { resourceVersion } = metadata;
      const past = JSON.stringify({ ...claim, until: new Date(Date.now() - 1000).toISOString() });
      const patch = { metadata: { resourceVersion, annotations: { [claimKey]: past } } };
      await this.#world.send("PATCH", `/api/v1/namespaces/${metadata.namespace}/secrets/${metadata.name}`, patch);
    }
  }

  /** Removes what makes commands ask a user: applications with forged names, and Secrets that stay only for what a tool wrote. */
  async clean(): Promise<void> {
    const { world } = this.#world.shell.azure;
    world.applications = world.applications.filter(({ appId }) => !this.foreign.has(appId));
    for (const secret of (await this.#world.look()).secrets) {
      const { namespace, name } = secret.metadata;
      if (loginOf(secret) || claimOf(secret) || credentialOf(secret)) continue;
      await this.#world.send("DELETE", `/api/v1/namespaces/${namespace}/secrets/${name}`);
      for (const [label, { at }] of this.kept) if (at === keyOf(secret)) this.kept.delete(label);
    }
  }

  /** Requires that each source, and each copy, has a login that pulls, and that Azure has no other password. */
  async expectConverged(wanted: readonly Wanted[]): Promise<void> {
    const { shell, id } = this.#world;
    const { secrets } = await this.#world.look();
    const found = new Map(secrets.map((secret) => [keyOf(secret), secret]));
    for (const { name, namespaces, pulls } of wanted) {
      const [source, ...copies] = namespaces.map((namespace) => loginOf(found.get(`${namespace}/${name}`)));
      const pulled = await pullsWith(shell, source);
      if (!isDeepStrictEqual(pulled, pulls)) this.breach(`${namespaces[0]}/${name} pulls ${pulled}, and not ${pulls}`);
      if (!copies.every((copy) => isDeepStrictEqual(copy, source))) this.breach(`a copy of ${name} has another login`);
    }
    for (const secret of secrets) if (claimOf(secret)) this.breach(`${keyOf(secret)} is claimed`);
    const { applications, ...azure } = shell.azure.world;
    const own = { ...azure, applications: applications.filter(({ appId }) => !this.foreign.has(appId)) };
    const left = unnoted(own, secrets, `${id}-`).filter((password) => !this.#discarded.has(password));
    if (left.length > 0) this.breach(`passwords in no Secret: ${this.#ownersOf(left)}`);
  }

  #ownersOf(passwords: readonly string[]): string {
    const { registries, applications } = this.#world.shell.azure.world;
    const holds = (of: object) => passwords.some((password) => JSON.stringify(of).includes(password));
    const tokens = registries.flatMap((one) => one.tokens).filter(holds);
    return [...tokens.map(({ name }) => name), ...applications.filter(holds).map(({ displayName }) => displayName)].join(", ");
  }

  /** Requires that nothing of this plugin is left. */
  async expectNothing(): Promise<void> {
    const { registries, applications, roleAssignments } = this.#world.shell.azure.world;
    const { secrets, accounts } = await this.#world.look();
    const names = registries.flatMap(({ tokens, scopeMaps }) => [...tokens, ...scopeMaps].map(({ name }) => name));
    const apps = applications.filter(({ appId, since, secrets: keys }) => since > 0 && keys.length > 0 && !this.foreign.has(appId));
    const roles = roleAssignments.filter(({ since }) => since > 0);
    const logins = secrets.filter((secret) => secret.metadata.namespace !== this.#world.at("e") && loginOf(secret)).map(keyOf);
    // A Secret that stays for the data of another tool keeps its references
    const kept = new Set(secrets.map(keyOf));
    const lists = accounts.flatMap((one) =>
      (one.imagePullSecrets ?? [])
        .filter(({ name = "" }) => !this.listed.get(keyOf(one))?.includes(name) && !kept.has(`${one.metadata.namespace}/${name}`))
        .map(({ name }) => `${keyOf(one)} lists ${name}`),
    );
    const ours = names.filter((name) => !this.#isForeign(name));
    const left = [...ours, ...apps.map(({ displayName }) => displayName), ...roles.map(({ name }) => name), ...logins, ...lists];
    if (left.length > 0) this.breach(`left: ${left.join(", ")}`);
  }
}

const keyOf = ({ metadata }: Pick<Secret, "metadata">): string => `${metadata.namespace}/${metadata.name}`;

/** Returns the login for the registry in a Secret, which may hold anything. */
export const loginOf = (secret: Pick<Secret, "data"> | undefined): Login | undefined => readLogin(secret?.data?.[".dockerconfigjson"]);

function readLogin(config: string = ""): Login | undefined {
  try {
    const { username, password } = JSON.parse(Buffer.from(config, "base64").toString()).auths[host];
    return typeof username === "string" && typeof password === "string" ? { username, password } : undefined;
  } catch {
    return undefined;
  }
}
