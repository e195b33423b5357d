import fc from "fast-check";
import { expect, test } from "vitest";
import { shows } from "../../../../sandbox/transcript.ts";
import { merge } from "../../../../scripts/docs/merge.ts";

const rows: readonly { name: string; page: string; printed: string; wanted: string }[] = [
  { name: "the same", page: "secret/a created", printed: "secret/a created\n", wanted: "secret/a created" },
  { name: "no dots at all", page: "one\ntwo\nthree", printed: "one\n2\nthree\n", wanted: "one\n2\nthree" },
  { name: "nothing before", page: "", printed: "one\ntwo\n", wanted: "one\ntwo" },
  { name: "nothing any more", page: "one\ntwo-...", printed: "", wanted: "" },
  {
    name: "what fits stays, whatever dots stand for",
    page: "pod/web-... restarted\n...\nend",
    printed: "pod/web-5d9 restarted\n1\n2\n3\nend\n",
    wanted: "pod/web-... restarted\n...\nend",
  },
  {
    name: "dots inside a line whose end is another",
    page: "pod/web-... restarted",
    printed: "pod/web-5d964ddb95-6lsjn evicted\n",
    wanted: "pod/web-... evicted",
  },
  {
    name: "dots inside a line whose beginning is another",
    page: "pod/web-... restarted",
    printed: "pods/the-web-5d964ddb95-6lsjn restarted\n",
    wanted: "pods/the-web-... restarted",
  },
  {
    name: "dots at the end of a line",
    page: "  uid: ...\n  kind: A",
    printed: "  uid: 5d964ddb95\n  kind: B\n",
    wanted: "  uid: ...\n  kind: B",
  },
  {
    name: "dots between quotes",
    page: '"identity": "check-acr-...",',
    printed: '"identities": ["check-acr-0d42"],',
    wanted: '"identities": ["check-acr-..."],',
  },
  {
    name: "dots before a unit, in a table whose columns moved",
    page: "NAME   AGE\nacr-myregistry   ...s",
    printed: "NAME              AGE   SLOT\nacr-myregistry    12s   password1\n",
    wanted: "NAME              AGE   SLOT\nacr-myregistry    ...s   password1",
  },
  {
    name: "several dots in a line",
    page: "GET /a?limit=500 200 OK in ... milliseconds by ...",
    printed: "GET /a?limit=100 200 OK in 3 milliseconds by 10.0.0.1\n",
    wanted: "GET /a?limit=100 200 OK in ... milliseconds by ...",
  },
  {
    name: "one of two dots when the lines around the other are deleted",
    page: "token/a-... created at ...Z",
    printed: "token/a-77 created\n",
    wanted: "token/a-... created",
  },
  {
    name: "dots that stand for several lines, between lines that changed",
    page: "head\n...\nfoot",
    printed: "head\n1\n2\n3\nfeet\n",
    wanted: "head\n...\nfeet",
  },
  {
    name: "dots that stand for several lines, with a line added above",
    page: "head\n...\nkeep\nold",
    printed: "head\n1\n2\nkeep\nnew\n",
    wanted: "head\n...\nkeep\nnew",
  },
  {
    name: "dots that open and close a line, over lines",
    page: "sha256:...\n...UNAUTHORIZED: required...\nError: x",
    printed: "sha256:12\ntime\nfirst UNAUTHORIZED: required more\nand more\nError: y\n",
    wanted: "sha256:...\n...UNAUTHORIZED: required...\nError: y",
  },
  {
    name: "dots inside a line, over lines",
    page: "from ... to here\nbefore",
    printed: "from this\nand that to here\nafter\n",
    wanted: "from ... to here\nafter",
  },
  {
    name: "a line added between lines with dots",
    page: "scopemap/a-... created\ntoken/a-... created",
    printed: "scopemap/a-1 created\nrole/x made\ntoken/a-1 created\n",
    wanted: "scopemap/a-... created\nrole/x made\ntoken/a-... created",
  },
  {
    name: "a line with dots that came twice, below a line that changed",
    page: "secret/s created\npod/web-... restarted",
    printed: "secret/s configured\npod/web-1 restarted\npod/web-2 restarted\n",
    wanted: "secret/s configured\npod/web-... restarted\npod/web-2 restarted",
  },
  {
    name: "a line with dots that changed, before one that did not",
    page: "pod/web-... restarted\npod/api-... restarted",
    printed: "pod/web-1 evicted\npod/api-2 restarted\n",
    wanted: "pod/web-... evicted\npod/api-... restarted",
  },
  {
    name: "lines gone",
    page: "scopemap/a-... created\ntoken/a-... created\n\nsecret/s created",
    printed: "token/a-1 created\nsecret/s created\n",
    wanted: "token/a-... created\nsecret/s created",
  },
  {
    name: "all lines replaced by another one, which dots alone would hide",
    page: "a-... b\n...",
    printed: "error: no\n",
    wanted: "error: no",
  },
  { name: "the first line's own indentation", page: "a: 1\n  b: ...", printed: "\n    a: 2\n  b: 7\n", wanted: "    a: 2\n  b: ..." },
  {
    name: "signs that mean something in a pattern",
    page: "a+(b) [..] ...$\nx",
    printed: "a+(b) [..] 1$\ny\n",
    wanted: "a+(b) [..] ...$\ny",
  },
];

test.for(rows)("$name", ({ page, printed, wanted }) => {
  expect(merge(page, printed)).toBe(wanted);
});

const line = fc.array(fc.constantFrom("a", "bc", " ", "...", "web-", "1", ".", "\\", "é"), { maxLength: 6 }).map((parts) => parts.join(""));
const lines = fc.array(line, { maxLength: 6 }).map((all) => all.join("\n").trim());

test("writes what was printed, and changes nothing a second time", () => {
  fc.assert(
    fc.property(lines, lines, (page, printed) => {
      const merged = merge(page, printed);
      expect(shows(merged.trim(), printed)).toBe(true);
      expect(merge(merged.trim(), printed)).toBe(merged.trim());
    }),
  );
});
