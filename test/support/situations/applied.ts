import { type Credential, credentialKey, credentialOf, sourceKey } from "../../../src/secret/record.ts";
import { type AppliedWorld, applyAll, type Besides, type WrittenEntry, type WrittenFile } from "../applied-world.ts";
import { pullSecret } from "../fakes/cluster.ts";
import { create, kubectl } from "../kubectl.ts";

type Happens = (world: AppliedWorld) => Promise<unknown> | unknown;

/** Something that happens, and then a run of `apply`. */
export type AppliedStep = {
  readonly happens?: Happens;
  /** Default: those of the run before. */
  readonly files?: (world: AppliedWorld) => readonly WrittenFile[];
  readonly flags?: string;
  /** Default: 0. */
  readonly code?: number;
  /** What the run prints. */
  readonly says?: RegExp;
  /** The rights that the run asks for and does not have, such as `list secrets`. */
  readonly lacks?: readonly string[];
  /** The namespace of a team is in the way: with --skip-blocked, the run succeeds. */
  readonly isBlocked?: true;
  /** Another command instead of `apply`. */
  readonly instead?: (world: AppliedWorld, said: string) => Promise<unknown>;
};

export type Situation = {
  readonly what: string;
  /** The files that one run applies for all situations before the steps. */
  readonly first?: (world: AppliedWorld) => readonly WrittenFile[];
  readonly steps: readonly AppliedStep[];
  /** What the files of the last step say, if it is not what is left. */
  readonly leaves?: (world: AppliedWorld) => readonly WrittenFile[];
  readonly besides?: Besides;
  /** The exit code of the same command again. Default: 0. */
  readonly again?: number;
  /** What differs for the CronJob. */
  readonly scheduled?: Partial<Situation>;
  /** What also differs if the file names the namespaces that have the labels. */
  readonly named?: Partial<Situation>;
};

/** Returns a situation for the CronJob, which runs with --skip-blocked and without --prune. */
export const inCluster = ({ scheduled, named, ...situation }: Situation, isNamed: boolean): Situation => ({
  ...situation,
  steps: situation.steps.map(({ flags: _, isBlocked, ...step }) => (isBlocked ? { ...step, code: 0 } : step)),
  ...scheduled,
  ...(isNamed ? named : {}),
});

const blue = ({ id, at }: AppliedWorld): WrittenEntry => ({
  name: "acr-blue",
  namespace: at("home"),
  copyTo: { selector: `team=${id}` },
  repositories: ["app/web"],
  serviceAccounts: ["default", "ci-*"],
});
const withoutCopies = (world: AppliedWorld) => (({ copyTo: _, ...rest }) => rest)(blue(world));
const tier = ({ id }: AppliedWorld): WrittenEntry => ({
  name: "acr",
  eachOf: { selector: `tier=${id}` },
  repositories: ["base/*"],
  serviceAccounts: ["default"],
});
const file = ({ id, at }: AppliedWorld, ...pullSecrets: readonly WrittenEntry[]): WrittenFile => ({
  name: id,
  namespace: at("home"),
  registry: "myregistry",
  pullSecrets,
});

const usual = (world: AppliedWorld) => [file(world, blue(world), tier(world))];
const onlyBlue = (world: AppliedWorld) => [file(world, blue(world))];
const onlyTier = (world: AppliedWorld) => [file(world, tier(world))];
const changed = (change: Partial<WrittenEntry> | ((world: AppliedWorld) => Partial<WrittenEntry>)) => (world: AppliedWorld) => [
  file(world, { ...blue(world), ...(typeof change === "function" ? change(world) : change) }),
];

type Files = NonNullable<AppliedStep["files"]>;

/** The roles of the new files don't cover what they no longer name, so a user applies them before the CronJob does. */
const appliedByUser = (files: Files): readonly AppliedStep[] => [{ files, instead: (world) => applyAll(world.shell, files(world)) }, {}];

/** The policy of the new files denies what an old role still grants. */
const deniedByPolicy = { code: 1, says: /denied request: the files of the schedule do not name or select this object/ } as const;

const label =
  (short: string, text: string): Happens =>
  ({ at, id }) =>
    kubectl(["label", "namespace", at(short), text.replaceAll("ID", id)]);

/** A person adds a reference in a namespace that loses its copy. */
const losesCopyWithReference: Happens = ({ at, id }) =>
  Promise.all([
    create([
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "jane", namespace: at("b") },
        imagePullSecrets: [{ name: "acr-blue" }],
      },
    ]),
    kubectl(["label", "namespace", `${id}-b`, "team-"]),
  ]);

