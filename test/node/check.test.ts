import { execFile } from "node:child_process";
import { expect, inject, test } from "vitest";
import { adding } from "../support/adding.ts";
import { compare, generate, prepare, seed, start } from "../support/generated-workloads.ts";
import { kubectl } from "../support/kubectl.ts";
import { reachWorld } from "../support/node-world.ts";
import { rewritingWebhook } from "../support/rewriting-webhook.ts";
import { sampled } from "../support/sampled.ts";

// Compares what `check` says of workloads, before and after their pods start, with what the kubelet does.

type Condition = {
  readonly when: string;
  readonly namespace: string;
  change(namespace: string): Promise<unknown>;
  /** More words for the check. */
  readonly words?: readonly string[];
  /** Also generates images of Docker Hub. */
  readonly hub?: true;
  /** How many workloads may have no verdict. */
  readonly unknown: number;
};

const conditions: readonly Condition[] = [
  { when: "a policy adds the Secret", namespace: "check-policy", change: adding, unknown: 0 },
  {
    when: "a webhook rewrites the registry",
    namespace: "check-webhook",
    change: (namespace) => rewritingWebhook(namespace, "myregistry.azurecr.io"),
    hub: true,
    unknown: 0,
  },
  {
    when: "you may not read Secrets",
    namespace: "check-viewer",
    change: (namespace) => kubectl(["create", "rolebinding", "viewer", "--clusterrole=view", "--user=viewer", "-n", namespace]),
    words: ["--as", "viewer"],
    unknown: 40,
  },
];

test.for(sampled(conditions, 1))(
  `agrees with the kubelet for 40 workloads when $when (SEED=${seed})`,
  { timeout: 240_000 },
  async ({ namespace, change, words = [], hub, unknown: most }, { onTestFinished }) => {
    const { images } = await prepare(reachWorld(inject("world")), namespace);
    onTestFinished(async () => void (await kubectl(["delete", "namespace", namespace, "--wait=false"])));
    await change(namespace);
    const workloads = await generate(namespace, hub ? [...images, `${namespace}/web:1`] : images);
    const before = await check(namespace, words);
    const done = await start(namespace, workloads);
    const after = await check(namespace, words);

    for (const { wrong, unknown, pulled } of [before, after].map((output) => compare(workloads, output, done))) {
      expect.soft(wrong).toEqual([]);
      expect.soft(unknown.slice(most)).toEqual([]);
      expect.soft(pulled).toBeGreaterThan(2);
    }
  },
);

/** Returns what `check -o json` prints. */
const check = (namespace: string, words: readonly string[]) =>
  new Promise<string>((resolve) => {
    execFile("kubectl", ["acr-secret", "check", "-n", namespace, "-o", "json", ...words], (_error, stdout) => resolve(stdout));
  });
