import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import type { Secret, ServiceAccount } from "../../../src/objects.ts";
import { readEntries } from "../../../src/secret/entry.ts";
import { chanceFrom } from "../../support/fakes/chance.ts";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { ended, newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const registry = shell.azure.world.registries[0] ?? expect.unreachable("the shell's Azure has a registry");

// So that an instant is one of work, and hardly ever of the ten seconds that Azure has everybody wait
Object.assign(shell.azure.world.longRunning, { retryAfter: 0, milliseconds: 100 });

/** How often each command is killed, and from which number its instants follow; printed with each failure. */
const kills = Number(process.env["KILLS"] ?? 3);
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));

const made = "create --registry myregistry --repository app/web --serviceaccount app";

type Row = {
  readonly what: string;
  /** Typed before. */
  readonly before: readonly string[];
  readonly command: string;
  /** Whether a Secret is there in the end. */
  readonly stays: boolean;
};

const table: readonly Row[] = [
  { what: "create", before: [], command: made, stays: true },
  { what: "rotate", before: [made], command: "rotate acr-myregistry", stays: true },
  { what: "rotate, at once", before: [made], command: "rotate acr-myregistry --grace 0", stays: true },
  { what: "delete", before: [made], command: "delete acr-myregistry --revoke --yes --ignore-not-found", stays: false },
  { what: "prune", before: [made], command: "prune --registry myregistry --older-than 0s --yes", stays: false },
];

/** The Secret of a namespace, if it is there. */
async function secretIn(namespace: string): Promise<Secret | undefined> {
  const [secret] = (await getJson<{ items: Secret[] }>("secrets", "-n", namespace)).items;
  return secret;
}

/** Sets the end of a claim back that the run which was killed has left. */
async function passTime(namespace: string): Promise<void> {
  const { name, annotations } = (await secretIn(namespace))?.metadata ?? {};
  if (!annotations?.["acr-secret/claim"]) return;
  const claim = JSON.stringify({ by: "the run that was killed", until: "2026-01-01T00:00:00Z" });
  await kubectl(["annotate", "--overwrite", "-n", namespace, `secret/${name}`, `acr-secret/claim=${claim}`]);
}

/** Every password in Azure that no Secret of the namespace holds, nor notes as the one before: `password1 of NAME`. */
function leftOver(secret: Secret | undefined, namespace: string): string[] {
  const known = (secret ? (readEntries(secret) ?? []) : []).flatMap(({ identity, slot, previous }) => [
    `${slot} of ${identity}`,
    `${previous?.slot} of ${identity}`,
  ]);
  return registry.tokens
    .filter(({ name }) => name.startsWith(`${namespace}-`))
    .flatMap(({ name, passwords }) => Object.keys(passwords).map((slot) => `${slot} of ${name}`))
    .filter((password) => !known.includes(password));
}

test.for(table)("$what, killed at any instant, is ended well by the same command", { timeout: 3_600_000 }, async (row) => {
  const { before, command, stays } = row;
  const chance = chanceFrom(seed);
  const prepare = async () => {
    const namespace = await newNamespace(["theirs"]);
    for (const line of before) expect((await shell.type(`kubectl acr-secret ${line} -n ${namespace}`)).code).toBe(0);
    if (row.what === "prune") await kubectl(["delete", "secret", "acr-myregistry", "-n", namespace]);
    const place = command.startsWith("prune") ? [] : ["-n", namespace];
    return { namespace, args: ["acr-secret", ...command.split(" "), ...place] };
  };
  // How long it takes when nobody disturbs it. The second time: a first prune takes away what all rows before have left
  const calmly = async () => {
    const { args } = await prepare();
    const began = Date.now();
    expect(await ended(shell.start("kubectl", args))).toMatchObject({ code: 0 });
    return Date.now() - began;
  };
  await calmly();
  const takes = await calmly();

  for (let kill = 0; kill < kills; kill++) {
    const { namespace, args } = await prepare();
    const at = chance(takes);
    const child = shell.start("kubectl", args);
    const end = ended(child);
    await sleep(at);
    child.kill("SIGKILL");
    await end;
    await passTime(namespace);

    const what = `SEED=${seed} ${row.what} ${kill}, after ${at} of ${takes} ms`;
    const again = await ended(shell.start("kubectl", args));
    expect({ code: again.code, stderr: again.stderr.replace(/^hint: .*\n$/, "") }, what).toMatchObject({ code: 0 });
    const secret = await secretIn(namespace);
    expect(secret !== undefined, what).toBe(stays);
    expect(leftOver(secret, namespace), what).toEqual([]);
    const account = await getJson<ServiceAccount>("serviceaccount", "app", "-n", namespace);
    expect(
      account.imagePullSecrets?.map(({ name }) => name),
      what,
    ).toEqual(row.what === "delete" ? ["theirs"] : ["theirs", "acr-myregistry"]);
    if (!secret) continue;
    const config = JSON.parse(Buffer.from(secret.data?.[".dockerconfigjson"] ?? "", "base64").toString());
    const [entry] = readEntries(secret) ?? [];
    const password = registry.tokens.find(({ name }) => name === entry?.identity)?.passwords[
      entry?.slot === "password2" ? "password2" : "password1"
    ];
    expect(config.auths["myregistry.azurecr.io"], what).toMatchObject({ username: entry?.identity, password: password?.value });
  }
});
