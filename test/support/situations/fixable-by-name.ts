import { expect } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { type Credential, credentialKey, credentialOf } from "../../../src/secret/record.ts";
import {
  attachTo,
  forgetTokens,
  having,
  keepsGhcr,
  ours,
  type Place,
  r,
  registrySecret,
  type Situation,
  workload,
} from "../check-shell.ts";
import { getJson } from "../kubectl.ts";
import type { Shell } from "../plugin.ts";

const api = `${r}/app/api:1`;
const day = 86_400_000;

type Login = { readonly clientId: string; readonly clientSecret: string };

/** Creates a Secret from a given login. */
async function give(login: Promise<Login>, at: Place, more = ""): Promise<void> {
  const { clientId, clientSecret } = await login;
  const line = `kubectl acr-secret create mine --registry ${r} --repository app/web --username ${clientId} --password-stdin ${more} -n N`;
  expect(await at.type(line, { stdin: clientSecret })).toMatchObject({ code: 0 });
}

/** Changes the record of a Secret, as the plugin's field manager. */
async function record(at: Place, change: Partial<Credential>): Promise<void> {
  const text = JSON.stringify({ ...(await recordOf(at)), ...change });
  await at.typed(`kubectl annotate secret mine -n N --overwrite --field-manager=kubectl-acr-secret ${credentialKey}='${text}'`);
}

const recordOf = async ({ namespace }: Place): Promise<Credential> =>
  credentialOf(await getJson<Secret>("secret", "mine", "-n", namespace)) ?? expect.unreachable("the Secret has a record");

/** Returns a command that overwrites the logins in a Secret by hand: a wrong one for the registry, and others. */
const overwrite = (manager: string, others: object = {}) =>
  `kubectl get secret mine -n N -o json | sed 's/"[.]dockerconfigjson": "[^"]*"/".dockerconfigjson": "${Buffer.from(
    JSON.stringify({ auths: { [r]: { username: "ci", password: "wrong" }, ...others } }),
  ).toString("base64")}"/' | kubectl replace --field-manager=${manager} -f -`;

const pullsBoth = async (at: Place) => {
  const { items } = await at.check(`--image ${r}/app/web:1 --image ${api}`);
  expect(items.map(({ cause }) => cause)).toEqual(["pulls", "pulls"]);
};

/** Problems of the pods' Secret, and problems that a change of that Secret fixes. */
export const fixableByName = (shell: Shell, login: Promise<Login>): readonly Situation[] => [
  {
    what: "the registry rejects a supplied credential",
    cause: "refused",
    message: /set PASSWORD to a new one$/,
    fixPattern: /^printf %s "\$PASSWORD" \| kubectl acr-secret create -n \S+ mine /,
    prepare: async (at) => {
      await give(login, at, "--serviceaccount=default");
      await at.typed(overwrite("kubectl-acr-secret"));
      await having(at, workload("Deployment"));
    },
    password: async () => (await login).clientSecret,
  },
  {
    what: "our password has expired",
    cause: "expired",
    fixPattern: / --expires-in 30d$/m,
    prepare: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default --expires-in 30d"));
      const now = Date.now();
      const ago = (days: number) => new Date(now - days * day).toISOString();
      await record(at, { madeAt: ago(31), expiresAt: ago(1) });
      forgetTokens(shell);
      await having(at, workload("Deployment"));
    },
    kept: async (at) => expect(Date.parse((await recordOf(at)).expiresAt ?? "") - Date.now()).toBeGreaterThan(29 * day),
  },
  {
    what: "our token may not pull the image and is not attached",
    cause: "no-login",
    prepare: async (at) => {
      await at.typed(ours("mine"));
      await having(at, workload("Deployment", api));
    },
    kept: pullsBoth,
  },
  {
    what: "another user has changed the password in our Secret",
    cause: "refused",
    prepare: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"), overwrite("kubectl-edit"));
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "another user has added a login to our Secret, and the registry rejects ours",
    cause: "refused",
    prepare: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      forgetTokens(shell);
      await at.typed(overwrite("kubectl-edit", { "ghcr.io": { username: "a", password: "b" } }));
      await having(at, workload("Deployment"));
    },
    kept: keepsGhcr("mine"),
  },
  {
    what: "the registry rejects the Secret that the command line names",
    cause: "refused",
    check: `mine --image ${r}/app/web:1`,
    prepare: async (at) => {
      await at.typed(ours("mine"));
      forgetTokens(shell);
    },
  },
  {
    what: "the registry rejects a pod's Secret, and another one was attached after the pod was created",
    cause: "older-pod",
    prepare: async (at) => {
      await at.typed(ours("mine"), registrySecret("bad", r), attachTo("bad"));
      await having(at, workload("Deployment"));
      await at.typed(`kubectl patch serviceaccount default -n N -p '{"imagePullSecrets":[{"name":"bad"},{"name":"mine"}]}'`);
    },
  },
];
