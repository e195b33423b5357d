import { expect, test } from "vitest";
import { kubectl } from "../../../src/hint.ts";
import { create, judged, ours, pod, r, web } from "../../support/check-world.ts";

test("suggests a repository that a node has when the named one does not exist", async () => {
  const pods = [
    pod("gone-1", { names: ["acr"], image: `${r}/app/gone:1` }),
    pod("done-1", { image: `${r}/app/done:1`, phase: "Running", status: { imageID: `${r}/app/done@sha256:1` } }),
  ];
  const { rows } = await judged({ pods, secrets: [ours("acr", "all:right")] });

  expect(rows.find(({ cause }) => cause === "no-repository")?.message).toBe(
    'with secret acr: repository "app/gone" not found in myregistry.azurecr.io; did you mean "app/done"?; the command only lists the repositories',
  );
});

test("sends no request when the name of a Secret is invalid", async () => {
  const names = ["a/b", "..", ".", "%2e", "UPPER", "x".repeat(254), "", "good"];
  const { rows, asked } = await judged({ accounts: { default: names }, pods: [pod("web-1", { names })] });

  expect(rows.map(({ cause }) => cause)).toEqual(["no-login"]);
  expect(asked.filter((request) => request.startsWith("secret "))).toEqual(["secret good", "secret acr-myregistry"]);
});

test("reads each Secret once when several pods name it", async () => {
  const pods = ["app/web:1", "app/web:2", "app/api:1"].map((image, index) => pod(`p-${index}`, { names: ["acr"], image: `${r}/${image}` }));
  const { rows, asked } = await judged({ accounts: { default: ["acr"] }, secrets: [ours("acr", "all:right")], pods });

  expect(rows.map(({ cause }) => cause)).toEqual(["pulls", "pulls", "pulls"]);
  expect(asked.filter((request) => request.startsWith("secret "))).toEqual(["secret acr"]);
});

test("gives advice when the Secrets may not be listed", async () => {
  const { rows } = await judged({ pods: [pod("web-1")], secrets: [ours("given", "web:right")], mayNotList: true });

  expect(rows[0]).toMatchObject({ cause: "no-login", fix: `${create} --where-used` });
});

test("skips images of other registries when a Secret is named", async () => {
  const pods = [pod("web-1"), pod("other-1", { image: "otherregistry.azurecr.io/app/web:1" })];
  const { rows } = await judged({ name: "acr", secrets: [ours("acr", "web:right")], pods });

  expect(rows.map(({ image, cause }) => `${image} ${cause}`)).toEqual([`${web} pulls`]);
});

test("checks every named image when the named Secret is not for it", async () => {
  const images = [web, "otherregistry.azurecr.io/app/web:1"];
  const { rows } = await judged({ name: "acr", secrets: [ours("acr", "web:right")], images });

  expect(rows.map(({ image, cause }) => `${image} ${cause}`)).toEqual([`${images[0]} pulls`, `${images[1]} no-login`]);
});

test("skips images of other registries when no pull secret is for them", async () => {
  expect((await judged({ pods: [pod("web-1", { image: "nginx" }), pod("web-2", { image: "quay.io/a/b:1" })] })).rows).toEqual([]);
});

test.for(["Succeeded", "Failed"])("skips a pod when it has %s", async (phase) => {
  expect((await judged({ pods: [pod("web-1", { phase })] })).rows).toEqual([]);
});

test("prints one command when several repositories and pods need it", async () => {
  const accounts = { default: ["acr"], worker: [] };
  const images = ["app/api:1", "app/web:1", "app/web:2"].map((image) => `${r}/${image}`);
  const pods = (names: readonly string[]) =>
    images.map((image, at) => pod(`p-${at}`, { image, names, account: at > 1 ? "worker" : "default" }));
  const fixesOf = async (given: Parameters<typeof judged>[0]) => new Set((await judged({ accounts, ...given })).rows.map(({ fix }) => fix));

  expect(await fixesOf({ pods: pods([]) })).toEqual(new Set([`${create} --where-used`]));
  expect(await fixesOf({ pods: pods(["acr"]), secrets: [ours("acr", "none:right")] })).toEqual(
    new Set([`kubectl acr-secret create -n demo acr --registry ${r} --repositories-from-pods`]),
  );
  expect(await fixesOf({ pods: pods([]).slice(0, 2), secrets: [ours("acr", "all:right")] })).toEqual(
    new Set(["kubectl acr-secret attach -n demo acr --where-used"]),
  );
});

test("reports a Secret, a ServiceAccount and a namespace that do not exist", async () => {
  await expect(judged({ name: "gone", pods: [pod("web-1")] })).rejects.toMatchObject({
    message: 'Error from server (NotFound): secrets "gone" not found',
  });
  await expect(judged({ images: [web], serviceaccount: "nobody" })).rejects.toMatchObject({
    message: 'Error from server (NotFound): serviceaccounts "nobody" not found',
    hint: { ...kubectl("get", "serviceaccounts"), namespace: "demo" },
  });
  for (const given of [{}, { images: [web], accounts: {} }])
    await expect(judged({ ...given, noNamespace: true })).rejects.toMatchObject({
      message: 'Error from server (NotFound): namespaces "demo" not found',
      hint: { ...kubectl("get namespaces"), namespace: "" },
    });
});

test("does not report a missing namespace when namespaces may not be read", async () => {
  expect((await judged({ mayNotList: true })).rows).toEqual([]);
});

test.for(["Constructor", "__proto__"])("checks a pod when its owner has the kind %s", async (kind) => {
  const owner = { kind, name: "x" };
  const { rows } = await judged({ pods: [pod("web-1", { names: ["acr"], owner, labels: {} })], secrets: [ours("acr", "api:right")] });

  expect(rows).toMatchObject([{ cause: "out-of-scope", owners: `${kind.toLowerCase()}/x` }]);
});
