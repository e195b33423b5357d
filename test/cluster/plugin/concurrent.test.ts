import { afterAll, expect, test } from "vitest";
import type { Secret, ServiceAccount } from "../../../src/objects.ts";
import { claimOf } from "../../../src/secret/record.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { loginOf, takes, unnoted } from "../../support/logins.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { sampled, takesAll } from "../../support/sampled.ts";
import { targetObject } from "../../support/situations/target-objects.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const waitingLine = String.raw`secret/\S+ in namespace \S+: waiting for another run, whose claim ends at \S+\n`;
const waitingOrNothing = expect.stringMatching(new RegExp(`^(?:${waitingLine})?$`));

/** The number of concurrent runs of each kind. */
const many = takesAll ? 25 : 6;

test.for(sampled([4, 2], 1))("generates one valid password when %s runs create at the same time", { timeout: 120_000 }, async (many) => {
  const namespace = await newNamespace();
  const command = `kubectl acr-secret create -n ${namespace} --registry myregistry --repository app/web --serviceaccount=app`;

  const ends = await Promise.all(Array.from({ length: many }, () => shell.type(command)));

  const said = ends.map(({ stdout }) => /^secret\/acr-myregistry (.*)$/m.exec(stdout)?.[1]);
  const hintOf = (result: string | undefined) => (result === "created" ? "hint: the password never expires; .*\n" : "");
  const lines = said.map((result) => expect.stringMatching(new RegExp(`^(?:${waitingLine})?${hintOf(result)}$`)));
  expect(ends.map(({ stderr, code }) => ({ stderr, code }))).toEqual(lines.map((stderr) => ({ stderr, code: 0 })));
  expect(said.toSorted()).toEqual(["created", ...Array.from({ length: many - 1 }, () => "unchanged")]);
  const secret = await getJson<Secret>("secret", "acr-myregistry", "-n", namespace);
  const login = loginOf(secret);
  const token = shell.azure.world.registries[0]?.tokens.find(({ name }) => name === login?.username);
  expect([token?.passwords.password1?.value, token?.passwords.password2]).toEqual([login?.password, undefined]);
  expect(claimOf(secret)).toBeUndefined();
});

test("leaves a password that pulls when rotate, rotate and create run at the same time", { timeout: 300_000 }, async () => {
  const namespace = await newNamespace();
  const create = `kubectl acr-secret create -n ${namespace} --registry myregistry --repository app/web`;
  expect(await shell.type(create)).toMatchObject({ code: 0 });
  const rotate = `kubectl acr-secret rotate acr-myregistry -n ${namespace}`;

  const ends = await Promise.all([rotate, rotate, create].map((line) => shell.type(line)));

  expect(ends.map(({ stderr, code }) => ({ stderr, code }))).toEqual(ends.map(() => ({ stderr: waitingOrNothing, code: 0 })));
  const secret = await getJson<Secret>("secret", "acr-myregistry", "-n", namespace);
  expect(takes(shell.azure.world, loginOf(secret) ?? expect.unreachable("the Secret holds a login"))).toBe(true);
  expect(unnoted(shell.azure.world, [secret], namespace)).toEqual([]);
  expect(claimOf(secret)).toBeUndefined();
});

test("loses no change when runs attach and detach while other clients label and append", { timeout: 300_000 }, async () => {
  const come = Array.from({ length: many }, (_, index) => `come-${index}`);
  const go = Array.from({ length: many }, (_, index) => `go-${index}`);
  const before = ["first", ...go.slice(0, many / 2), "middle", ...go.slice(many / 2), "last"];
  const namespace = await newNamespace(before);
  await create([...come.map((name) => pullSecret(namespace, name)), targetObject("deployment", { namespace }, before)]);
  const targets = {
    serviceaccount: ["app", "/imagePullSecrets/-"],
    deployment: ["web", "/spec/template/spec/imagePullSecrets/-"],
  } as const;
  const patch = (kind: keyof typeof targets, type: string, body: unknown) =>
    kubectl(["patch", kind, targets[kind][0], "-n", namespace, `--type=${type}`, "-p", JSON.stringify(body)]);
  const kinds = ["serviceaccount", "deployment"] as const;

  let done = false;
  const commands = [...come.map((name) => `attach ${name}`), ...go.map((name) => `detach ${name}`)].map((words) =>
    shell.type(`kubectl acr-secret ${words} sa/app deploy/web -n ${namespace}`),
  );
  const all = Promise.all(commands).finally(() => {
    done = true;
  });
  let labels = 0;
  const labelling = (async () => {
    for (; !done; labels++) for (const kind of kinds) await patch(kind, "merge", { metadata: { labels: { [`l-${labels}`]: "x" } } });
  })();
  const appended: string[] = [];
  const appending = (async () => {
    for (let index = 0; index < 20; index++) {
      appended.push(`foreign-${index}`);
      for (const kind of kinds) await patch(kind, "json", [{ op: "add", path: targets[kind][1], value: { name: `foreign-${index}` } }]);
    }
  })();
  const [ended] = await Promise.all([all, labelling, appending]);

  const patched = "serviceaccount/app patched\ndeployment.apps/web patched\n";
  expect(ended.map(({ stdout, code }) => [code, stdout])).toEqual(ended.map(() => [0, patched]));
  for (const kind of kinds) {
    const path = kind === "deployment" ? "{.spec.template.spec.imagePullSecrets[*].name}" : "{.imagePullSecrets[*].name}";
    const names = (await kubectl(["get", kind, targets[kind][0], "-n", namespace, "-o", `jsonpath=${path}`])).split(" ");
    expect(names.toSorted()).toEqual(["first", "middle", "last", ...come, ...appended].toSorted());
    expect(names.slice(0, 3)).toEqual(["first", "middle", "last"]);
    expect(names.filter((name) => appended.includes(name))).toEqual(appended);
    const { metadata } = await getJson<ServiceAccount>(kind, targets[kind][0], "-n", namespace);
    expect(Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith("l-"))).toHaveLength(labels);
  }
});
