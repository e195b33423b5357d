import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { htmlPage } from "../../../src/output/html/page.ts";
import type { ImageCheck, Item, PullSecretItem } from "../../../src/output/items.ts";
import { printable } from "../../../src/output/printable.ts";
import { deceives } from "../../support/hostile/texts.ts";
import { error, failing, images, now, pullSecretOf, secrets } from "../../support/report-sample.ts";

const checkPage = (...items: readonly Item[]) => htmlPage(items, { verb: "check", now, version: "v1.2.3" });
const listPage = (...items: readonly Item[]) => htmlPage(items, { verb: "list", now, version: "v1.2.3" });

const tagsOf = (page: string, tag = "") => page.match(new RegExp(`<${tag || "[^>]"}\\b[^>]*>`, "g")) ?? [];
/** Returns what a reader sees: the text in an element, without tags, escapes and line feeds. */
const textOf = (markup: string) =>
  markup
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:#(\d+)|lt);/g, (_, code = "60") => String.fromCharCode(code))
    .replace(/\s+/g, " ");
const titleOf = (page: string) => textOf(/<title>(.*)<\/title>/.exec(page)?.[1] ?? "");
const sectionsOf = (page: string) => page.split("<section>").slice(1).map(textOf);
const rowsOf = (page: string) => [...page.matchAll(/<tr>.*?<\/tr>/gs)].map(([row]) => textOf(row).trim());

test.for([
  { verb: "check", page: checkPage(...images, error) },
  { verb: "list", page: listPage(...secrets, error) },
])("has a language, one title, and headers and a caption for each table: $verb", ({ page }) => {
  const tables = tagsOf(page, "table");

  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(titleOf(page)).toBe(textOf(/<h1>.*<\/h1>/.exec(page)?.[0] ?? ""));
  expect(tables.length).toBeGreaterThan(1);
  expect(tagsOf(page, "caption")).toHaveLength(tables.length);
  expect(tagsOf(page, "th").filter((tag) => !/ scope="(row|col)"/.test(tag))).toEqual([]);
});

test.for([
  { page: checkPage(), title: "No images to check" },
  { page: checkPage(error), title: "Nothing could be read" },
  { page: checkPage(...images), title: "3 of 8 images fail" },
  { page: checkPage(...images.filter(({ ok }) => ok)), title: "4 of 5 images can be pulled" },
  { page: checkPage(...images.slice(0, 2)), title: "All 2 images can be pulled" },
  { page: listPage(), title: "No pull secrets" },
  { page: listPage(...secrets), title: "1 of 7 credentials has expired" },
  { page: listPage(pullSecretOf("a", "s", 14), pullSecretOf("a", "t", 2)), title: "2 of 2 credentials expire within 14 days" },
  { page: listPage(pullSecretOf("a", "s", "never")), title: "None of 1 credential expires within 14 days" },
])("has the title $title", ({ page, title }) => {
  expect(titleOf(page)).toBe(title);
});

test("shows each failure with its reason, the registry's message and its fix, before all images", () => {
  const [unread, failures, notChecked, expiry, all] = sectionsOf(checkPage(...images, error));

  expect(unread).toContain('paymentsError from server (Forbidden): secrets is forbidden: User "jane"');
  expect(failures?.match(/kubectl acr-secret create -n shop acr-myregistry/g)).toHaveLength(1);
  expect(failures).toContain("myregistry.azurecr.io/app/report:1 cronjob/report");
  expect(failures).toContain("authentication required, visit https://aka.ms/acr/authorization");
  expect(failures).toContain("kubectl acr-secret rotate -n batch acr-old");
  expect(notChecked).toContain("starts only on its node");
  expect(expiry).toMatch(/acr-old batch.*acr-myregistry shop.*acr-myregistry batch.*acr-tools tools/);
  expect(all).toMatch(/app\/cart:2.*app\/search:7.*app\/web:4/);
});

test("names the cluster in the heading of an error without a namespace, and prints its causes in lines", () => {
  const page = listPage({ ...error, namespace: undefined, message: "is invalid\n* one\n* two" } as Item);

  expect(page).toContain("<h3>cluster</h3><p>is invalid<br>one<br>two</p>");
});

