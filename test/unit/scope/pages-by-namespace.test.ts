import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { byKey, capped, listCapped, readByNamespace } from "../../../src/scope/pages-by-namespace.ts";

type One = { readonly metadata: { readonly namespace: string; readonly name: string } };
const one = (namespace: string, name = "x"): One => ({ metadata: { namespace, name } });

/** Returns pages of a list, and the number of pages that have been read. */
function pagesOf(...pages: One[][]) {
  let read = 0;
  const list = (async function* () {
    for (const page of pages) {
      read++;
      yield page;
    }
  })();
  return { list, read: () => read };
}

test.for([
  { names: ["ns0", "ns", "ns-a"], order: ["ns-a", "ns", "ns0"], why: "a hyphen is before the end of a name, which is before a digit" },
  { names: ["b", "a", "c"], order: ["a", "b", "c"], why: "letters" },
  { names: ["a", "a.b", "a-b", "ab"], order: ["a-b", "a.b", "a", "ab"], why: "hyphen, dot, end, letter" },
  { names: [], order: [], why: "none" },
])("sorts $names as $order ($why)", ({ names, order }) => {
  expect(byKey(names)).toEqual(order);
});

test("returns the objects of each namespace across pages", async () => {
  const { list } = pagesOf([one("a", "1"), one("a", "2")], [one("a", "3"), one("b", "1")], [], [one("c", "1")]);
  const read = readByNamespace(list);

  expect((await read("a")).map(({ metadata }) => metadata.name)).toEqual(["1", "2", "3"]);
  expect((await read("b")).map(({ metadata }) => metadata.name)).toEqual(["1"]);
  expect((await read("c")).map(({ metadata }) => metadata.name)).toEqual(["1"]);
  expect(await read("d")).toEqual([]);
});

test("keeps the first objects of a namespace, up to 2 MB and at least one", async () => {
  const [large, small] = ["x".repeat(900_000), "x".repeat(9_000)];
  const { list } = pagesOf(
    [one("a", large), one("a", large), one("a", large)],
    [one("a", "1"), one("b", `${large}${large}${large}`), one("b", "1")],
    Array.from({ length: 200 }, () => one("c", small)),
  );
  const cut = new Set<string>();

  const read = readByNamespace(capped(list, cut));

  expect([(await read("a")).length, (await read("b")).length, (await read("c")).length]).toEqual([2, 1, 200]);
  expect([...cut]).toEqual(["a", "b"]);
});

test("reads no further page of a namespace when it has too many objects", async () => {
  const { list, read } = pagesOf(...Array.from({ length: 9 }, (_, index) => [one("a", `${index}${"x".repeat(900_000)}`)]));

  expect((await listCapped(list, new Set())).length).toBe(2);

  expect(read()).toBe(3);
});

test("skips namespaces that are not read and returns none for absent ones", async () => {
  const { list } = pagesOf([one("a"), one("b"), one("c"), one("e")]);
  const read = readByNamespace(list);

  expect(await read("b")).toEqual([one("b")]);
  expect(await read("d")).toEqual([]);
  expect(await read("e")).toEqual([one("e")]);
});

test("requests nothing before the first read, then four pages after the first, then one ahead", async () => {
  const { list, read: pages } = pagesOf([one("a"), one("b")], ..."cdefgh".split("").map((name) => [one(name)]));
  const read = readByNamespace(list);
  const readFor = async (namespace: string) => {
    await read(namespace);
    await turn();
    return pages();
  };

  expect(pages()).toBe(0);
  // Only the next page shows that a page has no more items of a namespace.
  expect(await readFor("a")).toBe(5);
  expect(await readFor("b")).toBe(5);
  expect(await readFor("bb")).toBe(5);
  expect(await readFor("d")).toBe(5);
  expect(await readFor("e")).toBe(6);
  expect(await readFor("h")).toBe(7);
});

test.for([0, 1, 2, 3, 7])("throws an error after %i pages for each namespace that needs more, and for none before", async (whole) => {
  const names = "abcdefg".split("").slice(0, whole);
  const list = (async function* () {
    for (const name of names) yield [one(name)];
    throw new Error("gone");
  })();
  const read = readByNamespace(list);

  for (const name of names.slice(0, -1)) expect(await read(name)).toEqual([one(name)]);
  for (const name of ["x", "y", "z"]) await expect(read(name)).rejects.toThrow("gone");
});

test("returns the objects of each namespace for any names and pages", async () => {
  const name = fc.stringMatching(/^[a-c0-1]([-a-c0-1.]{0,3}[a-c0-1])?$/);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { maxLength: 12 }),
      fc.array(fc.tuple(name, fc.nat(9))),
      fc.integer({ min: 1, max: 5 }),
      async (asked, objects, size) => {
        const sorted = objects
          .map(([namespace, n]) => one(namespace, String(n)))
          .sort((a, b) => (`${a.metadata.namespace}/` < `${b.metadata.namespace}/` ? -1 : 1));
        const pages = Array.from({ length: Math.ceil(sorted.length / size) }, (_, index) => sorted.slice(index * size, (index + 1) * size));
        const read = readByNamespace(pagesOf(...pages).list);

        for (const namespace of byKey(asked)) {
          const got = (await read(namespace)).map(({ metadata }) => metadata.name).sort();
          const own = objects.flatMap(([at, n]) => (at === namespace ? [String(n)] : [])).sort();
          expect(got).toEqual(own);
        }
      },
    ),
  );
});
