import type { Interruption } from "../../../src/interruption.ts";
import type { Secret } from "../../../src/objects.ts";
import type { Registry } from "../../../src/registry/port.ts";
import { claimOf, credentialOf } from "../../../src/secret/record.ts";
import { clientOf } from "../../../src/secretless/objects.ts";
import type { Asked } from "../../support/fakes/asked.ts";
import { type Login, loginOf } from "../../support/logins.ts";
import { fileBy, givenTo } from "./files.ts";
import type { Play, Program } from "./play.ts";

/** The Secret that every command of a walk is about, except for another file. */
export const name = "acr-myregistry";
export const host = "myregistry.azurecr.io";
const day = 24 * 3_600_000;

/** The user name of a token, or the id of an application, that this plugin created for a source. */
const isOwn = (username: string | undefined) =>
  username !== undefined && /^(app|b|c)-acr-myregistry-|^(d|b|c)-acr-other-|^a{8}-/.test(username);

type Text = Readonly<Record<string, string>>;
const marks = /^acr-secret\/|^app\.kubernetes\.io\/managed-by$|^kubernetes\.azure\.com\/acr-/;
const without = (all: Text = {}) => Object.fromEntries(Object.entries(all).filter(([key]) => !marks.test(key)));

/** What other writers have in a Secret. */
function othersIn({ type, metadata, data: { ".dockerconfigjson": config = "", "acr-secret.copies": _, ...data } = {} }: Secret) {
  const logins = Object.fromEntries(authsIn(config).filter(([key, { username }]) => key !== host || !isOwn(username)));
  return { kept: { data, logins }, marks: { type, labels: without(metadata.labels), annotations: without(metadata.annotations) } };
}

function authsIn(config: string): [string, { username?: string }][] {
  const { auths } = parsed(config) as { auths?: Record<string, { username?: string }> };
  return Object.entries(auths ?? {});
}

function parsed(config: string): object {
  try {
    return JSON.parse(Buffer.from(config, "base64").toString());
  } catch {
    return {};
  }
}

type Password = { readonly of: string; readonly slot: string; readonly text: string; readonly madeAt: string | undefined };
type Looked = { readonly secret: Secret; readonly login: Login | undefined; readonly pulls: boolean };
type Seen = {
  readonly secrets: ReadonlyMap<string, Looked>;
  readonly lists: ReadonlyMap<string, string>;
  readonly passwords: readonly Password[];
  /** Whether the annotations of a ServiceAccount promise a pull that fails. */
  readonly isPromised: boolean;
  readonly others: string;
};

/** Checks the guarantees after every request that changes something. */
export class Watch {
  /** What an act of a person or a tenant right before a request excuses: Azure and the list of Secrets have no preconditions. */
  readonly excused = { gap: 0, window: 0 };
  requests = 0;
  /** What the program knows of a person's act is certain: no run was killed that could have left such a password. */
  isStrict = false;
  readonly #play: Play;
  readonly #breaches: string[] = [];
  readonly #proven = new Set<string>();
  /** The passwords that a person generated, and when they or a Secret were written by others: the step. */
  readonly #persons = new Map<string, number>();
  readonly #personsTimes = new Set<string | undefined>();
  /** The passwords that a person has ended, with the step. */
  readonly #endedByPersons = new Map<string, number>();
  readonly #written = new Map<string, number>();
  /** When others have first written a Secret with this login (milliseconds). A rotation waits for a day for a Secret that holds a password. */
  readonly #writtenAt = new Map<string, number>();
  /** In which step a program created a Secret. */
  readonly #created = new Map<string, number>();
  readonly #unclear = new Set<string>();

  constructor(play: Play) {
    this.#play = play;
  }

  /** Wraps the port of the registry: a login that it accepts is proven. */
  proving(open: (interruption: Interruption) => Registry): (interruption: Interruption) => Registry {
    return (interruption) => {
      const registry = open(interruption);
      const note = <T extends { readonly verdict: string }>({ password }: { password: { reveal(): string } }, proof: T): T => {
        if (["pulls", "not-found"].includes(proof.verdict)) this.#proven.add(password.reveal());
        return proof;
      };
      return {
        ...registry,
        prove: async (image, login) => {
          const proof = await registry.prove(image, login);
          return login ? note(login, proof) : proof;
        },
        admits: async (of, login) => note(login, await registry.admits(of, login)),
      };
    };
  }

  async around(program: Program, asked: Asked, next: () => Promise<unknown>): Promise<unknown> {
    this.requests++;
    if (!asked.writes || asked.dryRun) return next();
    const before = this.#look();
    try {
      return await next();
    } finally {
      this.#compare(before, this.#look(), program, `${asked.call} ${asked.at}`);
    }
  }