test("marks the images that were proven by a pod in the cluster", () => {
  const rows = rowsOf(
    checkPage(...images.slice(0, 2).map((image, at) => ({ ...image, proof: at === 0 ? ("cluster" as const) : image.proof }))),
  );

  expect(rows.slice(-2)).toEqual([
    expect.stringMatching(/app\/web:4.*ready in the cluster$/),
    expect.stringMatching(/app\/api:12.*ready$/),
  ]);
});

test("prints times as RFC 3339 and relative to the time of the report", () => {
  const page = listPage(pullSecretOf("a", "s", 9), pullSecretOf("a", "old", -3));

  expect(page).toContain('<p><time datetime="2026-01-01T09:00:00Z">2026-01-01 09:00:00Z</time>');
  expect(page).toContain('<time datetime="2026-01-10T09:00:00Z">2026-01-10 09:00:00Z</time> <span class="dim">in 9 days</span>');
  expect(page).toContain('<time datetime="2025-12-29T09:00:00Z">2025-12-29 09:00:00Z</time> <span class="dim">3 days ago</span>');
});

test("puts expired Secrets first, and those without expiry last", () => {
  const expiries = ["never", 40, "unknown", 3, -1] as const;
  const rows = rowsOf(listPage(...expiries.map((expiry) => pullSecretOf("a", `s-${expiry}`, expiry)))).slice(-5);

  expect(rows.map((row) => /^s-[^m]*/.exec(row)?.[0])).toEqual(["s--1", "s-3", "s-40", "s-unknown", "s-never"]);
});

test.for([
  { count: 30, header: "Secret", lanes: 30 },
  { count: 31, header: "Namespace", lanes: 3 },
])("has a time line with $lanes rows for $count Secrets", ({ count, header, lanes }) => {
  const many = Array.from({ length: count }, (_, at) => pullSecretOf(`ns-${at % 3}`, `s-${at}`, at + 1));
  const line = /<table class="line">.*?<\/table>/s.exec(listPage(...many))?.[0] ?? "";

  expect(rowsOf(line)).toHaveLength(1 + lanes);
  expect(rowsOf(line)[0]).toMatch(new RegExp(`^${header}Time line`));
  expect(tagsOf(line, "circle")).toHaveLength(count);
});

test("puts a credential at the part of the year that its text says", () => {
  const line = /<table class="line">.*?<\/table>/s.exec(listPage(pullSecretOf("a", "s", 180)))?.[0] ?? "";
  const [, mark] = /<text x="([\d.]+%)" y="12" text-anchor="middle">180 days/.exec(line) ?? [];

  expect(line).toContain(`<circle cx="${mark}"`);
  expect(line).toContain("in 180 days");
});

test("shows a credential with 300 copies in one row", () => {
  const namespaces = Array.from({ length: 300 }, (_, at) => `team-${at}`);
  const source = { ...pullSecretOf("platform", "acr", 40), copies: namespaces };
  const copies = namespaces.map((namespace) => ({ ...pullSecretOf(namespace, "acr", 40), source: { namespace: "platform", name: "acr" } }));
  const page = listPage(source, ...copies);

  expect(titleOf(page)).toBe("None of 1 credential expires within 14 days");
  expect(tagsOf(page, "details")).toHaveLength(1);
  expect(rowsOf(page).at(-1)).toContain("team-299");
  expect(page.length).toBeLessThan(20_000);
});

test("closes the table of a namespace with more than 20 rows", () => {
  const many = (namespace: string, count: number) => Array.from({ length: count }, (_, at) => pullSecretOf(namespace, `s-${at}`, "never"));

  expect(tagsOf(listPage(...many("a", 20), ...many("b", 21)), "details")).toEqual(['<details id="n1" open>', '<details id="n2">']);
});

