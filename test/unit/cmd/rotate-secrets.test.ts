import { expect } from "vitest";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { host, isAlive, recordIn, slotsOf } from "../../support/rotating.ts";
import { any, type Given, type Row, testRows, typed } from "../../support/rows.ts";

const now = "rotate -n a --grace 0";
const create = (flags: string) => `create --registry myregistry --repository app/web -n a ${flags}`.trim();
const secretIn = ({ cluster }: FakeWorld) => cluster.get("secret", "a", "acr-myregistry") ?? expect.unreachable("no Secret");
const text = (data: string | undefined) => Buffer.from(data ?? "", "base64").toString();
const base64 = (data: string) => Buffer.from(data).toString("base64");
const configIn = (world: FakeWorld) => text(secretIn(world).data?.[".dockerconfigjson"]);

let before: ReturnType<typeof secretIn>;
let config: string;
const remember: Given = (world) => {
  before = secretIn(world);
  config = configIn(world);
};
const rotated = (world: FakeWorld) => {
  expect([recordIn(world, "a").slot, isAlive(world, "a"), slotsOf(world)]).toEqual(["password2", true, ["password2"]]);
};
const theirs = { auths: { "docker.io": { username: "jane", password: "p", email: "a  b", auth: "amFuZTpw" } }, credsStore: "x" };
const blank = (of: string) => of.replace(/"myregistry\.azurecr\.io":\{[^}]*\}/, "OURS");

testRows(
  [
    {
      does: "keeps the bytes of logins for other registries, the labels and the annotations",
      given: async (world) => {
        const { metadata, ...secret } = pullSecret("a", "acr-myregistry");
        const data = { ".dockerconfigjson": base64(JSON.stringify(theirs, undefined, 3)) };
        world.cluster.put({ ...secret, data, metadata: { ...metadata, labels: { team: "web" }, annotations: { note: "ours" } } });
        await typed(create("--force"))(world);
        await remember(world);
      },
      command: now.replace("rotate", "rotate acr-myregistry"),
      stderr: any,
      check: (world) => {
        rotated(world);
        expect(blank(configIn(world))).toBe(blank(config));
        expect(config).toContain(JSON.stringify(theirs, undefined, 3).split("}\n")[0]);
        const { labels, annotations } = secretIn(world).metadata;
        expect([labels, annotations?.["note"]]).toEqual([before.metadata.labels, "ours"]);
      },
    },
    ...[
      { reader: "argocd", of: (data: Record<string, string>) => ({ username: text(data["username"]), password: text(data["password"]) }) },
      { reader: "flux", of: (data: Record<string, string>) => JSON.parse(text(data[".dockerconfigjson"])).auths[host] },
    ].map(
      ({ reader, of }): Row => ({
        does: `keeps the shape and the labels of a Secret for ${reader}`,
        given: async (world) => {
          await typed(create(`--for ${reader}`))(world);
          await remember(world);
        },
        command: now,
        check: (world) => {
          const { data = {}, type, metadata } = secretIn(world);
          expect([of(before.data ?? {}), of(data)].map((login) => world.azure.knows(login))).toEqual([false, true]);
          const shape = [type, metadata.labels, Object.keys(data)];
          expect(shape).toEqual([before.type, before.metadata.labels, Object.keys(before.data ?? {})]);
        },
      }),
    ),
  ],
  () => worldOf(["a"]),
);