  /** Notes what others write. */
  acting(act: () => void): void {
    const before = this.#look();
    act();
    const after = this.#look();
    this.#notePasswords(before, after);
    for (const [key, { secret, login, pulls }] of after.secrets) {
      if (before.secrets.get(key)?.secret !== secret) {
        this.#written.set(key, this.#play.step);
        const isSameLogin = login?.password === before.secrets.get(key)?.login?.password;
        if (!isSameLogin || !this.#writtenAt.has(key)) this.#writtenAt.set(key, this.#play.now);
      }
      // Others may write what they want
      if (login && pulls) this.#proven.add(login.password);
    }
  }

  #notePasswords(before: Seen, after: Seen): void {
    const alive = new Set(after.passwords.map(({ text }) => text));
    for (const { text } of before.passwords) if (!alive.has(text)) this.#endedByPersons.set(text, this.#play.step);
    const known = new Set(before.passwords.map(({ text }) => text));
    const intent = claimOf(this.#source(before))?.intent;
    for (const { text, slot, madeAt } of after.passwords) {
      if (known.has(text)) continue;
      this.#personsTimes.add(madeAt);
      this.#persons.set(text, this.#play.step);
      // A delayed write may note the slot, and so may a run to which Azure does not show the password yet
      if ((slot === intent?.slot || this.#play.isDelaying || this.#play.isLagging) && !this.isStrict) this.#unclear.add(text);
    }
  }

  /** Whether a person generated the password of that time. */
  isPersons = (madeAt: string | undefined): boolean => this.#personsTimes.has(madeAt);

  check(): void {
    if (this.#breaches.length > 0) this.#play.fail(this.#breaches.slice(0, 4).join("\n"));
  }

  #source = ({ secrets }: Seen): Secret | undefined => secrets.get(`app/${name}`)?.secret;

  #look(): Seen {
    const { cluster, azure } = this.#play.world;
    const secrets = cluster.all("secret").map((secret): [string, Looked] => {
      const login = readLogin(secret);
      return [`${secret.metadata.namespace}/${secret.metadata.name}`, { secret, login, pulls: login !== undefined && azure.knows(login) }];
    });
    const lists = cluster.all("serviceaccount").map(({ imagePullSecrets = [], metadata }): [string, string] => {
      const names = imagePullSecrets.flatMap((one) => (Object.hasOwn(givenTo, one.name ?? "") ? [] : [one.name]));
      return [`${metadata.namespace}/${metadata.name}`, JSON.stringify([names, metadata.labels, without(metadata.annotations)])];
    });
    const tokens = [...azure.tokens].flatMap(([of, { passwords }]) =>
      [...passwords].map(([slot, { text, creationTime: madeAt }]) => ({ of, slot, text, madeAt })),
    );
    const keys = azure.directory.applications.flatMap(({ appId: of, keys }) =>
      keys.map(({ slot, text, madeAt }) => ({ of, slot, text, madeAt })),
    );
    const maps = [...azure.scopeMaps].filter(([of]) => !isOwn(of));
    const beyond = [...azure.scopeMaps.values()].flatMap(({ actions }) => actions).filter((action) => !/app\/web\//.test(action));
    return {
      secrets: new Map(secrets),
      lists: new Map(lists),
      passwords: [...tokens, ...keys],
      isPromised: this.#isPromised(),
      others: JSON.stringify([maps, beyond, [...azure.tokens.keys()].filter((of) => !isOwn(of))]),
    };
  }

  /** Without annotations, the kubelet asks for no token. */
  #isPromised(): boolean {
    const { cluster, azure } = this.#play.world;
    if (cluster.all("serviceaccount").every((account) => clientOf(account) === undefined)) return false;
    const needed = [cluster.all("role.rbac.authorization.k8s.io"), cluster.all("rolebinding.rbac.authorization.k8s.io")];
    const trusted = azure.identities.all.values().flatMap(({ credentials }) => credentials);
    return [...needed, azure.directory.assignments, [...trusted]].some((all) => all.length === 0);
  }

  #compare(before: Seen, after: Seen, program: Program, what: string): void {
    for (const key of new Set([...before.secrets.keys(), ...after.secrets.keys()]))
      this.#compareSecret(key, before, after.secrets.get(key), program, what);
    for (const [key, list] of before.lists)
      if (after.lists.get(key) !== list) this.#breach(`${what} changes another's entry in the list of ${key}`);
    if (after.isPromised) this.#breach(`${what} leaves annotations that promise a pull which fails`);
    if (before.others !== after.others) this.#breach(`${what} changes a token, scope map or right of others`);
    const alive = new Set(after.passwords.map(({ text }) => text));
    for (const password of before.passwords) if (!alive.has(password.text)) this.#compareEnd(password, before, program, what);
  }

  #compareSecret(key: string, seen: Seen, after: Looked | undefined, program: Program, what: string): void {
    const before = seen.secrets.get(key);
    const [namespace = "", called = ""] = key.split("/");
    const given: readonly string[] = givenTo[called as keyof typeof givenTo] ?? [];
    const isGiven = given.includes(namespace);
    const isDeleted = isGiven && endsLogin(program, namespace, called, after?.login);
    if (!before && after) this.#created.set(key, this.#play.step);
    if (before?.pulls && !after?.pulls && !isDeleted) this.#compareUse(key, after?.login?.password, seen, program, what);
    if (after?.login && after.login.password !== before?.login?.password) this.#compareLogin(key, after.login, isGiven, what);
    if (before && isLost(before.secret, after?.secret)) this.#breach(`${what} changes what others wrote in ${key}`);
  }

  #compareUse(key: string, password: string | undefined, seen: Seen, program: Program, what: string): void {
    // If a person has ended the source's password, one of the two slots must be emptied for another
    const isEnded = this.#isEndedByPerson(program, password);
    const isWritten = program.listed > 0 && (this.#written.get(key) ?? -1) > program.listed;
    // A deletion in Azure has no precondition, so a run may use the account again after `prune` has listed the Secrets by their three types, or after `apply` has looked at it
    const since = { prune: program.lists.at(-3) ?? 0, apply: program.looked }[program.line.split(" ")[0] ?? ""];
    const isCreated = since !== undefined && (this.#created.get(key) ?? -1) > since;
    const isOld = this.#isHeldLong(key, program) || this.#isReplacedLong(password, seen);
    if (isEnded || isWritten || isCreated || isOld || isUnlisted(program) || this.#isHidden(password, seen)) this.excused.gap++;
    else this.#breach(`${what} ends the login of ${key}`);
  }

  #isHeldLong(key: string, { line }: Program): boolean {
    const { now } = this.#play;
    return /^(rotate|apply)/.test(line) && now - (this.#writtenAt.get(key) ?? now) > day;
  }

  /** The first rotation a day after another ends the password that it replaced, also if that run has stopped in between. */
  #isReplacedLong(password: string | undefined, seen: Seen): boolean {
    const { madeAt = "", previous } = credentialOf(this.#source(seen)) ?? {};
    const ended = seen.passwords.find(({ text }) => text === password);
    const isReplaced = ended !== undefined && previous?.slot === ended.slot && isSame(previous.madeAt, ended.madeAt ?? "");
    return isReplaced && this.#play.now - Date.parse(madeAt) > day;
  }

  /** Azure did not show a password that it had just made, and the source does not record it. */
  #isHidden(password: string | undefined, seen: Seen): boolean {
    const { madeAt = "", slot } = seen.passwords.find(({ text }) => text === password) ?? {};
    const record = credentialOf(this.#source(seen));
    if (record?.slot === slot && isSame(record?.madeAt, madeAt)) return false;
    return this.#play.isLagging && this.#play.now + this.#play.azureAhead - Date.parse(madeAt) < 60_000;
  }

  #isEndedByPerson({ looked }: Program, password = ""): boolean {
    const source = this.#play.world.loginIn("app", name)?.password ?? "";
    return (this.#endedByPersons.get(password) ?? -1) > looked || this.#endedByPersons.has(source);
  }

  #compareLogin(key: string, { username, password }: Login, isGiven: boolean, what: string): void {
    if (!isOwn(username)) return;
    if (!isGiven) this.#breach(`${what} gives ${key} the login`);
    if (!this.#proven.has(password)) this.#breach(`${what} writes a login that is not proven to ${key}`);
  }

  #compareEnd({ of, slot, text, madeAt }: Password, before: Seen, program: Program, what: string): void {
    const generated = this.#persons.get(text);
    if (generated !== undefined) {
      const source = this.#source(before);
      const isRecorded = [credentialOf(source), credentialOf(source)?.previous].some(
        (one) => one?.slot === slot && isSame(one.madeAt, madeAt ?? ""),
      );
      if (isRecorded) return;
      if (generated > program.looked) this.excused.gap++;
      else if (this.#unclear.has(text)) this.excused.window++;
      else this.#breach(`${what} ends ${slot} of ${of}, which a person generated`);
      return;
    }
    if (!isOwn(of)) this.#breach(`${what} ends ${slot} of ${of}, which belongs to others`);
  }

  #breach = (what: string) => void this.#breaches.push(what);
}

/**
 * Whether a command takes the login of a namespace away.
 * @param left the login that its Secret still has. The end of an entry ends it, although a stale read may keep the Secret
 */
function endsLogin({ line }: Program, namespace: string, secret: string, left: Login | undefined): boolean {
  if (/^(delete|prune)/.test(line)) return secret === name && !left;
  const file = fileBy(line);
  return file?.secret === secret && !file.given.includes(namespace);
}

/** Whether the API server has refused to list Secrets: then a run counts only the copies that carry its label. */
const isUnlisted = ({ fates, trace }: Program): boolean =>
  [...fates].some(([step, fate]) => fate === "forbidden" && trace[step - 1] === "list secret");

/** Whether a write changes what others have in a Secret. */
function isLost(before: Secret, after: Secret | undefined): boolean {
  if (before === after) return false;
  const { kept } = othersIn(before);
  if (!after) return Object.keys({ ...kept.data, ...kept.logins }).length > 0;
  return JSON.stringify(othersIn(after)) !== JSON.stringify(othersIn(before));
}

const isSame = (a: string | undefined, b: string) => a !== undefined && Date.parse(a) === Date.parse(b);

function readLogin(secret: Secret): Login | undefined {
  try {
    return loginOf(secret);
  } catch {
    return undefined;
  }
}
