import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import * as yaml from "js-yaml";
import { expect, test } from "vitest";
import { binaries } from "../../sandbox/binaries.ts";
import { readFiles } from "../../src/file/read.ts";
import { currentContextIn, mayPrompt, namespaceIn } from "../../src/kube/kubeconfig.ts";
import { buildKeyring } from "../../src/kubelet/keyring.ts";
import { readPullSecret } from "../../src/kubelet/read-pull-secret.ts";
import { printData } from "../../src/output/object.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import { cronOf } from "../../src/schedule/objects.ts";
import { withLogin, withoutLogin } from "../../src/secret/docker-config.ts";
import { Sensitive } from "../../src/sensitive.ts";
import { accepted } from "./accepted.ts";
import { asPullSecret, type Input, makers, randomFrom, type SecretText } from "./inputs.ts";

// Compares the plugin's parsers, and the YAML that it prints, with the Go packages of kubectl, the kubelet and the API server.
// The same inputs again: SEED=N npm test -- differential

const count = 20_000;
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));

/** The answer of kubernetes-reader: `error` if Kubernetes refuses the text. */
type Answer = { readonly error?: string } & Readonly<Record<string, unknown>>;

type Subject<I> = {
  /** Returns the fields of a case for kubernetes-reader. */
  asked(input: I): object | Promise<object>;
  /** Returns what the plugin reads, and what Kubernetes reads, in the same form. */
  compared(input: I, answer: Answer): Promise<readonly [ours: unknown, theirs: unknown]>;
};

const subjects: { readonly [K in keyof Input]: Subject<Input[K]> } = {
  image: {
    asked: (name) => ({ text: name }),
    async compared(name, { error, ...theirs }) {
      const ours = orRefused(() => {
        const { host, repository, reference, tag = "" } = parseImage(name);
        const parts = reference.includes(":") ? { tag, digest: reference } : { tag: reference, digest: "" };
        return { repository: `${host}/${repository}`, ...parts };
      });
      return [ours, error === undefined ? theirs : "refused"];
    },
  },
  keyring: {
    asked: (pod) => pod,
    async compared({ image, secrets }, { error, logins = [] }) {
      const ours = orRefused(() => {
        const keyring = buildKeyring(secrets.map(asPullSecret));
        if (keyring.malformed) throw new Error(keyring.malformed.message);
        return keyring.lookup(parseImage(image)).map(({ secret, login }) => ({ secret, ...login, password: login.password.reveal() }));
      });
      // The kubelet accepts a login without a user name or a password, but containerd doesn't send it
      const usable = (logins as { username: string; password: string }[]).filter(({ username, password }) => username && password);
      return [ours, error === undefined ? usable : "refused"];
    },
  },
  kubeconfig: {
    asked: (config) => config,
    async compared({ texts, context, cluster }, { error, current, namespace, asks }) {
      const config = { texts, complete: true };
      const flags = Object.entries({ context, cluster }).flatMap(([name, value]) => (value === "" ? [] : [`--${name}=${value}`]));
      const [ourContext, ours] = [currentContextIn(config), await namespaceIn(config, flags)];
      // With an invalid kubeconfig, kubectl fails for the plugin, too. What the plugin leaves to kubectl is undefined
      if (error !== undefined) return [undefined, undefined];
      const read = {
        current: ourContext ?? current,
        namespace: ours === undefined ? namespace : ours || "default",
        asks: mayPrompt(config),
      };
      return [read, { current, namespace: namespace ?? read.namespace, asks: asks || read.asks }];
    },
  },
  selector: {
    asked: (labels) => ({ text: labels }),
    async compared(labels, { error }) {
      const entry = { name: "acr", eachOf: { selector: labels }, repositories: ["app"] };
      const file = JSON.stringify({ name: "teams", namespace: "platform", registry: "myregistry", pullSecrets: [entry] });
      const ours = orRefused(() => readFiles([{ path: "teams.yaml", text: file }], yaml).length > 0 && "accepted");
      return [ours, error === undefined ? "accepted" : "refused"];
    },
  },
  cron: {
    asked: (schedule) => ({ text: schedule }),
    async compared(schedule, { error }) {
      return [cronOf(schedule) === undefined ? "refused" : "accepted", error === undefined ? "accepted" : "refused"];
    },
  },
  yaml: {
    asked: async (data) => ({ text: await printData(data, "yaml") }),
    async compared(data, { error, documents }) {
      return [[data], error ?? documents];
    },
  },
};

function orRefused(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return "refused";
  }
}

const { program } = await binaries({ need: ["kubernetes-reader"] });

/** Returns the answers of kubernetes-reader, one for each case. */
async function answersTo(cases: readonly object[]): Promise<readonly Answer[]> {
  const reader = spawn(program("kubernetes-reader"), { stdio: ["pipe", "pipe", "inherit"] });
  reader.stdin.end(cases.map((each) => `${JSON.stringify(each)}\n`).join(""));
  const lines = (await text(reader.stdout)).trimEnd().split("\n");
  return lines.map((line): Answer => JSON.parse(line));
}

/** Returns the differences that no reason explains. */
async function differencesIn<K extends keyof Input>(kind: K): Promise<readonly object[]> {
  const { asked, compared } = subjects[kind];
  const random = randomFrom(seed);
  const inputs = Array.from({ length: count }, () => makers[kind](random));
  const answers = await answersTo(await Promise.all(inputs.map(async (input) => ({ ...(await asked(input)), kind }))));
  const valid = answers.filter(({ error }) => error === undefined).length;
  console.log(`${kind}: SEED=${seed}, ${count} inputs, Kubernetes accepts ${valid}`);
  expect(answers).toHaveLength(count);
  expect(valid).toBeGreaterThan(count / 4);

  const rows = await Promise.all(
    inputs.map(async (input, at) => {
      const [ours, theirs] = await compared(input, answers[at] ?? {});
      const isAccepted = () => accepted.some((row) => row.kind === kind && row.is(input as never, ours, theirs));
      return isDeepStrictEqual(ours, theirs) || isAccepted() ? [] : [{ input, ours, theirs, error: answers[at]?.error }];
    }),
  );
  return rows.flat();
}

test.for(Object.keys(subjects) as (keyof Input)[])(`reads %s like Kubernetes (SEED=${seed})`, { timeout: 300_000 }, async (kind) => {
  const differences = await differencesIn(kind);

  expect(differences.length, `SEED=${seed}, the first differences: ${JSON.stringify(differences.slice(0, 10), undefined, 1)}`).toBe(0);
});

test(`adds and removes one login of generated Secrets (SEED=${seed})`, { timeout: 300_000 }, () => {
  const random = randomFrom(seed);
  const login = { username: "new", password: new Sensitive("new") };
  const loginsIn = (config: string) => {
    const reading = readPullSecret({ name: "a", type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": config } });
    if (!("entries" in reading)) return undefined;
    return new Map(reading.entries.map(({ server, login }) => [server, [login.username, login.password.reveal()]]));
  };
  for (let at = 0; at < count; at++) {
    const config = asPullSecret(makers.keyring(random).secrets[0] as SecretText).data[".dockerconfigjson"] ?? "";
    const logins = loginsIn(config);
    if (!logins) continue;
    const server = random.pick([...logins.keys(), "new.azurecr.io"]);
    logins.delete(server);

    expect(loginsIn(withoutLogin(config, server)), `SEED=${seed} ${config}`).toEqual(logins);
    expect(loginsIn(withLogin(config, server, login)), `SEED=${seed} ${config}`).toEqual(logins.set(server, ["new", "new"]));
  }
});