const remove =
  (short: string, name = "acr-blue"): Happens =>
  ({ at }) =>
    kubectl(["delete", "secret", name, "-n", at(short)]);
const patch =
  (short: string, change: object, name = "acr-blue"): Happens =>
  ({ at }) =>
    kubectl(["patch", "secret", name, "-n", at(short), "--type=merge", "-p", JSON.stringify(change)]);
const createdAgain =
  (short: string): Happens =>
  async ({ at, id }) => {
    await kubectl(["delete", "namespace", at(short)]);
    const key = { a: "team", c: "tier" }[short];
    const metadata = { name: at(short), labels: { situation: id, ...(key && { [key]: id }) } };
    await create([{ apiVersion: "v1", kind: "Namespace", metadata }]);
  };
const token = ({ shell, id }: AppliedWorld, stem: string) =>
  shell.azure.world.registries[0]?.tokens.find(({ name }) => name.startsWith(`${id}-${stem}-`));
const scopeMap = ({ shell, id }: AppliedWorld, stem: string) =>
  shell.azure.world.registries[0]?.scopeMaps.find(({ name }) => name.startsWith(`${id}-${stem}-`));

/** Makes the password of the source older, in Azure and in the record. */
const ages =
  (days: number): Happens =>
  async (world) => {
    const earlier = (time: string) => new Date(Date.parse(time) - days * 86_400_000).toISOString();
    const { slot, madeAt = "", ...record } = credentialOf(await world.secret("home", "acr-blue")) as Credential;
    const password = token(world, "home-acr-blue")?.passwords[slot as "password1"];
    if (password) password.creationTime = earlier(password.creationTime);
    const annotations = { [credentialKey]: JSON.stringify({ ...record, slot, madeAt: earlier(madeAt) }) };
    await patch("home", { metadata: { annotations } })(world);
    const copied = JSON.stringify({ namespace: world.at("home"), name: "acr-blue", madeAt: earlier(madeAt) });
    for (const at of ["a", "b"]) await patch(at, { metadata: { annotations: { [sourceKey]: copied } } })(world);
  };

const wrongLogin = Buffer.from(JSON.stringify({ auths: { "myregistry.azurecr.io": { username: "u", password: "p" } } })).toString("base64");

const quota =
  (short: string, pods: string) =>
  ({ at }: AppliedWorld) =>
    pods === "lifted"
      ? kubectl(["delete", "resourcequota", "none", "-n", at(short)])
      : create([
          {
            apiVersion: "v1",
            kind: "ResourceQuota",
            metadata: { name: "none", namespace: at(short) },
            spec: { hard: { "count/secrets": "0" } },
          },
        ]).then(() => kubectl(["wait", "--for=jsonpath={.status.hard}", "resourcequota/none", "-n", at(short), "--timeout=20s"]));

/** Runs the command that an error has named. */
const printed = async ({ shell }: AppliedWorld, said: string) => {
  const [command = ""] = /kubectl acr-secret create .*--force/.exec(said) ?? [];
  const { code, stderr } = await shell.type(command);
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
};

const created: Happens = async ({ shell, at }) => {
  const line = `create acr-blue --registry myregistry --repository app/web --repository app/api -n ${at("home")}`;
  const { code, stderr } = await shell.type(`kubectl acr-secret ${line}`);
  if (code !== 0) throw new Error(stderr);
};

const otherCopies = changed(({ at }) => ({ copyTo: { names: [at("b"), at("e")] } }));
const noCopies: Files = (world) => [file(world, withoutCopies(world))];
const asPrincipal = changed({ credential: "service-principal", repositories: ["*"] });
const fewerAccounts = changed({ serviceAccounts: ["default"] });

