import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { type Cause, causes } from "../../../src/check/cause.ts";
import type { Verdict } from "../../../src/check/verdict.ts";
import { formatCommand, plugin } from "../../../src/hint.ts";
import { failed, imageCheck } from "../../../src/output/items.ts";
import { styleFor } from "../../../src/output/style.ts";
import { verdictReasons, verdictTable } from "../../../src/output/verdicts.ts";
import { verdictOf } from "../../support/verdict.ts";

const owners = [{ kind: "deployment", name: "a" }];
const verdicts = [
  verdictOf({
    secret: "acr",
    owners,
    pods: ["a-1", "a-2"],
    cause: "pulls",
  }),
  verdictOf({
    image: "r.azurecr.io/b:1",
    message: "serviceaccount/default has no pull secret for this registry",
    notes: ["a note"],
    fix: { ...plugin("create", "--registry", "r.azurecr.io"), namespace: "demo" },
  }),
  verdictOf({
    image: "r.azurecr.io/c:1",
    secret: "acr",
    cause: "throttled",
  }),
];

const plain = styleFor({ write: () => {}, isTTY: false, columns: 0 }, {});
const colors = styleFor({ write: () => {}, isTTY: true, columns: 80 }, {});

const itemsOf = (all: readonly Verdict[]) => all.map((verdict) => imageCheck(verdict, formatCommand));

test("colors verdicts on a terminal", () => {
  const text = verdictTable(itemsOf(verdicts), { headers: true, where: "one", style: colors });

  expect(text).toMatch(
    /VERDICT\n.*\u001b\[32mready\u001b\[39m\n.*\u001b\[31mmissing credential\u001b\[39m\n.*\u001b\[31mthrottled\u001b\[39m\n/,
  );
  expect(stripVTControlCharacters(text)).toBe(verdictTable(itemsOf(verdicts), { headers: true, where: "one", style: plain }));
});

test("prints a note in yellow when only the node has the image", () => {
  const cached = verdictOf({
    owners,
    pods: ["a-1"],
    cause: "by-node",
  });

  expect(verdictTable(itemsOf([cached]), { headers: false, where: "one", style: colors })).toContain(
    "\u001b[33mstarts only on its node\u001b[39m\n",
  );
  expect(failed(cached)).toBe(false);
});

test("prints a table, then each failure with its reason, its notes and its fix", () => {
  expect(
    verdictTable(itemsOf(verdicts), { headers: true, where: "one", style: plain }) + verdictReasons(itemsOf(verdicts)),
  ).toBe(`IMAGE              SECRET   OWNER          PODS   VERDICT
r.azurecr.io/a:1   acr      deployment/a   2      ready
r.azurecr.io/b:1   <none>   <none>         0      missing credential
r.azurecr.io/c:1   acr      <none>         0      throttled

r.azurecr.io/b:1
cause: serviceaccount/default has no pull secret for this registry
note: a note
  kubectl acr-secret create -n demo --registry r.azurecr.io

r.azurecr.io/c:1
cause: throttled
`);
});

test("fails exactly the causes that are known not to pull", () => {
  for (const cause of Object.keys(causes) as Cause[]) {
    const { pulls } = causes[cause];
    if (pulls !== "unknown") expect({ cause, failed: failed({ cause, owners: [] }) }).toEqual({ cause, failed: !pulls });
  }
});

test("has ids in kebab case and unique words", () => {
  expect(Object.keys(causes).filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
  expect(new Set(Object.values(causes).map(({ words }) => words)).size).toBe(Object.keys(causes).length);
});

test("adds the hosts of a pull as a firewall must allow them", () => {
  const [first] = verdicts;
  const hosts = [
    { host: "r.azurecr.io", purpose: "token, manifests" },
    { host: "eastusmanaged1.blob.core.windows.net", purpose: "layers" },
    { host: "eastusmanaged2.blob.core.windows.net", purpose: "layers" },
    { host: "r.eastus.data.azurecr.io", purpose: "layers" },
  ] as const;
  const text = verdictTable(itemsOf(first ? [{ ...first, hosts }] : []), { headers: true, wide: true, where: "one", style: plain });

  expect(text).toMatch(/ VERDICT +HOSTS\n.* ready +r\.azurecr\.io,\*\.blob\.core\.windows\.net,r\.eastus\.data\.azurecr\.io\n$/);
});

test("prints the notes on images that pull, the same notes once", () => {
  const [first] = verdicts;
  const noted = ["a", "b"].map((name) => ({ ...(first as Verdict), image: `r.azurecr.io/${name}:1`, notes: ["two\nlines", "more"] }));
  const text = verdictReasons(itemsOf([...noted, first as Verdict]));

  expect(text).toBe("\nr.azurecr.io/a:1 and r.azurecr.io/b:1\nnote: two\\x0alines\nnote: more\n");
});
