import { expect, test } from "vitest";
import type { Cluster, WriteOptions } from "../../../src/kube/port.ts";
import { type NewPod, openAdmission } from "../../../src/usage/admission.ts";

const podOf = (image: string): NewPod => ({ spec: { containers: [{ name: "app", image }] } });

/** An API server that answers with the pod. Records the questions, and how many it had to answer at the same time. */
function server() {
  const seen = { asked: [] as WriteOptions[], most: 0 };
  let now = 0;
  const write = async (_: unknown, { create }: { create: object }, options: WriteOptions) => {
    seen.asked.push(options);
    seen.most = Math.max(seen.most, ++now);
    await new Promise(setImmediate);
    now--;
    return create;
  };
  return { seen, admit: openAdmission({ write } as unknown as Cluster) };
}

test("asks about at most 16 pods at the same time in all namespaces", async () => {
  const { seen, admit } = server();

  await Promise.all(Array.from({ length: 100 }, (_, at) => admit(`team-${at % 10}`, podOf(`app:${at}`), true)));

  expect({ most: seen.most, asked: seen.asked.length }).toEqual({ most: 16, asked: 100 });
});

test("asks once about a template with several images, without its warnings", async () => {
  const { seen, admit } = server();
  const pod = podOf("app:1");

  await Promise.all([admit("demo", pod, true), admit("demo", pod, true)]);

  expect(seen.asked).toEqual([{ dryRun: true, fieldManager: "kubectl-acr-secret", isQuestion: true }]);
});