export const applied: readonly Situation[] = [
  { what: "a new entry", first: onlyBlue, steps: [{ files: usual }] },
  {
    what: "another name of an entry",
    first: onlyBlue,
    steps: [{ files: changed({ name: "acr-new" }), flags: "--prune --yes" }],
    scheduled: { leaves: (world) => [file(world, blue(world), { ...blue(world), name: "acr-new" })] },
  },
  {
    what: "another namespace of an entry",
    first: onlyBlue,
    steps: [{ files: changed(({ at }) => ({ namespace: at("e") })), flags: "--prune --yes" }],
    scheduled: {
      leaves: (world) => [file(world, { ...withoutCopies(world), serviceAccounts: [] }, { ...blue(world), namespace: world.at("e") })],
    },
  },
  {
    what: "other namespaces of the copies",
    first: onlyBlue,
    steps: [{ files: otherCopies }],
    scheduled: { steps: appliedByUser(otherCopies) },
  },
  {
    what: "no copies any more",
    first: onlyBlue,
    steps: [{ files: noCopies }],
    scheduled: { steps: appliedByUser(noCopies) },
  },
  { what: "other repositories", first: onlyBlue, steps: [{ files: changed({ repositories: ["app/api", "base/*"] }) }] },
  {
    what: "fewer ServiceAccounts",
    first: onlyBlue,
    steps: [{ files: fewerAccounts }],
    scheduled: {
      steps: [{ files: fewerAccounts, code: 1, lacks: ["list serviceaccounts"] }, ...appliedByUser(fewerAccounts)],
    },
  },
  {
    what: "another kind of credential",
    first: onlyBlue,
    steps: [{ files: asPrincipal, says: /^token\.azurecr\.io\/\S+ deleted$/m }],
    // It says that it did not look for other holders of the token
    scheduled: { steps: [{ files: asPrincipal, says: /^token\.azurecr\.io\/\S+ deleted$/m, lacks: ["list secrets"] }] },
  },
  { what: "a shorter life of passwords", first: onlyBlue, steps: [{ files: changed({ expiresIn: "30d" }) }] },
  {
    what: "a password that is due for rotation",
    first: onlyBlue,
    steps: [{ happens: ages(61), files: changed({ rotate: { olderThan: "60d" } }) }],
  },
  { what: "another grace period", first: onlyBlue, steps: [{ files: changed({ rotate: { grace: "1h" } }) }] },
  { what: "another restart", first: onlyBlue, steps: [{ files: changed({ restart: "none" }) }] },
  {
    what: "an entry that was removed, without --prune",
    first: usual,
    steps: [{ files: onlyTier, says: /acr-blue.* belongs to file .*--prune/s }],
    leaves: usual,
  },
  {
    what: "an entry that was removed, with --prune",
    first: usual,
    steps: [{ files: onlyTier, flags: "--prune --yes" }],
    scheduled: { leaves: usual },
  },
  {
    what: "an entry of eachOf that was removed, with --prune",
    first: usual,
    steps: [{ files: onlyBlue, flags: "--prune --yes" }],
    scheduled: { leaves: usual },
  },
  { what: "a namespace that gets the label of copies", first: onlyBlue, steps: [{ happens: label("e", "team=ID") }] },
  {
    what: "a namespace that loses the label of copies",
    first: onlyBlue,
    steps: [{ happens: label("a", "team-"), says: /stays known/ }],
    named: { steps: [{ happens: label("a", "team-"), ...deniedByPolicy }, ...appliedByUser(onlyBlue)] },
  },
  { what: "a namespace that gets the label of eachOf", first: onlyTier, steps: [{ happens: label("e", "tier=ID") }] },
  {
    what: "a namespace that loses the label of eachOf",
    first: onlyTier,
    steps: [{ happens: label("c", "tier-") }],
    scheduled: { steps: [{ happens: label("c", "tier-"), says: /cannot check whether other Secrets/, lacks: ["list secrets"] }] },
    named: { steps: [{ happens: label("c", "tier-"), code: 1, lacks: ["get namespaces"] }, ...appliedByUser(onlyTier)] },
  },
  { what: "a namespace with a copy that was created again", first: onlyBlue, steps: [{ happens: createdAgain("a") }] },
  {
    what: "the namespace of a source that was created again",
    first: onlyBlue,
    steps: [{ happens: createdAgain("home") }],
    scheduled: { steps: [{ happens: createdAgain("home"), lacks: ["list secrets"] }] },
  },
  {
    what: "a namespace of eachOf that was created again",
    first: onlyTier,
    steps: [{ happens: createdAgain("c") }],
    scheduled: { steps: [{ happens: createdAgain("c"), lacks: ["list secrets"] }] },
  },
  {
    what: "two files of which one names the Secret of the other",
    first: onlyBlue,
    steps: [{ files: (world) => [...onlyBlue(world), { ...file(world, blue(world)), name: `${world.id}-x` }], code: 1, says: /already/ }],
    leaves: onlyBlue,
    again: 1,
  },
  {
    what: "a Secret of another file",
    first: onlyBlue,
    steps: [{ files: (world) => [{ ...file(world, blue(world)), name: `${world.id}-x` }], code: 1, says: /belongs to file/ }],
    leaves: onlyBlue,
    again: 1,
  },
  {
    what: "two runs at the same time",
    steps: [{ files: usual, instead: (world) => Promise.all([world.apply(usual(world)), world.apply(usual(world))]) }, { files: usual }],
  },
  { what: "a source that was deleted", first: onlyBlue, steps: [{ happens: remove("home") }], besides: { unrecorded: 1 } },
  {
    what: "a source that was deleted twice",
    first: onlyBlue,
    steps: [
      { happens: remove("home") },
      { happens: remove("home"), code: 1, says: /create .*acr-blue .*--force/ },
      { instead: printed },
      {},
    ],
    besides: { unrecorded: 1 },
  },
  { what: "a copy that was deleted", first: onlyBlue, steps: [{ happens: remove("a") }] },
  { what: "a copy that a tenant edited", first: onlyBlue, steps: [{ happens: patch("a", { data: { ".dockerconfigjson": wrongLogin } }) }] },
  {
    what: "a copy that a tenant replaced",
    first: onlyBlue,
    steps: [
      {
        happens: async (world) => {
          await remove("a")(world);
          await create([pullSecret(world.at("a"), "acr-blue", { "ghcr.io": { auth: "amFuZTpw" } })]);
        },
        code: 1,
        says: /is not a copy/,
        isBlocked: true,
      },
      { happens: remove("a") },
    ],
  },
  {
    what: "an immutable copy",
    first: onlyBlue,
    steps: [
      {
        happens: (world) => Promise.all([patch("a", { immutable: true })(world), ages(61)(world)]),
        files: changed({ rotate: { olderThan: "60d" } }),
        code: 1,
        says: /immutable/,
        isBlocked: true,
      },
      { happens: remove("a") },
    ],
  },
  {
    what: "a token that was deleted in Azure",
    first: onlyBlue,
    steps: [
      {
        happens: (world) => {
          const [registry] = world.shell.azure.world.registries;
          registry?.tokens.splice(
            registry.tokens.findIndex((one) => one === token(world, "home-acr-blue")),
            1,
          );
        },
      },
    ],
  },
  {
    what: "a token whose passwords were deleted in Azure",
    first: onlyBlue,
    steps: [{ happens: (world) => Object.assign(token(world, "home-acr-blue") ?? {}, { passwords: {} }) }],
  },
  {
    what: "a scope map that grants less",
    first: onlyBlue,
    steps: [{ happens: (world) => Object.assign(scopeMap(world, "home-acr-blue") ?? {}, { actions: [] }) }],
  },
  {
    what: "a scope map that grants more",
    first: onlyBlue,
    steps: [{ happens: (world) => scopeMap(world, "home-acr-blue")?.actions.push("repositories/app/api/content/read") }],
  },
  {
    what: "a quota that is used up and then lifted",
    steps: [
      { files: usual, happens: quota("c", "0"), code: 1, says: /exceeded quota/, isBlocked: true },
      { happens: quota("c", "lifted") },
    ],
  },
  {
    what: "a ServiceAccount that does not exist yet",
    steps: [
      {
        files: changed(({ at }) => ({ copyTo: { names: [at("a")] }, serviceAccounts: ["later"] })),
        code: 1,
        says: /"later" not found/,
        isBlocked: true,
      },
      { happens: ({ at }) => kubectl(["create", "serviceaccount", "later", "-n", at("a")]) },
    ],
  },
  {
    what: "a Secret of create that the file would narrow",
    steps: [
      { happens: created, files: onlyBlue, code: 1, says: /belongs to no file; otherwise it loses app\/api[\s\S]*--adopt/ },
      { instead: ({ shell, at, ...world }) => applyAll(shell, onlyBlue({ shell, at, ...world }), `--adopt ${at("home")}/acr-blue --yes`) },
      {},
    ],
  },
  {
    what: "a reference of a person, in a namespace that loses its copy",
    first: onlyBlue,
    steps: [{ happens: losesCopyWithReference }],
    named: { steps: [{ happens: losesCopyWithReference, ...deniedByPolicy }, ...appliedByUser(onlyBlue)] },
    besides: { listedBy: ["b/jane lists acr-blue"] },
  },
];
