import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as yaml from "yaml";
import { CliError } from "../../../src/errors.ts";
import { editManifest, readManifest } from "../../../src/manifest/patch.ts";
import { differ } from "../../support/manifests/differ.ts";
import { type Choose, styled } from "../../support/manifests/styled.ts";

const edited = (text: string, act: "attach" | "detach") =>
  editManifest(readManifest(yaml, { name: "f.yaml", text }), { do: act, secret: "acr", chooses: () => true }).text;

const says = (text: string) => JSON.parse(JSON.stringify((yaml.parseAllDocuments(text, { merge: true }) as yaml.Document[])[0]?.toJS()));

const shuffled = (object: object, choose: Choose) =>
  Object.fromEntries(
    Object.entries(object)
      .map((entry) => [choose(0, 1, 2, 3), entry] as const)
      .sort(([a], [b]) => a - b)
      .map(([, entry]) => entry),
  );

/** Returns a Pod or a ServiceAccount with keys in random order. Its list has entries, is empty, is null or is absent. */
function generated(choose: Choose) {
  const list = choose<readonly object[] | null | undefined>(
    undefined,
    undefined,
    [{ name: "theirs" }],
    [{ name: "a" }, { name: "b" }],
    [],
    null,
  );
  const own = list === undefined ? {} : { imagePullSecrets: list };
  const container = shuffled(
    { name: "web", image: "reg.io/web", args: ["one", "two words and more"], env: [{ name: "A", value: "some text that is long" }] },
    choose,
  );
  const metadata = shuffled({ name: "web", annotations: { note: "a text of several words" } }, choose);
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: shuffled({ containers: [container], nodeSelector: { disk: "ssd" }, ...own }, choose),
  };
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata, secrets: [{ name: "token" }], ...own };
  return { data: shuffled(choose<object>(pod, pod, account), choose) as never, list };
}

test("adds only the name to a manifest of any style, or rejects the manifest", () => {
  let refused = 0;
  const runs = Number(process.env.RUNS ?? 250);
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const choose: Choose = (...of) => of[gen(fc.nat, { max: of.length - 1 })] as never;
      const { data, list } = generated(choose);
      const text = styled(data, choose);
      const before = says(text);
      let after: string;
      try {
        after = edited(text, "attach");
      } catch (error) {
        expect(error).toBeInstanceOf(CliError);
        refused++;
        return;
      }
      const { gone, come } = differ(text, after);
      // A list in brackets, an empty list, or a mapping in braces is on one line, which is replaced.
      expect(gone.length, `${text}=====\n${after}`).toBeLessThanOrEqual(1);
      expect(come.length, text).toBeGreaterThanOrEqual(1);
      const holder = before.kind === "Pod" ? before.spec : before;
      holder.imagePullSecrets = [...(list ?? []), { name: "acr" }];
      expect(isDeepStrictEqual(says(after), before), `${text}=====\n${after}`).toBe(true);
      expect(edited(after, "attach")).toBe(after);
      // An existing empty list is removed, too. The lines after it could then become part of a block above it.
      if (list === undefined || (list?.length ?? 0) > 0) expect(edited(after, "detach"), after).toBe(text);
    }),
    { numRuns: runs },
  );
  // Rejecting every text would also pass the other checks.
  expect(refused).toBeLessThan(runs / 100);
});