test("shows each login of a Secret in a row", () => {
  const secret = pullSecretOf("a", "s", 40);
  const other = {
    ...(secret.logins[0] as PullSecretItem["logins"][number]),
    registries: ["ghcr.io"],
    expiry: "unknown",
    expiresAt: null,
  } as const;
  const page = listPage({ ...secret, logins: [...secret.logins, other] }, { ...pullSecretOf("a", "t", "unknown"), logins: [] });

  expect(page).toContain('<th scope="row" rowspan="2"><code>s</code></th>');
  expect(rowsOf(page).slice(-3)).toEqual([
    expect.stringMatching(/^smyregistry\.azurecr\.io.*default$/),
    expect.stringMatching(/^ghcr\.io.*unknown/),
    "t unknowndefault",
  ]);
});

test("allows no scripts, no requests, and only its own style sheet", () => {
  const page = checkPage(...images);
  const [, style = ""] = /<style>(.*)<\/style>/s.exec(page) ?? [];
  const hash = createHash("sha256").update(style).digest("base64");

  expect(page).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`);
  expect(style).not.toMatch(/url\(|@import|expression/);
  expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|form|base)\b| (style|src|on\w+)=|href="[^#]/);
});

/** Texts that try to end an element, an attribute, a comment or a line. */
const pieces = [
  "<",
  ">",
  "&",
  '"',
  "'",
  "`",
  "</style>",
  "</title>",
  "<script>",
  "<!--",
  "]]>",
  "&lt;",
  "\n",
  "\r\n",
  "\t",
  "\0",
  "\u001b[2J",
];
const marks = ["\u202e", "\u2066", "\u200f", "\ufeff", "\u2028", "\u0085", "א", "$1", "$&", "forged", " "];
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...pieces, ...marks), { maxLength: 6 }).map((words) => words.join("")),
  fc.string({ unit: "binary", maxLength: 8 }),
);

/** An image, a Secret and an error with a text in each member that another user can write. */
function itemsWith(text: string): { check: readonly Item[]; list: readonly Item[] } {
  const place = { namespace: `n-${text}` };
  const failure: Partial<ImageCheck> = {
    ...place,
    serviceAccount: text,
    owners: [{ kind: "pod", name: text }],
    secret: text,
    expiresAt: "2026-02-01T00:00:00Z",
    message: `m-${text}`,
    registryMessages: [`r-${text}`],
    notes: [`a-${text}`],
    fix: `f-${text}`,
  };
  const secret = pullSecretOf("", text, 5, { ...place, serviceAccounts: [text] });
  const logins = secret.logins.map((login) => ({ ...login, registries: [text], credential: `k-${text}`, identity: text }));
  const unread: Item = { ...error, ...place, message: text, hint: text } as Item;
  return { check: [failing("", text, failure), unread], list: [{ ...secret, logins }, unread] };
}

test("has the same tags and attributes for every name and message", () => {
  const tags = (text: string) => [checkPage(...itemsWith(text).check), listPage(...itemsWith(text).list)].map((page) => tagsOf(page));
  const expected = tags("x");

  fc.assert(
    fc.property(hostile, (text) => {
      expect(tags(text)).toEqual(expected);
    }),
  );
});

test("escapes control characters and marks of direction, and shows every other character", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const { check, list } = itemsWith(text);
      for (const { page, members } of [
        { page: checkPage(...check), members: "nmraf" },
        { page: listPage(...list), members: "nk" },
      ]) {
        expect(deceives(page, { terminal: false, tabs: false })).toEqual([]);
        for (const member of members) expect(textOf(page)).toContain(`${member}-${printable(text)}`.replace(/\s+/g, " "));
      }
    }),
    { examples: [...pieces, ...marks].map((text) => [text]) },
  );
});

test.for([
  {
    verb: "list",
    page: () => listPage(...Array.from({ length: 1000 }, (_, at) => pullSecretOf(`team-${at % 30}`, `acr-registry-${at}`, (at % 400) - 3))),
  },
  {
    verb: "check",
    page: () =>
      checkPage(
        ...Array.from({ length: 1000 }, (_, at) => ({
          ...(images[at % 8] as ImageCheck),
          namespace: `team-${at % 30}`,
          secret: `acr-${at}`,
        })),
      ),
  },
])("prints 1,000 Secrets of 30 namespaces in less than 1 MB: $verb", ({ page }) => {
  expect(Buffer.byteLength(page())).toBeLessThan(1_000_000);
});
